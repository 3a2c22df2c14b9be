/** Shardings in XLA's notation, which JAX wrote before Shardy, as Shardy's. */
import type { Attributes, RecordAttribute } from "../../model/attributes.ts";
import type { Type } from "../../model/types.ts";
import type { Sharding } from "../../ops/mesh.ts";

/** What the attribute of XLA or Shardy's own says of a value of this type. */
export function shardingIn(attributes: Attributes, type: Type): Sharding | undefined {
  const { "sdy.sharding": shardy, "mhlo.sharding": xla } = attributes;
  if (shardy?.kind === "record") return shardy.fields as unknown as Sharding;
  return xla?.kind === "string" && type.kind === "tensor" ? readXla(xla.value, type.shape.length) : undefined;
}

/**
 * `{replicated}`, `{devices=[4,1]<=[4]}`, `{devices=[2,1,2]<=[2,2]T(1,0) last_tile_dim_replicate}`, `{devices=[2,2]0,1,2,3}`.
 * Undefined for `{manual}` and whatever else splits nothing. Each dimension of the tiles is an axis of a mesh of its own.
 */
function readXla(text: string, rank: number): Sharding | undefined {
  const match = /^\{devices=\[([\d,]+)\](?:<=\[([\d,]+)\](?:T\(([\d,]+)\))?|([\d,]+))/.exec(text);
  if (!match) return text === "{replicated}" ? over([], [], rank) : undefined;
  const numbers = (list: string) => list.split(",").map(Number);
  const tiles = numbers(match[1]!);
  const devices = match[4] ? numbers(match[4]) : iota(numbers(match[2]!), match[3] ? numbers(match[3]) : []);
  return over(tiles, devices, rank);
}

function over(tiles: readonly number[], devices: readonly number[], rank: number): Sharding {
  const record = (name: string, fields: RecordAttribute["fields"]): RecordAttribute => ({
    kind: "record",
    name,
    fields,
  });
  const axes = tiles.map((size, d) => record("sdy.mesh_axis", { name: `${d}`, size }));
  return {
    mesh_or_ref: record("sdy.mesh", { axes, device_ids: devices }),
    // What follows the dimensions of the tensor repeats the parts.
    dim_shardings: Array.from({ length: rank }, (_, d) => ({
      fields: { axes: (tiles[d] ?? 1) > 1 ? [{ fields: { name: `${d}` } }] : [], is_closed: true },
    })),
    unreduced_axes: [],
  };
}

/** 0, 1, … in a shape, transposed. */
function iota(shape: readonly number[], permutation: readonly number[]): number[] {
  const order = permutation.length > 0 ? permutation : shape.map((_, d) => d);
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
  let numbers = [0];
  for (const d of order) {
    numbers = numbers.flatMap((base) => Array.from({ length: shape[d]! }, (_, i) => base + i * strides[d]!));
  }
  return numbers;
}
