/**
 * Sums and products of 16-bit floats in the order of XLA:CPU (openxla/xla, tree_reduction_rewriter.cc): first within
 * windows of 32, then the results, so that many roundings do not pile up. StableHLO leaves the order open.
 */
import { bodyOf, type Operation, type Value } from "../../model/operation.ts";
import { isStatic, type TensorType } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import { floatsOf } from "../../reference/element/work.ts";
import type { Builder } from "../builder.ts";
import { constantOf } from "../constants.ts";
import { cloneBlock } from "../inline.ts";
import { attr, type Rule } from "../rule.ts";

const window = 32;

/** Reducers whose order shows in the result, and what they start from when that changes nothing. */
const identities: ReadonlyMap<string, number> = new Map([
  [stablehlo.add.name, 0],
  [stablehlo.multiply.name, 1],
]);

export const treeReduction: Rule<readonly number[]> = {
  name: "reduce-in-windows",
  why: "XLA:CPU folds 16-bit floats within windows of 32 before it folds the results.",
  on: [stablehlo.reduce.name],
  match: (operation) => {
    const [input, initial] = operation.operands;
    if (operation.operands.length !== 2 || !isStatic(input!.type)) return undefined;
    const { element, shape } = input!.type;
    if (element !== "f16" && element !== "bf16") return undefined;
    const dimensions = attr<readonly number[]>(stablehlo.reduce, operation, "dimensions");
    const long = !shape.includes(0) && dimensions.some((dimension) => shape[dimension]! > window);
    return long && startsFromIdentity(operation, initial!) ? dimensions : undefined;
  },
  emit: (dimensions, builder, operation) => {
    const [input, initial] = operation.operands as [Value, Value];
    const { tiles, tiled } = tile(builder, input, initial, dimensions);
    const partial = fold(builder, operation, tiles, tiled);
    return [fold(builder, operation, partial, dimensions)];
  },
};

function startsFromIdentity({ regions }: Operation, initial: Value): boolean {
  const body = bodyOf(regions[0]!);
  const [first, ...rest] = body.operations;
  if (rest.length !== 1 || !body.arguments.every((argument) => first!.operands.includes(argument)))
    return false;
  const identity = identities.get(first!.name);
  const constant = constantOf(initial);
  return identity !== undefined && constant !== undefined && floatsOf(constant)[0] === identity;
}

/** Windows along each reduced dimension as further dimensions, which `tiled` names; what is missing is the initial value. */
function tile(builder: Builder, input: Value, initial: Value, dimensions: readonly number[]) {
  const { shape, element } = input.type as TensorType;
  const sizes = shape.map((size, d) => (dimensions.includes(d) ? Math.min(size, window) : 1));
  const counts = shape.map((size, d) => Math.ceil(size / sizes[d]!));
  const missing = shape.map((size, d) => counts[d]! * sizes[d]! - size);
  // Padding::kSame: an odd one goes to the end.
  const low = missing.map((count) => Math.floor(count / 2));
  const padding = { edge_padding_low: low, edge_padding_high: missing.map((count, d) => count - low[d]!) };
  const interior_padding = shape.map(() => 0);
  const padded = missing.some((count) => count > 0)
    ? builder.value(stablehlo.pad, [input, initial], { ...padding, interior_padding })
    : input;
  const split = shape.flatMap((_, d) => (dimensions.includes(d) ? [counts[d]!, sizes[d]!] : [counts[d]!]));
  const type: TensorType = { kind: "tensor", element, shape: split };
  const before = (d: number) => dimensions.filter((other) => other < d).length;
  return {
    tiles: builder.value(stablehlo.reshape, [padded], {}, { results: [type] }),
    tiled: dimensions.map((d) => d + before(d) + 1),
  };
}

function fold(builder: Builder, operation: Operation, input: Value, dimensions: readonly number[]): Value {
  const body = bodyOf(operation.regions[0]!);
  const types = body.arguments.map(({ type }) => type);
  const region = builder.region(types, (inner, args) => {
    inner.emit(stablehlo.returnOp, cloneBlock(inner, body, args));
  });
  const operands = [input, operation.operands[1]!];
  return builder.value(stablehlo.reduce, operands, { dimensions }, { regions: [region] });
}
