/** Control flow for the executor: regions take all they use as arguments. */
import { type Builder, bodyOf, type Operation, type Value } from "@hloom/ir";
import { mlx } from "../dialect.ts";
import { type LoweringTable, resultTypes } from "./lowering.ts";
import { closedRegions } from "./regions.ts";

/** What the loop captures becomes state that each iteration hands on unchanged. */
function whileLoop(operation: Operation, builder: Builder): readonly Value[] {
  const { regions, captured } = closedRegions(operation);
  const body = bodyOf(regions[1]!);
  const extra = body.arguments.slice(body.arguments.length - captured.length);
  const end = body.operations.at(-1)!;
  if (captured.length > 0) end.operands = [...end.operands, ...extra];
  const results = [...resultTypes(operation), ...captured.map((value) => value.type)];
  const state = builder.emit(mlx.whileOp, [...operation.operands, ...captured], {}, { results, regions });
  return state.slice(0, operation.results.length);
}

function branches(operation: Operation, builder: Builder): readonly Value[] {
  const { regions, captured } = closedRegions(operation);
  // `if` lists the true branch first; a predicate indexes false as 0.
  const ordered = operation.name === "stablehlo.if" ? [regions[1]!, regions[0]!] : regions;
  const inputs = [operation.operands[0]!, ...captured];
  return builder.emit(mlx.caseOp, inputs, {}, { results: resultTypes(operation), regions: ordered });
}

export const control: LoweringTable = {
  "stablehlo.while": whileLoop,
  "stablehlo.case": branches,
  "stablehlo.if": branches,
  "stablehlo.return": (operation, builder) => builder.emit(mlx.yieldOp, operation.operands),
};
