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
  writtenOut,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { DYNAMIC, type TensorType, tensor as tensorType, token as tokenType } from "../model/types.ts";
import { promoted } from "../reference/kernel/fold.ts";
import { type Tensor, tensorOf, tokenDatum, valueType, zeros } from "../reference/tensor.ts";
import { areAllListed, arePairs, areUnique, groupSize, hasChannel, isAcross, scaled } from "./groups.ts";
import { inRange, withElement } from "./inference.ts";
import { channel, flag, type ReplicaGroups, replicaGroups, sourceTargetPairs } from "./kinds.ts";
import { channelHandle } from "./records.ts";
import { compatibleTypes, isReducer, outputElement, regionOutputs } from "./regions.ts";

/** With a dynamic root, the last operand holds the roots and is not communicated. */
function withoutRoots(operands: readonly TensorType[], dynamicRoot: boolean): readonly TensorType[] {
  return dynamicRoot ? operands.slice(0, -1) : operands;
}

function hasRoots(args: {
  readonly operands: readonly TensorType[];
  readonly has_dynamic_root: boolean;
}): boolean {
  if (!args.has_dynamic_root) return true;
  const roots = args.operands.at(-1);
  return roots?.element === "i32" && roots.shape.length === 1 && roots.shape[0] === args.operands.length - 1;
}

/** What a collective gives when a process is a group of its own; a program for more processes cannot run here. */
function alone(groups: ReplicaGroups, operands: readonly Tensor[]): readonly Tensor[] {
  const size = groupSize(groups) ?? 1;
  if (size > 1) throw new Error(`a collective of ${size} processes, but there is only one`);
  return operands;
}

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
  constraints: {
    C1: [
      "`all_gather_dim` is in range of `operands`",
      ({ operands, all_gather_dim }) =>
        operands.every(({ shape }) => inRange([all_gather_dim], shape.length)),
    ],
    C2: ["`replica_groups` name no process twice", ({ replica_groups }) => areUnique(replica_groups)],
    C4: [
      "`replica_groups` name every process up to the largest",
      ({ replica_groups }) => areAllListed(replica_groups),
    ],
    C5: ["`channel_handle` is given when `use_global_device_ids` is", hasChannel],
    C6: [
      "`results` are `operands` with a multiple of the size of `all_gather_dim`",
      // StableHLO does not check that the multiple is the size of a group.
      ({ operands, results, all_gather_dim }) =>
        operands.length === results.length &&
        operands.every((operand, i) => isAcross(operand, results[i]!, all_gather_dim, undefined)),
    ],
  },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"] },
  evaluate: ({ operands, replica_groups }) => alone(replica_groups, operands),
});

export const allReduce = defineOp("stablehlo.all_reduce", {
  since: "0.9.0",
  summary: "Folds `operands` of all processes of a group with `computation`.",
  operands: { operands: variadic(tensor) },
  attributes: { replica_groups: replicaGroups, channel_handle: channel, use_global_device_ids: flag },
  results: { results: variadic(tensor) },
  regions: { computation: region },
  constraints: {
    C1: ["`replica_groups` name no process twice", ({ replica_groups }) => areUnique(replica_groups)],
    C3: [
      "`replica_groups` name every process up to the largest",
      ({ replica_groups }) => areAllListed(replica_groups),
    ],
    C4: ["`channel_handle` is given when `use_global_device_ids` is", hasChannel],
    C5: [
      "`computation` folds two scalars of each of `operands`",
      ({ computation, operands }) => operands.every((operand) => isReducer(computation, [operand])),
    ],
  },
  infer: ({ operands, computation }) =>
    operands.map((operand) => withElement(operand, outputElement(computation, 0, operand.element))),
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"] },
  evaluate: ({ operands, replica_groups }, { results }) =>
    alone(replica_groups, operands).map((operand, i) => promoted(operand, valueType(results[i]).element)),
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
  constraints: {
    C2: [
      "`scatter_dimension` is in range of `operand`",
      ({ operand, scatter_dimension }) => inRange([scatter_dimension], operand.shape.length),
    ],
    C3: ["`replica_groups` name no process twice", ({ replica_groups }) => areUnique(replica_groups)],
    C5: [
      "`replica_groups` name every process up to the largest",
      ({ replica_groups }) => areAllListed(replica_groups),
    ],
    C6: ["`channel_handle` is given when `use_global_device_ids` is", hasChannel],
    C7: [
      "`computation` folds two scalars of `operand`",
      ({ computation, operand }) => isReducer(computation, [operand]),
    ],
    C8: [
      "`result` is `operand` with `scatter_dimension` divided by the size of a group",
      ({ operand, result, scatter_dimension, replica_groups }) =>
        isAcross(result, operand, scatter_dimension, groupSize(replica_groups)),
    ],
    C9: [
      "`result` has the element type of `computation`",
      ({ operand, result, computation }) => result.element === outputElement(computation, 0, operand.element),
    ],
  },
  effects: true,
  evaluate: ({ operand, replica_groups }, { results }) =>
    alone(replica_groups, [operand]).map((part) => promoted(part, valueType(results[0]).element)),
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
  constraints: {
    C1: [
      "`split_dimension` is in range of `operands`",
      ({ operands, split_dimension }) =>
        operands.every(({ shape }) => inRange([split_dimension], shape.length)),
    ],
    C3: [
      "`concat_dimension` is in range of `operands`",
      ({ operands, concat_dimension }) =>
        operands.every(({ shape }) => inRange([concat_dimension], shape.length)),
    ],
    C4: ["`split_count` is positive", ({ split_count }) => split_count > 0],
    C2: [
      "`split_count` divides `split_dimension` of `operands`",
      ({ operands, split_dimension: d, split_count }) =>
        operands.every(({ shape }) => shape[d] === DYNAMIC || shape[d]! % split_count === 0),
    ],
    C5: ["`replica_groups` name no process twice", ({ replica_groups }) => areUnique(replica_groups)],
    C7: [
      "`replica_groups` name every process up to the largest",
      ({ replica_groups }) => areAllListed(replica_groups),
    ],
    C8: [
      "`replica_groups` have `split_count` processes each",
      ({ replica_groups, split_count }) => [undefined, split_count].includes(groupSize(replica_groups)),
    ],
  },
  infer: ({ operands, split_dimension, concat_dimension, split_count }) =>
    operands.map((operand) =>
      split_dimension === concat_dimension
        ? operand
        : scaled(scaled(operand, split_dimension, 1 / split_count), concat_dimension, split_count),
    ),
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"] },
  evaluate: ({ operands, replica_groups }) => alone(replica_groups, operands),
});

