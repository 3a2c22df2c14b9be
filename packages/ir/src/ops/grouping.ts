/** Which processes a collective is among (spec: "Grouping of processes"). */
import type { ProcessGrid, ProcessId } from "../declare/define.ts";
import type { ReplicaGroups } from "./kinds.ts";

/** The process that asks, and the grid that it is in. */
export interface Self {
  readonly process: ProcessId;
  readonly grid: ProcessGrid;
}

/** How the numbers of `replica_groups` name processes (spec: "Grouping of processes"). */
export type Grouping = "cross_replica" | "cross_partition" | "cross_replica_and_partition" | "flattened_ids";

export interface Channel {
  readonly channel_handle: { readonly handle: number } | undefined;
}

export const handleOf = ({ channel_handle }: Channel): number => channel_handle?.handle ?? 0;

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
export function processesIn(group: readonly number[], grouping: Grouping, context: Self): ProcessId[] {
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

function everyNumber(grouping: Grouping, { grid }: Self): number[] {
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
  context: Self,
): readonly ProcessId[] | undefined {
  if ("kind" in groups) throw new Error("replica groups by axes of a mesh are not evaluated");
  const listed = groups.map((group) => group.filter((id) => id !== -1)).filter((group) => group.length > 0);
  const all = listed.length > 0 ? listed : [everyNumber(grouping, context)];
  return all
    .map((group) => processesIn(group, grouping, context))
    .find((group) => group.some((member) => isSame(member, context.process)));
}

export function positionIn(group: readonly ProcessId[], { process }: Self): number {
  return group.findIndex((member) => isSame(member, process));
}
