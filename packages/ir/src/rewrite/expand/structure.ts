/** top_k, scan and ragged_dot in terms of sorts, loops and products. */

import type { OpDefinition } from "../../declare/define.ts";
import type { ValueOf } from "../../declare/kinds.ts";
import { bodyOf, type Operation, type Value } from "../../model/operation.ts";
import { DYNAMIC, type Element, isFloat, sameType, type TensorType, tensor } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import type { raggedDotDimensionNumbers } from "../../ops/records.ts";
import type { Builder } from "../builder.ts";
import { shapeOf, sizeAlong, splat } from "../constants.ts";
import { cloneBlock } from "../inline.ts";
import { attr } from "../rule.ts";

const typeOf = (value: Value): TensorType => value.type as TensorType;

/** A stable sort in falling order together with the positions, of which the first are kept. */
export function topK(
  builder: Builder,
  operand: Value,
  k: number,
  results: readonly TensorType[],
): readonly Value[] {
  const type = typeOf(operand);
  const dimension = type.shape.length - 1;
  const comparator = fallingOrder(builder, type.element);
  const sorted = builder.emit(
    stablehlo.sort,
    [operand, positions(builder, operand, dimension)],
    { dimension, is_stable: true },
    { regions: [comparator] },
  );
  return sorted.map((value, i) => head(builder, value, k, results[i]!));
}

/** Compares values, and lets their positions be. */
function fallingOrder(builder: Builder, element: TensorType["element"]) {
  const scalar = tensor([], element);
  const index = tensor([], "i32");
  return builder.region([scalar, scalar, index, index], (inner, [a, b]) => {
    const larger = inner.value(stablehlo.compare, [a!, b!], {
      comparison_direction: "GT",
      ...(isFloat(element) && { compare_type: "TOTALORDER" }),
    });
    inner.emit(stablehlo.returnOp, [larger]);
  });
}

function positions(builder: Builder, like: Value, dimension: number): Value {
  const results = [{ ...typeOf(like), element: "i32" } as const];
  const attributes = { iota_dimension: dimension };
  if (!typeOf(like).shape.includes(DYNAMIC))
    return builder.value(stablehlo.iota, [], attributes, { results });
  return builder.value(stablehlo.dynamicIota, [shapeOf(builder, like)], attributes, { results });
}

/** The first `k` along the last dimension. */
function head(builder: Builder, value: Value, k: number, result: TensorType): Value {
  const { shape } = typeOf(value);
  const rank = shape.length;
  if (!shape.includes(DYNAMIC)) {
    const [start_indices, strides] = [shape.map(() => 0), shape.map(() => 1)];
    const limit_indices = shape.with(rank - 1, k);
    return builder.value(stablehlo.slice, [value], { start_indices, limit_indices, strides });
  }
  const each = (size: number) => splat(builder, tensor([rank], "i64"), "i64", size);
  const sizes = shape.slice(0, -1).map((size, d) => sizeAlong(builder, value, size, d));
  const last = splat(builder, tensor([1], "i64"), "i64", k);
  const limit = builder.value(stablehlo.concatenate, [...sizes, last], { dimension: 0 });
  return builder.value(
    stablehlo.realDynamicSlice,
    [value, each(0), limit, each(1)],
    {},
    { results: [result] },
  );
}

// scan ---------------------------------------------------------------------------------------------------------------

interface ScanFields {
  readonly dimension: number;
  readonly backward: boolean;
}

