/** Ops whose result shape is an operand (spec: dynamic_*). */
import { defaulted, defineOp, dimensions, integers, optional, tensor } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { emptyLists, noReversalByDefault, onesByDefault, precisionConfig } from "./kinds.ts";
import { convDimensionNumbers, gatherDimensionNumbers } from "./records.ts";

const noneByDefault = optional(kinds.i64Array, (values) => values.length === 0);

export const dynamicBroadcastInDim = defineOp("stablehlo.dynamic_broadcast_in_dim", {
  since: "0.9.0",
  summary: "`broadcast_in_dim` to the shape `output_dimensions`.",
  operands: { operand: tensor, output_dimensions: dimensions },
  attributes: {
    broadcast_dimensions: kinds.i64Array,
    known_expanding_dimensions: noneByDefault,
    known_nonexpanding_dimensions: noneByDefault,
  },
  results: { result: tensor },
  format: `$operand \`,\` $output_dimensions \`,\` \`dims\` \`=\` $broadcast_dimensions
    attr-dict \`:\` functional-type(operands, results)`,
});

export const dynamicConv = defineOp("stablehlo.dynamic_conv", {
  since: "0.9.0",
  summary: "`convolution` with the padding as an operand.",
  operands: { lhs: tensor, rhs: tensor, padding: integers },
  attributes: {
    window_strides: onesByDefault,
    lhs_dilation: onesByDefault,
    rhs_dilation: onesByDefault,
    window_reversal: noReversalByDefault,
    dimension_numbers: convDimensionNumbers,
    feature_group_count: kinds.i64,
    batch_group_count: kinds.i64,
    precision_config: precisionConfig,
  },
  results: { result: tensor },
  vhlo: {
    versions: ["0.9.0", "0.20.0"],
    // Version 1 had a static padding besides the operand, which already overruled it.
    upgrade: (_, { padding: _padding, ...attributes }) => attributes,
  },
});

export const dynamicGather = defineOp("stablehlo.dynamic_gather", {
  since: "0.9.0",
  summary: "`gather` with the slice sizes as an operand.",
  operands: { operand: tensor, start_indices: integers, slice_sizes: integers },
  attributes: { dimension_numbers: gatherDimensionNumbers, indices_are_sorted: defaulted(kinds.boolean, false) },
  results: { result: tensor },
  vhlo: {
    versions: ["0.9.0", "1.1.0"],
    upgrade: (_, attributes) => ({
      ...attributes,
      ...emptyLists("operand_batching_dims", "start_indices_batching_dims"),
    }),
  },
});

export const dynamicIota = defineOp("stablehlo.dynamic_iota", {
  since: "0.9.0",
  summary: "`iota` of the shape `output_shape`.",
  operands: { output_shape: dimensions },
  attributes: { iota_dimension: kinds.i64 },
  results: { result: tensor },
  format: "$output_shape `,` `dim` `=` $iota_dimension attr-dict `:` functional-type(operands, results)",
});

export const dynamicPad = defineOp("stablehlo.dynamic_pad", {
  since: "0.9.0",
  summary: "`pad` with the amounts as operands.",
  operands: {
    operand: tensor,
    padding_value: tensor,
    edge_padding_low: dimensions,
    edge_padding_high: dimensions,
    interior_padding: dimensions,
  },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
});

export const dynamicReshape = defineOp("stablehlo.dynamic_reshape", {
  since: "0.9.0",
  summary: "`reshape` to the shape `output_shape`.",
  operands: { operand: tensor, output_shape: dimensions },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
});

export const realDynamicSlice = defineOp("stablehlo.real_dynamic_slice", {
  since: "0.9.0",
  summary: "`slice` with the bounds as operands (outside the spec).",
  operands: { operand: tensor, start_indices: dimensions, limit_indices: dimensions, strides: dimensions },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
});

export const setDimensionSize = defineOp("stablehlo.set_dimension_size", {
  since: "0.9.0",
  summary: "Declares the size of a bounded dimension (outside the spec).",
  operands: { operand: tensor, size: integers },
  attributes: { dimension: kinds.i64 },
  results: { result: tensor },
  format: "$operand `,` $size `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
});
