/** What one device does not need to know: shardings, meshes, collectives among one process, placement. */
import { i64Matrix } from "../../declare/kinds.ts";
import type { Attributes } from "../../model/attributes.ts";
import { append, bodyOf, createOperation, definingOperation, type Operation } from "../../model/operation.ts";
import { sameType } from "../../model/types.ts";
import { inlineBlock } from "../inline.ts";
import type { Rule } from "../rule.ts";

const sameTypes = (operation: Operation) =>
  operation.operands.length === operation.results.length &&
  operation.operands.every((value, i) => sameType(value.type, operation.results[i]!.type));

/** A rule that replaces an operation by its operands, which have the results' types. */
function passThrough(
  name: string,
  why: string,
  on: readonly string[],
  when: (operation: Operation) => boolean = () => true,
): Rule {
  return {
    name,
    why,
    on,
    match: (operation) => (sameTypes(operation) && when(operation) ? operation : undefined),
    emit: (_, __, operation) => operation.operands,
  };
}

/** Custom calls that only say where data lives. */
export const placementCalls: readonly string[] = [
  "Sharding",
  "SPMDFullToShardShape",
  "SPMDShardToFullShape",
  "annotate_device_placement",
  "xla.sdy.GlobalToLocalShape",
  "xla.sdy.LocalToGlobalShape",
  "xla.sdy.FuncResultSharding",
];

const isPlacement = ({ attributes }: { readonly attributes: Attributes }): boolean => {
  const target = attributes.call_target_name;
  return target?.kind === "string" && placementCalls.includes(target.value);
};

/** Whether every process exchanges with itself only: groups of one, or pairs from each process to itself. */
function staysAtHome({ attributes }: { readonly attributes: Attributes }): boolean {
  const groups = attributes.replica_groups;
  if (groups?.kind === "dense") return groups.type.shape[1] === 1;
  const pairs = attributes.source_target_pairs && i64Matrix.decode(attributes.source_target_pairs);
  return pairs !== undefined && pairs.length > 0 && pairs.every(([source, target]) => source === target);
}

/** Whether a manual computation splits nothing: its body has the operands' and results' types. */
function splitsNothing(operation: Operation): boolean {
  const body = bodyOf(operation.regions[0]!);
  const end = body.operations.at(-1);
  return (
    end !== undefined &&
    body.arguments.every((argument, i) => sameType(argument.type, operation.operands[i]!.type)) &&
    end.operands.every((value, i) => sameType(value.type, operation.results[i]!.type))
  );
}

/** Operations of Shardy that change how a tensor is spread, not what it is. */
export const spreadings: readonly string[] = [
  "sdy.sharding_constraint",
  "sdy.reshard",
  "sdy.propagation_barrier",
  "sdy.data_flow_edge",
  "sdy.func_data_flow_edge",
  "sdy.all_gather",
  "sdy.all_slice",
  "sdy.all_to_all",
  "sdy.collective_permute",
  "sdy.sharded_to_unreduced",
  "sdy.replicated_to_unreduced",
  "sdy.all_reduce",
  "sdy.reduce_scatter",
];

export const spreading: Rule = passThrough("sharding-constraint", "One device holds everything.", spreadings);

export const manualComputation: Rule = {
  name: "manual-computation",
  why: "On one device the local body is the whole computation.",
  on: ["sdy.manual_computation"],
  match: (operation) => (splitsNothing(operation) ? operation : undefined),
  emit: (_, builder, operation) => inlineBlock(builder, bodyOf(operation.regions[0]!), operation.operands),
};

export const singleDevice: readonly Rule[] = [
  spreading,
  passThrough("placement-annotation", "One device holds everything.", ["stablehlo.custom_call"], isPlacement),
  passThrough(
    "collective-of-one",
    "A group of one process exchanges nothing.",
    [
      "stablehlo.all_gather",
      "stablehlo.all_reduce",
      "stablehlo.all_to_all",
      "stablehlo.collective_broadcast",
      "stablehlo.collective_permute",
      "stablehlo.collective_reduce",
      "stablehlo.cross-replica-sum",
      "stablehlo.reduce_scatter",
    ],
    staysAtHome,
  ),
  manualComputation,
  {
    name: "asynchronous-done",
    why: "What one process starts is done at once. The start stays, as whatever has effects does.",
    on: ["stablehlo.async_done"],
    match: (operation) => {
      const start = definingOperation(operation.operands[0]!);
      return start?.name === "stablehlo.async_start" ? start : undefined;
    },
    emit: (start, builder) =>
      inlineBlock(builder, bodyOf((start as Operation).regions[0]!), (start as Operation).operands),
  },
  {
    name: "process-id",
    why: "The only process is number 0.",
    on: ["stablehlo.partition_id", "stablehlo.replica_id"],
    match: (operation) => operation,
    emit: (_, builder, operation) => {
      const type = operation.results[0]!.type;
      if (type.kind !== "tensor") throw new Error("a process id is a tensor");
      const value = { kind: "dense", type, data: new Uint8Array(4), splat: true } as const;
      const init = { results: [type], attributes: { value }, location: operation.location };
      return append(builder.block, createOperation("stablehlo.constant", init)).results;
    },
  },
];
