/**
 * Shardy's structured attributes, `#sdy.sharding<…>` and so on: each a `RecordAttribute` whose fields have Shardy's
 * names. Nested records are `RecordAttribute`s too. The order of the fields is the order of the binary encoding.
 */

/** A mnemonic with `[]` is a list of such records, one with `?` a record or nothing. */
export type SdyField =
  | "string"
  | "i64"
  | "i64s"
  | "boolean"
  /** A number or nothing: the priority of a dimension. */
  | "optionalI64"
  /** Any attribute: a mesh, or the symbol of one. */
  | "attribute"
  | "strings"
  /** `sum`, `max` or `min`. */
  | "reductionOp"
  | `${string}[]`
  | `${string}?`;

type Fields = Readonly<Record<string, SdyField>>;

export const reductionOps = ["sum", "max", "min"] as const;

const sharding = {
  mesh_or_ref: "attribute",
  dim_shardings: "dimension_sharding[]",
  replicated_axes: "axis_ref[]",
} as const;

/** Every record with all its fields. */
export const sdyRecords = {
  "sdy.manual_axes": { value: "strings" },
  "sdy.mesh_axis": { name: "string", size: "i64" },
  "sdy.mesh": { axes: "mesh_axis[]", device_ids: "i64s" },
  "sdy.sub_axis_info": { pre_size: "i64", size: "i64" },
  "sdy.axis_ref": { name: "string", sub_axis_info: "sub_axis_info?" },
  "sdy.dimension_sharding": { axes: "axis_ref[]", is_closed: "boolean", priority: "optionalI64" },
  "sdy.sharding": { ...sharding, unreduced_axes: "axis_ref[]", reduction_op: "reductionOp" },
  "sdy.sharding_per_value": { shardings: "sharding[]" },
  "sdy.dim_mapping": { factor_indices: "i64s" },
  "sdy.tensor_mapping": { dim_mappings: "dim_mapping[]" },
  "sdy.op_sharding_rule": {
    factor_sizes: "i64s",
    operand_mappings: "tensor_mapping[]",
    result_mappings: "tensor_mapping[]",
    reduction_factors: "i64s",
    need_replication_factors: "i64s",
    permutation_factors: "i64s",
    blocked_propagation_factors: "i64s",
    is_custom_rule: "boolean",
  },
  "sdy.axis_ref_list": { value: "axis_ref[]" },
  "sdy.list_of_axis_ref_lists": { value: "axis_ref_list[]" },
  "sdy.all_to_all_param": { axes: "axis_ref[]", src_dim: "i64", tgt_dim: "i64" },
  "sdy.all_to_all_param_list": { value: "all_to_all_param[]" },
} as const satisfies Readonly<Record<string, Fields>>;
export type SdyRecord = keyof typeof sdyRecords;

/** What a field holds that an older encoding of its record lacks. */
export const sdyDefaults: Readonly<Record<string, unknown>> = { unreduced_axes: [], reduction_op: "sum" };

/** Bytecode's numbers: the place in the list is the code. Later forms of a record have more of its fields. */
export const sdyEncodings: readonly { readonly name: SdyRecord; readonly fields: Fields }[] = [
  ...encodings(
    "sdy.manual_axes",
    "sdy.mesh_axis",
    "sdy.mesh",
    "sdy.sub_axis_info",
    "sdy.axis_ref",
    "sdy.dimension_sharding",
  ),
  { name: "sdy.sharding", fields: sharding },
  ...encodings("sdy.sharding_per_value", "sdy.dim_mapping", "sdy.tensor_mapping", "sdy.op_sharding_rule"),
  ...encodings(
    "sdy.axis_ref_list",
    "sdy.list_of_axis_ref_lists",
    "sdy.all_to_all_param",
    "sdy.all_to_all_param_list",
  ),
  { name: "sdy.sharding", fields: { ...sharding, unreduced_axes: "axis_ref[]" } },
  ...encodings("sdy.sharding_per_value", "sdy.sharding"),
];

function encodings(...names: readonly SdyRecord[]) {
  return names.map((name) => ({ name, fields: sdyRecords[name] }));
}
