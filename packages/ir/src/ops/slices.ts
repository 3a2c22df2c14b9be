/** Shapes and constraints of gather and scatter, whose dimension numbers mirror each other (spec: gather, scatter). */
import type { ValueOf } from "../declare/kinds.ts";
import { DYNAMIC, type TensorType } from "../model/types.ts";
import { boundsOf, withBounds } from "./bounds.ts";
import { otherDimensions, sameDimensions } from "./dot.ts";
import { compatibleDimension, compatibleShape, inRange, isUnique, withShape } from "./inference.ts";
import type { gatherDimensionNumbers, scatterDimensionNumbers } from "./records.ts";

export type GatherDimensionNumbers = ValueOf<typeof gatherDimensionNumbers>;
export type ScatterDimensionNumbers = ValueOf<typeof scatterDimensionNumbers>;

interface Gather {
  readonly operand: TensorType;
  readonly start_indices: TensorType;
  readonly slice_sizes: readonly number[];
  readonly dimension_numbers: GatherDimensionNumbers;
}

interface Scatter {
  readonly inputs: readonly TensorType[];
  readonly scatter_indices: TensorType;
  readonly updates: readonly TensorType[];
  readonly scatter_dimension_numbers: ScatterDimensionNumbers;
}

type Constraints<C> = Readonly<Record<string, readonly [string, (args: C) => boolean]>>;

const isSorted = (values: readonly number[]) =>
  values.every((value, i) => i === 0 || values[i - 1]! <= value);

/** Sizes of `indices` without the dimension that holds index vectors. */
export function batchSizes(indices: TensorType, indexVectorDim: number): number[] {
  return indices.shape.filter((_, d) => d !== indexVectorDim);
}

/** Length of one index vector: 1 when every element is an index of its own. */
export function indexVectorSize(indices: TensorType, indexVectorDim: number): number {
  return indexVectorDim < indices.shape.length ? indices.shape[indexVectorDim]! : 1;
}

/** Spec: `combine`: window sizes at `windowDims`, the others in order around them. */
export function combine(
  batch: readonly number[],
  window: readonly number[],
  windowDims: readonly number[],
): number[] {
  const rest = [...batch];
  return Array.from({ length: batch.length + window.length }, (_, d) => {
    const at = windowDims.indexOf(d);
    return at < 0 ? rest.shift()! : window[at]!;
  });
}

/** Spec: gather C22. */
export function gatherShape(
  indices: TensorType,
  sliceSizes: readonly number[],
  d: GatherDimensionNumbers,
): number[] {
  const window = otherDimensions(sliceSizes.length, d.collapsed_slice_dims, d.operand_batching_dims);
  return combine(
    batchSizes(indices, d.index_vector_dim),
    window.map((dimension) => sliceSizes[dimension]!),
    d.offset_dims,
  );
}

/** The type of a gather: batch dimensions keep the bounds of `indices` (spec: gather C22, C23). */
export function gatherType(
  operand: TensorType,
  indices: TensorType,
  sliceSizes: readonly number[],
  d: GatherDimensionNumbers,
): TensorType {
  const bounds = boundsOf(indices);
  const shape = gatherShape(indices, sliceSizes, d);
  const batch = bounds.filter((_, i) => i !== d.index_vector_dim);
  const window = d.offset_dims.map(() => DYNAMIC);
  const all = bounds.length > 0 ? combine(batch, window, d.offset_dims) : shape.map(() => DYNAMIC);
  return withBounds(withShape(operand, shape), all);
}

/** Whether a slice of these sizes fits into `operand`. */
export function areWithin(sizes: readonly number[], operand: TensorType): boolean {
  return sizes.every((size, d) => size >= 0 && (operand.shape[d] === DYNAMIC || size <= operand.shape[d]!));
}

