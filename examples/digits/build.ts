/** Writes examples/digits/dist/index.html: `node --conditions=@hloom/source examples/digits/build.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pageText } from "./bundle.ts";

const folder = join(import.meta.dirname, "dist");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "index.html"), await pageText());
