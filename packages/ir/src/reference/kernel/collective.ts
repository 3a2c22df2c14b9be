/** Collectives: what the processes of a group give each other, and what each makes of it (spec: "Distribution ops"). */
import type { EvaluateContext, ProcessId, RegionFunction } from "../../declare/define.ts";
import type { Region } from "../../model/operation.ts";
import { type Channel, handleOf } from "../../ops/grouping.ts";
import { asTensor, elementCount, type Tensor, zeros } from "../tensor.ts";
import { folding, parameterElement, promoted } from "./fold.ts";
import { concatenateTensors } from "./slice.ts";
import { copyOf, materialize, sliced, viewTensor } from "./view.ts";

/** Gives `operands` to the group and gets everyone's, in the order of the group. */
export function exchange(
  operands: readonly Tensor[],
  group: readonly ProcessId[],
  context: EvaluateContext,
  channel: Channel,
): readonly (readonly Tensor[])[] {
  const key = handleOf(channel) > 0 ? `channel ${handleOf(channel)}` : context.operation;
  context.give(key, operands);
  return group.map((member) => context.take(key, member).map(asTensor));
}

/** Spec: all_reduce, of one operand: the values of the group folded in order. */
export function foldAll(values: readonly Tensor[], region: Region, call: RegionFunction): Tensor {
  const element = parameterElement(region, 0);
  const [first, ...others] = values.map((value) => promoted(value, element));
  const total = copyOf(first!);
  for (const other of others) {
    const fold = folding(region, call, [total], [other]);
    for (let i = 0; i < elementCount(total); i++) fold(i, i);
  }
  return total;
}

/** Part `index` of `count` equal ones along `dimension`. */
export function partOf(value: Tensor, dimension: number, count: number, index: number): Tensor {
  const { shape, element } = value.type;
  const size = shape[dimension]! / count;
  const starts = shape.map((_, d) => (d === dimension ? index * size : 0));
  return materialize(sliced(viewTensor(value), starts, shape.with(dimension, size)), element);
}

/** Spec: all_to_all, of one operand: the parts meant for this process, joined. */
export function joinParts(
  values: readonly Tensor[],
  position: number,
  splitDimension: number,
  concatDimension: number,
): Tensor {
  const parts = values.map((value) => partOf(value, splitDimension, values.length, position));
  return concatenateTensors(parts, concatDimension);
}

/** What a process gets that takes no part. */
export function zerosLike({ type }: Tensor): Tensor {
  return zeros(type.shape, type.element);
}
