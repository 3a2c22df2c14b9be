/** Communication between processes and with the host (spec: "Distribution ops"). */

import { added, defineOp, type Known, region, tensor, type Verdict, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import type { Region } from "../model/operation.ts";
import { DYNAMIC, sameElement, type TensorType } from "../model/types.ts";
import { integersOf } from "../reference/element/work.ts";
import { exchange, foldAll, joinParts, partOf, zerosLike } from "../reference/kernel/collective.ts";
import { concatenateTensors } from "../reference/kernel/slice.ts";
import { type Tensor, valueType, zeros } from "../reference/tensor.ts";
import { promotion, severalOperands } from "./extensions.ts";
import { groupingOf, groupOf, positionIn, simpleGroupingOf } from "./grouping.ts";
import {
  areAllListed,
  areAxes,
  areProcesses,
  areUnique,
  hasChannel,
  hasGroups,
  haveSize,
  isAcross,
  scaled,
} from "./groups.ts";
import { inRange, withElement } from "./inference.ts";
import { channel, flag, type ReplicaGroups, replicaGroups } from "./kinds.ts";
import { foldsWith, outputElement, reducerArguments } from "./regions.ts";

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

/** Whether `computation` folds two scalars of each of the operands. */
function foldsEach(computation: Region, operands: readonly TensorType[]): Verdict {
  for (const operand of operands) {
    const verdict = foldsWith(computation, { inputs: [operand] });
    if (verdict !== true) return verdict;
  }
  return true;
}

interface Grouped {
  readonly replica_groups: ReplicaGroups;
}

const listsAll = (sameSize: boolean) =>
  [
    "`replica_groups` name every process up to the largest",
    ({ replica_groups }: Grouped) => areAllListed(replica_groups, sameSize),
  ] as const;
const listsOnce = [
  "`replica_groups` name no process twice",
  ({ replica_groups }: Grouped) => areUnique(replica_groups),
] as const;
const listsSome = [
  "`replica_groups` are not empty when `use_global_device_ids` is given",
  hasGroups,
] as const;
/** Outside the spec, where groups are numbers only. */
const namesAxes = [
  "the axes in `replica_groups` are axes of the mesh",
  ({ replica_groups }: Grouped, known: Known) => areAxes(replica_groups, known),
] as const;

/** The operands that are communicated, and the position in the group that each comes from or goes to. */
function splitRoots(operands: readonly Tensor[], dynamicRoot: boolean) {
  const last = operands.at(-1);
  const roots = dynamicRoot && last ? Array.from(integersOf(last)) : [];
  return { data: dynamicRoot ? operands.slice(0, -1) : operands, roots };
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
    C2: listsOnce,
    C3: listsSome,
    C4: listsAll(true),
    C5: [
      "the number in `channel_handle` is not negative when `use_global_device_ids` is given",
      // StableHLO lets 0 pass here, and with it no channel at all.
      ({ use_global_device_ids, channel_handle }) =>
        !use_global_device_ids || (channel_handle?.handle ?? 0) >= 0,
    ],
    C6: [
      "`results` are `operands` with a multiple of the size of `all_gather_dim`",
      // StableHLO does not check that the multiple is the size of a group.
      ({ operands, results, all_gather_dim }) =>
        operands.length === results.length &&
        operands.every(
          (operand, i) =>
            operand.shape[all_gather_dim] !== 0 &&
            sameElement(operand.element, results[i]!.element) &&
            isAcross(operand, results[i]!, all_gather_dim, undefined),
        ),
    ],
    I3: namesAxes,
  },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"], extensions: [severalOperands("1.5.0")] },
  evaluate: ({ operands, all_gather_dim, replica_groups, ...channel }, context) => {
    const group = groupOf(replica_groups, groupingOf(channel), context);
    if (!group) return operands.map(zerosLike);
    const given = exchange(operands, group, context, channel);
    return operands.map((_, i) =>
      concatenateTensors(
        given.map((values) => values[i]!),
        all_gather_dim,
      ),
    );
  },
});