/** A loop that takes a slice of each input, calls the body and puts its results into the outputs. */
export function scan(builder: Builder, operation: Operation, definition: OpDefinition): readonly Value[] {
  const dimension = attr<number>(definition, operation, "dimension");
  const backward = attr<boolean>(definition, operation, "is_reverse");
  const body = bodyOf(operation.regions[0]!);
  const carryCount = numberOfCarries(operation, dimension);
  const inputs = operation.operands.slice(0, operation.operands.length - carryCount);
  const inits = operation.operands.slice(inputs.length);
  const outputTypes = operation.results.slice(0, operation.results.length - carryCount).map(typeOf);
  const length = (inputs[0] ? typeOf(inputs[0]) : outputTypes[0]!).shape[dimension]!;
  const index = tensor([], "i32");
  const outputs = outputTypes.map((type) => splat(builder, type, type.element as Element, 0));
  const state = [splat(builder, index, "i32", 0), ...inits, ...outputs];
  const types = state.map(({ type }) => type);

  const condition = builder.region(types, (inner, [step]) => {
    const limit = splat(inner, index, "i32", length);
    const more = inner.value(stablehlo.compare, [step!, limit], { comparison_direction: "LT" });
    inner.emit(stablehlo.returnOp, [more]);
  });
  const loop = builder.region(types, (inner, [step, ...rest]) => {
    const fields = { dimension, backward };
    const at = placeOf(inner, step!, length, fields);
    const slices = inputs.map((input) => sliceAt(inner, input, at, dimension));
    const results = cloneBlock(inner, body, [...slices, ...rest.slice(0, carryCount)]);
    const next = rest
      .slice(carryCount)
      .map((output, i) => withSlice(inner, output, results[i]!, at, dimension));
    const following = inner.value(stablehlo.add, [step!, splat(inner, index, "i32", 1)]);
    inner.emit(stablehlo.returnOp, [following, ...results.slice(outputTypes.length), ...next]);
  });
  const final = builder.emit(stablehlo.whileOp, state, {}, { results: types, regions: [condition, loop] });
  return [...final.slice(1 + carryCount), ...final.slice(1, 1 + carryCount)];
}

/** Whether the body gives carries of the types that it takes, which MLIR's verifier leaves open: a loop can hold them. */
export function keepsCarries(operation: Operation, definition: OpDefinition): boolean {
  const count = numberOfCarries(operation, attr<number>(definition, operation, "dimension"));
  const last = (values: readonly Value[]) => values.slice(values.length - count);
  const inits = last(operation.operands);
  return last(operation.results).every(({ type }, i) => sameType(type, inits[i]!.type));
}

/** The body takes a slice of each input and then the carries: those of its arguments that have lost no dimension. */
function numberOfCarries(operation: Operation, dimension: number): number {
  const { arguments: parameters } = bodyOf(operation.regions[0]!);
  const isSliced = (value: Value, i: number) => {
    const whole = typeOf(operation.operands[i]!).shape;
    return typeOf(value).shape.length === whole.length - 1 && dimension < whole.length;
  };
  const inputs = parameters.findIndex((value, i) => !isSliced(value, i));
  return inputs < 0 ? 0 : parameters.length - inputs;
}

function placeOf(builder: Builder, step: Value, length: number, { backward }: ScanFields): Value {
  if (!backward) return step;
  return builder.value(stablehlo.subtract, [splat(builder, step, "i32", length - 1), step]);
}

const startsAt = (builder: Builder, at: Value, rank: number, dimension: number): readonly Value[] =>
  Array.from({ length: rank }, (_, d) => (d === dimension ? at : splat(builder, at, "i32", 0)));

function sliceAt(builder: Builder, value: Value, at: Value, dimension: number): Value {
  const { shape, element } = typeOf(value);
  const starts = startsAt(builder, at, shape.length, dimension);
  const slice_sizes = shape.with(dimension, 1);
  const slice = builder.value(stablehlo.dynamicSlice, [value, ...starts], { slice_sizes });
  const type = tensor(shape.toSpliced(dimension, 1), element);
  return builder.value(stablehlo.reshape, [slice], {}, { results: [type] });
}

function withSlice(builder: Builder, whole: Value, slice: Value, at: Value, dimension: number): Value {
  const { shape, element } = typeOf(whole);
  const type = tensor(shape.with(dimension, 1), element);
  const flat = builder.value(stablehlo.reshape, [slice], {}, { results: [type] });
  const starts = startsAt(builder, at, shape.length, dimension);
  return builder.value(
    stablehlo.dynamicUpdateSlice,
    [whole, flat, ...starts],
    {},
    { results: [typeOf(whole)] },
  );
}

