/** StableHLO's structured attributes, `#stablehlo.gather<…>` and so on. */
import { record } from "../declare/record_kinds.ts";

export const dotDimensionNumbers = record(
  "stablehlo.dot",
  {
    lhs_batching_dimensions: "i64s",
    rhs_batching_dimensions: "i64s",
    lhs_contracting_dimensions: "i64s",
    rhs_contracting_dimensions: "i64s",
  },
  { sparse: true },
);

export const dotAlgorithm = record("stablehlo.dot_algorithm", {
  lhs_precision_type: "type",
  rhs_precision_type: "type",
  accumulation_type: "type",
  lhs_component_count: "i64",
  rhs_component_count: "i64",
  num_primitive_operations: "i64",
  allow_imprecise_accumulation: "boolean",
});

export const convDimensionNumbers = record("stablehlo.conv", {
  input_batch_dimension: "i64",
  input_feature_dimension: "i64",
  input_spatial_dimensions: "i64s",
  kernel_input_feature_dimension: "i64",
  kernel_output_feature_dimension: "i64",
  kernel_spatial_dimensions: "i64s",
  output_batch_dimension: "i64",
  output_feature_dimension: "i64",
  output_spatial_dimensions: "i64s",
});

export const gatherDimensionNumbers = record(
  "stablehlo.gather",
  {
    offset_dims: "i64s",
    collapsed_slice_dims: "i64s",
    operand_batching_dims: "i64s",
    start_indices_batching_dims: "i64s",
    start_index_map: "i64s",
    index_vector_dim: "i64",
  },
  { sparse: true },
);

export const scatterDimensionNumbers = record(
  "stablehlo.scatter",
  {
    update_window_dims: "i64s",
    inserted_window_dims: "i64s",
    input_batching_dims: "i64s",
    scatter_indices_batching_dims: "i64s",
    scatter_dims_to_operand_dims: "i64s",
    index_vector_dim: "i64",
  },
  { sparse: true },
);

/** VHLO flattens the handle of send and recv into `channel_id` and `channel_type`. */
export const channelHandle = record(
  "stablehlo.channel_handle",
  { handle: "i64", type: "i64" },
  { renamed: { handle: "channel_id", type: "channel_type" } },
);

export const outputOperandAlias = record(
  "stablehlo.output_operand_alias",
  { output_tuple_indices: "i64s", operand_index: "i64", operand_tuple_indices: "i64s" },
  { flattened: false },
);

/** `mode` is a `stablehlo.result_accuracy_mode`. */
export const resultAccuracy = record(
  "stablehlo.result_accuracy",
  { atol: "f64", rtol: "f64", ulps: "i64", mode: "string" },
  { flattened: false },
);

/** The bounds of dynamic dimensions, a tensor encoding: `#stablehlo.bounds<?, 5>`; `?` is -1. */
export const typeExtensions = record("stablehlo.bounds", { bounds: "i64s" }, { flattened: false });

/** Dimensions of `chlo.ragged_dot`: a `dot_general` whose left side is cut into groups along one dimension. */
export const raggedDotDimensionNumbers = record(
  "chlo.ragged_dot",
  {
    lhs_batching_dimensions: "i64s",
    rhs_batching_dimensions: "i64s",
    lhs_contracting_dimensions: "i64s",
    rhs_contracting_dimensions: "i64s",
    lhs_ragged_dimensions: "i64s",
    rhs_group_dimensions: "i64s",
  },
  { flattened: false, sparse: true },
);
