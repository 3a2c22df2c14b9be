/** Custom calls of JAX's linear algebra (`hloom.eigh` and others): results in the order of JAX's primitives. */
import type { Complex } from "../element/complex.ts";
import { complexOf } from "../element/complex.ts";
import { kindOf } from "../element/work.ts";
import { asTensor, type Tensor, zeros } from "../tensor.ts";
import { integerOfCall } from "./configuration.ts";
import type { CustomCall } from "./custom.ts";
import { hermitianEigen, svd } from "./jacobi.ts";
import { batchCount, Matrix, readMatrix, writeMatrix } from "./matrix.ts";
import { hessenberg, lu, pivotedQr, tridiagonal } from "./reflectors.ts";
import { eigen, schur } from "./schur.ts";

type Integer = (name: string) => number;
type Factorization = (
  matrices: readonly Matrix[],
  integer: Integer,
  real: boolean,
) => readonly (Matrix | readonly number[] | readonly Complex[])[];

const factorizations: Readonly<Record<string, Factorization>> = {
  "hloom.eigh": ([a], integer) => {
    const { values, vectors } = hermitianEigen(a!, integer("lower") !== 0);
    return [vectors, values];
  },
  "hloom.svd": ([a], integer) => {
    const { values, u, vt } = svd(a!, integer("full_matrices") !== 0);
    return integer("compute_uv") !== 0 ? [values, u, vt] : [values];
  },
  "hloom.lu": ([a]) => {
    const { packed, pivots, permutation } = lu(a!);
    return [packed, pivots, permutation];
  },
  "hloom.eig": ([a], integer, real) => {
    const { values, left, right } = eigen(a!, real);
    return [values, ...(integer("left") ? [left] : []), ...(integer("right") ? [right] : [])];
  },
  "hloom.schur": ([a], integer, real) => {
    const { form, vectors } = schur(a!, real);
    return integer("vectors") ? [form, vectors] : [form];
  },
  "hloom.hessenberg": ([a]) => {
    const { packed, taus } = hessenberg(a!);
    return [packed, taus];
  },
  "hloom.tridiagonal": ([a], integer) => {
    const { packed, diagonal, beside, taus } = tridiagonal(a!, integer("lower") !== 0);
    return [packed, diagonal, beside, taus];
  },
  "hloom.geqp3": ([a, pivots]) => {
    const { packed, taus, pivots: order } = pivotedQr(a!, [...pivots!.re]);
    return [packed, order, taus];
  },
};

export const factorizationCalls: Readonly<Record<string, (call: CustomCall) => readonly Tensor[]>> =
  Object.fromEntries(
    Object.entries(factorizations).map(([name, factor]) => [name, (call) => each(call, factor)]),
  );

/** Applies a factorization to each matrix of a batch. A matrix that has a NaN or an infinity gives NaN only. */
function each({ inputs, context }: CustomCall, factor: Factorization): Tensor[] {
  const operands = inputs.map(asTensor);
  const [a, pivots] = operands as [Tensor, Tensor?];
  const results = context.results.map((type) => {
    if (type.kind !== "tensor") throw new Error("a factorization has tensors as results");
    return zeros(type.shape, type.element as Tensor["type"]["element"]);
  });
  const real = kindOf(a.type.element) !== "complex";
  const integer = (name: string) => integerOfCall(context.operation.attributes, name);
  // Pivots are rows: one for each matrix.
  const rows = pivots && {
    ...pivots,
    type: { ...pivots.type, shape: pivots.type.shape.toSpliced(-1, 0, 1) },
  };
  const batches = a.type.shape.slice(-2).includes(0) ? 0 : batchCount(a);
  for (let batch = 0; batch < batches; batch++) {
    const matrix = readMatrix(a, batch);
    const parts = factor([matrix, ...(rows ? [readMatrix(rows, batch)] : [])], integer, real);
    const finite = matrix.re.every(Number.isFinite) && matrix.im.every(Number.isFinite);
    parts.forEach((part, i) => {
      const values = part instanceof Matrix ? part : rowOf(part);
      const spoiled = !finite && kindOf(results[i]!.type.element) !== "integer";
      writeMatrix(results[i]!, batch, spoiled ? notNumbers(values) : values);
    });
  }
  return results;
}

function rowOf(values: readonly (number | Complex)[]): Matrix {
  const row = new Matrix(1, values.length);
  for (const [i, value] of values.entries())
    row.set(0, i, typeof value === "number" ? complexOf(value, 0) : value);
  return row;
}

function notNumbers({ rows, columns }: Matrix): Matrix {
  const result = new Matrix(rows, columns);
  result.re.fill(Number.NaN);
  result.im.fill(Number.NaN);
  return result;
}
