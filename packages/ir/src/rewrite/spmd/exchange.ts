/** Collectives where all processes are at hand: each becomes the data flow between them. */
import type { OpDefinition, ProcessGrid, ProcessId } from "../../declare/define.ts";
import { attributeValues } from "../../declare/view.ts";
import { bodyOf, createRegion, type Operation, type Region, type Value } from "../../model/operation.ts";
import { sameElement, type TensorType, tensor } from "../../model/types.ts";
import { type Channel, groupingOf, groupOf, processesIn, simpleGroupingOf } from "../../ops/grouping.ts";
import { definitionOf, stablehlo } from "../../ops/index.ts";
import type { ReplicaGroups } from "../../ops/kinds.ts";
import type { Builder } from "../builder.ts";
import { splat } from "../constants.ts";
import { cloneOperation } from "../inline.ts";
import { classesOf, type Lanes } from "./lanes.ts";
import { concatenate, sliceAt } from "./parts.ts";

/** One collective, all of whose processes run at once. */
interface Exchange {
  readonly builder: Builder;
  readonly operation: Operation;
  readonly operands: readonly Lanes[];
  readonly processes: readonly ProcessId[];
  readonly grid: ProcessGrid;
}

/** What a process makes of the values of its group, in the group's order; `position` is its own place there. */
type Combine = (values: readonly Value[], position: number) => Value;

type Grouped = Channel & { readonly replica_groups: ReplicaGroups; readonly use_global_device_ids: boolean };

const attributesOf = <T>({ operation }: Exchange, definition: OpDefinition): T =>
  attributeValues(definition, operation) as T;

const laneOf = ({ replica, partition }: ProcessId, { partitions }: ProcessGrid): number =>
  replica * partitions + partition;

/** The lanes of each process's group; undefined where it is in none. */
function groupsOf(exchange: Exchange, definition: OpDefinition): (readonly number[] | undefined)[] {
  const { grid, processes } = exchange;
  const attributes = attributesOf<Grouped>(exchange, definition);
  const has = (name: string) => definition.attributes.some((field) => field.name === name);
  const grouping = has("use_global_device_ids") ? groupingOf(attributes) : simpleGroupingOf(attributes);
  return processes.map((process) =>
    groupOf(attributes.replica_groups, grouping, { process, grid })?.map((member) => laneOf(member, grid)),
  );
}

/** Runs `combine` for each operand and process; once for a group whose members all get the same (`shared`). */
function combined(
  exchange: Exchange,
  definition: OpDefinition,
  combine: Combine,
  shared: "shared" | "each" = "shared",
): Lanes[] {
  const { builder, operands, operation } = exchange;
  const groups = groupsOf(exchange, definition);
  return operands.map((lanes, i) => {
    const made = new Map<string, Value>();
    const classes = classesOf([lanes], lanes.length);
    return groups.map((group, lane) => {
      const position = group?.indexOf(lane) ?? -1;
      const members = group ? group.map((member) => classes[member]).join() : "none";
      const key = shared === "shared" ? members : `${members} at ${position}`;
      const known = made.get(key);
      if (known) return known;
      const values = group?.map((member) => lanes[member]!);
      const value = values ? combine(values, position) : zeros(builder, operation, i);
      made.set(key, value);
      return value;
    });
  });
}

/** What a process gets that takes no part. */
function zeros(builder: Builder, operation: Operation, result: number): Value {
  const type = operation.results[result]!.type as TensorType;
  return splat(builder, type, type.element as never, 0);
}

/** Folds whole tensors with the computation of a reduction. */
function fold(builder: Builder, region: Region, values: readonly Value[]): Value {
  const body = bodyOf(region);
  const { element } = body.arguments[0]!.type as TensorType;
  const given = values.map((value) => convert(builder, value, element));
  return given.slice(1).reduce((sum, value) => applied(builder, region, [sum, value]), given[0]!);
}

function convert(builder: Builder, value: Value, element: TensorType["element"]): Value {
  const type = value.type as TensorType;
  if (sameElement(type.element, element)) return value;
  return builder.value(stablehlo.convert, [value], {}, { results: [tensor(type.shape, element)] });
}

/** Most computations are one operation on their two arguments, which then takes whole tensors. */
function applied(builder: Builder, region: Region, operands: readonly [Value, Value]): Value {
  const body = bodyOf(region);
  const [only, end] = body.operations;
  const single =
    body.operations.length === 2 &&
    end!.operands[0] === only!.results[0] &&
    only!.operands.length === 2 &&
    only!.operands.every((value, i) => value === body.arguments[i]);
  const definition = single ? definitionOf(only!.name) : undefined;
  if (definition?.infer && definition.attributes.length === 0) return builder.value(definition, operands);
  const { shape } = operands[0].type as TensorType;
  const computation = cloneOperation(ownerOf(region), new Map()).regions[0]!;
  const dimensions = shape.map((_, d) => d);
  const results = [tensor(shape, (body.arguments[0]!.type as TensorType).element)];
  return builder.value(
    stablehlo.map,
    operands,
    { dimensions },
    { results, regions: [createRegion(...computation.blocks)] },
  );
}

