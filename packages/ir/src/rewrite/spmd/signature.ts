/** How JAX says that arguments and results are split: by Shardy, or in XLA's notation. */
import type { ProcessGrid } from "../../declare/define.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { Operation } from "../../model/operation.ts";
import type { Type } from "../../model/types.ts";
import { type AxisRef, type Mesh, meshOf, type Sharding } from "../../ops/mesh.ts";
import { completed, type Known, shardingOf } from "./propagate.ts";
import { replicated, shardyTiling, type Tiling, xlaTiling } from "./tiling.ts";

type List = "arg_attrs" | "res_attrs";

export class Signature {
  readonly #entry: Operation;
  readonly #grid: ProcessGrid;

  constructor(entry: Operation, grid: ProcessGrid) {
    this.#entry = entry;
    this.#grid = grid;
  }

  /** What Shardy says of a value; what it leaves open is as `followed` says. */
  known(list: List, index: number, followed: Known | undefined): Known | undefined {
    const sharding = this.#shardy(list, index);
    return sharding ? completed(sharding, followed) : followed;
  }

  tiling(list: List, index: number, type: Type, known: Known | undefined): Tiling {
    const rank = type.kind === "tensor" ? type.shape.length : 0;
    const xla = this.#attributes(list, index)["mhlo.sharding"];
    if (xla?.kind === "string") return xlaTiling(xla.value, rank, this.#grid) ?? replicated(rank, this.#grid);
    if (!known || type.kind !== "tensor") return replicated(rank, this.#grid);
    const said = this.#shardy(list, index);
    const unreduced_axes = said?.unreduced_axes ?? [];
    const mesh = meshOf({ mesh_or_ref: known.mesh, dim_shardings: [], unreduced_axes }, this.#entry);
    const sharding = shardingOf(known, type, (axis) => sizeOf(axis, mesh));
    return shardyTiling({ ...sharding, unreduced_axes }, mesh, this.#grid);
  }

  #shardy(list: List, index: number): Sharding | undefined {
    const sharding = this.#attributes(list, index)["sdy.sharding"];
    return sharding?.kind === "record" ? (sharding.fields as unknown as Sharding) : undefined;
  }

  #attributes(list: List, index: number): Readonly<Record<string, Attribute>> {
    const all = this.#entry.attributes[list];
    const own = all?.kind === "array" ? all.elements[index] : undefined;
    return own?.kind === "dictionary" ? own.entries : {};
  }
}

function sizeOf({ name, sub_axis_info }: AxisRef, { axes }: Mesh): number {
  return sub_axis_info?.fields.size ?? axes.find((axis) => axis.name === name)?.size ?? 1;
}
