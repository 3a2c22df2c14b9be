/** How much a browser loads: bundles of parts of @hloom/ir, minified and compressed. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const source = fileURLToPath(new URL("../../../packages/ir/src/index.ts", import.meta.url));

/** What a page that checks programs imports, and what one that also runs and changes them does. */
const entries: Readonly<Record<string, string>> = {
  "reader and verifier": `export { readModule, verify, renderDiagnostic } from ${JSON.stringify(source)};`,
  "reader, verifier and printer": `export { readModule, verify, renderDiagnostic, writeText } from ${JSON.stringify(source)};`,
  everything: `export * from ${JSON.stringify(source)};`,
};

/** Bytes of each bundle after gzip. */
export async function bundleSizes(): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const [name, contents] of Object.entries(entries)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: "." },
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2023",
      write: false,
    });
    sizes[name] = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
  }
  return sizes;
}