/** Constraints of gather and dynamic_gather that do not involve the slice sizes; labels of gather. */
export const gatherNumberConstraints = {
  C1: [
    "`dimension_numbers` account for every dimension of `operand`",
    ({ operand, dimension_numbers: d }) =>
      operand.shape.length ===
      d.offset_dims.length + d.collapsed_slice_dims.length + d.operand_batching_dims.length,
  ],
  C2: [
    "the index vector dimension in `dimension_numbers` is at most the rank of `start_indices`",
    ({ start_indices, dimension_numbers: d }) =>
      inRange([d.index_vector_dim], start_indices.shape.length + 1),
  ],
  C3: [
    "the start index map in `dimension_numbers` has as many entries as an index vector of `start_indices`",
    ({ start_indices, dimension_numbers: d }) =>
      compatibleDimension(d.start_index_map.length, indexVectorSize(start_indices, d.index_vector_dim)),
  ],
  C4: [
    "offset dimensions in `dimension_numbers` are unique and sorted",
    ({ dimension_numbers: d }) => isUnique(d.offset_dims) && isSorted(d.offset_dims),
  ],
  C5: [
    "offset dimensions in `dimension_numbers` are in range of the result",
    ({ start_indices, dimension_numbers: d }) =>
      inRange(d.offset_dims, d.offset_dims.length + batchSizes(start_indices, d.index_vector_dim).length),
  ],
  C6: [
    "collapsed and batching dimensions in `dimension_numbers` are unique",
    ({ dimension_numbers: d }) => isUnique([...d.collapsed_slice_dims, ...d.operand_batching_dims]),
  ],
  C7: [
    "collapsed dimensions in `dimension_numbers` are sorted",
    ({ dimension_numbers: d }) => isSorted(d.collapsed_slice_dims),
  ],
  C8: [
    "collapsed dimensions in `dimension_numbers` are in range of `operand`",
    ({ operand, dimension_numbers: d }) => inRange(d.collapsed_slice_dims, operand.shape.length),
  ],
  C10: [
    "batching dimensions in `dimension_numbers` are sorted",
    ({ dimension_numbers: d }) => isSorted(d.operand_batching_dims),
  ],
  C11: [
    "batching dimensions in `dimension_numbers` are in range of `operand`",
    ({ operand, dimension_numbers: d }) => inRange(d.operand_batching_dims, operand.shape.length),
  ],
  C13: [
    "batching dimensions of `start_indices` in `dimension_numbers` are unique",
    ({ dimension_numbers: d }) => isUnique(d.start_indices_batching_dims),
  ],
  C14: [
    "batching dimensions of `start_indices` in `dimension_numbers` are in range",
    ({ start_indices, dimension_numbers: d }) =>
      inRange(d.start_indices_batching_dims, start_indices.shape.length),
  ],
  C15: [
    "the index vector dimension in `dimension_numbers` is no batching dimension of `start_indices`",
    ({ dimension_numbers: d }) => !d.start_indices_batching_dims.includes(d.index_vector_dim),
  ],
  C16: [
    "`operand` and `start_indices` have as many batching dimensions",
    ({ dimension_numbers: d }) => d.operand_batching_dims.length === d.start_indices_batching_dims.length,
  ],
  C17: [
    "batching dimensions of `operand` and `start_indices` have the same sizes",
    ({ operand, start_indices, dimension_numbers: d }) =>
      sameDimensions(operand, d.operand_batching_dims, start_indices, d.start_indices_batching_dims),
  ],
  C18: [
    "start index map and batching dimensions in `dimension_numbers` are unique",
    ({ dimension_numbers: d }) => isUnique([...d.start_index_map, ...d.operand_batching_dims]),
  ],
  C19: [
    "the start index map in `dimension_numbers` is in range of `operand`",
    ({ operand, dimension_numbers: d }) => inRange(d.start_index_map, operand.shape.length),
  ],
} satisfies Constraints<Omit<Gather, "slice_sizes">>;

export const gatherConstraints = {
  ...gatherNumberConstraints,
  C20: [
    "`slice_sizes` has one size for each dimension of `operand`",
    ({ operand, slice_sizes }) => slice_sizes.length === operand.shape.length,
  ],
  C21: [
    "`slice_sizes` are within the shape of `operand`",
    ({ operand, slice_sizes }) => areWithin(slice_sizes, operand),
  ],
  C9: [
    "`slice_sizes` of collapsed dimensions are at most 1",
    ({ slice_sizes, dimension_numbers: d }) =>
      d.collapsed_slice_dims.every((dimension) => slice_sizes[dimension]! <= 1),
  ],
  C12: [
    "`slice_sizes` of batching dimensions are at most 1",
    ({ slice_sizes, dimension_numbers: d }) =>
      d.operand_batching_dims.every((dimension) => slice_sizes[dimension]! <= 1),
  ],
} satisfies Constraints<Gather>;

