/** The page as one file that opens without a server: its script, hloom and the model are inside. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;

export async function pageText(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(here, "page.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    conditions: ["@hloom/source"],
    loader: { ".jaxexport": "binary" },
    charset: "utf8",
    write: false,
  });
  const script = outputFiles[0]!.text.replaceAll("</script", "<\\/script");
  return readFileSync(join(here, "page.html"), "utf8").replace("/* page.js */", () => script);
}
