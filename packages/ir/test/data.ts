/** The shared test data: other projects' programs, bytes and golden prints. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** `$HLOOM_CONFORMANCE`, or `conformance` in a folder `shared` beside the repository. */
export const root =
  process.env.HLOOM_CONFORMANCE ?? join(import.meta.dirname, "../../../../shared/conformance");

/** Names of the files in a folder of the data that end in `suffix`, sorted, without the suffix. */
export function namesIn(folder: string, suffix: string): string[] {
  const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  return files
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
}

export function bytesAt(path: string): Uint8Array {
  return readFileSync(join(root, path));
}

/** Undefined when there is no such file: not everything has a golden print. */
export function textAt(path: string): string | undefined {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
}

/** Names of the folders in a folder of the data, sorted. */
export function foldersIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
