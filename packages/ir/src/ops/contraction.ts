/** Contractions: sums of products over shared dimensions (spec: dot_general, convolution). */
import { added, anyTensor, defineOp, labelled, optional, tensor } from "../declare/define.ts";
import { isKnownAlgorithm } from "../declare/directives/dot_algorithms.ts";
import * as kinds from "../declare/kinds.ts";
import { isQuantized } from "../model/types.ts";
import { convolution as convolve } from "../reference/kernel/convolution.ts";
import { dotGeneral as contract } from "../reference/kernel/dot.ts";
import { einsum as sumProducts } from "../reference/kernel/einsum.ts";
import { valueType } from "../reference/tensor.ts";
import { convolutionConstraints, convolutionShape } from "./convolution.ts";
import { dotResultShape, dotResultType, einsumResultShape, parseEinsum, sameDimensions } from "./dot.ts";
import { compatibleShape, inRange, isUnique, withShape } from "./inference.ts";
import { noPaddingByDefault, noReversalByDefault, onesByDefault, precisionConfig } from "./kinds.ts";
import {
  axisOf,
  expressesOthers,
  keepsGranularity,
  quantizesRight,
  sharesExpressed,
  sharesStorage,
} from "./quantization.ts";
import { convDimensionNumbers, dotAlgorithm, dotDimensionNumbers } from "./records.ts";

