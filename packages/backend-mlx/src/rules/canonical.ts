/** First stage: what a single-device runtime does not need to know disappears, what has two spellings keeps one. */
import {
  append,
  bodyOf,
  createOperation,
  definitionOf,
  inlineBlock,
  type Operation,
  type Rule,
  sameType,
  stablehlo,
  type Value,
} from "@hloom/ir";
import { attributes, definedBy, resultTypes } from "./lowering.ts";

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
export const annotations: readonly string[] = [
  "Sharding",
  "SPMDFullToShardShape",
  "SPMDShardToFullShape",
  "annotate_device_placement",
  "xla.sdy.GlobalToLocalShape",
  "xla.sdy.LocalToGlobalShape",
];

const targetOf = (operation: Operation) =>
  attributes<{ call_target_name: string }>(operation).call_target_name;

const dimensionsOf = (operation: Operation) =>
  attributes<{ broadcast_dimensions: readonly number[] }>(operation).broadcast_dimensions;

/** `chlo.erf` of a composite of that name, when the lowering knows the operation. */
function compositeOp(operation: Operation): string | undefined {
  const { name } = attributes<{ name: string }>(operation);
  return definitionOf(name) && name.startsWith("chlo.") ? name : undefined;
}

export function canonical(knows: (op: string) => boolean): readonly Rule[] {
  return [
    passThrough("sharding-constraint", "One device holds everything.", ["sdy.sharding_constraint"]),
    passThrough("optimization-barrier", "Nothing is moved across it here.", [
      "stablehlo.optimization_barrier",
    ]),
    passThrough(
      "placement-annotation",
      "One device holds everything.",
      ["stablehlo.custom_call"],
      (operation) => annotations.includes(targetOf(operation)),
    ),
    passThrough("collective-of-one", "A group of one process exchanges nothing.", [
      "stablehlo.all_gather",
      "stablehlo.all_reduce",
      "stablehlo.all_to_all",
      "stablehlo.collective_broadcast",
      "stablehlo.collective_permute",
      "stablehlo.reduce_scatter",
    ]),
    {
      name: "manual-computation",
      why: "On one device the local body is the whole computation.",
      on: ["sdy.manual_computation"],
      match: (operation) => (sameBody(operation) ? operation : undefined),
      emit: (_, builder, operation) =>
        inlineBlock(builder, bodyOf(operation.regions[0]!), operation.operands),
    },
    {
      name: "known-composite",
      why: "The operation itself is shorter and more exact than its decomposition.",
      on: ["stablehlo.composite"],
      match: (operation) => {
        const name = compositeOp(operation);
        return name !== undefined && knows(name) ? name : undefined;
      },
      emit: (name, builder, operation) => {
        const { composite_attributes } = attributes<{ composite_attributes?: Operation["attributes"] }>(
          operation,
        );
        const init = {
          operands: operation.operands,
          results: operation.results.map((result) => result.type),
          attributes: composite_attributes ?? {},
          location: operation.location,
        };
        return append(builder.block, createOperation(name as string, init)).results;
      },
    },
    {
      name: "composite-to-call",
      why: "A composite means its decomposition.",
      on: ["stablehlo.composite"],
      match: (operation) => operation,
      emit: (_, builder, operation) => {
        const init = {
          operands: operation.operands,
          results: operation.results.map((result) => result.type),
          attributes: { callee: operation.attributes.decomposition! },
          location: operation.location,
        };
        return append(builder.block, createOperation("func.call", init)).results;
      },
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
    {
      name: "broadcast-of-broadcast",
      why: "One broadcast reaches the final shape, and a splat stays visible as one.",
      on: ["stablehlo.broadcast_in_dim"],
      match: (operation) => definedBy(operation.operands[0], "stablehlo.broadcast_in_dim"),
      emit: (found, builder, operation) => {
        const inner = found as Operation;
        const outer = dimensionsOf(operation);
        const values = { broadcast_dimensions: dimensionsOf(inner).map((d) => outer[d]!) };
        return builder.emit(stablehlo.broadcastInDim, inner.operands, values, {
          results: resultTypes(operation),
        });
      },
    },
    {
      name: "element-of-tuple",
      why: "Tuples only group values.",
      on: ["stablehlo.get_tuple_element"],
      match: (operation) => definedBy(operation.operands[0], "stablehlo.tuple"),
      emit: (tuple, _, operation) => {
        const { index } = attributes<{ index: number }>(operation);
        return [(tuple as Operation).operands[index] as Value];
      },
    },
  ];
}

/** Whether a manual computation splits nothing: its body has the operands' and results' types. */
function sameBody(operation: Operation): boolean {
  const body = bodyOf(operation.regions[0]!);
  const end = body.operations.at(-1);
  return (
    end !== undefined &&
    body.arguments.every((argument, i) => sameType(argument.type, operation.operands[i]!.type)) &&
    end.operands.every((value, i) => sameType(value.type, operation.results[i]!.type))
  );
}
