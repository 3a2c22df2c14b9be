/** Contractions: sums of products over shared dimensions (spec: dot_general, convolution). */
import { added, defineOp, optional, tensor } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { noPaddingByDefault, noReversalByDefault, onesByDefault, precisionConfig } from "./kinds.ts";
import { convDimensionNumbers, dotAlgorithm, dotDimensionNumbers } from "./records.ts";

export const dotGeneral = defineOp("stablehlo.dot_general", {
  since: "0.9.0",
  summary: "Products of slices of `lhs` and `rhs`, summed over the contracting dimensions, for each batch.",
  operands: { lhs: tensor, rhs: tensor },
  attributes: {
    dot_dimension_numbers: dotDimensionNumbers,
    precision_config: precisionConfig,
    algorithm: added("1.6.0", optional(dotAlgorithm)),
  },
  results: { result: tensor },
  format: `$lhs \`,\` $rhs \`,\` custom<DotDimensionNumbers>($dot_dimension_numbers) \`\`
    custom<PrecisionConfigAndAlgorithm>($precision_config, $algorithm) attr-dict
    \`:\` functional-type(operands, results)`,
  vhlo: { versions: ["0.9.0", "1.6.0"] },
});

export const dot = defineOp("stablehlo.dot", {
  since: "0.9.0",
  summary: "Vector, matrix-vector or matrix product (outside the spec; `dot_general` replaces it).",
  operands: { lhs: tensor, rhs: tensor },
  attributes: { precision_config: precisionConfig },
  results: { result: tensor },
  format: `$lhs \`,\` $rhs \`\` custom<PrecisionConfig>($precision_config) attr-dict
    \`:\` functional-type(operands, results)`,
});

export const convolution = defineOp("stablehlo.convolution", {
  since: "0.9.0",
  summary: "Dot products between windows of `lhs` and slices of `rhs`.",
  operands: { lhs: tensor, rhs: tensor },
  attributes: {
    window_strides: onesByDefault,
    padding: noPaddingByDefault,
    lhs_dilation: onesByDefault,
    rhs_dilation: onesByDefault,
    window_reversal: noReversalByDefault,
    dimension_numbers: convDimensionNumbers,
    feature_group_count: kinds.i64,
    batch_group_count: kinds.i64,
    precision_config: precisionConfig,
  },
  results: { result: tensor },
  format: `\`(\` operands \`)\`
    \`dim_numbers\` \`=\` custom<ConvolutionDimensions>($dimension_numbers) \`,\`
    \`window\` \`=\` \`{\` custom<WindowAttributes>($window_strides, $padding, $lhs_dilation, $rhs_dilation,
      $window_reversal) \`}\`
    attr-dict \`:\` functional-type(operands, results)`,
});

export const einsum = defineOp("stablehlo.einsum", {
  since: "0.9.0",
  summary: "Einstein summation of two tensors (outside the spec).",
  operands: { lhs: tensor, rhs: tensor },
  attributes: { einsum_config: kinds.string },
  results: { result: tensor },
  format: "$lhs `,` $rhs `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)",
});

export const unaryEinsum = defineOp("stablehlo.unary_einsum", {
  since: "0.9.0",
  summary: "Einstein summation of one tensor (outside the spec).",
  operands: { operand: tensor },
  attributes: { einsum_config: kinds.string },
  results: { result: tensor },
  format: "$operand `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)",
});