export const dotGeneral = defineOp("stablehlo.dot_general", {
  since: "0.9.0",
  summary: "Products of slices of `lhs` and `rhs`, summed over the contracting dimensions, for each batch.",
  operands: { lhs: tensor, rhs: anyTensor },
  attributes: {
    dot_dimension_numbers: dotDimensionNumbers,
    precision_config: precisionConfig,
    algorithm: added("1.6.0", optional(dotAlgorithm)),
  },
  results: { result: anyTensor },
  format: `$lhs \`,\` $rhs \`,\` custom<DotDimensionNumbers>($dot_dimension_numbers) \`\`
    custom<PrecisionConfigAndAlgorithm>($precision_config, $algorithm) attr-dict
    \`:\` functional-type(operands, results)`,
  constraints: {
    C1: [
      "`lhs` and `rhs` have as many batching dimensions",
      ({ dot_dimension_numbers: d }) => d.lhs_batching_dimensions.length === d.rhs_batching_dimensions.length,
    ],
    C2: [
      "`lhs` and `rhs` have as many contracting dimensions",
      ({ dot_dimension_numbers: d }) =>
        d.lhs_contracting_dimensions.length === d.rhs_contracting_dimensions.length,
    ],
    C3: [
      "batching and contracting dimensions of `lhs` in `dot_dimension_numbers` are unique",
      ({ dot_dimension_numbers: d }) =>
        isUnique([...d.lhs_batching_dimensions, ...d.lhs_contracting_dimensions]),
    ],
    C4: [
      "batching and contracting dimensions of `rhs` in `dot_dimension_numbers` are unique",
      ({ dot_dimension_numbers: d }) =>
        isUnique([...d.rhs_batching_dimensions, ...d.rhs_contracting_dimensions]),
    ],
    C5: [
      "batching dimensions of `lhs` in `dot_dimension_numbers` are in range",
      ({ lhs, dot_dimension_numbers: d }) => inRange(d.lhs_batching_dimensions, lhs.shape.length),
    ],
    C6: [
      "contracting dimensions of `lhs` in `dot_dimension_numbers` are in range",
      ({ lhs, dot_dimension_numbers: d }) => inRange(d.lhs_contracting_dimensions, lhs.shape.length),
    ],
    C7: [
      "batching dimensions of `rhs` in `dot_dimension_numbers` are in range",
      ({ rhs, dot_dimension_numbers: d }) => inRange(d.rhs_batching_dimensions, rhs.shape.length),
    ],
    C8: [
      "contracting dimensions of `rhs` in `dot_dimension_numbers` are in range",
      ({ rhs, dot_dimension_numbers: d }) => inRange(d.rhs_contracting_dimensions, rhs.shape.length),
    ],
    C9: [
      "batching dimensions of `lhs` and `rhs` have the same sizes",
      ({ lhs, rhs, dot_dimension_numbers: d }) =>
        sameDimensions(lhs, d.lhs_batching_dimensions, rhs, d.rhs_batching_dimensions),
    ],
    C10: [
      "contracting dimensions of `lhs` and `rhs` have the same sizes",
      ({ lhs, rhs, dot_dimension_numbers: d }) =>
        sameDimensions(lhs, d.lhs_contracting_dimensions, rhs, d.rhs_contracting_dimensions),
    ],
    C11: [
      "`precision_config` has at most one entry for each operand",
      ({ precision_config }) => (precision_config?.length ?? 0) <= 2,
    ],
    C12: [
      "the shape of `result` is the batching dimensions, then the other ones of `lhs` and of `rhs`",
      ({ lhs, rhs, result, dot_dimension_numbers }) =>
        compatibleShape(result, withShape(result, dotResultShape(lhs, rhs, dot_dimension_numbers))),
    ],
    C21: [
      "`precision_config` is the default when `algorithm` is given",
      ({ algorithm, precision_config }) =>
        algorithm === undefined || (precision_config ?? []).every((value) => value === "DEFAULT"),
    ],
    C22: [
      "the count of `lhs` components in `algorithm` is positive",
      ({ algorithm }) => algorithm === undefined || algorithm.lhs_component_count > 0,
    ],
    C23: [
      "the count of `rhs` components in `algorithm` is positive",
      ({ algorithm }) => algorithm === undefined || algorithm.rhs_component_count > 0,
    ],
    C24: [
      "the number of primitive operations in `algorithm` is positive",
      ({ algorithm }) => algorithm === undefined || algorithm.num_primitive_operations > 0,
    ],
    I8: [
      "`algorithm` is one that some hardware is known to support",
      ({ algorithm }) => algorithm === undefined || isKnownAlgorithm(algorithm),
    ],
    C14: [
      "`rhs` is quantized if anything is, and `lhs` and `result` both or neither",
      ({ lhs, rhs, result }) => quantizesRight(lhs, rhs, result),
    ],
    C15: [
      "zero points of quantized `rhs` are 0",
      ({ rhs }) => !isQuantized(rhs.element) || rhs.element.zeroPoints.every((zero) => zero === 0n),
    ],
    C16: [
      "the quantized dimension of `rhs` is not contracted",
      ({ rhs, dot_dimension_numbers: d }) =>
        !d.rhs_contracting_dimensions.includes(axisOf(rhs.element) ?? -1),
    ],
    C17: ["quantized `lhs` and `rhs` have the same storage type", ({ lhs, rhs }) => sharesStorage(lhs, rhs)],
    C18: [
      "quantized `lhs`, `rhs` and `result` express the same type",
      ({ lhs, rhs, result }) => sharesExpressed(lhs, rhs, result),
    ],
    C19: [
      "`result` is quantized per axis only if `rhs` is",
      ({ lhs, rhs, result }) => keepsGranularity(lhs, rhs, result),
    ],
    C20: [
      "`lhs` and `result` have the type that `rhs` expresses if only `rhs` is quantized",
      ({ lhs, rhs, result }) => expressesOthers(lhs, rhs, result),
    ],
  },
  inferShapes: ({ lhs, rhs, dot_dimension_numbers }) => [dotResultType(lhs, rhs, dot_dimension_numbers)],
  vhlo: { versions: ["0.9.0", "1.6.0"] },
  evaluate: ({ lhs, rhs, dot_dimension_numbers }, { results }) =>
    contract(lhs, rhs, dot_dimension_numbers, valueType(results[0])),
});

