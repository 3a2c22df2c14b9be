/**
 * Result types as far as operands tell, for refinement. Most ops infer them; this table has the others: ops whose
 * results take their element type from the declaration, and ops whose shape is the value of an operand.
 */
import { nothingKnown } from "../../declare/define.ts";
import { attributeValues, knownOf, operandsByName, typeArguments } from "../../declare/view.ts";
import type { Operation, Value } from "../../model/operation.ts";
import { bitWidth, DYNAMIC, isElement, type TensorType, type Type } from "../../model/types.ts";
import { type ConvolutionAttributes, convolutionShape } from "../../ops/convolution.ts";
import { type DotDimensionNumbers, dotResultShape, einsumResultShape, parseEinsum } from "../../ops/dot.ts";
import { groupSize, scaled } from "../../ops/groups.ts";
import { chlo, definitionOf, stablehlo } from "../../ops/index.ts";
import type { ReplicaGroups } from "../../ops/kinds.ts";
import { type GatherDimensionNumbers, gatherShape } from "../../ops/slices.ts";
import { integersIn } from "../constants.ts";

type Shape = readonly number[];

/** Types of the operands and attribute values by name, and the numbers that an operand is known to hold. */
export interface Facts {
  readonly types: Readonly<Record<string, TensorType>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly known: (name: string) => Shape | undefined;
  readonly operation: Operation;
}

type ShapeRule = (facts: Facts) => Shape | undefined;

const shapeOf =
  (name: string): ShapeRule =>
  ({ types }) =>
    types[name]?.shape;

const numbersIn =
  (name: string): ShapeRule =>
  ({ known }) =>
    known(name);

/** Padding pairs of `dynamic_conv`, whose operand is a matrix of them. */
export function paddingPairs({ known }: Facts): Shape[] | undefined {
  const amounts = known("padding");
  return amounts && Array.from({ length: amounts.length / 2 }, (_, i) => amounts.slice(2 * i, 2 * i + 2));
}

/** Attributes of the `pad` that a `dynamic_pad` with known amounts is. */
export function paddingAmounts({ known }: Facts) {
  const [edge_padding_low, edge_padding_high, interior_padding] = [
    known("edge_padding_low"),
    known("edge_padding_high"),
    known("interior_padding"),
  ];
  if (!edge_padding_low || !edge_padding_high || !interior_padding) return undefined;
  return { edge_padding_low, edge_padding_high, interior_padding };
}

/** Attributes of the `slice` that a `real_dynamic_slice` with known bounds is. */
export function sliceBounds({ known }: Facts) {
  const [start_indices, limit_indices, strides] = [
    known("start_indices"),
    known("limit_indices"),
    known("strides"),
  ];
  if (!start_indices || !limit_indices || !strides) return undefined;
  return { start_indices, limit_indices, strides };
}

/** Sizes of a `real_dynamic_slice` whose limits are its starts plus a constant, in steps of one. */
export function sliceSizes({ operation, known }: Facts): Shape | undefined {
  if (!known("strides")?.every((stride) => stride === 1)) return undefined;
  const [, starts, limits] = operation.operands;
  const sum = limits!.owner;
  if (sum.kind !== "operation" || sum.name !== stablehlo.add.name) return undefined;
  const [a, b] = sum.operands;
  if (a === starts) return integersIn(b);
  return b === starts ? integersIn(a) : undefined;
}

function padShape(facts: Facts): Shape | undefined {
  const amounts = paddingAmounts(facts);
  const { operand, padding_value } = facts.types as Record<"operand" | "padding_value", TensorType>;
  return (
    amounts && shapeFrom(stablehlo.pad.infer!({ operand, padding_value, ...amounts } as never, nothingKnown))
  );
}

function realSliceShape(facts: Facts): Shape | undefined {
  const bounds = sliceBounds(facts);
  if (!bounds) return sliceSizes(facts);
  return shapeFrom(
    stablehlo.slice.infer!({ operand: facts.types.operand!, ...bounds } as never, nothingKnown),
  );
}

const shapeFrom = ([type]: readonly Type[]) => (type?.kind === "tensor" ? type.shape : undefined);

/** Elements of another width make up for it in the last dimension. */
function bitcastShape({ types, operation }: Facts): Shape | undefined {
  const { shape, element } = types.operand!;
  const result = operation.results[0]!.type;
  if (result.kind !== "tensor" || !isElement(element) || !isElement(result.element)) return undefined;
  const ratio = bitWidth(element) / bitWidth(result.element);
  if (ratio === 1) return shape;
  return ratio > 1 ? [...shape, ratio] : shape.slice(0, -1);
}

/** Every operand but the first is one of indices; `dim` counts from the front, after the batch dimensions. */
function indexSelectShape({ types, attributes }: Facts): Shape {
  const { dim, batch_dims } = attributes as Record<"dim" | "batch_dims", number>;
  const [operand, index] = [types.operand!.shape, types.index!.shape];
  return [...operand.slice(0, dim), ...index.slice(batch_dims), ...operand.slice(dim + 1)];
}

/** A dimension of one process times the processes of a group, or divided by them. */
function acrossGroup({ attributes, operation }: Facts, dimension: string, divided: boolean) {
  const { replica_groups, channel_handle, use_global_device_ids } = attributes;
  // Groups of replicas stand for those of all partitions too, whose number the module need not say.
  const size =
    channel_handle && !use_global_device_ids ? undefined : groupSize(replica_groups as ReplicaGroups);
  if (size === undefined) return undefined;
  const factor = divided ? 1 / size : size;
  return operation.operands.map(({ type }) =>
    type.kind === "tensor" ? scaled(type, attributes[dimension] as number, factor) : type,
  );
}

