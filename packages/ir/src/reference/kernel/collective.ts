/** Collectives: what the processes of a group give each other, and what each makes of it (spec: "Distribution ops"). */
import type { EvaluateContext, ProcessId, RegionFunction } from "../../declare/define.ts";
import type { Region } from "../../model/operation.ts";
import type { ReplicaGroups } from "../../ops/kinds.ts";
import { asTensor, elementCount, type Tensor, zeros } from "../tensor.ts";
import { folding, parameterElement, promoted } from "./fold.ts";
import { concatenateTensors } from "./slice.ts";
import { copyOf, materialize, sliced, viewTensor } from "./view.ts";

/** How the numbers of `replica_groups` name processes (spec: "Grouping of processes"). */
export type Grouping = "cross_replica" | "cross_partition" | "cross_replica_and_partition" | "flattened_ids";

interface Channel {
  readonly channel_handle: { readonly handle: number } | undefined;
}

const handleOf = ({ channel_handle }: Channel): number => channel_handle?.handle ?? 0;

/** Of all_gather, all_reduce, reduce_scatter and collective_reduce. */
export function groupingOf(args: Channel & { readonly use_global_device_ids: boolean }): Grouping {
  if (handleOf(args) <= 0) return "cross_replica";
  return args.use_global_device_ids ? "flattened_ids" : "cross_replica_and_partition";
}

/** Of all_to_all, collective_broadcast and collective_permute. */
export function simpleGroupingOf(args: Channel): Grouping {
  return handleOf(args) <= 0 ? "cross_replica" : "cross_partition";
}

/** The processes that one group names; for `cross_*`, beside the running process along the other axis of the grid. */
export function processesIn(
  group: readonly number[],
  grouping: Grouping,
  context: EvaluateContext,
): ProcessId[] {
  const { process, grid } = context;
  switch (grouping) {
    case "cross_replica":
      return group.map((replica) => ({ replica, partition: process.partition }));
    case "cross_partition":
      return group.map((partition) => ({ replica: process.replica, partition }));
    case "cross_replica_and_partition":
      return Array.from({ length: grid.partitions }, (_, partition) =>
        group.map((replica) => ({ replica, partition })),
      ).flat();
    case "flattened_ids":
      return group.map((id) => ({
        replica: Math.floor(id / grid.partitions),
        partition: id % grid.partitions,
      }));
  }
}

function everyNumber(grouping: Grouping, { grid }: EvaluateContext): number[] {
  const counts = {
    cross_replica: grid.replicas,
    cross_partition: grid.partitions,
    cross_replica_and_partition: grid.replicas,
    flattened_ids: grid.replicas * grid.partitions,
  };
  return Array.from({ length: counts[grouping] }, (_, i) => i);
}

const isSame = (a: ProcessId, b: ProcessId) => a.replica === b.replica && a.partition === b.partition;

/** The group of the running process, in order; undefined when it is in none. No groups mean one of all processes. */
export function groupOf(
  groups: ReplicaGroups,
  grouping: Grouping,
  context: EvaluateContext,
): readonly ProcessId[] | undefined {
  if ("kind" in groups) throw new Error("replica groups by axes of a mesh are not evaluated");
  const listed = groups.map((group) => group.filter((id) => id !== -1)).filter((group) => group.length > 0);
  const all = listed.length > 0 ? listed : [everyNumber(grouping, context)];
  return all
    .map((group) => processesIn(group, grouping, context))
    .find((group) => group.some((member) => isSame(member, context.process)));
}

export function positionIn(group: readonly ProcessId[], { process }: EvaluateContext): number {
  return group.findIndex((member) => isSame(member, process));
}

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
