/** Shardings in XLA's notation, `{devices=[2,1,4]<=[8] last_tile_dim_replicate}`, and as Shardy's attributes. */
import type { RecordAttribute } from "../../model/attributes.ts";
import type { AxisRef, Mesh, Records, Sharding } from "../../ops/mesh.ts";
import type { SdyRecord } from "../../ops/sdy_records.ts";

const record = (name: SdyRecord, fields: RecordAttribute["fields"]): RecordAttribute => ({
  kind: "record",
  name,
  fields,
});

const productOf = (sizes: readonly number[]) => sizes.reduce((product, size) => product * size, 1);

// Reading ----------------------------------------------------------------------------------------------------------

const tiled =
  /^\{devices=\[([\d,]+)\](?:<=\[([\d,]+)\](?:T\(([\d,]+)\))?|([\d,]+))( last_tile_dim_replicate)?\}$/;

/**
 * `{replicated}`, `{maximal device=3}`, `{devices=[4,1]<=[4]}`, `{devices=[2,1,2]<=[2,2]T(1,0) last_tile_dim_replicate}`,
 * `{devices=[2,2]0,1,2,3}` for a tensor of a rank. Each dimension of the tiles becomes an axis of a mesh of its own;
 * dimensions that are `open` may be split further. Undefined for `{manual}` and what else Shardy has no sharding for.
 */
export function shardingFromXla(
  text: string,
  rank: number,
  open: readonly number[] = [],
): RecordAttribute | undefined {
  const maximal = /^\{maximal device=(\d+)\}$/.exec(text);
  if (maximal) return shardingOver([], [Number(maximal[1])], 0, open);
  if (text === "{replicated}") return shardingOver([], [], rank, open);
  const match = tiled.exec(text);
  if (!match) return undefined;
  const [, tileList, reshaped, permutation, listed, replicates] = match as unknown as (string | undefined)[];
  const numbers = (list: string) => list.split(",").map(Number);
  const tiles = numbers(tileList!);
  if (tiles.length !== rank + (replicates ? 1 : 0)) return undefined;
  const devices = listed
    ? numbers(listed)
    : iota(numbers(reshaped!), permutation ? numbers(permutation) : undefined);
  if (devices.length !== productOf(tiles)) return undefined;
  // Shardy says nothing of devices in their usual order.
  const usual = devices.every((id, i) => id === i);
  return shardingOver(tiles, usual ? [] : devices, rank, open);
}

/** What follows the tiles of the tensor's dimensions repeats the parts. */
function shardingOver(
  tiles: readonly number[],
  device_ids: readonly number[],
  rank: number,
  open: readonly number[],
): RecordAttribute {
  const name = (dimension: number) => `axis_${dimension}`;
  const axes = tiles.flatMap((size, d) =>
    size > 1 ? [record("sdy.mesh_axis", { name: name(d), size })] : [],
  );
  const dimensions = Array.from({ length: rank }, (_, d) => {
    const parts = (tiles[d] ?? 1) > 1 ? [record("sdy.axis_ref", { name: name(d) })] : [];
    return record("sdy.dimension_sharding", { axes: parts, is_closed: !open.includes(d) });
  });
  return record("sdy.sharding", {
    mesh_or_ref: record("sdy.mesh", { axes, device_ids }),
    dim_shardings: dimensions,
    replicated_axes: [],
    unreduced_axes: [],
    reduction_op: "sum",
  });
}

/** 0, 1, … in a shape, transposed. */
function iota(shape: readonly number[], permutation: readonly number[] = [...shape.keys()]): number[] {
  const strides = shape.map((_, d) => productOf(shape.slice(d + 1)));
  return permutation.reduce<number[]>(
    (numbers, d) =>
      numbers.flatMap((base) => Array.from({ length: shape[d]! }, (_, i) => base + i * strides[d]!)),
    [0],
  );
}

// Writing ----------------------------------------------------------------------------------------------------------

