/** What gather and scatter have in common: windows of an array whose places are given by index vectors. */
import { stridesOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import type { Slot } from "../slot.ts";
import type { View } from "../view.ts";
import { positionsOf } from "../walk.ts";

/** Gather's and scatter's dimension numbers under one set of names. */
export interface IndexedNumbers {
  /** Dimensions of the result (gather) or the updates (scatter) that walk within a window. */
  readonly windowDimensions: readonly number[];
  /** Dimensions of the array that windows do not extend over. */
  readonly collapsed: readonly number[];
  readonly batching: readonly number[];
  readonly indicesBatching: readonly number[];
  /** Which dimension of the array each index of a vector is for. */
  readonly indexed: readonly number[];
  readonly indexVector: number;
}

/** Positions of all windows, as tables over the batch of index vectors. */
export interface Windows {
  /** Where each index vector begins in the indices, and the step to its next index. */
  readonly vectors: Int32Array;
  readonly vectorStep: number;
  /** Where each window begins in the other array (gather's result, scatter's updates). */
  readonly outside: Int32Array;
  /** Where each window begins in the array as far as batching dimensions say. */
  readonly inside: Int32Array;
  /** Elements of a window from its beginning, in the other array and in the array. */
  readonly outer: Int32Array;
  readonly inner: Int32Array;
  /** For each index of a vector: its step in the array, and the largest that keeps the window inside. */
  readonly steps: readonly number[];
  readonly limits: readonly number[];
}

export function windowsOf(
  array: readonly number[],
  indices: readonly number[],
  other: readonly number[],
  sizes: readonly number[],
  numbers: IndexedNumbers,
): Windows {
  const arrayStrides = stridesOf(array);
  const otherStrides = stridesOf(other);
  const indexStrides = stridesOf(indices);
  const batchOfIndices = indices.map((_, d) => d).filter((d) => d !== numbers.indexVector);
  const batchOfOther = other.map((_, d) => d).filter((d) => !numbers.windowDimensions.includes(d));
  const batch = batchOfIndices.map((d) => indices[d]!);
  const windowed = array
    .map((_, d) => d)
    .filter((d) => !numbers.collapsed.includes(d) && !numbers.batching.includes(d));
  const window = windowed.map((d) => sizes[d]!);
  const batchSteps = batchOfIndices.map((d) => {
    const place = numbers.indicesBatching.indexOf(d);
    return place < 0 ? 0 : arrayStrides[numbers.batching[place]!]!;
  });
  const pick = (strides: readonly number[], dimensions: readonly number[]) =>
    dimensions.map((d) => strides[d]!);
  return {
    vectors: positionsOf(batch, pick(indexStrides, batchOfIndices)),
    vectorStep: indexStrides[numbers.indexVector] ?? 1,
    outside: positionsOf(batch, pick(otherStrides, batchOfOther)),
    inside: positionsOf(batch, batchSteps),
    outer: positionsOf(window, pick(otherStrides, numbers.windowDimensions)),
    inner: positionsOf(window, pick(arrayStrides, windowed)),
    steps: pick(arrayStrides, numbers.indexed),
    limits: numbers.indexed.map((d) => array[d]! - sizes[d]!),
  };
}

/** An operand that must be whole, as lowering made it. */
export function wholeSlot(view: View, context: KernelContext): Slot {
  return context.slotOf(view.root!);
}

export const shapeOf = (variable: Variable): readonly number[] => tensorType(variable).shape;
