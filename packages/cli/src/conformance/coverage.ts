/**
 * Operation by backend by element type, from the cases of a run: how many programs that have the operation on the type
 * came out right. docs/coverage.md is generated from the file that `--coverage` writes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { definitionOf, type Operation, readModule, type Type, walk } from "@hloom/ir";
import type { CaseReport } from "./report.ts";
import type { Case } from "./suites.ts";

/** Programs that passed, and programs that did not: refused, or known to differ. */
export type Counts = readonly [passed: number, others: number];

/** Backend → operation → element type. */
export type Coverage = Record<string, Record<string, Record<string, Counts>>>;

/** Of the cases that ran programs on backends. */
export function coverageOf(reports: readonly CaseReport[], cases: ReadonlyMap<string, Case>): Coverage {
  const touched = new Map<string, ReadonlySet<string>>();
  const coverage: Coverage = {};
  for (const { suite, id, backend, verdict } of reports) {
    const one = cases.get(`${suite}/${id}`);
    if (!one || suite === "ir") continue;
    const pairs = touched.get(one.file) ?? pairsIn(one.file);
    touched.set(one.file, pairs);
    const operations = (coverage[backend] ??= {});
    const right = verdict === "pass" || verdict === "unexpected-pass";
    for (const pair of pairs) {
      const [name, element] = pair.split(" ") as [string, string];
      const elements = (operations[name] ??= {});
      const [passed, others] = elements[element] ?? [0, 0];
      elements[element] = right ? [passed + 1, others] : [passed, others + 1];
    }
  }
  return coverage;
}

/** `stablehlo.add f32` for each operation of the file's program on arrays. */
function pairsIn(file: string): ReadonlySet<string> {
  const pairs = new Set<string>();
  const { module } = readModule(readFileSync(file));
  if (!module) return pairs;
  walk(module.operation, (operation) => {
    const element = elementOf(operation);
    const dialect = definitionOf(operation.name)?.dialect;
    if (element !== undefined && (dialect === "stablehlo" || dialect === "chlo"))
      pairs.add(`${operation.name} ${element}`);
  });
  return pairs;
}

/** What it computes: the result's type, or of predicates what they are asked of. */
function elementOf({ operands, results }: Operation): string | undefined {
  const result = results[0] && plainElement(results[0].type);
  const operand = operands[0] && plainElement(operands[0].type);
  return result === undefined || result === "i1" ? (operand ?? result) : result;
}

const plainElement = (type: Type): string | undefined =>
  type.kind === "tensor" && typeof type.element === "string" ? type.element : undefined;

export function writeCoverage(file: string, coverage: Coverage): void {
  const lines = Object.entries(coverage).flatMap(([backend, operations]) =>
    Object.entries(operations).map(([name, elements]) => [backend, name, elements] as const),
  );
  // One line for each operation, in order, so that a change can be read.
  const sorted = lines.sort(([a, b], [c, d]) => (`${a} ${b}` < `${c} ${d}` ? -1 : 1));
  writeFileSync(file, `[\n${sorted.map((line) => JSON.stringify(line)).join(",\n")}\n]\n`);
}

export function readCoverage(file: string): Coverage {
  const lines = JSON.parse(readFileSync(file, "utf8")) as readonly (readonly [
    string,
    string,
    Record<string, Counts>,
  ])[];
  const coverage: Coverage = {};
  for (const [backend, name, elements] of lines) (coverage[backend] ??= {})[name] = elements;
  return coverage;
}
