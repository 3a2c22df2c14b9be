/** sort (spec): slices along one dimension, reordered together by a comparator; always stable. */
import type { RegionFunction } from "../../declare/define.ts";
import type { Region } from "../../model/operation.ts";
import { slotsPerElement } from "../../model/storage.ts";
import { otherDimensions } from "../../ops/dot.ts";
import { reader, type Scalar } from "../element/work.ts";
import { asTensor, like, type Tensor } from "../tensor.ts";
import { scalarAt } from "./fold.ts";
import { offsetsOver } from "./offsets.ts";
import { hasNegativeNaN, scalarFunction } from "./scalars.ts";

/** Whether the elements at one position come before those at another. */
type Before = (i: number, j: number) => boolean;

/** Without a region the comparator is only `call`, a function of scalar tensors. */
export function sort(
  inputs: readonly Tensor[],
  dimension: number,
  region: Region | undefined,
  call: RegionFunction,
): Tensor[] {
  const { shape } = inputs[0]!.type;
  const results = inputs.map((input) => like(input));
  if (shape.length === 0) return [...inputs];
  const axis = dimension < 0 ? dimension + shape.length : dimension;
  const slices = offsetsOver(shape, otherDimensions(shape.length, [axis]));
  const steps = offsetsOver(shape, [axis]);
  const before = comparison(inputs, region, call);
  const order = new Int32Array(steps.length);
  for (let i = 0; i < slices.length; i++) {
    for (let j = 0; j < order.length; j++) order[j] = slices[i]! + steps[j]!;
    const sorted = mergeSort(order, before);
    for (const [n, input] of inputs.entries()) move(results[n]!, input, slices[i]!, steps, sorted);
  }
  return results;
}

function move(to: Tensor, from: Tensor, base: number, steps: Int32Array, order: Int32Array): void {
  const slots = slotsPerElement(from.type.element);
  for (let j = 0; j < order.length; j++) {
    for (let s = 0; s < slots; s++) {
      to.data[(base + steps[j]!) * slots + s] = from.data[order[j]! * slots + s]!;
    }
  }
}

function comparison(inputs: readonly Tensor[], region: Region | undefined, call: RegionFunction): Before {
  const scalars = region && scalarFunction(region);
  if (scalars && !(scalars.totalOrder && hasNegativeNaN(inputs))) {
    const read = inputs.map(reader);
    const args: Scalar[] = new Array<Scalar>(2 * read.length).fill(0);
    return (i, j) => {
      for (let n = 0; n < read.length; n++) {
        args[2 * n] = read[n]!(i);
        args[2 * n + 1] = read[n]!(j);
      }
      return scalars(args)[0] !== 0;
    };
  }
  return (i, j) => {
    const [result] = call(...inputs.flatMap((input) => [scalarAt(input, i), scalarAt(input, j)]));
    return asTensor(result).data[0] !== 0;
  };
}

/** Sorts from runs of one upwards; of two equal elements the earlier one stays in front. */
export function mergeSort(values: Int32Array, before: Before): Int32Array {
  let from = Int32Array.from(values);
  let to = new Int32Array(values.length);
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      merge(from, to, start, middle, Math.min(middle + width, values.length), before);
    }
    [from, to] = [to, from];
  }
  return from;
}

function merge(
  from: Int32Array,
  to: Int32Array,
  start: number,
  middle: number,
  end: number,
  before: Before,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeRight = right < end && (left >= middle || before(from[right]!, from[left]!));
    to[at] = takeRight ? from[right++]! : from[left++]!;
  }
}
