/** What gather and scatter have in common: windows of an array whose places are given by index vectors. */
import { bytesPerElement, type Element, stridesOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import type { Slot } from "../slot.ts";
import type { View } from "../view.ts";
import { positionsOf } from "../walk.ts";
import { add, type Code, type FunctionCode } from "../wasm/code.ts";
import { type Cursor, forAll, openCursor } from "../wasm/nest.ts";
import { mergeDimensions } from "./loop.ts";

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

/** How far a step along each dimension of the batch of index vectors, or of a window, goes in an array. */
export interface Geometry {
  readonly batch: readonly number[];
  readonly batchSteps: {
    readonly indices: readonly number[];
    readonly other: readonly number[];
    /** As far as batching dimensions say. */
    readonly array: readonly number[];
  };
  readonly window: readonly number[];
  readonly windowSteps: { readonly other: readonly number[]; readonly array: readonly number[] };
  /** From one index of a vector to the next. */
  readonly vectorStep: number;
  /** For each index of a vector: its step in the array, and the largest that keeps the window inside. */
  readonly steps: readonly number[];
  readonly limits: readonly number[];
  /** How far windows extend along the dimensions that are indexed. */
  readonly indexedSizes: readonly number[];
}

/** `other` is gather's result or scatter's updates; `sizes` are those of windows in the array. */
export function geometryOf(
  array: readonly number[],
  indices: readonly number[],
  other: readonly number[],
  sizes: readonly number[],
  numbers: IndexedNumbers,
): Geometry {
  const [arrayStrides, otherStrides, indexStrides] = [array, other, indices].map(stridesOf) as [
    number[],
    number[],
    number[],
  ];
  const batchOfIndices = indices.map((_, d) => d).filter((d) => d !== numbers.indexVector);
  const batchOfOther = other.map((_, d) => d).filter((d) => !numbers.windowDimensions.includes(d));
  const windowed = array
    .map((_, d) => d)
    .filter((d) => !numbers.collapsed.includes(d) && !numbers.batching.includes(d));
  const pick = (values: readonly number[], dimensions: readonly number[]) =>
    dimensions.map((d) => values[d]!);
  return {
    batch: pick(indices, batchOfIndices),
    batchSteps: {
      indices: pick(indexStrides, batchOfIndices),
      other: pick(otherStrides, batchOfOther),
      array: batchOfIndices.map((d) => {
        const place = numbers.indicesBatching.indexOf(d);
        return place < 0 ? 0 : arrayStrides[numbers.batching[place]!]!;
      }),
    },
    window: pick(sizes, windowed),
    windowSteps: { other: pick(otherStrides, numbers.windowDimensions), array: pick(arrayStrides, windowed) },
    vectorStep: indexStrides[numbers.indexVector] ?? 1,
    steps: pick(arrayStrides, numbers.indexed),
    limits: numbers.indexed.map((d) => array[d]! - sizes[d]!),
    indexedSizes: pick(sizes, numbers.indexed),
  };
}

/** Positions of all windows, as tables over the batch of index vectors. */
export interface Windows extends Pick<Geometry, "vectorStep" | "steps" | "limits"> {
  /** Where each index vector begins in the indices. */
  readonly vectors: Int32Array;
  /** Where each window begins in the other array. */
  readonly outside: Int32Array;
  /** Where each window begins in the array as far as batching dimensions say. */
  readonly inside: Int32Array;
  /** Elements of a window from its beginning, in the other array and in the array. */
  readonly outer: Int32Array;
  readonly inner: Int32Array;
}

export function windowsOf(geometry: Geometry): Windows {
  const { batch, batchSteps, window, windowSteps } = geometry;
  return {
    ...geometry,
    vectors: positionsOf(batch, batchSteps.indices),
    outside: positionsOf(batch, batchSteps.other),
    inside: positionsOf(batch, batchSteps.array),
    outer: positionsOf(window, windowSteps.other),
    inner: positionsOf(window, windowSteps.array),
  };
}

/** An array, the indices, and the other array. */
export interface IndexedSlots {
  readonly array: Slot;
  readonly indices: Slot;
  readonly other: Slot;
}

/** Where the window of one index vector is, while loops over all of them are written. */
export interface WindowPlace {
  /** The window in the array as far as batching dimensions say, and in the other array; they walk windows. */
  readonly array: Cursor;
  readonly other: Cursor;
  /** The address of index k. */
  readonly index: (k: number) => Code;
  readonly indexElement: Element;
  readonly elementBytes: number;
}

/** Walks over the batch of index vectors, in as few dimensions as it takes; cursors on the first of them. */
export function openWindows(
  code: FunctionCode,
  { batch, batchSteps }: Geometry,
  { array, indices, other }: IndexedSlots,
) {
  const walks = [batchSteps.array, batchSteps.other, batchSteps.indices];
  const groups = mergeDimensions(batch, walks);
  const opened = [array, other, indices].map((slot, i) => {
    const strides = groups.map((group) => walks[i]![group.at(-1)!]!);
    return openCursor(code, { slot, element: slot.type.element, offset: 0, strides });
  });
  return {
    begin: opened.flatMap(({ begin }) => begin),
    /** In the array as far as batching dimensions say, in the other array, and in the indices. */
    cursors: opened.map(({ cursor }) => cursor),
    dimensions: groups.map(
      (group, d) => [d, group.reduce((size, dimension) => size * batch[dimension]!, 1)] as const,
    ),
  };
}

/** A loop over all index vectors. */
export function forEachWindow(
  code: FunctionCode,
  geometry: Geometry,
  slots: IndexedSlots,
  body: (place: WindowPlace) => Code,
): Code {
  const { batch, windowSteps, vectorStep } = geometry;
  if (batch.includes(0) || geometry.window.includes(0)) return [];
  const elementBytes = bytesPerElement(slots.array.type.element);
  const indexElement = slots.indices.type.element;
  const { begin, cursors, dimensions } = openWindows(code, geometry, slots);
  const loops = forAll(code, dimensions, cursors, ([inArray, inOther, inIndices]) => {
    const window = (cursor: Cursor, steps: readonly number[]): Cursor => ({
      ...cursor,
      strides: steps.map((step) => step * elementBytes),
    });
    return body({
      array: window(inArray!, windowSteps.array),
      other: window(inOther!, windowSteps.other),
      index: (k) => add(inIndices!.pointer, k * vectorStep * bytesPerElement(indexElement)),
      indexElement,
      elementBytes,
    });
  });
  return [...begin, ...loops];
}

/** An operand that must be whole, as lowering made it. */
export function wholeSlot(view: View, context: KernelContext): Slot {
  return context.slotOf(view.root!);
}

export const shapeOf = (variable: Variable): readonly number[] => tensorType(variable).shape;