export const collectiveBroadcast = defineOp("stablehlo.collective_broadcast", {
  since: "0.16.0",
  summary: "Gives `operands` of the first process of a group to all of it.",
  operands: { operands: variadic(tensor) },
  attributes: {
    replica_groups: replicaGroups,
    channel_handle: channel,
    has_dynamic_root: added("1.20.0", flag),
  },
  results: { results: variadic(tensor) },
  constraints: {
    C1: ["`replica_groups` name no process twice", ({ replica_groups }) => areUnique(replica_groups)],
    C3: [
      "there are enough of `operands`: one, and the roots when `has_dynamic_root`",
      ({ operands, has_dynamic_root }) => operands.length >= (has_dynamic_root ? 2 : 1),
    ],
    C4: ["the last of `operands` holds a root for each of the others when `has_dynamic_root`", hasRoots],
  },
  infer: ({ operands, has_dynamic_root }) => withoutRoots(operands, has_dynamic_root),
  effects: true,
  vhlo: { versions: ["0.16.0", "1.20.0"] },
  evaluate: ({ operands, replica_groups, has_dynamic_root }) =>
    alone(replica_groups, has_dynamic_root ? operands.slice(0, -1) : operands),
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
  constraints: {
    C1: ["`replica_groups` name no process twice", ({ replica_groups }) => areUnique(replica_groups)],
    C3: ["the last of `operands` holds a root for each of the others when `has_dynamic_root`", hasRoots],
    C4: [
      "`computation` folds two scalars of each of `operands`",
      ({ computation, operands, has_dynamic_root }) =>
        withoutRoots(operands, has_dynamic_root).every((operand) => isReducer(computation, [operand])),
    ],
  },
  infer: ({ operands, has_dynamic_root, computation }) =>
    withoutRoots(operands, has_dynamic_root).map((operand) =>
      withElement(operand, outputElement(computation, 0, operand.element)),
    ),
  effects: true,
  evaluate: ({ operands, replica_groups, has_dynamic_root }, { results }) =>
    alone(replica_groups, has_dynamic_root ? operands.slice(0, -1) : operands).map((operand, i) =>
      promoted(operand, valueType(results[i]).element),
    ),
});

