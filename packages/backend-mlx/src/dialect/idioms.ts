/** `mlx.*` operations that stand for whole idioms of models; `meaning.ts` says what each is in StableHLO. */
import { defineOp, fields, kinds } from "@hloom/ir";

const { tensor, variadic } = fields;
const { i64, f64 } = kinds;

export const softmax = defineOp("mlx.softmax", {
  summary: "Exponentials over their sum along an axis, without overflow.",
  operands: { operand: tensor },
  attributes: { axis: i64 },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
});

export const logsumexp = defineOp("mlx.logsumexp", {
  summary: "The logarithm of the sum of exponentials along an axis, which keeps one element.",
  operands: { operand: tensor },
  attributes: { axis: i64 },
  results: { result: tensor },
  infer: ({ operand, axis }) => [{ ...operand, shape: operand.shape.with(axis, 1) }],
});

export const rmsNorm = defineOp("mlx.rms_norm", {
  summary: "Root-mean-square normalisation of the last axis, and perhaps a weight.",
  operands: { inputs: variadic(tensor) },
  attributes: { eps: f64 },
  results: { result: tensor },
  infer: ({ inputs }) => [inputs[0]!],
});

export const layerNorm = defineOp("mlx.layer_norm", {
  summary: "Normalisation of the last axis to mean 0 and variance 1, and perhaps a weight and a bias.",
  operands: { inputs: variadic(tensor) },
  attributes: { eps: f64 },
  results: { result: tensor },
  infer: ({ inputs }) => [inputs[0]!],
});

export const scaledDotProductAttention = defineOp("mlx.scaled_dot_product_attention", {
  summary: "softmax(scale · q kᵀ + bias) v of [batch, heads, time, size], the bias added to the scores.",
  operands: { inputs: variadic(tensor) },
  attributes: { scale: f64, causal: i64 },
  results: { result: tensor },
});
