/** Custom calls: JAX's linear algebra, and callbacks. */
import { integerOfCall, type Operation } from "@hloom/ir";
import { mlx } from "../dialect.ts";
import { refuseWide } from "./complex.ts";
import { type Lowering, type LoweringTable, resultTypes } from "./lowering.ts";

type Emit = Lowering["emit"];

/** One operation of the runtime with integers of the call's configuration, under its own names or others. */
function direct(target: (typeof mlx)[keyof typeof mlx], names: Readonly<Record<string, string>> = {}): Emit {
  return (operation, builder) => {
    const values = Object.fromEntries(
      Object.entries(names).map(([own, theirs]) => [own, integerOfCall(operation.attributes, theirs)]),
    );
    return builder.emit(target, operation.operands, values, { results: resultTypes(operation) });
  };
}

/** By target name. */
const calls: Readonly<Record<string, Emit>> = {
  "hloom.lu": direct(mlx.lu),
  "hloom.eigh": direct(mlx.eigh, { lower: "lower" }),
  "hloom.svd": direct(mlx.svd, { full: "full_matrices", vectors: "compute_uv" }),
  "hloom.eig": direct(mlx.eig, { left: "left", right: "right" }),
  "hloom.schur": direct(mlx.schur, { vectors: "vectors" }),
  "hloom.hessenberg": direct(mlx.hessenberg),
  "hloom.tridiagonal": direct(mlx.tridiagonal, { lower: "lower" }),
  "hloom.geqp3": direct(mlx.pivotedQr),
  Qr: direct(mlx.householderQr),
  ProductOfElementaryHouseholderReflectors: direct(mlx.householderProduct),
  "hloom.callback": direct(mlx.callback, { id: "id" }),
};

export const loweredCalls: readonly string[] = Object.keys(calls);

function targetOf({ attributes }: Operation): string {
  const target = attributes.call_target_name;
  return target?.kind === "string" ? target.value : "";
}

export const custom: LoweringTable = {
  "stablehlo.custom_call": {
    refuse: (operation) => {
      const target = targetOf(operation);
      if (!Object.hasOwn(calls, target)) return `the custom call @${target} is not implemented`;
      return target === "hloom.callback" ? undefined : refuseWide(operation);
    },
    emit: (operation, builder) => calls[targetOf(operation)]!(operation, builder),
  },
};