export const collectivePermute = defineOp("stablehlo.collective_permute", {
  since: "0.9.0",
  summary: "Sends `operand` from each source process to its target; zeros where nothing comes.",
  operands: { operand: tensor },
  attributes: { source_target_pairs: kinds.i64Matrix, channel_handle: channel },
  results: { result: tensor },
  constraints: {
    C1: ["`source_target_pairs` are pairs", ({ source_target_pairs }) => arePairs(source_target_pairs)],
    C2: [
      "sources in `source_target_pairs` are unique",
      ({ source_target_pairs }) => areUnique([source_target_pairs.map(([source]) => source!)]),
    ],
    C3: [
      "targets in `source_target_pairs` are unique",
      ({ source_target_pairs }) => areUnique([source_target_pairs.map(([, target]) => target!)]),
    ],
  },
  infer: ({ operand }) => [operand],
  effects: true,
  evaluate: ({ operand, source_target_pairs }) => {
    const target = source_target_pairs.find(([, to]) => to === 0);
    if (target && target[0] !== 0)
      throw new Error("collective_permute from another process, but there is only one");
    return target ? operand : zeros(operand.type.shape, operand.type.element);
  },
});

export const crossReplicaSum = defineOp("stablehlo.cross-replica-sum", {
  since: "0.9.0",
  summary: "Sum of `operand` over a group (outside the spec; `all_reduce` replaces it).",
  operands: { operand: tensor },
  attributes: { replica_groups: kinds.i64Matrix },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
  evaluate: ({ operand, replica_groups }) => alone(replica_groups, [operand]),
});

export const partitionId = defineOp("stablehlo.partition_id", {
  since: "0.9.0",
  summary: "The partition that the process is.",
  results: { result: unsignedIntegers },
  format: "attr-dict `:` type(results)",
  infer: () => [tensorType([], "ui32")],
  evaluate: (_, { process }) => tensorOf([], "ui32", Uint32Array.of(process.partition)),
});

export const replicaId = defineOp("stablehlo.replica_id", {
  since: "0.9.0",
  summary: "The replica that the process is.",
  results: { result: unsignedIntegers },
  format: "attr-dict `:` type(results)",
  infer: () => [tensorType([], "ui32")],
  evaluate: (_, { process }) => tensorOf([], "ui32", Uint32Array.of(process.replica)),
});

const transfer = {
  channel_handle: channelHandle,
  is_host_transfer: defaulted(kinds.boolean, false),
  source_target_pairs: added(
    "1.12.0",
    optional(sourceTargetPairs, (pairs) => pairs.length === 0),
  ),
};

export const send = defineOp("stablehlo.send", {
  since: "0.9.0",
  summary: "Sends `inputs` over a channel.",
  operands: { inputs: variadic(tensor), token },
  attributes: transfer,
  results: { result: token },
  infer: () => [tokenType],
  effects: true,
  vhlo: { versions: ["0.9.0", "1.12.0"] },
});

export const recv = defineOp("stablehlo.recv", {
  since: "0.9.0",
  summary: "Receives values from a channel.",
  operands: { token },
  attributes: transfer,
  results: { results: variadic(tensorOrToken) },
  constraints: {
    I1: ["the last of `results` is a token", ({ results }) => results.at(-1)?.kind === "token"],
  },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.12.0"] },
});

export const infeed = defineOp("stablehlo.infeed", {
  since: "0.9.0",
  summary: "Reads values from the infeed of the host.",
  operands: { token },
  attributes: {
    infeed_config: writtenOut(kinds.string, ""),
    layout: optional(kinds.array, (layout) => layout.length === 0),
  },
  results: { results: variadic(tensorOrToken) },
  constraints: {
    C3: ["the last of `results` is a token", ({ results }) => results.at(-1)?.kind === "token"],
  },
  effects: true,
});

export const outfeed = defineOp("stablehlo.outfeed", {
  since: "0.9.0",
  summary: "Writes `inputs` to the outfeed of the host.",
  operands: { inputs: variadic(tensor), token },
  attributes: { outfeed_config: writtenOut(kinds.string, "") },
  results: { result: token },
  infer: () => [tokenType],
  effects: true,
  evaluate: () => tokenDatum,
});

export const asyncStart = defineOp("stablehlo.async_start", {
  since: "1.15.0",
  summary: "Starts the collective in `body` and gives a future of its results.",
  operands: { operands: variadic(tensor) },
  results: { result: anyValue },
  regions: { body: region },
  infer: ({ body }) => [{ kind: "future", types: regionOutputs(body) }],
  effects: true,
  evaluate: ({ operands, body }) => ({ elements: body(...operands) }),
});

export const asyncDone = defineOp("stablehlo.async_done", {
  since: "1.15.0",
  summary: "Waits for a future and gives its value.",
  operands: { operand: anyValue },
  results: { result: tensor },
  constraints: {
    C1: [
      "`result` has the type that the future `operand` holds",
      ({ operand, result }) => operand.kind === "future" && compatibleTypes(operand.types, [result]),
    ],
  },
  effects: true,
  evaluate: ({ operand }) => {
    if ("elements" in operand) return operand.elements;
    throw new TypeError("async_done of a value that is no future");
  },
});
