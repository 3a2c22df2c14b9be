/** Operations that only group or name others. */
import {
  append,
  createOperation,
  definingOperation,
  type Operation,
  type Value,
} from "../../model/operation.ts";
import type { Rule } from "../rule.ts";

/** A composite means its decomposition. */
export const compositeToCall: Rule = {
  name: "composite-to-call",
  why: "A composite means its decomposition.",
  on: ["stablehlo.composite"],
  match: (operation) => operation,
  emit: (_, builder, operation) => {
    const init = {
      operands: operation.operands,
      results: operation.results.map((result) => result.type),
      attributes: { callee: operation.attributes.decomposition! },
      location: operation.location,
    };
    return append(builder.block, createOperation("func.call", init)).results;
  },
};

export const elementOfTuple: Rule<Value> = {
  name: "element-of-tuple",
  why: "Tuples only group values.",
  on: ["stablehlo.get_tuple_element"],
  match: (operation) => {
    const tuple: Operation | undefined = definingOperation(operation.operands[0]!);
    const index = operation.attributes.index;
    return tuple?.name === "stablehlo.tuple" && index?.kind === "integer"
      ? tuple.operands[Number(index.value)]
      : undefined;
  },
  emit: (value) => [value],
};
