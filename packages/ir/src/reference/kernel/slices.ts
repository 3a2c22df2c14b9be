/** gather and scatter (spec): windows of a tensor at computed positions, read and combined. */

import { type Storage, slotsPerElement } from "../../model/storage.ts";
import { sizeOf, stridesOf } from "../../model/types.ts";
import { otherDimensions } from "../../ops/dot.ts";
import {
  batchSizes,
  type GatherDimensionNumbers,
  gatherShape,
  type ScatterDimensionNumbers,
} from "../../ops/slices.ts";
import { type Tensor, zeros } from "../tensor.ts";
import { advance, offsetsOf } from "./offsets.ts";

/** What gather and scatter have in common: index vectors that place windows in a tensor. */
interface Windows {
  /** Which dimension of the tensor each component of an index vector is for. */
  readonly indexMap: readonly number[];
  readonly indexVectorDim: number;
  readonly batchingDims: readonly number[];
  readonly indicesBatchingDims: readonly number[];
}

/** The index at which each window starts, as the program says it, one after another: `count × rank`. */
function windowStarts(shape: readonly number[], indices: Tensor, windows: Windows): Float64Array {
  const { indexMap, indexVectorDim } = windows;
  const rank = shape.length;
  const sizes = batchSizes(indices.type, indexVectorDim);
  const strides = stridesOf(indices.type.shape);
  const vectors = offsetsOf(
    sizes,
    strides.filter((_, d) => d !== indexVectorDim),
  );
  const step = strides[indexVectorDim] ?? 1;
  const starts = new Float64Array(vectors.length * rank);
  for (let i = 0; i < vectors.length; i++) {
    for (let j = 0; j < indexMap.length; j++) {
      starts[i * rank + indexMap[j]!] = Number(indices.data[vectors[i]! + j * step]);
    }
  }
  addBatchIndices(starts, rank, sizes, windows);
  return starts;
}

/** Spec: `full_batching_index`: a batching dimension of the tensor runs along with one of the indices. */
function addBatchIndices(
  starts: Float64Array,
  rank: number,
  sizes: readonly number[],
  windows: Windows,
): void {
  const { batchingDims, indicesBatchingDims, indexVectorDim } = windows;
  if (batchingDims.length === 0 || starts.length === 0) return;
  const index = sizes.map(() => 0);
  let at = 0;
  do {
    for (const [i, d] of batchingDims.entries()) {
      const batch = indicesBatchingDims[i]!;
      starts[at + d] = index[batch - (batch < indexVectorDim ? 0 : 1)]!;
    }
    at += rank;
  } while (advance(index, sizes));
}

export function gather(
  operand: Tensor,
  indices: Tensor,
  numbers: GatherDimensionNumbers,
  sliceSizes: readonly number[],
): Tensor {
  const { shape, element } = operand.type;
  const result = zeros(gatherShape(indices.type, sliceSizes, numbers), element);
  const strides = stridesOf(shape);
  const starts = windowStarts(shape, indices, {
    indexMap: numbers.start_index_map,
    indexVectorDim: numbers.index_vector_dim,
    batchingDims: numbers.operand_batching_dims,
    indicesBatchingDims: numbers.start_indices_batching_dims,
  });
  const from = offsetsOf(sliceSizes, strides);
  const { batch, window } = resultOffsets(result.type.shape, numbers.offset_dims);
  const copy = copier(result.data, operand.data, slotsPerElement(element));
  for (let i = 0; i < batch.length; i++) {
    let base = 0;
    for (let d = 0; d < shape.length; d++) {
      // Spec: windows that would reach outside are moved inside.
      base += clamp(starts[i * shape.length + d]!, shape[d]! - sliceSizes[d]!) * strides[d]!;
    }
    for (let j = 0; j < from.length; j++) copy(batch[i]! + window[j]!, base + from[j]!);
  }
  return result;
}

