/** Ops about single processes: which one this is, and what it sends to another. */
import { defineOp, tensor, unsignedIntegers } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { tensor as tensorType } from "../model/types.ts";
import { exchange, zerosLike } from "../reference/kernel/collective.ts";
import { addition, mapBinary } from "../reference/kernel/elementwise.ts";
import { tensorOf } from "../reference/tensor.ts";
import { groupOf, processesIn, simpleGroupingOf } from "./grouping.ts";
import { arePairs, areProcesses, areUnique } from "./groups.ts";
import { channel } from "./kinds.ts";

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
    C4: [
      "the numbers in `source_target_pairs` are not negative",
      ({ source_target_pairs }) => areProcesses(source_target_pairs),
    ],
  },
  infer: ({ operand }) => [operand],
  effects: true,
  evaluate: ({ operand, source_target_pairs, ...channel }, context) => {
    const grouping = simpleGroupingOf(channel);
    const self = grouping === "cross_replica" ? context.process.replica : context.process.partition;
    const source = source_target_pairs.find(([, target]) => target === self)?.[0];
    const group = processesIn(source === undefined ? [] : [source], grouping, context);
    const [received] = exchange([operand], group, context, channel);
    return received?.[0] ?? zerosLike(operand);
  },
});

export const crossReplicaSum = defineOp("stablehlo.cross-replica-sum", {
  since: "0.9.0",
  summary: "Sum of `operand` over a group (outside the spec; `all_reduce` replaces it).",
  operands: { operand: tensor },
  attributes: { replica_groups: kinds.i64Matrix },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
  evaluate: ({ operand, replica_groups }, context) => {
    const channel = { channel_handle: undefined };
    const group = groupOf(replica_groups, "cross_replica", context);
    const given = group ? exchange([operand], group, context, channel).flat() : [zerosLike(operand)];
    return given.reduce((sum, value) => mapBinary(addition, sum, value));
  },
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
