/** What `convolution` and `dynamic_conv` ask of their operands and attributes (spec: convolution C1 to C27). */
import type { ValueOf } from "../declare/kinds.ts";
import { DYNAMIC, type TensorType } from "../model/types.ts";
import {
  compatibleDimension,
  compatibleElement,
  compatibleShape,
  inRange,
  isUnique,
  withShape,
} from "./inference.ts";
import {
  anyQuantized,
  axisOf,
  expressesOthers,
  keepsGranularity,
  quantizesRight,
  sharesExpressed,
  sharesStorage,
} from "./quantization.ts";
import type { convDimensionNumbers } from "./records.ts";
import { arePositive, isPadding, windowCounts, windowDimensions } from "./windows.ts";

export type ConvDimensionNumbers = ValueOf<typeof convDimensionNumbers>;

/** The attributes that both ops share. */
export interface ConvolutionAttributes {
  readonly window_strides: readonly number[] | undefined;
  readonly lhs_dilation: readonly number[] | undefined;
  readonly rhs_dilation: readonly number[] | undefined;
  readonly window_reversal: readonly boolean[] | undefined;
  readonly dimension_numbers: ConvDimensionNumbers;
  readonly feature_group_count: number;
  readonly batch_group_count: number;
  readonly precision_config: readonly string[] | undefined;
}

interface Convolution extends ConvolutionAttributes {
  readonly lhs: TensorType;
  readonly rhs: TensorType;
  readonly result: TensorType;
}

interface StaticConvolution extends Convolution {
  readonly padding: readonly (readonly number[])[] | undefined;
}

type Constraints<C> = Readonly<Record<string, readonly [string, (args: C) => boolean]>>;

const spatialRank = ({ lhs }: Convolution) => lhs.shape.length - 2;
const divides = (divisor: number, size: number | undefined) =>
  size === DYNAMIC || (size ?? 1) % divisor === 0;
const isPermutation = (dimensions: readonly number[], rank: number) =>
  isUnique(dimensions) && inRange(dimensions, rank);

