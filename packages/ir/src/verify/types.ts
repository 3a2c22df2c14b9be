/** Types of values by themselves: what no reader could have read, but a builder can have made. */
import { problemOfQuantized } from "../declare/quantized_element.ts";
import type { Operation, Value } from "../model/operation.ts";
import { DYNAMIC, isQuantized, type Type } from "../model/types.ts";
import { boundsOf } from "../ops/bounds.ts";
import type { Report } from "./verify.ts";

/** What is wrong with each type that was looked at: programs have few types and many values. */
const seen = new WeakMap<Type, string>();

/** Reports types of results and of region arguments that cannot be. */
export function checkTypes(operation: Operation, report: Report): void {
  for (const value of operation.results) checkType("result", value, report);
  for (const region of operation.regions)
    for (const block of region.blocks)
      for (const value of block.arguments) checkType("region argument", value, report);
}

function checkType(role: string, { type, index }: Value, report: Report): void {
  let problem = seen.get(type);
  if (problem === undefined) seen.set(type, (problem = problemOf(type) ?? ""));
  if (problem !== "") report("verify/types", `the type of ${role} #${index} cannot be: ${problem}`);
}

function problemOf(type: Type): string | undefined {
  if (type.kind === "tuple" || type.kind === "future")
    return type.types.map(problemOf).find((problem) => problem !== undefined);
  if (!("element" in type)) return undefined;
  const quantized = isQuantized(type.element) ? problemOfQuantized(type.element) : undefined;
  if (quantized !== undefined || type.kind !== "tensor") return quantized;
  const bounds = boundsOf(type);
  if (bounds.length > 0 && bounds.length !== type.shape.length)
    return `it has ${bounds.length} bounds for ${type.shape.length} dimensions`;
  const fixed = bounds.findIndex((bound, d) => bound !== DYNAMIC && type.shape[d] !== DYNAMIC);
  return fixed < 0 ? undefined : `dimension ${fixed} has a size and a bound`;
}