export const allReduce = defineOp("stablehlo.all_reduce", {
  since: "0.9.0",
  summary: "Folds `operands` of all processes of a group with `computation`.",
  operands: { operands: variadic(tensor) },
  attributes: { replica_groups: replicaGroups, channel_handle: channel, use_global_device_ids: flag },
  results: { results: variadic(tensor) },
  regions: { computation: region },
  regionArguments: ({ operands }) => ({ computation: reducerArguments(operands.slice(0, 1)) }),
  constraints: {
    C1: listsOnce,
    C2: listsSome,
    C3: listsAll(false),
    C4: ["`channel_handle` is given when `use_global_device_ids` is", hasChannel],
    I2: namesAxes,
    C5: [
      "`computation` folds two scalars of each of `operands`",
      ({ computation, operands }) => foldsEach(computation, operands),
    ],
  },
  infer: ({ operands, computation }) =>
    operands.map((operand) => withElement(operand, outputElement(computation, 0, operand.element))),
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"], extensions: [severalOperands("1.5.0"), promotion] },
  evaluate: ({ operands, replica_groups, computation, ...channel }, context) => {
    const group = groupOf(replica_groups, groupingOf(channel), context);
    if (!group) return operands.map(zerosLike);
    const given = exchange(operands, group, context, channel);
    const [region] = context.operation.regions;
    return operands.map((_, i) =>
      foldAll(
        given.map((values) => values[i]!),
        region!,
        computation,
      ),
    );
  },
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
  regionArguments: ({ operand }) => ({ computation: reducerArguments([operand]) }),
  constraints: {
    C2: [
      "`scatter_dimension` is in range of `operand`",
      ({ operand, scatter_dimension }) => inRange([scatter_dimension], operand.shape.length),
    ],
    C3: listsOnce,
    C4: listsSome,
    C5: listsAll(true),
    I3: namesAxes,
    C6: ["`channel_handle` is given when `use_global_device_ids` is", hasChannel],
    C7: [
      "`computation` folds two scalars of `operand`",
      ({ computation, operand }) => foldsWith(computation, { inputs: [operand] }),
    ],
    C8: [
      "`operand` is `result` with a multiple of the size of `scatter_dimension`",
      // StableHLO does not check that the multiple is the size of a group.
      ({ operand, result, scatter_dimension: d }) =>
        operand.shape[d] !== 0 && isAcross(result, operand, d, undefined),
    ],
    C9: [
      "`result` has the element type of `computation`",
      ({ operand, result, computation }) =>
        sameElement(result.element, outputElement(computation, 0, operand.element)),
    ],
  },
  effects: true,
  vhlo: { versions: ["0.9.0"], extensions: [promotion] },
  evaluate: ({ operand, scatter_dimension, replica_groups, computation, ...channel }, context) => {
    const group = groupOf(replica_groups, groupingOf(channel), context);
    if (!group) return zeros(valueType(context.results[0]).shape, valueType(context.results[0]).element);
    const given = exchange([operand], group, context, channel);
    const total = foldAll(given.flat(), context.operation.regions[0]!, computation);
    return partOf(total, scatter_dimension, group.length, positionIn(group, context));
  },
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
    C5: listsOnce,
    C7: listsAll(true),
    C8: [
      "`replica_groups` have `split_count` processes each",
      ({ replica_groups, split_count }) => haveSize(replica_groups, split_count),
    ],
    C9: [
      "there are as many `operands` as `results`, of the same element types",
      ({ operands, results }) =>
        operands.length === results.length &&
        operands.every(({ element }, i) => sameElement(element, results[i]!.element)),
    ],
    I5: namesAxes,
  },
  infer: ({ operands, split_dimension, concat_dimension, split_count }) =>
    operands.map((operand) =>
      scaled(scaled(operand, split_dimension, 1 / split_count), concat_dimension, split_count),
    ),
  effects: true,
  vhlo: { versions: ["0.9.0", "1.5.0"], extensions: [severalOperands("1.5.0")] },
  evaluate: ({ operands, split_dimension, concat_dimension, replica_groups, ...channel }, context) => {
    const group = groupOf(replica_groups, simpleGroupingOf(channel), context);
    if (!group) return operands.map(zerosLike);
    const given = exchange(operands, group, context, channel);
    return operands.map((_, i) =>
      joinParts(
        given.map((values) => values[i]!),
        positionIn(group, context),
        split_dimension,
        concat_dimension,
      ),
    );
  },
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
    C1: listsOnce,
    C2: [
      "the numbers in `replica_groups` are not negative",
      ({ replica_groups }) => areProcesses(replica_groups),
    ],
    I2: namesAxes,
    C3: [
      "there are enough of `operands`: one, and the roots when `has_dynamic_root`",
      ({ operands, has_dynamic_root }) => operands.length >= (has_dynamic_root ? 2 : 1),
    ],
    C4: ["the last of `operands` holds a root for each of the others when `has_dynamic_root`", hasRoots],
  },
  infer: ({ operands, has_dynamic_root }) => withoutRoots(operands, has_dynamic_root),
  effects: true,
  vhlo: { versions: ["0.16.0", "1.20.0"], extensions: [severalOperands("1.20.0")] },
  evaluate: ({ operands, replica_groups, has_dynamic_root, ...channel }, context) => {
    const { data, roots } = splitRoots(operands, has_dynamic_root);
    const group = groupOf(replica_groups, simpleGroupingOf(channel), context);
    if (!group) return data.map(zerosLike);
    const given = exchange(data, group, context, channel);
    return data.map((_, i) => given[roots[i] ?? 0]![i]!);
  },
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
  regionArguments: ({ operands }) => ({ computation: reducerArguments(operands.slice(0, 1)) }),
  constraints: {
    C1: listsOnce,
    C2: listsAll(false),
    I2: namesAxes,
    I3: ["`channel_handle` is given when `use_global_device_ids` is", hasChannel],
    I4: listsSome,
    I1: [
      "there are enough of `operands`: one, and the roots when `has_dynamic_root`",
      ({ operands, has_dynamic_root }) => operands.length >= (has_dynamic_root ? 2 : 1),
    ],
    C3: ["the last of `operands` holds a root for each of the others when `has_dynamic_root`", hasRoots],
    C4: [
      "`computation` folds two scalars of each of `operands`",
      ({ computation, operands, has_dynamic_root }) =>
        foldsEach(computation, withoutRoots(operands, has_dynamic_root)),
    ],
  },
  infer: ({ operands, has_dynamic_root, computation }) =>
    withoutRoots(operands, has_dynamic_root).map((operand) =>
      withElement(operand, outputElement(computation, 0, operand.element)),
    ),
  effects: true,
  // The text of the spec and its type table disagree; this is what upstream's interpreter does.
  evaluate: ({ operands, replica_groups, has_dynamic_root, computation, ...channel }, context) => {
    const { data, roots } = splitRoots(operands, has_dynamic_root);
    const group = groupOf(replica_groups, groupingOf(channel), context);
    const given = group ? exchange(data, group, context, channel) : [];
    return data.map((operand, i) => {
      const isRoot = group && positionIn(group, context) === (roots[i] ?? 0);
      if (!isRoot) return zerosLike(operand);
      const values = given.map((each) => each[i]!);
      return foldAll(values, context.operation.regions[0]!, computation);
    });
  },
});
