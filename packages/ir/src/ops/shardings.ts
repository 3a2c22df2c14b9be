/**
 * Shardy's attributes as records, `#sdy.sharding<@mesh, [{"x"}, {?}]>` and so on: the shapes of their `fields`, shared by
 * the textual and the binary form. Axes named `"x":(2)4` are sub-axes: size 4 after splitting off a factor of 2.
 */
import type { AttributeKind } from "../declare/kinds.ts";
import type { Attribute } from "../model/attributes.ts";

export interface MeshAxis {
  readonly name: string;
  readonly size: number;
}

/** `sdy.mesh`; `device_ids` is empty for the usual order. */
export interface Mesh {
  readonly axes: readonly MeshAxis[];
  readonly device_ids: readonly number[];
}

export interface AxisRef {
  readonly name: string;
  readonly sub_axis_info?: { readonly pre_size: number; readonly size: number };
}

export interface DimensionSharding {
  readonly axes: readonly AxisRef[];
  /** Whether propagation may not shard the dimension further; open ones print a `?`. */
  readonly is_closed: boolean;
  readonly priority?: number;
}

export type ReductionOp = "SUM" | "MAX" | "MIN";

/** `sdy.sharding`; the mesh is a symbol's name or inlined. */
export interface TensorSharding {
  readonly mesh_or_ref: string | Mesh;
  readonly dim_shardings: readonly DimensionSharding[];
  readonly replicated_axes: readonly AxisRef[];
  readonly unreduced_axes: readonly AxisRef[];
  readonly reduction_op: ReductionOp;
}

/** `sdy.sharding_per_value` */
export interface ShardingPerValue {
  readonly shardings: readonly TensorSharding[];
}

/** `sdy.manual_axes` */
export interface ManualAxes {
  readonly value: readonly string[];
}

/** `sdy.op_sharding_rule`; a tensor maps each dimension to a list of factors. */
export interface OpShardingRule {
  readonly factor_sizes: readonly number[];
  readonly operand_mappings: readonly TensorMapping[];
  readonly result_mappings: readonly TensorMapping[];
  readonly reduction_factors: readonly number[];
  readonly need_replication_factors: readonly number[];
  readonly permutation_factors: readonly number[];
  readonly blocked_propagation_factors: readonly number[];
  readonly is_custom_rule: boolean;
}
export type TensorMapping = readonly (readonly number[])[];

/** `sdy.axis_ref_list` */
export interface AxisRefList {
  readonly value: readonly AxisRef[];
}

/** `sdy.list_of_axis_ref_lists` */
export interface ListOfAxisRefLists {
  readonly value: readonly (readonly AxisRef[])[];
}

/** `sdy.all_to_all_param_list` */
export interface AllToAllParamList {
  readonly value: readonly { readonly axes: readonly AxisRef[]; readonly src_dim: number; readonly tgt_dim: number }[];
}

/** The records of the dialect by their full names. */
export interface ShardingRecords {
  "sdy.mesh": Mesh;
  "sdy.sharding": TensorSharding;
  "sdy.sharding_per_value": ShardingPerValue;
  "sdy.manual_axes": ManualAxes;
  "sdy.op_sharding_rule": OpShardingRule;
  "sdy.axis_ref_list": AxisRefList;
  "sdy.list_of_axis_ref_lists": ListOfAxisRefLists;
  "sdy.all_to_all_param_list": AllToAllParamList;
}

function shardingKind<N extends keyof ShardingRecords>(name: N): AttributeKind<ShardingRecords[N]> {
  return {
    description: `#${name}<…>`,
    syntax: { form: "record", name },
    decode(attribute) {
      const known = attribute.kind === "record" && attribute.name === name;
      return known ? (attribute.fields as unknown as ShardingRecords[N]) : undefined;
    },
    encode: (value) => ({ kind: "record", name, fields: { ...value } }) satisfies Attribute,
  };
}

export const mesh = shardingKind("sdy.mesh");
export const sharding = shardingKind("sdy.sharding");
export const shardingPerValue = shardingKind("sdy.sharding_per_value");
export const manualAxes = shardingKind("sdy.manual_axes");
export const opShardingRule = shardingKind("sdy.op_sharding_rule");
export const axisRefList = shardingKind("sdy.axis_ref_list");
export const listOfAxisRefLists = shardingKind("sdy.list_of_axis_ref_lists");
export const allToAllParamList = shardingKind("sdy.all_to_all_param_list");
