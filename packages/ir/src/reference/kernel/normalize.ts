/** Batch normalization (spec: batch_norm_*), in double precision and rounded once. */
import { type FloatElement, stridesOf } from "../../model/types.ts";
import { floatsOf, narrowFloats } from "../element/work.ts";
import { type Tensor, tensorOf } from "../tensor.ts";

interface Features {
  readonly count: number;
  /** Elements of each feature. */
  readonly size: number;
  /** The feature of the element at a position. */
  of(position: number): number;
}

function featuresOf({ type, data }: Tensor, featureIndex: number): Features {
  const count = type.shape[featureIndex]!;
  const stride = stridesOf(type.shape)[featureIndex]!;
  return { count, size: data.length / count, of: (position) => Math.floor(position / stride) % count };
}

function stored(shape: readonly number[], like: Tensor, values: Float64Array): Tensor {
  return tensorOf(shape, like.type.element, narrowFloats(like.type.element as FloatElement, values));
}

/** Sums of `value(position)` over the elements of each feature. */
function sums(operand: Tensor, features: Features, value: (position: number) => number): Float64Array {
  const totals = new Float64Array(features.count);
  for (let i = 0; i < operand.data.length; i++) totals[features.of(i)]! += value(i);
  return totals;
}

export function batchNormInference(
  operand: Tensor,
  parameters: readonly [scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor],
  epsilon: number,
  featureIndex: number,
): Tensor {
  const [scale, offset, mean, variance] = parameters.map(floatsOf) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const features = featuresOf(operand, featureIndex);
  const x = floatsOf(operand);
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const f = features.of(i);
    out[i] = (scale[f]! * (x[i]! - mean[f]!)) / Math.sqrt(variance[f]! + epsilon) + offset[f]!;
  }
  return stored(operand.type.shape, operand, out);
}

/** The normalized operand, and the mean and variance of each feature. */
export function batchNormTraining(
  operand: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon: number,
  featureIndex: number,
): readonly Tensor[] {
  const features = featuresOf(operand, featureIndex);
  const x = floatsOf(operand);
  const mean = sums(operand, features, (i) => x[i]!).map((sum) => sum / features.size);
  const variance = sums(operand, features, (i) => (x[i]! - mean[features.of(i)]!) ** 2).map(
    (sum) => sum / features.size,
  );
  const means = stored(scale.type.shape, operand, mean);
  const variances = stored(scale.type.shape, operand, variance);
  const output = batchNormInference(operand, [scale, offset, means, variances], epsilon, featureIndex);
  return [output, means, variances];
}

/** Gradients for operand, scale and offset. */
export function batchNormGrad(
  operand: Tensor,
  parameters: readonly [scale: Tensor, mean: Tensor, variance: Tensor],
  gradOutput: Tensor,
  epsilon: number,
  featureIndex: number,
): readonly Tensor[] {
  const [scale, mean, variance] = parameters.map(floatsOf) as [Float64Array, Float64Array, Float64Array];
  const features = featuresOf(operand, featureIndex);
  const x = floatsOf(operand);
  const gradient = floatsOf(gradOutput);
  const centered = (i: number) => x[i]! - mean[features.of(i)]!;
  const gradientSum = sums(operand, features, (i) => gradient[i]!);
  const productSum = sums(operand, features, (i) => gradient[i]! * centered(i));
  const gradOperand = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const f = features.of(i);
    const spread = variance[f]! + epsilon;
    const deviation =
      gradient[i]! -
      gradientSum[f]! / features.size -
      (centered(i) * productSum[f]!) / spread / features.size;
    gradOperand[i] = (scale[f]! / Math.sqrt(spread)) * deviation;
  }
  const gradScale = productSum.map((sum, f) => sum / Math.sqrt(variance[f]! + epsilon));
  const { shape } = parameters[0].type;
  return [
    stored(operand.type.shape, operand, gradOperand),
    stored(shape, operand, gradScale),
    stored(shape, operand, gradientSum),
  ];
}
