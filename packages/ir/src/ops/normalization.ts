/** Batch normalization over all dimensions but the feature dimension (spec: batch_norm_*). */
import { defineOp, floats } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";

const parameters = { epsilon: kinds.f32, feature_index: kinds.i64 };

export const batchNormTraining = defineOp("stablehlo.batch_norm_training", {
  since: "0.9.0",
  summary: "Normalizes with the mean and variance of the batch, and gives them.",
  operands: { operand: floats, scale: floats, offset: floats },
  attributes: parameters,
  results: { output: floats, batch_mean: floats, batch_var: floats },
});

export const batchNormInference = defineOp("stablehlo.batch_norm_inference", {
  since: "0.9.0",
  summary: "Normalizes with a given mean and variance.",
  operands: { operand: floats, scale: floats, offset: floats, mean: floats, variance: floats },
  attributes: parameters,
  results: { result: floats },
});

export const batchNormGrad = defineOp("stablehlo.batch_norm_grad", {
  since: "0.9.0",
  summary: "Gradients of `batch_norm_training` for its operand, scale and offset.",
  operands: { operand: floats, scale: floats, mean: floats, variance: floats, grad_output: floats },
  attributes: parameters,
  results: { grad_operand: floats, grad_scale: floats, grad_offset: floats },
});
