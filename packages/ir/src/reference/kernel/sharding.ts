/** sdy.manual_computation: a computation on each device's part of the tensors, for every device of a mesh. */
import type { EvaluateContext, RegionFunction } from "../../declare/define.ts";
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import { type Operation, symbolName } from "../../model/operation.ts";
import { asTensor, type Datum, isTensor, type Tensor, valueType, zeros } from "../tensor.ts";
import { assign, materialize, sliced, viewTensor } from "./view.ts";

interface Axis {
  readonly name: string;
  readonly size: number;
}

interface AxisRef {
  readonly name: string;
  readonly sub_axis_info?: { readonly fields: { readonly pre_size: number; readonly size: number } };
}

interface Mesh {
  readonly axes: readonly Axis[];
  readonly deviceIds: readonly number[];
}

type Records<F> = readonly { readonly fields: F }[];

interface Sharding {
  readonly mesh_or_ref: Attribute;
  readonly dim_shardings: Records<{ readonly axes: Records<AxisRef> }>;
}

export interface ManualComputation {
  readonly in_shardings: RecordAttribute;
  readonly out_shardings: RecordAttribute;
  readonly manual_axes: RecordAttribute;
}

const shardingsOf = ({ fields }: RecordAttribute): readonly Sharding[] =>
  (fields.shardings as Records<Sharding>).map((sharding) => sharding.fields);

/** Runs `body` on the parts of `tensors` that each device has, and joins the parts of the results. */
export function runManually(
  tensors: readonly Datum[],
  body: RegionFunction,
  attributes: ManualComputation,
  context: EvaluateContext,
): readonly Datum[] {
  const inputs = shardingsOf(attributes.in_shardings);
  const outputs = shardingsOf(attributes.out_shardings);
  const mesh = meshOf([...inputs, ...outputs][0], context.operation);
  const manual = attributes.manual_axes.fields.value as readonly string[];
  const grid = { replicas: 1, partitions: mesh.deviceIds.length };
  const place = (sharding: Sharding | undefined, partition: number) =>
    placement(sharding, mesh, mesh.deviceIds.indexOf(partition), manual);
  const parts = context.parallel(grid, ({ partition }) =>
    body(...tensors.map((tensor, i) => partAt(tensor, place(inputs[i], partition)))),
  );
  return context.results.map((type, i) => {
    if (type.kind !== "tensor") return parts[0]![i]!;
    const { shape, element } = valueType(type);
    const whole = zeros(shape, element);
    parts.forEach((part, partition) => {
      put(whole, asTensor(part[i]), place(outputs[i], partition));
    });
    return whole;
  });
}

function meshOf(sharding: Sharding | undefined, operation: Operation): Mesh {
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
interface Placement {
  readonly count: number;
  readonly index: number;
}

function placement(
  sharding: Sharding | undefined,
  mesh: Mesh,
  position: number,
  manual: readonly string[],
): Placement[] {
  return (sharding?.dim_shardings ?? []).map(({ fields }) => {
    const refs = fields.axes.map((ref) => ref.fields).filter(({ name }) => manual.includes(name));
    // Axes from major to minor, like the digits of a number.
    return refs.reduce(
      ({ count, index }, ref) => {
        const { size, coordinate } = coordinateOf(ref, mesh, position);
        return { count: count * size, index: index * size + coordinate };
      },
      { count: 1, index: 0 },
    );
  });
}

/** Where the device at `position` of the mesh is along an axis or a part of one. */
function coordinateOf(ref: AxisRef, { axes }: Mesh, position: number) {
  const at = axes.findIndex(({ name }) => name === ref.name);
  if (at < 0) throw new Error(`the mesh has no axis "${ref.name}"`);
  const minor = axes.slice(at + 1).reduce((product, { size }) => product * size, 1);
  const full = axes[at]!.size;
  const coordinate = Math.floor(position / minor) % full;
  if (!ref.sub_axis_info) return { size: full, coordinate };
  const { pre_size, size } = ref.sub_axis_info.fields;
  return { size, coordinate: Math.floor(coordinate / (full / (pre_size * size))) % size };
}

function startsOf(shape: readonly number[], placements: readonly Placement[]): number[] {
  return shape.map((size, d) => size * (placements[d]?.index ?? 0));
}

function partAt(datum: Datum, placements: readonly Placement[]): Datum {
  if (!isTensor(datum)) return datum;
  const shape = datum.type.shape.map((size, d) => size / (placements[d]?.count ?? 1));
  return materialize(sliced(viewTensor(datum), startsOf(shape, placements), shape), datum.type.element);
}

function put(whole: Tensor, part: Tensor, placements: readonly Placement[]): void {
  const { shape } = part.type;
  assign(sliced(viewTensor(whole), startsOf(shape, placements), shape), viewTensor(part));
}
