/** Communication between processes and with the host (spec: "Distribution ops"). */
import {
  added,
  anyValue,
  defaulted,
  defineOp,
  optional,
  region,
  tensor,
  tensorOrToken,
  token,
  unsignedIntegers,
  variadic,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { channel, flag, replicaGroups, sourceTargetPairs } from "./kinds.ts";
import { channelHandle } from "./records.ts";

export const allGather = defineOp("stablehlo.all_gather", {
  since: "0.9.0",
  summary: "Concatenates `operands` of all processes of a group along `all_gather_dim`.",
  operands: { operands: variadic(tensor) },
  attributes: {
    all_gather_dim: kinds.i64,
    replica_groups: replicaGroups,
    channel_handle: channel,
    use_global_device_ids: flag,
  },
  results: { results: variadic(tensor) },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"] },
});

export const allReduce = defineOp("stablehlo.all_reduce", {
  since: "0.9.0",
  summary: "Folds `operands` of all processes of a group with `computation`.",
  operands: { operands: variadic(tensor) },
  attributes: { replica_groups: replicaGroups, channel_handle: channel, use_global_device_ids: flag },
  results: { results: variadic(tensor) },
  regions: { computation: region },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"] },
});

export const reduceScatter = defineOp("stablehlo.reduce_scatter", {
  since: "0.9.0",
  summary: "Folds `operand` over a group with `computation` and leaves each process its part.",
  operands: { operand: tensor },
  attributes: {
    scatter_dimension: kinds.i64,
    replica_groups: replicaGroups,
    channel_handle: channel,
    use_global_device_ids: flag,
  },
  results: { result: tensor },
  regions: { computation: region },
  effects: true,
});

export const allToAll = defineOp("stablehlo.all_to_all", {
  since: "0.9.0",
  summary: "Splits `operands`, sends each part to its process and concatenates what comes.",
  operands: { operands: variadic(tensor) },
  attributes: {
    split_dimension: kinds.i64,
    concat_dimension: kinds.i64,
    split_count: kinds.i64,
    replica_groups: replicaGroups,
    channel_handle: channel,
  },
  results: { results: variadic(tensor) },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"] },
});

export const collectiveBroadcast = defineOp("stablehlo.collective_broadcast", {
  since: "0.16.0",
  summary: "Gives `operands` of the first process of a group to all of it.",
  operands: { operands: variadic(tensor) },
  attributes: { replica_groups: replicaGroups, channel_handle: channel, has_dynamic_root: added("1.20.0", flag) },
  results: { results: variadic(tensor) },
  effects: true,
  vhlo: { versions: ["0.16.0", "1.20.0"] },
});

export const collectiveReduce = defineOp("stablehlo.collective_reduce", {
  since: "1.19.0",
  summary: "Folds `operands` of a group with `computation`, for its first process.",
  operands: { operands: variadic(tensor) },
  attributes: {
    replica_groups: replicaGroups,
    channel_handle: channel,
    use_global_device_ids: flag,
    has_dynamic_root: flag,
  },
  results: { results: variadic(tensor) },
  regions: { computation: region },
  effects: true,
});

export const collectivePermute = defineOp("stablehlo.collective_permute", {
  since: "0.9.0",
  summary: "Sends `operand` from each source process to its target; zeros where nothing comes.",
  operands: { operand: tensor },
  attributes: { source_target_pairs: kinds.i64Matrix, channel_handle: channel },
  results: { result: tensor },
  effects: true,
});

export const crossReplicaSum = defineOp("stablehlo.cross-replica-sum", {
  since: "0.9.0",
  summary: "Sum of `operand` over a group (outside the spec; `all_reduce` replaces it).",
  operands: { operand: tensor },
  attributes: { replica_groups: kinds.i64Matrix },
  results: { result: tensor },
});

export const partitionId = defineOp("stablehlo.partition_id", {
  since: "0.9.0",
  summary: "The partition that the process is.",
  results: { result: unsignedIntegers },
  format: "attr-dict `:` type(results)",
});

export const replicaId = defineOp("stablehlo.replica_id", {
  since: "0.9.0",
  summary: "The replica that the process is.",
  results: { result: unsignedIntegers },
  format: "attr-dict `:` type(results)",
});

const transfer = {
  channel_handle: channelHandle,
  is_host_transfer: defaulted(kinds.boolean, false),
  source_target_pairs: added("1.12.0", optional(sourceTargetPairs, (pairs) => pairs.length === 0)),
};

export const send = defineOp("stablehlo.send", {
  since: "0.9.0",
  summary: "Sends `inputs` over a channel.",
  operands: { inputs: variadic(tensor), token },
  attributes: transfer,
  results: { result: token },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.12.0"] },
});

export const recv = defineOp("stablehlo.recv", {
  since: "0.9.0",
  summary: "Receives values from a channel.",
  operands: { token },
  attributes: transfer,
  results: { results: variadic(tensorOrToken) },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.12.0"] },
});

export const infeed = defineOp("stablehlo.infeed", {
  since: "0.9.0",
  summary: "Reads values from the infeed of the host.",
  operands: { token },
  attributes: {
    infeed_config: defaulted(kinds.string, ""),
    layout: optional(kinds.array, (layout) => layout.length === 0),
  },
  results: { results: variadic(tensorOrToken) },
  effects: true,
});

export const outfeed = defineOp("stablehlo.outfeed", {
  since: "0.9.0",
  summary: "Writes `inputs` to the outfeed of the host.",
  operands: { inputs: variadic(tensor), token },
  attributes: { outfeed_config: defaulted(kinds.string, "") },
  results: { result: token },
  effects: true,
});

export const asyncStart = defineOp("stablehlo.async_start", {
  since: "1.15.0",
  summary: "Starts the collective in `body` and gives a future of its results.",
  operands: { operands: variadic(tensor) },
  results: { result: anyValue },
  regions: { body: region },
  effects: true,
});

export const asyncDone = defineOp("stablehlo.async_done", {
  since: "1.15.0",
  summary: "Waits for a future and gives its value.",
  operands: { operand: anyValue },
  results: { result: tensor },
  effects: true,
});
