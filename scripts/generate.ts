/**
 * Writes every generated file anew, by the `generate` script of each package that has one. With `--check`, says which
 * committed files differ and fails.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "./lib/files.ts";
import { isMain, main, must, root } from "./lib/process.ts";

/** File → digest of its bytes, for everything in the checkout. */
function digests(): Map<string, string> {
  return new Map(
    sourceFiles().map((file) => [
      file,
      createHash("sha1")
        .update(readFileSync(join(root, file)))
        .digest("hex"),
    ]),
  );
}

/** Runs all generators and gives the files whose contents changed. */
export async function generate(): Promise<string[]> {
  const before = digests();
  await must("pnpm", ["--recursive", "run", "generate"], { output: "quiet" });
  const after = digests();
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => before.get(file) !== after.get(file))
    .sort();
}

if (isMain(import.meta.url)) {
  main(async () => {
    const changed = await generate();
    for (const file of changed) console.log(file);
    console.log(`generate: ${changed.length} files changed`);
    return process.argv.includes("--check") && changed.length > 0 ? 1 : 0;
  });
}