// ragged_dot ---------------------------------------------------------------------------------------------------------

type RaggedNumbers = ValueOf<typeof raggedDotDimensionNumbers>;

interface Ragged {
  readonly lhs: Value;
  readonly rhs: Value;
  readonly numbers: RaggedNumbers;
  readonly result: TensorType;
  readonly precision: readonly string[] | undefined;
  /** Number of the group of each index along the batching dimensions before the ragged one, and the ragged one. */
  readonly groups: readonly GroupBounds[];
}

/** Where a group starts and ends, by the batching dimensions that come with the sizes. */
interface GroupBounds {
  readonly start: Value;
  readonly end: Value;
}

/**
 * By what the ragged dimension is: a free one of `lhs` meets the matrix of its group in `rhs`, a contracting one gives a
 * product per group, and of batches only those of a group have a product.
 */
export function raggedDot(builder: Builder, operation: Operation, definition: OpDefinition): Value {
  const [lhs, rhs, sizes] = operation.operands as [Value, Value, Value];
  const numbers = attr<RaggedNumbers>(definition, operation, "ragged_dot_dimension_numbers");
  const precision = attr<readonly string[] | undefined>(definition, operation, "precision_config");
  const result = operation.results[0]!.type as TensorType;
  const ragged = { lhs, rhs, numbers, result, precision, groups: boundsOf(builder, sizes) };
  const [dimension = 0] = numbers.lhs_ragged_dimensions;
  if (numbers.lhs_contracting_dimensions.includes(dimension)) return productPerGroup(builder, ragged);
  const [group] = numbers.rhs_group_dimensions;
  const zero = splat(builder, result, result.element as Element, 0);
  if (group === undefined) {
    const product = dot(builder, ragged, lhs, rhs, numbers, result);
    return ragged.groups.reduce((sum, bounds) => chosen(builder, ragged, bounds, product, sum), zero);
  }
  return ragged.groups.reduce((sum, bounds, g) => {
    const matrix = sliceOf(builder, rhs, group, g);
    const product = dot(builder, ragged, lhs, matrix, withoutGroup(numbers, group), result);
    return chosen(builder, ragged, bounds, product, sum);
  }, zero);
}

/** Running sums of the sizes, group by group. */
function boundsOf(builder: Builder, sizes: Value): readonly GroupBounds[] {
  const { shape, element } = typeOf(sizes);
  const last = shape.length - 1;
  const prefix = tensor(shape.slice(0, -1), element);
  let start = splat(builder, prefix, element as Element, 0);
  return Array.from({ length: shape[last]! }, (_, group) => {
    const size = sliceOf(builder, sizes, last, group);
    const end = builder.value(stablehlo.add, [start, size]);
    const bounds = { start, end };
    start = end;
    return bounds;
  });
}

function sliceOf(builder: Builder, value: Value, dimension: number, at: number): Value {
  const { shape, element } = typeOf(value);
  const slice = builder.value(stablehlo.slice, [value], {
    start_indices: shape.map((_, d) => (d === dimension ? at : 0)),
    limit_indices: shape.with(dimension, at + 1),
    strides: shape.map(() => 1),
  });
  const type = tensor(shape.toSpliced(dimension, 1), element);
  return builder.value(stablehlo.reshape, [slice], {}, { results: [type] });
}

/** Whether an index along `ragged` of a tensor like `type` is in the group; `batching` are the dimensions of the sizes. */
function isMember(
  builder: Builder,
  { start, end }: GroupBounds,
  type: TensorType,
  ragged: number,
  batching: readonly number[],
): Value {
  const { element } = typeOf(start);
  const places = { ...type, element };
  const index = builder.value(stablehlo.iota, [], { iota_dimension: ragged }, { results: [places] });
  const broadcast_dimensions = batching.slice(0, typeOf(start).shape.length);
  const spread = (value: Value) =>
    builder.value(stablehlo.broadcastInDim, [value], { broadcast_dimensions }, { results: [places] });
  const after = builder.value(stablehlo.compare, [index, spread(start)], { comparison_direction: "GE" });
  const before = builder.value(stablehlo.compare, [index, spread(end)], { comparison_direction: "LT" });
  return builder.value(stablehlo.and, [after, before]);
}

