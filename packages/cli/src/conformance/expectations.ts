/** What is known to fail, with the reason, so that anything else that fails is a regression: `conformance/known.json`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** `suite/backend` → case → reason. A known failure that passes must be taken out, so that the list stays true. */
export type Expectations = Record<string, Record<string, string>>;

export function readExpectations(file: string): Expectations {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Expectations) : {};
}

/** Replaces the lists of the suites that ran; a reason that someone wrote for a case stays. */
export function writeExpectations(file: string, known: Expectations, failures: Expectations): void {
  const merged: Expectations = { ...known };
  for (const [key, cases] of Object.entries(failures)) {
    const reasons = Object.entries(cases).map(([id, reason]) => [id, known[key]?.[id] ?? reason] as const);
    merged[key] = Object.fromEntries(reasons.sort(([a], [b]) => (a < b ? -1 : 1)));
    if (reasons.length === 0) delete merged[key];
  }
  const sorted = Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