export const dot = defineOp("stablehlo.dot", {
  since: "0.9.0",
  summary: "Vector, matrix-vector or matrix product (outside the spec; `dot_general` replaces it).",
  operands: { lhs: tensor, rhs: anyTensor },
  attributes: { precision_config: precisionConfig },
  results: { result: anyTensor },
  format: `$lhs \`,\` $rhs \`\` custom<PrecisionConfig>($precision_config) attr-dict
    \`:\` functional-type(operands, results)`,
  constraints: {
    D2: [
      "`precision_config` has at most one entry for each operand",
      ({ precision_config }) => (precision_config?.length ?? 0) <= 2,
    ],
    D1: [
      "`lhs` and `rhs` are vectors or matrices that share the contracted dimension, and `result` has the other ones",
      ({ lhs, rhs, result }) =>
        inRange([lhs.shape.length - 1, rhs.shape.length - 1], 2) &&
        sameDimensions(lhs, [lhs.shape.length - 1], rhs, [0]) &&
        compatibleShape(result, withShape(result, [...lhs.shape.slice(0, -1), ...rhs.shape.slice(1)])),
    ],
  },
  inferShapes: ({ lhs, rhs }) => {
    const contracting = {
      lhs_contracting_dimensions: [lhs.shape.length - 1],
      rhs_contracting_dimensions: [0],
    };
    const numbers = { lhs_batching_dimensions: [], rhs_batching_dimensions: [], ...contracting };
    return [dotResultType(lhs, rhs, numbers)];
  },
  evaluate: ({ lhs, rhs }, { results }) => {
    const contracting = {
      lhs_contracting_dimensions: [lhs.type.shape.length - 1],
      rhs_contracting_dimensions: [0],
    };
    const numbers = { lhs_batching_dimensions: [], rhs_batching_dimensions: [], ...contracting };
    return contract(lhs, rhs, numbers, valueType(results[0]));
  },
});

export const convolution = defineOp("stablehlo.convolution", {
  since: "0.9.0",
  summary: "Dot products between windows of `lhs` and slices of `rhs`.",
  operands: { lhs: tensor, rhs: anyTensor },
  attributes: {
    window_strides: onesByDefault,
    padding: noPaddingByDefault,
    lhs_dilation: onesByDefault,
    rhs_dilation: onesByDefault,
    window_reversal: noReversalByDefault,
    dimension_numbers: convDimensionNumbers,
    feature_group_count: labelled("C21", kinds.positiveI64),
    batch_group_count: labelled("C22", kinds.positiveI64),
    precision_config: precisionConfig,
  },
  results: { result: anyTensor },
  format: `\`(\` operands \`)\`
    \`dim_numbers\` \`=\` custom<ConvolutionDimensions>($dimension_numbers) \`,\`
    \`window\` \`=\` \`{\` custom<WindowAttributes>($window_strides, $padding, $lhs_dilation, $rhs_dilation,
      $window_reversal) \`}\`
    attr-dict \`:\` functional-type(operands, results)`,
  constraints: convolutionConstraints,
  inferShapes: (args) => [withShape(args.lhs, convolutionShape(args))],
  evaluate: ({ lhs, rhs, ...attributes }, { results }) =>
    convolve(lhs, rhs, attributes, valueType(results[0])),
});

export const einsum = defineOp("stablehlo.einsum", {
  since: "0.9.0",
  summary: "Einstein summation of two tensors (outside the spec).",
  operands: { lhs: tensor, rhs: tensor },
  attributes: { einsum_config: kinds.string },
  results: { result: tensor },
  format: "$lhs `,` $rhs `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)",
  constraints: {
    E1: [
      "`einsum_config` names every dimension of `lhs`, `rhs` and `result`, the same sizes by the same letters",
      ({ lhs, rhs, result, einsum_config }) => {
        const shape = einsumResultShape(parseEinsum(einsum_config, [lhs, rhs]), [lhs, rhs]);
        return shape !== undefined && compatibleShape(result, withShape(result, shape));
      },
    ],
  },
  evaluate: ({ lhs, rhs, einsum_config }, { results }) =>
    sumProducts([lhs, rhs], parseEinsum(einsum_config, [lhs.type, rhs.type]), valueType(results[0])),
});

export const unaryEinsum = defineOp("stablehlo.unary_einsum", {
  since: "0.9.0",
  summary: "Einstein summation of one tensor (outside the spec).",
  operands: { operand: tensor },
  attributes: { einsum_config: kinds.string },
  results: { result: tensor },
  format: "$operand `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)",
  constraints: {
    E1: [
      "`einsum_config` names every dimension of `operand` and `result`",
      ({ operand, result, einsum_config }) => {
        const shape = einsumResultShape(parseEinsum(einsum_config, [operand]), [operand]);
        return shape !== undefined && compatibleShape(result, withShape(result, shape));
      },
    ],
  },
  evaluate: ({ operand, einsum_config }, { results }) =>
    sumProducts([operand], parseEinsum(einsum_config, [operand.type]), valueType(results[0])),
});
