/** Custom calls whose meaning is known: those that JAX emits for any platform. */
import type { EvaluateContext } from "../../declare/define.ts";
import { type Complex, complexOf } from "../element/complex.ts";
import { asTensor, type Datum, isTensor, type Tensor, zeros } from "../tensor.ts";
import { integerOfCall } from "./configuration.ts";
import { factorizationCalls } from "./factorizations.ts";
import { hostCallback } from "./host_callback.ts";
import {
  batchCount,
  householderProduct,
  householderQr,
  Matrix,
  matrixSize,
  readMatrix,
  writeMatrix,
} from "./matrix.ts";
import { sort } from "./sort.ts";
import { materialize, sliced, viewTensor } from "./view.ts";

export interface CustomCall {
  readonly inputs: readonly Datum[];
  readonly calledComputations: readonly string[];
  readonly context: EvaluateContext;
}

type Meaning = (call: CustomCall) => readonly Datum[];

/** Placement and sharding do not change values. */
const identity: Meaning = ({ inputs }) => inputs;

export const customCalls: Readonly<Record<string, Meaning>> = {
  Sharding: identity,
  SPMDFullToShardShape: identity,
  SPMDShardToFullShape: identity,
  "xla.sdy.GlobalToLocalShape": identity,
  "xla.sdy.LocalToGlobalShape": identity,
  "xla.sdy.FuncResultSharding": identity,
  annotate_device_placement: identity,
  MoveToHost: identity,
  MoveToDevice: identity,
  LayoutConstraint: identity,
  Qr: ({ inputs }) => qr(asTensor(inputs[0])),
  ProductOfElementaryHouseholderReflectors: ({ inputs }) => [
    reflectorProduct(asTensor(inputs[0]), asTensor(inputs[1])),
  ],
  ApproxTopK: approxTopK,
  ...factorizationCalls,
  "hloom.callback": ({ inputs, context }) =>
    hostCallback(integerOfCall(context.operation.attributes, "id"), inputs.filter(isTensor), context.results),
  shape_assertion: ({ inputs: [holds] }) => {
    if (holds && isTensor(holds) && !holds.data[0]) throw new Error("a shape assertion does not hold");
    return [];
  },
};

/** LAPACK's geqrf for each matrix: the packed factors and the scales of the reflectors. */
function qr(a: Tensor): Tensor[] {
  const { shape, element } = a.type;
  const [rows, columns] = matrixSize(a.type);
  const packed = zeros(shape, element);
  const taus = zeros([...shape.slice(0, -2), Math.min(rows, columns)], element);
  for (let batch = 0; batch < batchCount(a); batch++) {
    const factors = householderQr(readMatrix(a, batch));
    writeMatrix(packed, batch, factors.packed);
    writeMatrix(taus, batch, rowOf(factors.taus));
  }
  return [packed, taus];
}

function rowOf(values: readonly Complex[]): Matrix {
  const row = new Matrix(1, values.length);
  for (const [i, value] of values.entries()) row.set(0, i, value);
  return row;
}

function reflectorProduct(a: Tensor, taus: Tensor): Tensor {
  const result = zeros(a.type.shape, a.type.element);
  const count = taus.type.shape.at(-1)!;
  const scales = { ...taus, type: { ...taus.type, shape: [...taus.type.shape.slice(0, -1), 1, count] } };
  for (let batch = 0; batch < batchCount(a); batch++) {
    const row = readMatrix(scales, batch);
    const values = Array.from({ length: count }, (_, i) => complexOf(row.re[i]!, row.im[i]!));
    writeMatrix(result, batch, householderProduct(readMatrix(a, batch), values));
  }
  return result;
}

/** The first `top_k` along `reduction_dim` in the order of the comparator; exact, which is the best approximation. */
function approxTopK({ inputs, calledComputations, context }: CustomCall): Tensor[] {
  const config = (name: string) => integerOfCall(context.operation.attributes, name);
  const operands = inputs.slice(0, inputs.length / 2).map(asTensor);
  const [topK, dimension] = [config("top_k"), config("reduction_dim")];
  const comparator = calledComputations[0]!;
  const { shape } = operands[0]!.type;
  const sizes = shape.map((size, d) => (d === dimension ? topK : size));
  const sorted = sort(operands, dimension, undefined, (...args) => context.call(comparator, args));
  const starts = shape.map(() => 0);
  return sorted.map((tensor) => materialize(sliced(viewTensor(tensor), starts, sizes), tensor.type.element));
}
