/** What is known to fail, with the reason, so that anything else that fails is a regression: `conformance/known.json`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * `suite/backend` → case → reason. A known failure that passes must be taken out, so that the list stays true. A name
 * that ends with `*` stands for a family in which some fail; those that pass then are no surprise.
 */
export type Expectations = Record<string, Record<string, string>>;

export function readExpectations(file: string): Expectations {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Expectations) : {};
}

export function findExpectation(
  known: Expectations,
  key: string,
  id: string,
): { readonly reason: string; readonly strict: boolean } | undefined {
  const cases = known[key] ?? {};
  if (cases[id] !== undefined) return { reason: cases[id], strict: true };
  const family = Object.keys(cases).find((name) => name.endsWith("*") && id.startsWith(name.slice(0, -1)));
  return family === undefined ? undefined : { reason: cases[family]!, strict: false };
}

/** Replaces the lists of the suites that ran; a reason that someone wrote for a case stays. */
export function writeExpectations(file: string, known: Expectations, failures: Expectations): void {
  const merged: Expectations = { ...known };
  for (const [key, cases] of Object.entries(failures)) {
    const families = Object.entries(known[key] ?? {}).filter(([id]) => id.endsWith("*"));
    const single = Object.entries(cases).filter(([id]) => findExpectation(known, key, id)?.strict !== false);
    const reasons = [...families, ...single.map(([id, reason]) => [id, known[key]?.[id] ?? reason] as const)];
    merged[key] = Object.fromEntries(reasons.sort(([a], [b]) => (a < b ? -1 : 1)));
    if (reasons.length === 0) delete merged[key];
  }
  const sorted = Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