function ownerOf(region: Region): Operation {
  if (!region.parent) throw new Error("a region without an operation");
  return region.parent;
}

/** Part `index` of `count` equal ones along `dimension`. */
function partOf(builder: Builder, whole: Value, dimension: number, count: number, index: number): Value {
  const { shape, element } = whole.type as TensorType;
  const at = shape.map((_, d) => (d === dimension ? index : 0));
  return sliceAt(builder, whole, at, tensor(shape.with(dimension, shape[dimension]! / count), element));
}

const allGather = (exchange: Exchange): Lanes[] => {
  const { all_gather_dim } = attributesOf<{ all_gather_dim: number }>(exchange, stablehlo.allGather);
  return combined(exchange, stablehlo.allGather, (values) =>
    concatenate(exchange.builder, values, all_gather_dim),
  );
};

const allReduce = (exchange: Exchange): Lanes[] => {
  const [computation] = exchange.operation.regions;
  return combined(exchange, stablehlo.allReduce, (values) => fold(exchange.builder, computation!, values));
};

const reduceScatter = (exchange: Exchange): Lanes[] => {
  const { builder, operation } = exchange;
  const definition = stablehlo.reduceScatter;
  const { scatter_dimension } = attributesOf<{ scatter_dimension: number }>(exchange, definition);
  const totals = new Map<string, Value>();
  const classes = classesOf(exchange.operands, exchange.processes.length);
  const scattered: Combine = (values, position) => {
    const key = values.map((value) => classes[exchange.operands[0]!.indexOf(value)]).join();
    const total = totals.get(key) ?? fold(builder, operation.regions[0]!, values);
    totals.set(key, total);
    return partOf(builder, total, scatter_dimension, values.length, position);
  };
  return combined(exchange, definition, scattered, "each");
};

const allToAll = (exchange: Exchange): Lanes[] => {
  const { builder } = exchange;
  const attributes = attributesOf<{ split_dimension: number; concat_dimension: number }>(
    exchange,
    stablehlo.allToAll,
  );
  const exchanged: Combine = (values, position) => {
    const { split_dimension, concat_dimension } = attributes;
    const parts = values.map((value) => partOf(builder, value, split_dimension, values.length, position));
    return concatenate(builder, parts, concat_dimension);
  };
  return combined(exchange, stablehlo.allToAll, exchanged, "each");
};

const collectiveBroadcast = (exchange: Exchange): Lanes[] => {
  const { has_dynamic_root } = attributesOf<{ has_dynamic_root: boolean }>(
    exchange,
    stablehlo.collectiveBroadcast,
  );
  if (has_dynamic_root) throw new Error("the root of a broadcast is known at run time only");
  return combined(exchange, stablehlo.collectiveBroadcast, ([first]) => first!);
};

const collectivePermute = (exchange: Exchange): Lanes[] => {
  const { builder, operation, processes, grid } = exchange;
  const attributes = attributesOf<Channel & { source_target_pairs: readonly (readonly number[])[] }>(
    exchange,
    stablehlo.collectivePermute,
  );
  const grouping = simpleGroupingOf(attributes);
  const [lanes] = exchange.operands;
  let nothing: Value | undefined;
  const received = processes.map((process) => {
    const self = grouping === "cross_replica" ? process.replica : process.partition;
    const source = attributes.source_target_pairs.find(([, target]) => target === self)?.[0];
    if (source === undefined) return (nothing ??= zeros(builder, operation, 0));
    return lanes![laneOf(processesIn([source], grouping, { process, grid })[0]!, grid)]!;
  });
  return [received];
};

const crossReplicaSum = (exchange: Exchange): Lanes[] =>
  combined(exchange, stablehlo.crossReplicaSum, (values) =>
    values.slice(1).reduce((sum, value) => exchange.builder.value(stablehlo.add, [sum, value]), values[0]!),
  );

const processId =
  (name: keyof ProcessId) =>
  ({ builder, operation, processes }: Exchange): Lanes[] => {
    const type = operation.results[0]!.type as TensorType;
    const made = new Map<number, Value>();
    return [
      processes.map((process) => {
        const value = made.get(process[name]) ?? splat(builder, type, "ui32", process[name]);
        made.set(process[name], value);
        return value;
      }),
    ];
  };

/** Of every operation that knows of other processes. */
export const exchanges: Readonly<Record<string, (exchange: Exchange) => Lanes[]>> = {
  "stablehlo.all_gather": allGather,
  "stablehlo.all_reduce": allReduce,
  "stablehlo.all_to_all": allToAll,
  "stablehlo.collective_broadcast": collectiveBroadcast,
  "stablehlo.collective_permute": collectivePermute,
  "stablehlo.cross-replica-sum": crossReplicaSum,
  "stablehlo.partition_id": processId("partition"),
  "stablehlo.reduce_scatter": reduceScatter,
  "stablehlo.replica_id": processId("replica"),
};