/** Constraints that do not involve the padding. */
export const dynamicConvConstraints = {
  C1: [
    "`lhs` and `rhs` have the same rank, at least 2",
    ({ lhs, rhs }) => lhs.shape.length >= 2 && lhs.shape.length === rhs.shape.length,
  ],
  C3: [
    "`window_strides` are positive, one per spatial dimension",
    (c) => arePositive(c.window_strides, spatialRank(c)),
  ],
  C6: [
    "`lhs_dilation` is positive, one per spatial dimension",
    (c) => arePositive(c.lhs_dilation, spatialRank(c)),
  ],
  C8: [
    "`rhs_dilation` is positive, one per spatial dimension",
    (c) => arePositive(c.rhs_dilation, spatialRank(c)),
  ],
  C9: [
    "`window_reversal` has one entry per spatial dimension",
    (c) => !c.window_reversal?.length || c.window_reversal.length === spatialRank(c),
  ],
  C12: [
    "`dimension_numbers` name every spatial dimension of the input",
    (c) => c.dimension_numbers.input_spatial_dimensions.length === spatialRank(c),
  ],
  C13: [
    "input dimensions in `dimension_numbers` are unique and in range",
    ({ lhs, dimension_numbers: d }) =>
      isPermutation(
        [d.input_batch_dimension, ...d.input_spatial_dimensions, d.input_feature_dimension],
        lhs.shape.length,
      ),
  ],
  C17: [
    "`dimension_numbers` name every spatial dimension of the kernel",
    (c) => c.dimension_numbers.kernel_spatial_dimensions.length === spatialRank(c),
  ],
  C18: [
    "kernel dimensions in `dimension_numbers` are unique and in range",
    ({ rhs, dimension_numbers: d }) =>
      isPermutation(
        [...d.kernel_spatial_dimensions, d.kernel_input_feature_dimension, d.kernel_output_feature_dimension],
        rhs.shape.length,
      ),
  ],
  C19: [
    "`dimension_numbers` name every spatial dimension of the output",
    (c) => c.dimension_numbers.output_spatial_dimensions.length === spatialRank(c),
  ],
  C20: [
    "output dimensions in `dimension_numbers` are unique and in range",
    ({ lhs, dimension_numbers: d }) =>
      isPermutation(
        [d.output_batch_dimension, ...d.output_spatial_dimensions, d.output_feature_dimension],
        lhs.shape.length,
      ),
  ],
  C23: [
    "one of `feature_group_count` and `batch_group_count` is 1",
    ({ feature_group_count, batch_group_count }) => feature_group_count === 1 || batch_group_count === 1,
  ],
  C10: [
    "`batch_group_count` divides the batch dimension of `lhs`",
    (c) => divides(c.batch_group_count, c.lhs.shape[c.dimension_numbers.input_batch_dimension]),
  ],
  C11: [
    "`feature_group_count` divides the feature dimension of `lhs`",
    (c) => divides(c.feature_group_count, c.lhs.shape[c.dimension_numbers.input_feature_dimension]),
  ],
  C14: [
    "the input features of `rhs` are the features of `lhs` divided by `feature_group_count`",
    ({ lhs, rhs, dimension_numbers: d, feature_group_count }) => {
      const features = lhs.shape[d.input_feature_dimension]!;
      const group = features === DYNAMIC ? DYNAMIC : features / feature_group_count;
      return compatibleDimension(rhs.shape[d.kernel_input_feature_dimension]!, group);
    },
  ],
  C15: [
    "`batch_group_count` divides the output features of `rhs`",
    (c) => divides(c.batch_group_count, c.rhs.shape[c.dimension_numbers.kernel_output_feature_dimension]),
  ],
  C16: [
    "`feature_group_count` divides the output features of `rhs`",
    (c) => divides(c.feature_group_count, c.rhs.shape[c.dimension_numbers.kernel_output_feature_dimension]),
  ],
  C24: [
    "`precision_config` has at most one entry for each operand",
    ({ precision_config }) => (precision_config?.length ?? 0) <= 2,
  ],
  C27: [
    "`lhs` and `rhs` have the same element type",
    ({ lhs, rhs }) => anyQuantized(lhs, rhs) || compatibleElement(lhs.element, rhs.element),
  ],
  C28: [
    "`rhs` is quantized if anything is, and `lhs` and `result` both or neither",
    ({ lhs, rhs, result }) => quantizesRight(lhs, rhs, result),
  ],
  C29: [
    "the quantized dimension of `rhs` is that of its output features",
    ({ rhs, dimension_numbers: d }) =>
      [undefined, d.kernel_output_feature_dimension].includes(axisOf(rhs.element)),
  ],
  C30: [
    "the quantized dimension of `result` is that of its features",
    ({ result, dimension_numbers: d }) =>
      [undefined, d.output_feature_dimension].includes(axisOf(result.element)),
  ],
  C31: ["quantized `lhs` and `rhs` have the same storage type", ({ lhs, rhs }) => sharesStorage(lhs, rhs)],
  C32: [
    "quantized `lhs`, `rhs` and `result` express the same type",
    ({ lhs, rhs, result }) => sharesExpressed(lhs, rhs, result),
  ],
  C33: [
    "`result` is quantized per axis only if `rhs` is",
    ({ lhs, rhs, result }) => keepsGranularity(lhs, rhs, result),
  ],
  C34: [
    "`lhs` and `result` have the type that `rhs` expresses if only `rhs` is quantized",
    ({ lhs, rhs, result }) => expressesOthers(lhs, rhs, result),
  ],
} satisfies Constraints<Convolution>;

export const convolutionConstraints = {
  ...dynamicConvConstraints,
  C4: [
    "`padding` has a low and a high amount per spatial dimension",
    (c: StaticConvolution) => isPadding(c.padding, spatialRank(c)),
  ],
  C26: [
    "`result` has the rank of `lhs`",
    ({ lhs, result }: StaticConvolution) => result.shape.length === lhs.shape.length,
  ],
  C25: [
    "the shape of `result` follows from `lhs`, `rhs` and the window",
    (c: StaticConvolution) => compatibleShape(c.result, withShape(c.result, convolutionShape(c))),
  ],
} satisfies Constraints<StaticConvolution>;

/** Spec: C25. */
export function convolutionShape(
  convolution: Omit<StaticConvolution, "result" | "precision_config">,
): number[] {
  const { lhs, rhs, dimension_numbers: d, batch_group_count } = convolution;
  const windows = windowDimensions(
    d.kernel_spatial_dimensions.map((dimension) => rhs.shape[dimension]!),
    {
      strides: convolution.window_strides,
      padding: convolution.padding,
      baseDilations: convolution.lhs_dilation,
      windowDilations: convolution.rhs_dilation,
    },
  );
  const spatial = windowCounts(
    d.input_spatial_dimensions.map((dimension) => lhs.shape[dimension]!),
    windows,
  );
  const batch = lhs.shape[d.input_batch_dimension]!;
  const shape: number[] = [];
  shape[d.output_batch_dimension] = batch === DYNAMIC ? DYNAMIC : batch / batch_group_count;
  shape[d.output_feature_dimension] = rhs.shape[d.kernel_output_feature_dimension]!;
  for (const [i, dimension] of d.output_spatial_dimensions.entries()) shape[dimension] = spatial[i]!;
  return shape;
}
