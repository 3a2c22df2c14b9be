/** Meshes of devices, and how a sharding splits a tensor over one: arithmetic on Shardy's records. */
import type { Attribute, RecordAttribute } from "../model/attributes.ts";
import { type Operation, symbolName } from "../model/operation.ts";

interface Axis {
  readonly name: string;
  readonly size: number;
}

/** An axis of a mesh, or a part of one. */
export interface AxisRef {
  readonly name: string;
  readonly sub_axis_info?: { readonly fields: { readonly pre_size: number; readonly size: number } };
}

export interface Mesh {
  readonly axes: readonly Axis[];
  /** The device at each position of the grid, row-major. */
  readonly deviceIds: readonly number[];
}

export type Records<F> = readonly { readonly fields: F }[];

/** The fields of `#sdy.sharding<…>` that say who has which part. */
export interface Sharding {
  readonly mesh_or_ref: Attribute;
  /** A dimension that is not closed may be split further, as it suits. */
  readonly dim_shardings: Records<{ readonly axes: Records<AxisRef>; readonly is_closed: boolean }>;
  /** Over these the tensor is the sum of what devices have. */
  readonly unreduced_axes: Records<AxisRef>;
}

export const shardingsOf = ({ fields }: RecordAttribute): readonly Sharding[] =>
  (fields.shardings as Records<Sharding>).map((sharding) => sharding.fields);

/** The mesh of a sharding, looked up from where `operation` is; without one, a mesh of one device. */
export function meshOf(sharding: Sharding | undefined, operation: Operation): Mesh {
  const reference = sharding?.mesh_or_ref;
  const record = reference?.kind === "symbol" ? meshNamed(reference.path[0]!, operation) : reference;
  if (record?.kind !== "record") return { axes: [], deviceIds: [0] };
  const axes = (record.fields.axes as Records<Axis>).map(({ fields }) => fields);
  const listed = record.fields.device_ids as readonly number[];
  const count = axes.reduce((product, { size }) => product * size, 1);
  return { axes, deviceIds: listed.length > 0 ? listed : Array.from({ length: count }, (_, i) => i) };
}

function meshNamed(name: string, operation: Operation): Attribute | undefined {
  for (let block = operation.parent; block; block = block.parent?.parent?.parent) {
    const found = block.operations.find((other) => other.name === "sdy.mesh" && symbolName(other) === name);
    if (found) return found.attributes.mesh;
  }
  return undefined;
}

/** Along each dimension: into how many parts it is split over the manual axes, and which of them a device has. */
export interface Placement {
  readonly count: number;
  readonly index: number;
}

/** Where the device at `position` has its part; axes that are not `manual` split nothing. Without `manual`, all axes count. */
export function placement(
  sharding: Sharding | undefined,
  mesh: Mesh,
  position: number,
  manual?: readonly string[],
): Placement[] {
  return (sharding?.dim_shardings ?? []).map(({ fields }) => {
    const refs = fields.axes.map((ref) => ref.fields).filter(({ name }) => manual?.includes(name) ?? true);
    return placeAlong(refs, mesh, position);
  });
}

/** Where the device at `position` is along several axes, from major to minor, like the digits of a number. */
export function placeAlong(axes: readonly AxisRef[], mesh: Mesh, position: number): Placement {
  return axes.reduce(
    ({ count, index }, ref) => {
      const { size, coordinate } = coordinateOf(ref, mesh, position);
      return { count: count * size, index: index * size + coordinate };
    },
    { count: 1, index: 0 },
  );
}

/** Where the device at `position` of the mesh is along an axis or a part of one. */
function coordinateOf(ref: AxisRef, mesh: Mesh, position: number) {
  const at = mesh.axes.findIndex(({ name }) => name === ref.name);
  if (at < 0) throw new Error(`the mesh has no axis "${ref.name}"`);
  const full = mesh.axes[at]!.size;
  const coordinate = coordinatesOf(mesh, position)[at]!;
  if (!ref.sub_axis_info) return { size: full, coordinate };
  const { pre_size, size } = ref.sub_axis_info.fields;
  return { size, coordinate: Math.floor(coordinate / (full / (pre_size * size))) % size };
}

/** Along each axis of the mesh. */
export function coordinatesOf({ axes }: Mesh, position: number): number[] {
  let minor = axes.reduce((product, { size }) => product * size, 1);
  return axes.map(({ size }) => {
    minor /= size;
    return Math.floor(position / minor) % size;
  });
}