/** A part of a mesh's axis: from the `pre`-th split on, `size` parts. */
interface Piece {
  readonly name: string;
  readonly pre: number;
  readonly size: number;
}

/** The sharding in XLA's notation, as JAX writes it. Undefined for axes along which a value is still to be reduced. */
export function shardingToXla(sharding: Sharding, mesh: Mesh): string | undefined {
  if (sharding.unreduced_axes.length > 0) return undefined;
  if (mesh.axes.length === 0 && mesh.deviceIds[0] !== 0) return `{maximal device=${mesh.deviceIds[0]}}`;
  const dimensions = sharding.dim_shardings.map(({ fields }) => refsOf(fields.axes));
  const pieces = piecesOf(mesh, dimensions.flat());
  const split = dimensions.map((axes) => axes.flatMap((axis) => piecesIn(axis, pieces)));
  const tiles = split.map((axis) => productOf(axis.map(({ size }) => size)));
  if (tiles.every((tile) => tile === 1)) return "{replicated}";
  const used = split.flat();
  const order = [...used, ...pieces.filter((piece) => !used.includes(piece))];
  const rest = productOf(order.map(({ size }) => size)) / productOf(tiles);
  const shape = rest > 1 ? [...tiles, rest] : tiles;
  const devices = devicesText(pieces, order, mesh);
  return `{devices=[${shape}]${devices}${rest > 1 ? " last_tile_dim_replicate" : ""}}`;
}

const refsOf = (axes: Records<AxisRef>) => axes.map(({ fields }) => fields);

function boundsOf({ name, sub_axis_info }: AxisRef, mesh: Mesh): Piece {
  const size = mesh.axes.find((axis) => axis.name === name)?.size ?? 1;
  return sub_axis_info
    ? { name, pre: sub_axis_info.fields.pre_size, size: sub_axis_info.fields.size }
    : { name, pre: 1, size };
}

/** The mesh's axes, cut where the references cut them; nothing is left of axes of size one. */
function piecesOf(mesh: Mesh, references: readonly AxisRef[]): Piece[] {
  return mesh.axes.flatMap(({ name, size }) => {
    const cuts = references
      .filter((reference) => reference.name === name)
      .map((reference) => boundsOf(reference, mesh))
      .flatMap((part) => [part.pre, part.pre * part.size]);
    const places = [...new Set([1, ...cuts, size])].sort((a, b) => a - b);
    return places.slice(1).map((end, i): Piece => ({ name, pre: places[i]!, size: end / places[i]! }));
  });
}

function piecesIn(reference: AxisRef, pieces: readonly Piece[]): Piece[] {
  const of = pieces.filter(({ name }) => name === reference.name);
  const { pre_size: pre, size } = reference.sub_axis_info?.fields ?? { pre_size: 1, size: Infinity };
  return of.filter((piece) => piece.pre >= pre && piece.pre < pre * size);
}

/** `<=[8]`, `<=[2,4]T(1,0)`, or the devices one by one where the mesh has an order of its own. */
function devicesText(pieces: readonly Piece[], order: readonly Piece[], mesh: Mesh): string {
  const permutation = order.map((piece) => pieces.indexOf(piece));
  const usual = mesh.deviceIds.every((id, i) => id === i);
  if (!usual) {
    const places = iota(
      pieces.map(({ size }) => size),
      permutation,
    );
    return places.map((place) => mesh.deviceIds[place]).join(",");
  }
  // Neighbours that stay together are one dimension.
  const runs: number[][] = [];
  for (const place of permutation) {
    if (runs.at(-1)?.at(-1) === place - 1) runs.at(-1)!.push(place);
    else runs.push([place]);
  }
  const sorted = [...runs].sort((a, b) => a[0]! - b[0]!);
  const shape = sorted.map((run) => productOf(run.map((place) => pieces[place]!.size)));
  const transposed = runs.map((run) => sorted.indexOf(run));
  return `<=[${shape}]${runs.length > 1 ? `T(${transposed})` : ""}`;
}
