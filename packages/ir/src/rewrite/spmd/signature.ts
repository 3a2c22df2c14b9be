/** How arguments and results are split. */
import type { ProcessGrid } from "../../declare/define.ts";
import { functionType, type Operation } from "../../model/operation.ts";
import type { Type } from "../../model/types.ts";
import { type AxisRef, type Mesh, meshOf, type Sharding } from "../../ops/mesh.ts";
import { completed, type Known, shardingOf } from "./propagate.ts";
import { replicated, shardyTiling, type Tiling } from "./tiling.ts";
import { shardingIn } from "./xla.ts";

type List = "arg_attrs" | "res_attrs";

export class Signature {
  readonly #entry: Operation;
  readonly #grid: ProcessGrid;

  constructor(entry: Operation, grid: ProcessGrid) {
    this.#entry = entry;
    this.#grid = grid;
  }

  /** What JAX says of a value; what it leaves open is as `followed` says. */
  known(list: List, index: number, followed: Known | undefined): Known | undefined {
    const sharding = this.#said(list, index);
    return sharding ? completed(sharding, followed) : followed;
  }

  tiling(list: List, index: number, type: Type, known: Known | undefined): Tiling {
    const rank = type.kind === "tensor" ? type.shape.length : 0;
    if (!known || type.kind !== "tensor") return replicated(rank, this.#grid);
    const unreduced_axes = this.#said(list, index)?.unreduced_axes ?? [];
    const mesh = meshOf({ mesh_or_ref: known.mesh, dim_shardings: [], unreduced_axes }, this.#entry);
    const sharding = shardingOf(known, type, (axis) => sizeOf(axis, mesh));
    return shardyTiling({ ...sharding, unreduced_axes }, mesh, this.#grid);
  }

  #said(list: List, index: number): Sharding | undefined {
    const { inputs, results } = functionType(this.#entry);
    const all = this.#entry.attributes[list];
    const own = all?.kind === "array" ? all.elements[index] : undefined;
    const type = (list === "arg_attrs" ? inputs : results)[index]!;
    return own?.kind === "dictionary" ? shardingIn(own.entries, type) : undefined;
  }
}

function sizeOf({ name, sub_axis_info }: AxisRef, { axes }: Mesh): number {
  return sub_axis_info?.fields.size ?? axes.find((axis) => axis.name === name)?.size ?? 1;
}
