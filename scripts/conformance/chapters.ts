import { readModule, type VerifiedModule, verify, writeText } from "@hloom/ir";
import { bytesOfCase, type Corpus, goldenOf, verdictsOf } from "./corpus.ts";

/** How one case ended. `unsupported` is a refusal that says so; it is neither a pass nor a failure. */
export interface Outcome {
  readonly case: string;
  readonly verdict: "pass" | "fail" | "unsupported";
  /** Why, in a line. */
  readonly detail?: string;
}

/** A chapter checks one promise over the corpus and yields an outcome for each of its cases. */
export interface Chapter {
  readonly name: string;
  readonly promise: string;
  readonly run: (corpus: Corpus, selected: (file: string) => boolean) => AsyncGenerator<Outcome>;
}

const pass = (file: string): Outcome => ({ case: file, verdict: "pass" });
const fail = (file: string, detail: string): Outcome => ({ case: file, verdict: "fail", detail });

/** Reads and verifies; the first error as text when that fails. A throw is a bug and shows as such. */
export function load(corpus: Corpus, file: string): VerifiedModule | string {
  try {
    const { module, diagnostics } = readModule(bytesOfCase(corpus, file));
    if (!module) return `read: ${diagnostics[0]?.message ?? "no module and no diagnostic"}`;
    const checked = verify(module);
    return checked.module ?? `verify: ${checked.diagnostics[0]?.message ?? "no diagnostic"}`;
  } catch (error) {
    return `threw: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The first line in which two texts differ, for a detail of one line. */
function firstDifference(actual: string, expected: string): string | undefined {
  if (actual.trimEnd() === expected.trimEnd()) return undefined;
  const want = expected.split("\n");
  const have = actual.split("\n");
  const at = want.findIndex((line, i) => line !== have[i]);
  const line = at < 0 ? want.length : at;
  const clip = (text: string | undefined): string => (text ?? "(end)").trim().slice(0, 120);
  return `line ${line + 1}: ${clip(have[line])} ≠ ${clip(want[line])}`;
}

async function* accept(
  corpus: Corpus,
  selected: (file: string) => boolean,
  ok: boolean,
): AsyncGenerator<Outcome> {
  for (const verdict of verdictsOf(corpus)) {
    if (verdict.ok !== ok || !selected(verdict.file)) continue;
    const result = load(corpus, verdict.file);
    const failed = typeof result === "string";
    // A refusal must be a diagnostic: a throw is a failure on either side.
    if (failed && result.startsWith("threw")) yield fail(verdict.file, result);
    else if (failed === !ok) yield pass(verdict.file);
    else yield fail(verdict.file, failed ? result : `accepted; jaxlib: ${verdict.err ?? "?"}`);
  }
}

async function* print(corpus: Corpus, selected: (file: string) => boolean): AsyncGenerator<Outcome> {
  for (const file of corpus.programs) {
    if (!selected(file)) continue;
    const golden = goldenOf(corpus, file);
    if (golden === undefined) continue;
    const result = load(corpus, file);
    if (typeof result === "string") {
      yield fail(file, result);
      continue;
    }
    try {
      const difference = firstDifference(writeText(result), golden);
      yield difference ? fail(file, difference) : pass(file);
    } catch (error) {
      yield fail(file, `threw: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The chapters that need no backend. */
export const readingChapters: readonly Chapter[] = [
  {
    name: "accept",
    promise: "what jaxlib reads and verifies, hloom does too",
    run: (corpus, selected) => accept(corpus, selected, true),
  },
  {
    name: "reject",
    promise: "what jaxlib rejects, hloom rejects with a diagnostic",
    run: (corpus, selected) => accept(corpus, selected, false),
  },
  { name: "print", promise: "the pretty form is jaxlib's, byte for byte", run: print },
];
