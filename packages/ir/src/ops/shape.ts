/** Movement of elements: shapes change, values do not. */
import { defineOp, integers, tensor, variadic } from "../declare/define.ts";
import { i64, i64Array } from "../declare/kinds.ts";

export const broadcastInDim = defineOp("stablehlo.broadcast_in_dim", {
  since: "0.9.0",
  summary: "Repeats the operand along the dimensions that are not in `broadcast_dimensions`.",
  operands: { operand: tensor },
  attributes: { broadcast_dimensions: i64Array },
  results: { result: tensor },
  format: "$operand `,` `dims` `=` $broadcast_dimensions attr-dict `:` functional-type(operands, results)",
});

export const broadcast = defineOp("stablehlo.broadcast", {
  since: "0.9.0",
  summary: "Repeats the operand along new leading dimensions; broadcast_in_dim replaces it.",
  operands: { operand: tensor },
  attributes: { broadcast_sizes: i64Array },
  results: { result: tensor },
  format: "$operand `,` `sizes` `=` $broadcast_sizes attr-dict `:` functional-type(operands, results)",
});

export const concatenate = defineOp("stablehlo.concatenate", {
  since: "0.9.0",
  summary: "Joins tensors along one dimension.",
  operands: { inputs: variadic(tensor) },
  attributes: { dimension: i64 },
  results: { result: tensor },
  format:
    "custom<VariadicOperandWithAttribute>($inputs) `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
});

export const dynamicSlice = defineOp("stablehlo.dynamic_slice", {
  since: "0.9.0",
  summary: "A slice of fixed size whose start is computed, moved inside the operand where needed.",
  operands: { operand: tensor, start_indices: variadic(integers) },
  attributes: { slice_sizes: i64Array },
  results: { result: tensor },
  format:
    "$operand `,` custom<VariadicOperandWithAttribute>($start_indices) `sizes` `=` $slice_sizes attr-dict `:` functional-type(operands, results)",
});

export const dynamicUpdateSlice = defineOp("stablehlo.dynamic_update_slice", {
  since: "0.9.0",
  summary:
    "The operand with a slice replaced whose start is computed, moved inside the operand where needed.",
  operands: { operand: tensor, update: tensor, start_indices: variadic(integers) },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
});

export const getDimensionSize = defineOp("stablehlo.get_dimension_size", {
  since: "0.9.0",
  summary: "The size of one dimension.",
  operands: { operand: tensor },
  attributes: { dimension: i64 },
  results: { result: tensor },
  format: "$operand `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
});

export const pad = defineOp("stablehlo.pad", {
  since: "0.9.0",
  summary: "Adds a value around and between the elements; negative padding removes elements.",
  operands: { operand: tensor, padding_value: tensor },
  attributes: { edge_padding_low: i64Array, edge_padding_high: i64Array, interior_padding: i64Array },
  results: { result: tensor },
  format:
    "$operand `,` $padding_value `,` `low` `=` $edge_padding_low `,` `high` `=` $edge_padding_high `,` `interior` `=` $interior_padding attr-dict `:` functional-type(operands, results)",
});

export const reshape = defineOp("stablehlo.reshape", {
  since: "0.9.0",
  summary: "The same elements in the same order, in another shape.",
  operands: { operand: tensor },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
});

export const reverse = defineOp("stablehlo.reverse", {
  since: "0.9.0",
  summary: "Reverses the order of the elements along some dimensions.",
  operands: { operand: tensor },
  attributes: { dimensions: i64Array },
  results: { result: tensor },
  format:
    "$operand `,` `dims` `=` $dimensions attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($result))",
});

export const slice = defineOp("stablehlo.slice", {
  since: "0.9.0",
  summary: "The elements from `start_indices` to before `limit_indices`, `strides` apart.",
  operands: { operand: tensor },
  attributes: { start_indices: i64Array, limit_indices: i64Array, strides: i64Array },
  results: { result: tensor },
  format:
    "$operand custom<SliceRanges>($start_indices, $limit_indices, $strides) attr-dict `:` functional-type(operands, results)",
});

export const transpose = defineOp("stablehlo.transpose", {
  since: "0.9.0",
  summary: "Permutes the dimensions.",
  operands: { operand: tensor },
  attributes: { permutation: i64Array },
  results: { result: tensor },
  format: "$operand `,` `dims` `=` $permutation attr-dict `:` functional-type(operands, results)",
});
