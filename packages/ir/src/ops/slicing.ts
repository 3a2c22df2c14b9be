/** Slices, with starts known at compile time or computed. */
import { defineOp, integers, tensor, variadic } from "../declare/define.ts";
import { i64Array } from "../declare/kinds.ts";
import { DYNAMIC, sameElement } from "../model/types.ts";
import { clampedStarts } from "../reference/kernel/slice.ts";
import { assign, copyOf, materialize, sliced, viewTensor } from "../reference/kernel/view.ts";
import { boundsOf } from "./bounds.ts";
import { isScalar, withShape } from "./inference.ts";

export const slice = defineOp("stablehlo.slice", {
  since: "0.9.0",
  summary: "The elements from `start_indices` to before `limit_indices`, `strides` apart.",
  operands: { operand: tensor },
  attributes: { start_indices: i64Array, limit_indices: i64Array, strides: i64Array },
  results: { result: tensor },
  format:
    "$operand custom<SliceRanges>($start_indices, $limit_indices, $strides) attr-dict `:` functional-type(operands, results)",
  constraints: {
    C2: [
      "`start_indices`, `limit_indices` and `strides` have one entry for each dimension of `operand`",
      ({ operand, start_indices, limit_indices, strides }) =>
        [start_indices, limit_indices, strides].every(({ length }) => length === operand.shape.length),
    ],
    C3: [
      "0 <= `start_indices` <= `limit_indices` <= the sizes of `operand`",
      ({ operand, start_indices, limit_indices }) =>
        start_indices.every((start, d) => start >= 0 && start <= limit_indices[d]!) &&
        fitsInto(limit_indices, operand.shape) &&
        fitsInto(limit_indices, boundsOf(operand)),
    ],
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElement(operand.element, result.element),
    ],
    C4: ["`strides` are positive", ({ strides }) => strides.every((stride) => stride > 0)],
  },
  infer: (args) => [withShape(args.operand, slicedShape(args))],
  quantized: "stored",
  evaluate: ({ operand, ...attributes }) => {
    const { start_indices, strides } = attributes;
    const view = sliced(viewTensor(operand), start_indices, slicedShape(attributes), strides);
    return materialize(view, operand.type.element);
  },
});

export const dynamicSlice = defineOp("stablehlo.dynamic_slice", {
  since: "0.9.0",
  summary: "A slice of fixed size whose start is computed, moved inside the operand where needed.",
  operands: { operand: tensor, start_indices: variadic(integers) },
  attributes: { slice_sizes: i64Array },
  results: { result: tensor },
  format:
    "$operand `,` custom<VariadicOperandWithAttribute>($start_indices) `sizes` `=` $slice_sizes attr-dict `:` functional-type(operands, results)",
  constraints: {
    C2: [
      "`start_indices` and `slice_sizes` have one entry for each dimension of `operand`",
      ({ operand, start_indices, slice_sizes }) =>
        start_indices.length === operand.shape.length && slice_sizes.length === operand.shape.length,
    ],
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElement(operand.element, result.element),
    ],
    C3: ["`start_indices` are scalars of one type", ({ start_indices }) => areIndices(start_indices)],
    C4: [
      "`slice_sizes` are not negative and at most the sizes of `operand`",
      ({ operand, slice_sizes }) =>
        slice_sizes.every((size) => size >= 0) && fitsInto(slice_sizes, operand.shape),
    ],
  },
  infer: ({ operand, slice_sizes }) => [withShape(operand, slice_sizes)],
  quantized: "stored",
  evaluate: ({ operand, start_indices, slice_sizes }) => {
    const starts = clampedStarts(start_indices, operand.type.shape, slice_sizes);
    return materialize(sliced(viewTensor(operand), starts, slice_sizes), operand.type.element);
  },
});

export const dynamicUpdateSlice = defineOp("stablehlo.dynamic_update_slice", {
  since: "0.9.0",
  summary:
    "The operand with a slice replaced whose start is computed, moved inside the operand where needed.",
  operands: { operand: tensor, update: tensor, start_indices: variadic(integers) },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
  constraints: {
    C2: [
      "`update` and `operand` have the same element type",
      ({ operand, update }) => sameElement(operand.element, update.element),
    ],
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElement(operand.element, result.element),
    ],
    C3: [
      "`update` and `operand` have the same rank",
      ({ operand, update }) => update.shape.length === operand.shape.length,
    ],
    C4: [
      "`start_indices` have one entry for each dimension of `operand`",
      ({ operand, start_indices }) => start_indices.length === operand.shape.length,
    ],
    C5: ["`start_indices` are scalars of one type", ({ start_indices }) => areIndices(start_indices)],
    C6: ["`update` fits into `operand`", ({ operand, update }) => fitsInto(update.shape, operand.shape)],
  },
  infer: ({ operand }) => [operand],
  quantized: "stored",
  evaluate: ({ operand, update, start_indices }) => {
    const result = copyOf(operand);
    const starts = clampedStarts(start_indices, operand.type.shape, update.type.shape);
    assign(sliced(viewTensor(result), starts, update.type.shape), viewTensor(update));
    return result;
  },
});

/** Whether `start_indices` are alike: scalars of one integer type. */
function areIndices(indices: readonly Parameters<typeof isScalar>[0][]): boolean {
  return indices.every((index) => isScalar(index) && index.element === indices[0]!.element);
}

function fitsInto(sizes: readonly number[], limits: readonly number[]): boolean {
  return sizes.every(
    (size, d) =>
      size === DYNAMIC || (size >= 0 && ((limits[d] ?? DYNAMIC) === DYNAMIC || size <= limits[d]!)),
  );
}

/** Spec: slice C5. */
function slicedShape(args: {
  readonly start_indices: readonly number[];
  readonly limit_indices: readonly number[];
  readonly strides: readonly number[];
}): number[] {
  return args.strides.map((stride, d) =>
    Math.ceil((args.limit_indices[d]! - args.start_indices[d]!) / stride),
  );
}
