/** convolution (spec): sums of products of windows of `lhs` with slices of `rhs`. */
import { sizeOf, stridesOf, type TensorType } from "../../model/types.ts";
import type { ConvolutionAttributes } from "../../ops/convolution.ts";
import { type WindowDimension, windowCounts, windowDimensions } from "../../ops/windows.ts";
import { type Tensor, valueType, zeros } from "../tensor.ts";
import { indexOf, offsetsOf, offsetsOver } from "./offsets.ts";
import { pack, sumsOfProducts } from "./products.ts";

export interface Convolution extends Omit<ConvolutionAttributes, "precision_config"> {
  readonly padding: readonly (readonly number[])[] | undefined;
}

export function convolution(
  lhs: Tensor,
  rhs: Tensor,
  attributes: Convolution,
  resultType: TensorType,
): Tensor {
  const { shape, element } = valueType(resultType);
  const { dimension_numbers: d, feature_group_count, batch_group_count } = attributes;
  const result = zeros(shape, element);
  const inputShape = d.input_spatial_dimensions.map((dimension) => lhs.type.shape[dimension]!);
  const kernelShape = d.kernel_spatial_dimensions.map((dimension) => rhs.type.shape[dimension]!);
  const windows = windowDimensions(kernelShape, {
    strides: attributes.window_strides,
    padding: attributes.padding,
    baseDilations: attributes.lhs_dilation,
    windowDilations: attributes.rhs_dilation,
  });
  const counts = windowCounts(inputShape, windows);
  const batches = lhs.type.shape[d.input_batch_dimension]! / batch_group_count;
  const features = rhs.type.shape[d.kernel_output_feature_dimension]!;
  const channels = rhs.type.shape[d.kernel_input_feature_dimension]!;

  // Channels last, so that the inner loop is contiguous: lhs as [batch, spatial, groups, channels], rhs as
  // [output feature, spatial, channels].
  const lhsOrder = [d.input_batch_dimension, ...d.input_spatial_dimensions, d.input_feature_dimension];
  const rhsOrder = [
    d.kernel_output_feature_dimension,
    ...d.kernel_spatial_dimensions,
    d.kernel_input_feature_dimension,
  ];
  const sums = sumsOfProducts(
    pack(lhs, offsetsOver(lhs.type.shape, lhsOrder), result),
    pack(rhs, offsetsOver(rhs.type.shape, rhsOrder), result),
    result,
  );
  const inputSize = sizeOf(inputShape);
  const kernelSize = sizeOf(kernelShape);
  const inputChannels = channels * feature_group_count;
  const strides = stridesOf(shape);
  const [batchStride, featureStride] = [
    strides[d.output_batch_dimension]!,
    strides[d.output_feature_dimension]!,
  ];
  const outputs = offsetsOf(
    counts,
    d.output_spatial_dimensions.map((dimension) => strides[dimension]!),
  );

  for (let window = 0; window < outputs.length; window++) {
    const taps = tapsOf(indexOf(window, counts), windows, inputShape, attributes.window_reversal);
    for (let batch = 0; batch < batches; batch++) {
      for (let feature = 0; feature < features; feature++) {
        const featureGroup = Math.floor((feature * feature_group_count) / features);
        const batchGroup = Math.floor((feature * batch_group_count) / features);
        const lhsAt = (batchGroup * batches + batch) * inputSize * inputChannels + featureGroup * channels;
        const rhsAt = feature * kernelSize * channels;
        for (let tap = 0; tap < taps.input.length; tap++) {
          sums.add(lhsAt + taps.input[tap]! * inputChannels, rhsAt + taps.kernel[tap]! * channels, channels);
        }
        sums.store(outputs[window]! + batch * batchStride + feature * featureStride);
      }
    }
  }
  return result;
}

interface Taps {
  /** Positions in the input's spatial dimensions, row-major. */
  readonly input: readonly number[];
  /** The kernel's positions that meet them. */
  readonly kernel: readonly number[];
}

/** The elements of the window at `index` that lie on the input and not on padding or dilation. */
function tapsOf(
  index: readonly number[],
  windows: readonly WindowDimension[],
  inputShape: readonly number[],
  reversal: readonly boolean[] | undefined,
): Taps {
  let taps: Taps = { input: [0], kernel: [0] };
  for (const [d, window] of windows.entries()) {
    const input: number[] = [];
    const kernel: number[] = [];
    for (let k = 0; k < window.size; k++) {
      const dilated = index[d]! * window.stride + k * window.windowDilation - window.low;
      const position = dilated / window.baseDilation;
      if (dilated < 0 || !Number.isInteger(position) || position >= inputShape[d]!) continue;
      input.push(position);
      kernel.push(reversal?.[d] ? window.size - 1 - k : k);
    }
    taps = {
      input: taps.input.flatMap((outer) => input.map((inner) => outer * inputShape[d]! + inner)),
      kernel: taps.kernel.flatMap((outer) => kernel.map((inner) => outer * window.size + inner)),
    };
  }
  return taps;
}