/** What both operands of an implicit broadcast spread to, as numpy has it; sizes of 1 may still grow. */
function broadcastShape({ operation, attributes }: Facts): Shape | undefined {
  if (attributes.broadcast_dimensions) return undefined;
  const shapes = operation.operands.map(({ type }) => (type.kind === "tensor" ? type.shape : []));
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((shape) => shape[d - rank + shape.length] ?? 1);
    return sizes.find((size) => size > 1 || size === 0) ?? (sizes.includes(DYNAMIC) ? DYNAMIC : 1);
  });
}

const shapeRules: Readonly<Record<string, ShapeRule>> = {
  [stablehlo.bitcastConvert.name]: bitcastShape,
  [stablehlo.convert.name]: shapeOf("operand"),
  [stablehlo.uniformQuantize.name]: shapeOf("operand"),
  [stablehlo.convolution.name]: ({ types, attributes }) =>
    convolutionShape({
      lhs: types.lhs!,
      rhs: types.rhs!,
      padding: attributes.padding as Shape[] | undefined,
      ...(attributes as unknown as ConvolutionAttributes),
    }),
  [stablehlo.dotGeneral.name]: ({ types, attributes }) =>
    dotResultShape(types.lhs!, types.rhs!, attributes.dot_dimension_numbers as DotDimensionNumbers),
  [stablehlo.dot.name]: ({ types }) => [...types.lhs!.shape.slice(0, -1), ...types.rhs!.shape.slice(1)],
  [stablehlo.einsum.name]: ({ types, attributes }) => {
    const operands = [types.lhs!, types.rhs!];
    return einsumResultShape(parseEinsum(attributes.einsum_config as string, operands), operands);
  },
  [stablehlo.unaryEinsum.name]: ({ types, attributes }) =>
    einsumResultShape(parseEinsum(attributes.einsum_config as string, [types.operand!]), [types.operand!]),
  [stablehlo.torchIndexSelect.name]: indexSelectShape,
  [stablehlo.rng.name]: numbersIn("shape"),
  [stablehlo.dynamicBroadcastInDim.name]: numbersIn("output_dimensions"),
  [stablehlo.dynamicIota.name]: numbersIn("output_shape"),
  [stablehlo.dynamicReshape.name]: numbersIn("output_shape"),
  [stablehlo.dynamicPad.name]: padShape,
  [stablehlo.realDynamicSlice.name]: realSliceShape,
  [stablehlo.dynamicGather.name]: ({ types, attributes, known }) => {
    const sizes = known("slice_sizes");
    return (
      sizes &&
      gatherShape(types.start_indices!, sizes, attributes.dimension_numbers as GatherDimensionNumbers)
    );
  },
  [stablehlo.dynamicConv.name]: (facts) => {
    const padding = paddingPairs(facts);
    const { lhs, rhs } = facts.types as Record<"lhs" | "rhs", TensorType>;
    return (
      padding &&
      convolutionShape({ lhs, rhs, padding, ...(facts.attributes as unknown as ConvolutionAttributes) })
    );
  },
  [chlo.constantLike.name]: shapeOf("operand"),
};

/** Rules for ops with other results than one tensor. */
const typeRules: Readonly<Record<string, (facts: Facts) => readonly Type[] | undefined>> = {
  [stablehlo.allGather.name]: (facts) => acrossGroup(facts, "all_gather_dim", false),
  [stablehlo.reduceScatter.name]: (facts) => acrossGroup(facts, "scatter_dimension", true),
  [stablehlo.getTupleElement.name]: ({ operation, attributes }) => {
    const { type } = operation.operands[0]!;
    const element = type.kind === "tuple" ? type.types[attributes.index as number] : undefined;
    return element && [element];
  },
  [stablehlo.asyncDone.name]: ({ operation }) => {
    const { type } = operation.operands[0]!;
    return type.kind === "future" ? type.types : undefined;
  },
};

export function factsOf(operation: Operation): Facts | undefined {
  const definition = definitionOf(operation.name);
  const operands = definition && operandsByName(definition, operation);
  const types = definition && typeArguments(definition, operation, false);
  if (!operands || !types) return undefined;
  return {
    operation,
    types: types as Record<string, TensorType>,
    attributes: attributeValues(definition, operation),
    known: (name) => integersIn(operands[name] as Value | undefined),
  };
}

/** What the operands tell of the result types; undefined when that is nothing. */
export function inferredTypes(operation: Operation): readonly Type[] | undefined {
  const facts = factsOf(operation);
  if (!facts) return undefined;
  const { name, results } = operation;
  const rule = shapeRules[name] ?? (name.startsWith("chlo.broadcast_") ? broadcastShape : undefined);
  const shape = rule?.(facts);
  const declared = results[0]?.type;
  if (shape)
    return declared && "element" in declared
      ? [{ kind: "tensor", shape, element: declared.element }]
      : undefined;
  return typeRules[name]?.(facts) ?? inferredByDeclaration(operation);
}

function inferredByDeclaration(operation: Operation): readonly Type[] | undefined {
  const definition = definitionOf(operation.name);
  const args = definition?.infer && typeArguments(definition, operation, false);
  return args && definition?.infer?.(args as never, knownOf(definition, operation));
}
