/** The table of a conformance run, suite by backend. */
import type { Verdict } from "./case.ts";
import { type Expectations, findExpectation } from "./expectations.ts";

export interface CaseReport {
  readonly suite: string;
  readonly backend: string;
  readonly id: string;
  readonly verdict: Verdict["verdict"] | "known-failure" | "unexpected-pass";
  readonly reason?: string;
  readonly milliseconds: number;
}

export interface Row {
  readonly suite: string;
  readonly backend: string;
  readonly total: number;
  readonly pass: number;
  readonly fail: number;
  readonly unsupported: number;
  readonly knownFailures: number;
}

export interface Report {
  readonly rows: readonly Row[];
  readonly cases: readonly CaseReport[];
}

export function keyOf({ suite, backend }: { readonly suite: string; readonly backend: string }): string {
  return `${suite}/${backend}`;
}

/** The verdict in the light of what is known; unsupported is computed from a backend's own tables and needs no list. */
export function judge(
  known: Expectations,
  one: Omit<CaseReport, "verdict">,
  verdict: Verdict["verdict"],
): CaseReport {
  const entry = findExpectation(known, keyOf(one), one.id);
  if (!entry || verdict === "unsupported") return { ...one, verdict };
  const { reason, strict } = entry;
  if (verdict === "fail") return { ...one, verdict: "known-failure", reason };
  return strict
    ? { ...one, verdict: "unexpected-pass", reason: `listed as failing: ${reason}` }
    : { ...one, verdict };
}

/** `pass` counts unexpected passes too: they are right, only the list is not. */
export function rowsOf(cases: readonly CaseReport[]): Row[] {
  const rows = new Map<string, { -readonly [K in keyof Row]: Row[K] }>();
  for (const one of cases) {
    const { suite, backend } = one;
    const empty = { suite, backend, total: 0, pass: 0, fail: 0, unsupported: 0, knownFailures: 0 };
    const row = rows.get(keyOf(one)) ?? empty;
    rows.set(keyOf(one), row);
    row.total++;
    row[counters[one.verdict]]++;
  }
  return [...rows.values()];
}

const counters = {
  pass: "pass",
  "unexpected-pass": "pass",
  fail: "fail",
  unsupported: "unsupported",
  "known-failure": "knownFailures",
} as const satisfies Record<CaseReport["verdict"], keyof Row>;

/** What is news: failures that nobody listed, and listed ones that pass. */
export function surprises(cases: readonly CaseReport[]): CaseReport[] {
  return cases.filter(({ verdict }) => verdict === "fail" || verdict === "unexpected-pass");
}

export function tableText(rows: readonly Row[]): string {
  const head = ["suite", "backend", "total", "pass", "fail", "unsupported", "known failures"];
  const body = rows.map((row) => [
    row.suite,
    row.backend,
    ...[row.total, row.pass, row.fail, row.unsupported, row.knownFailures].map(String),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return [line(head), ...body.map(line)].join("\n");
}

export function surpriseLine({ suite, backend, id, verdict, reason }: CaseReport): string {
  return `${verdict === "fail" ? "FAIL" : verdict} ${suite}/${backend} ${id}: ${reason ?? ""}`;
}
