/** Process groups of collectives, for their constraints (spec: "Grouping of processes"). */
import type { Known, Verdict } from "../declare/define.ts";
import type { Attribute, RecordAttribute } from "../model/attributes.ts";
import { DYNAMIC, type TensorType } from "../model/types.ts";
import { boundsOf, withBounds } from "./bounds.ts";
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

/** Whether the numbers are 0, 1, … without a gap; -1 may fill up groups only where these may be of different sizes. */
export function areAllListed(groups: ReplicaGroups, sameSize: boolean): boolean {
  const ids = processes(groups);
  const filled = sameSize && (listed(groups)?.flat().includes(-1) ?? false);
  return !filled && ids.every((id) => id >= 0 && id < ids.length);
}

/** Whether no process has a negative number. */
export function areProcesses(groups: ReplicaGroups): boolean {
  return (listed(groups) ?? []).flat().every((id) => id >= 0);
}

/** Global numbers of devices mean nothing without groups. */
export function hasGroups(args: {
  readonly use_global_device_ids: boolean;
  readonly replica_groups: ReplicaGroups;
}): boolean {
  const groups = listed(args.replica_groups);
  return !args.use_global_device_ids || groups === undefined || groups.flat().length > 0;
}

/** Whether every group has `size` processes, and there is one. */
export function haveSize(groups: ReplicaGroups, size: number): boolean {
  const lists = listed(groups);
  return lists === undefined || (lists.length > 0 && lists.every(({ length }) => length === size));
}

/** Whether the mesh is there, and one that is given in place has the axes. */
export function areAxes(groups: ReplicaGroups, { symbol }: Known): Verdict {
  if (!("kind" in groups)) return true;
  const { mesh, axes } = groups.fields as { readonly mesh: Attribute; readonly axes: readonly Attribute[] };
  if (mesh.kind === "symbol") {
    const name = mesh.path.join("::");
    return mesh.path.length === 1 && (!symbol || symbol(name) !== undefined || `there is no mesh '${name}'`);
  }
  if (mesh.kind !== "record") return "the mesh is neither a symbol nor a mesh";
  const names = (list: unknown) => (list as readonly RecordAttribute[]).map(({ fields }) => fields.name);
  const known = names(mesh.fields.axes);
  const unknown = names(axes).find((name) => !known.includes(name));
  return unknown === undefined || `the mesh has no axis '${unknown}'`;
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

/** `type` with dimension `d` and its bound multiplied by `factor`. */
export function scaled(type: TensorType, d: number, factor: number): TensorType {
  const scale = (size: number, i: number) =>
    i === d && size !== DYNAMIC ? Math.trunc(Number((size * factor).toFixed(6))) : size;
  const shaped: TensorType = { kind: "tensor", shape: type.shape.map(scale), element: type.element };
  return withBounds(shaped, boundsOf(type).map(scale), type.encoding);
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