export const scatterConstraints = {
  C5: [
    "there are as many `inputs` as `updates`, at least one",
    ({ inputs, updates }) => inputs.length > 0 && inputs.length === updates.length,
  ],
  C1: [
    "`inputs` have the same shape",
    ({ inputs }) => inputs.every((input) => compatibleShape(input, inputs[0]!)),
  ],
  C3: [
    "`updates` have the same shape",
    ({ updates }) => updates.every((update) => compatibleShape(update, updates[0]!)),
  ],
  C2: [
    "`scatter_dimension_numbers` account for every dimension of `inputs`",
    ({ inputs, scatter_dimension_numbers: d }) =>
      rank(inputs) ===
      d.update_window_dims.length + d.inserted_window_dims.length + d.input_batching_dims.length,
  ],
  C22: [
    "the index vector dimension in `scatter_dimension_numbers` is at most the rank of `scatter_indices`",
    ({ scatter_indices, scatter_dimension_numbers: d }) =>
      inRange([d.index_vector_dim], scatter_indices.shape.length + 1),
  ],
  C7: [
    "update window dimensions in `scatter_dimension_numbers` are unique and sorted",
    ({ scatter_dimension_numbers: d }) => isUnique(d.update_window_dims) && isSorted(d.update_window_dims),
  ],
  C8: [
    "update window dimensions in `scatter_dimension_numbers` are in range of `updates`",
    ({ updates, scatter_dimension_numbers: d }) => inRange(d.update_window_dims, rank(updates)),
  ],
  C9: [
    "inserted and batching dimensions in `scatter_dimension_numbers` are unique",
    ({ scatter_dimension_numbers: d }) => isUnique([...d.inserted_window_dims, ...d.input_batching_dims]),
  ],
  C10: [
    "inserted window dimensions in `scatter_dimension_numbers` are sorted",
    ({ scatter_dimension_numbers: d }) => isSorted(d.inserted_window_dims),
  ],
  C11: [
    "inserted window dimensions in `scatter_dimension_numbers` are in range of `inputs`",
    ({ inputs, scatter_dimension_numbers: d }) => inRange(d.inserted_window_dims, rank(inputs)),
  ],
  C12: [
    "batching dimensions in `scatter_dimension_numbers` are sorted",
    ({ scatter_dimension_numbers: d }) => isSorted(d.input_batching_dims),
  ],
  C13: [
    "batching dimensions in `scatter_dimension_numbers` are in range of `inputs`",
    ({ inputs, scatter_dimension_numbers: d }) => inRange(d.input_batching_dims, rank(inputs)),
  ],
  C14: [
    "batching dimensions of `scatter_indices` in `scatter_dimension_numbers` are unique",
    ({ scatter_dimension_numbers: d }) => isUnique(d.scatter_indices_batching_dims),
  ],
  C15: [
    "batching dimensions of `scatter_indices` in `scatter_dimension_numbers` are in range",
    ({ scatter_indices, scatter_dimension_numbers: d }) =>
      inRange(d.scatter_indices_batching_dims, scatter_indices.shape.length),
  ],
  C16: [
    "the index vector dimension in `scatter_dimension_numbers` is no batching dimension of `scatter_indices`",
    ({ scatter_dimension_numbers: d }) => !d.scatter_indices_batching_dims.includes(d.index_vector_dim),
  ],
  C17: [
    "`inputs` and `scatter_indices` have as many batching dimensions",
    ({ scatter_dimension_numbers: d }) =>
      d.input_batching_dims.length === d.scatter_indices_batching_dims.length,
  ],
  C18: [
    "batching dimensions of `inputs` and `scatter_indices` have the same sizes",
    ({ inputs, scatter_indices, scatter_dimension_numbers: d }) =>
      inputs.every((input) =>
        sameDimensions(input, d.input_batching_dims, scatter_indices, d.scatter_indices_batching_dims),
      ),
  ],
  C19: [
    "the map of indices to operand dimensions in `scatter_dimension_numbers` fits `scatter_indices`",
    ({ scatter_indices, scatter_dimension_numbers: d }) =>
      compatibleDimension(
        d.scatter_dims_to_operand_dims.length,
        indexVectorSize(scatter_indices, d.index_vector_dim),
      ),
  ],
  C20: [
    "index map and batching dimensions in `scatter_dimension_numbers` are unique",
    ({ scatter_dimension_numbers: d }) =>
      isUnique([...d.scatter_dims_to_operand_dims, ...d.input_batching_dims]),
  ],
  C21: [
    "the index map in `scatter_dimension_numbers` is in range of `inputs`",
    ({ inputs, scatter_dimension_numbers: d }) => inRange(d.scatter_dims_to_operand_dims, rank(inputs)),
  ],
  C4: ["the shape of `updates` fits `scatter_indices` and `inputs`", hasUpdateShape],
} satisfies Constraints<Scatter>;

function rank(types: readonly TensorType[]): number {
  return types[0]?.shape.length ?? 0;
}

function hasUpdateShape({
  inputs,
  scatter_indices,
  updates,
  scatter_dimension_numbers: d,
}: Scatter): boolean {
  const shape = updates[0]?.shape ?? [];
  const scatterDims = otherDimensions(shape.length, d.update_window_dims);
  const batch = batchSizes(scatter_indices, d.index_vector_dim);
  const window = otherDimensions(rank(inputs), d.inserted_window_dims, d.input_batching_dims);
  return (
    scatterDims.length === batch.length &&
    scatterDims.every((dimension, i) => compatibleDimension(shape[dimension]!, batch[i]!)) &&
    d.update_window_dims.every((dimension, i) => {
      const limit = inputs[0]!.shape[window[i]!]!;
      return limit === DYNAMIC || shape[dimension]! <= limit;
    })
  );
}