/** Positions in a gather's result or a scatter's updates: of each batch index, and of each index inside a window. */
function resultOffsets(shape: readonly number[], windowDims: readonly number[]) {
  const strides = stridesOf(shape);
  const over = (dimensions: readonly number[]) =>
    offsetsOf(
      dimensions.map((d) => shape[d]!),
      dimensions.map((d) => strides[d]!),
    );
  return { batch: over(otherDimensions(shape.length, windowDims)), window: over(windowDims) };
}

function clamp(value: number, high: number): number {
  return Math.max(0, Math.min(value, high));
}

function copier(to: Storage, from: Storage, slots: 1 | 2): (toAt: number, fromAt: number) => void {
  if (slots === 1) {
    return (toAt, fromAt) => {
      to[toAt] = from[fromAt]!;
    };
  }
  return (toAt, fromAt) => {
    to[2 * toAt] = from[2 * fromAt]!;
    to[2 * toAt + 1] = from[2 * fromAt + 1]!;
  };
}

/**
 * Calls `combine(result position, update position)` for each update that falls inside the inputs, window by window in
 * the order of the indices. (The spec leaves the order open; this is XLA's.)
 */
export function forEachUpdate(
  inputShape: readonly number[],
  indices: Tensor,
  updateShape: readonly number[],
  numbers: ScatterDimensionNumbers,
  combine: (resultAt: number, updateAt: number) => void,
): void {
  const rank = inputShape.length;
  const strides = stridesOf(inputShape);
  const windowDims = otherDimensions(rank, numbers.inserted_window_dims, numbers.input_batching_dims);
  const sizes = inputShape.map((_, d) => {
    const at = windowDims.indexOf(d);
    return at < 0 ? 1 : updateShape[numbers.update_window_dims[at]!]!;
  });
  const starts = windowStarts(inputShape, indices, {
    indexMap: numbers.scatter_dims_to_operand_dims,
    indexVectorDim: numbers.index_vector_dim,
    batchingDims: numbers.input_batching_dims,
    indicesBatchingDims: numbers.scatter_indices_batching_dims,
  });
  const { batch, window } = resultOffsets(updateShape, numbers.update_window_dims);
  if (sizeOf(updateShape) === 0) return;
  for (let i = 0; i < batch.length; i++) {
    const index = sizes.map(() => 0);
    let j = 0;
    do {
      let position = 0;
      let inside = true;
      for (let d = 0; d < rank; d++) {
        const coordinate = starts[i * rank + d]! + index[d]!;
        inside &&= coordinate >= 0 && coordinate < inputShape[d]!;
        position += coordinate * strides[d]!;
      }
      if (inside) combine(position, batch[i]! + window[j]!);
      j++;
    } while (advance(index, sizes));
  }
}

/** torch_index_select: rows of `operand` along `dim`; the first `batchDims` dimensions of `index` run along. */
export function selectRows(operand: Tensor, index: Tensor, dim: number, batchDims: number): Tensor {
  const { shape, element } = operand.type;
  const batches = shape.slice(0, batchDims);
  const between = shape.slice(batchDims, dim);
  const inner = sizeOf(shape.slice(dim + 1));
  const rows = sizeOf(index.type.shape.slice(batchDims));
  const outer = sizeOf(between);
  const result = zeros(
    [...batches, ...between, ...index.type.shape.slice(batchDims), ...shape.slice(dim + 1)],
    element,
  );
  const copy = copier(result.data, operand.data, slotsPerElement(element));
  let at = 0;
  for (let block = 0; block < sizeOf(batches) * outer; block++) {
    const batch = Math.floor(block / outer);
    for (let row = 0; row < rows; row++) {
      const chosen = clamp(Number(index.data[batch * rows + row]), shape[dim]! - 1);
      for (let i = 0; i < inner; i++) copy(at++, (block * shape[dim]! + chosen) * inner + i);
    }
  }
  return result;
}
