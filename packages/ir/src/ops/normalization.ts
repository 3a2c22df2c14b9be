/** Batch normalization over all dimensions but the feature dimension (spec: batch_norm_*). */
import { defineOp, floats, vectorsOf } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";

import { type TensorType, tensor } from "../model/types.ts";
import * as kernel from "../reference/kernel/normalize.ts";
import { boundsOf, withBounds } from "./bounds.ts";
import { allCompatible, compatible, compatibleElement, inRange } from "./inference.ts";

interface Features {
  readonly operand: TensorType;
  readonly feature_index: number;
}

/** One number per feature. */
const perFeature = ({ operand, feature_index }: Features) => {
  const bounds = boundsOf(operand);
  const type = tensor([operand.shape[feature_index] ?? 0], operand.element);
  return withBounds(type, bounds.length > 0 ? [bounds[feature_index]!] : [], undefined);
};

/** Whether all have one number per feature: as many as each other, where the number of features is not known. */
const havePerFeature = (features: Features, ...types: readonly TensorType[]) =>
  allCompatible(perFeature(features), ...types);

const featureInRange = ({ operand, feature_index }: Features) =>
  inRange([feature_index], operand.shape.length);

const parameters = { epsilon: kinds.f32, feature_index: kinds.i64 };

export const batchNormTraining = defineOp("stablehlo.batch_norm_training", {
  since: "0.9.0",
  summary: "Normalizes with the mean and variance of the batch, and gives them.",
  operands: { operand: floats, scale: vectorsOf(floats), offset: vectorsOf(floats) },
  attributes: parameters,
  results: { output: floats, batch_mean: vectorsOf(floats), batch_var: vectorsOf(floats) },
  constraints: {
    C1: ["`feature_index` is in range of `operand`", featureInRange],
    C2: [
      "`operand`, `scale` and `offset` have the same element type",
      ({ operand, scale, offset }) =>
        [scale, offset].every((type) => compatibleElement(type.element, operand.element)),
    ],
    C3: ["`scale` has one number per feature", (args) => compatible(args.scale, perFeature(args))],
    C4: ["`offset` has one number per feature", (args) => havePerFeature(args, args.offset, args.scale)],
  },
  infer: (args) => [args.operand, perFeature(args), perFeature(args)],
  evaluate: ({ operand, scale, offset, epsilon, feature_index }) =>
    kernel.batchNormTraining(operand, scale, offset, epsilon, feature_index),
});

export const batchNormInference = defineOp("stablehlo.batch_norm_inference", {
  since: "0.9.0",
  summary: "Normalizes with a given mean and variance.",
  operands: {
    operand: floats,
    scale: vectorsOf(floats),
    offset: vectorsOf(floats),
    mean: vectorsOf(floats),
    variance: vectorsOf(floats),
  },
  attributes: parameters,
  results: { result: floats },
  constraints: {
    C1: ["`feature_index` is in range of `operand`", featureInRange],
    C2: [
      "`operand`, `scale`, `offset`, `mean` and `variance` have the same element type",
      ({ operand, scale, offset, mean, variance }) =>
        [scale, offset, mean, variance].every((type) => compatibleElement(type.element, operand.element)),
    ],
    C3: ["`scale` has one number per feature", (args) => compatible(args.scale, perFeature(args))],
    C4: ["`offset` has one number per feature", (args) => havePerFeature(args, args.offset, args.scale)],
    C5: [
      "`mean` has one number per feature",
      (args) => havePerFeature(args, args.mean, args.scale, args.offset),
    ],
    C6: [
      "`variance` has one number per feature",
      (args) => havePerFeature(args, args.variance, args.scale, args.offset, args.mean),
    ],
  },
  infer: ({ operand }) => [operand],
  evaluate: ({ operand, scale, offset, mean, variance, epsilon, feature_index }) =>
    kernel.batchNormInference(operand, [scale, offset, mean, variance], epsilon, feature_index),
});

export const batchNormGrad = defineOp("stablehlo.batch_norm_grad", {
  since: "0.9.0",
  summary: "Gradients of `batch_norm_training` for its operand, scale and offset.",
  operands: {
    operand: floats,
    scale: vectorsOf(floats),
    mean: vectorsOf(floats),
    variance: vectorsOf(floats),
    grad_output: floats,
  },
  attributes: parameters,
  results: { grad_operand: floats, grad_scale: vectorsOf(floats), grad_offset: vectorsOf(floats) },
  constraints: {
    C1: ["`feature_index` is in range of `operand`", featureInRange],
    C2: [
      "`operand`, `scale`, `mean`, `variance` and `grad_output` have the same element type",
      ({ operand, scale, mean, variance, grad_output }) =>
        [scale, mean, variance, grad_output].every((type) =>
          compatibleElement(type.element, operand.element),
        ),
    ],
    C3: [
      "`operand` and `grad_output` have the same shape",
      ({ operand, grad_output }) => compatible(operand, grad_output),
    ],
    C4: [
      "`scale`, `mean` and `variance` have the same shape",
      ({ scale, mean, variance }) => allCompatible(scale, mean, variance),
    ],
    C5: ["`scale` has one number per feature", (args) => compatible(args.scale, perFeature(args))],
  },
  infer: (args) => [args.operand, perFeature(args), perFeature(args)],
  evaluate: ({ operand, scale, mean, variance, grad_output, epsilon, feature_index }) =>
    kernel.batchNormGrad(operand, [scale, mean, variance], grad_output, epsilon, feature_index),
});
