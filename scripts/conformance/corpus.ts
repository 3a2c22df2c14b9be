import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root, UserError } from "../lib/process.ts";

/** The conformance data: upstream's test programs, JAX's artifacts, and what jaxlib says about each. */
export interface Corpus {
  readonly folder: string;
  /** Every `.mlir` and `.mlir.bc`, relative to `folder`, sorted. */
  readonly programs: readonly string[];
}

export function openCorpus(folder: string): Corpus {
  if (!existsSync(join(folder, "oracle_parse.jsonl"))) {
    throw new UserError(
      `no conformance data in ${folder}: name the folder that has oracle_parse.jsonl with --data`,
    );
  }
  const programs = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.mlir(\.bc)?$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return { folder, programs };
}

/** Where the data lies unless `--data` says otherwise. */
export const defaultFolder: string = join(root, "..", "shared", "conformance");

export function bytesOfCase(corpus: Corpus, file: string): Uint8Array {
  return readFileSync(join(corpus.folder, file));
}

/** jaxlib's own print of a program, when it could read it. */
export function goldenOf(corpus: Corpus, file: string): string | undefined {
  const path = join(corpus.folder, "golden", `${file}.pretty`);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** What jaxlib's parser and verifier say: accepted, or the first error. */
export interface Verdict {
  readonly file: string;
  readonly ok: boolean;
  readonly err?: string;
}

export function verdictsOf(corpus: Corpus): Verdict[] {
  const text = readFileSync(join(corpus.folder, "oracle_parse.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line)
    .map((line) => JSON.parse(line) as Verdict);
}