/** `product` where the result's index is in the group, else what is there. */
function chosen(builder: Builder, ragged: Ragged, bounds: GroupBounds, product: Value, rest: Value): Value {
  const { numbers, lhs, result } = ragged;
  const { lhs_batching_dimensions: batching, lhs_contracting_dimensions: contracting } = numbers;
  const free = typeOf(lhs)
    .shape.map((_, d) => d)
    .filter((d) => !batching.includes(d) && !contracting.includes(d));
  const order = [...batching, ...free];
  const place = order.indexOf(numbers.lhs_ragged_dimensions[0]!);
  const mask = isMember(
    builder,
    bounds,
    result,
    place,
    order.map((_, i) => i),
  );
  return builder.value(stablehlo.select, [mask, product, rest]);
}

/** Products of what is in the group on both sides: the rest is zero, so that nothing infinite meets a zero. */
function productPerGroup(builder: Builder, ragged: Ragged): Value {
  const { lhs, rhs, numbers, result } = ragged;
  const [dimension] = numbers.lhs_ragged_dimensions as [number];
  const other = numbers.rhs_contracting_dimensions[numbers.lhs_contracting_dimensions.indexOf(dimension)]!;
  const partType = { ...result, shape: result.shape.slice(1) };
  const masked = (value: Value, bounds: GroupBounds, d: number, batching: readonly number[]) => {
    const zero = splat(builder, value, typeOf(value).element as Element, 0);
    const mask = isMember(builder, bounds, typeOf(value), d, batching);
    return builder.value(stablehlo.select, [mask, value, zero]);
  };
  const parts = ragged.groups.map((bounds) => {
    const left = masked(lhs, bounds, dimension, numbers.lhs_batching_dimensions);
    const right = masked(rhs, bounds, other, numbers.rhs_batching_dimensions);
    const product = dot(builder, ragged, left, right, numbers, partType);
    const type = { ...result, shape: [1, ...partType.shape] };
    return builder.value(stablehlo.reshape, [product], {}, { results: [type] });
  });
  if (parts.length === 0) return splat(builder, result, result.element as Element, 0);
  return builder.value(stablehlo.concatenate, parts, { dimension: 0 });
}

type DotNumbers = Omit<RaggedNumbers, "lhs_ragged_dimensions" | "rhs_group_dimensions">;

function dot(
  builder: Builder,
  { precision }: Ragged,
  lhs: Value,
  rhs: Value,
  numbers: DotNumbers,
  result: TensorType,
): Value {
  const dot_dimension_numbers = {
    lhs_batching_dimensions: numbers.lhs_batching_dimensions,
    rhs_batching_dimensions: numbers.rhs_batching_dimensions,
    lhs_contracting_dimensions: numbers.lhs_contracting_dimensions,
    rhs_contracting_dimensions: numbers.rhs_contracting_dimensions,
  };
  const values = { dot_dimension_numbers, precision_config: precision };
  return builder.value(stablehlo.dotGeneral, [lhs, rhs], values, { results: [result] });
}

/** Dimension numbers of `rhs` without its group dimension. */
function withoutGroup(numbers: RaggedNumbers, group: number): DotNumbers {
  const shifted = (dimensions: readonly number[]) => dimensions.map((d) => (d > group ? d - 1 : d));
  return {
    ...numbers,
    rhs_batching_dimensions: shifted(numbers.rhs_batching_dimensions),
    rhs_contracting_dimensions: shifted(numbers.rhs_contracting_dimensions),
  };
}
