/** Process groups of collectives, for their constraints (spec: "Grouping of processes"). */
import { DYNAMIC, type TensorType } from "../model/types.ts";
import { compatibleDimension } from "./inference.ts";
import type { ReplicaGroups } from "./kinds.ts";

/** Groups by process numbers; undefined when they are given as axes of a mesh. */
function listed(groups: ReplicaGroups): readonly (readonly number[])[] | undefined {
  return "kind" in groups ? undefined : groups;
}

/** Processes in one group; undefined when unknown, as for one group of all processes. */
export function groupSize(groups: ReplicaGroups): number | undefined {
  const size = listed(groups)?.[0]?.length;
  return size === 0 ? undefined : size;
}

/** -1 fills up groups that are shorter than others. */
const processes = (groups: ReplicaGroups) =>
  listed(groups)
    ?.flat()
    .filter((id) => id !== -1) ?? [];

export function areUnique(groups: ReplicaGroups): boolean {
  const ids = processes(groups);
  return new Set(ids).size === ids.length;
}

/** Whether the numbers are 0, 1, … without a gap. */
export function areAllListed(groups: ReplicaGroups): boolean {
  const ids = processes(groups);
  return ids.every((id) => id >= 0 && id < ids.length);
}

export function arePairs(pairs: readonly (readonly number[])[]): boolean {
  return pairs.every((pair) => pair.length === 2);
}

export function hasChannel(args: {
  readonly use_global_device_ids: boolean;
  readonly channel_handle: { readonly handle: number } | undefined;
}): boolean {
  return !args.use_global_device_ids || (args.channel_handle?.handle ?? 0) > 0;
}

/** `type` with dimension `d` multiplied by `factor`. */
export function scaled(type: TensorType, d: number, factor: number): TensorType {
  const shape = type.shape.map((size, i) => (i === d && size !== DYNAMIC ? Math.round(size * factor) : size));
  return { kind: "tensor", shape, element: type.element };
}

/** Whether `whole` is `part` with dimension `d` multiplied by the size of a group, or by any number when that is unknown. */
export function isAcross(
  part: TensorType,
  whole: TensorType,
  d: number,
  factor: number | undefined,
): boolean {
  return (
    part.shape.length === whole.shape.length &&
    part.shape.every((size, i) => {
      if (i !== d) return compatibleDimension(size, whole.shape[i]!);
      if (size === DYNAMIC || whole.shape[i] === DYNAMIC) return true;
      return factor === undefined ? whole.shape[i]! % size === 0 : whole.shape[i] === size * factor;
    })
  );
}
