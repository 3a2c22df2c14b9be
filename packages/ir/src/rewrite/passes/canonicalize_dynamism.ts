/** Operations with shapes as operands become those that have them as attributes, where the operands are known. */
import type { OpDefinition } from "../../declare/define.ts";
import type { Attribute, Attributes } from "../../model/attributes.ts";
import {
  append,
  createOperation,
  functionsOf,
  type Module,
  type Operation,
  type Value,
} from "../../model/operation.ts";
import { isStatic, tensor } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import type { Builder } from "../builder.ts";
import { encodeAttributes } from "../builder.ts";
import { integersIn } from "../constants.ts";
import { rewriteModule } from "../driver.ts";
import type { Rule } from "../rule.ts";
import { callForms } from "./dynamic_calls.ts";
import { customCallTypes, shapeOperands, shapeOperandsOf } from "./shape_calls.ts";
import { type Facts, factsOf, paddingAmounts, paddingPairs, sliceBounds, sliceSizes } from "./shape_rules.ts";

/** What an operation becomes: another one on some of its operands; attributes that it shares with the first stay. */
interface Static {
  readonly definition: OpDefinition;
  readonly operands: readonly Value[];
  readonly attributes?: Readonly<Record<string, unknown>>;
}

function becomes(
  on: OpDefinition,
  why: string,
  find: (facts: Facts, operands: readonly Value[]) => Static | undefined,
): Rule<Static> {
  return {
    name: `${on.mnemonic}-to-static`,
    why,
    on: [on.name],
    match: (operation) => {
      const facts = factsOf(operation);
      return facts && find(facts, operation.operands);
    },
    emit: ({ definition, operands, attributes = {} }, builder, operation) =>
      emitLike(builder, operation, definition, operands, {
        ...sharedAttributes(operation, on, definition),
        ...encodeAttributes(definition, attributes),
      }),
  };
}

/** Attributes that both ops declare, and those that neither does. */
function sharedAttributes(operation: Operation, from: OpDefinition, to: OpDefinition): Attributes {
  const own = new Set(from.attributes.map(({ name }) => name));
  const kept = new Set(to.attributes.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(operation.attributes).filter(([name]) => !own.has(name) || kept.has(name)),
  );
}

function emitLike(
  builder: Builder,
  { results, location }: Operation,
  definition: OpDefinition,
  operands: readonly Value[],
  attributes: Attributes,
): readonly Value[] {
  const init = { operands, attributes, results: results.map(({ type }) => type), location };
  return append(builder.block, createOperation(definition.name, init)).results;
}

const hasStaticResult = ({ operation }: Facts) => operation.results.every(({ type }) => isStatic(type));

/** The shape is that of the result already, as the verifier knows. */
const shapeIsKnown = (facts: Facts, name: string) =>
  hasStaticResult(facts) && facts.known(name) !== undefined;

const simple: readonly Rule<Static>[] = [
  becomes(stablehlo.dynamicBroadcastInDim, "The result's type says the shape.", (facts, [operand]) =>
    shapeIsKnown(facts, "output_dimensions") && isStatic(operand!.type)
      ? { definition: stablehlo.broadcastInDim, operands: [operand!] }
      : undefined,
  ),
  becomes(stablehlo.dynamicIota, "The result's type says the shape.", (facts) =>
    shapeIsKnown(facts, "output_shape") ? { definition: stablehlo.iota, operands: [] } : undefined,
  ),
  becomes(stablehlo.dynamicReshape, "The result's type says the shape.", (facts, [operand]) =>
    shapeIsKnown(facts, "output_shape") && isStatic(operand!.type)
      ? { definition: stablehlo.reshape, operands: [operand!] }
      : undefined,
  ),
  becomes(stablehlo.dynamicPad, "The amounts are known.", (facts, [operand, value]) => {
    const attributes = paddingAmounts(facts);
    return attributes && { definition: stablehlo.pad, operands: [operand!, value!], attributes };
  }),
  becomes(stablehlo.dynamicGather, "The sizes of the slices are known.", (facts, [operand, indices]) => {
    const slice_sizes = facts.known("slice_sizes");
    return (
      slice_sizes && {
        definition: stablehlo.gather,
        operands: [operand!, indices!],
        attributes: { slice_sizes },
      }
    );
  }),
  becomes(stablehlo.dynamicConv, "The padding is known.", (facts, [lhs, rhs]) => {
    const padding = paddingPairs(facts);
    return padding && { definition: stablehlo.convolution, operands: [lhs!, rhs!], attributes: { padding } };
  }),
  becomes(stablehlo.realDynamicSlice, "The bounds are known.", (facts, [operand]) => {
    const attributes = sliceBounds(facts);
    return attributes && { definition: stablehlo.slice, operands: [operand!], attributes };
  }),
];

/** `dynamic_slice` takes its starts as scalars. */
const sliceOfKnownSize: Rule<readonly number[]> = {
  name: "real_dynamic_slice-to-dynamic_slice",
  why: "The limits are the starts plus a constant, so that only the place is unknown.",
  on: [stablehlo.realDynamicSlice.name],
  match: (operation) => {
    const facts = factsOf(operation);
    return facts && !sliceBounds(facts) ? sliceSizes(facts) : undefined;
  },
  emit: (sizes, builder, operation) => {
    const [operand, starts] = operation.operands as [Value, Value];
    const element = starts.type.kind === "tensor" ? starts.type.element : "i64";
    const scalars = sizes.map((_, d) => {
      const bounds = { start_indices: [d], limit_indices: [d + 1], strides: [1] };
      const one = builder.value(stablehlo.slice, [starts], bounds);
      return builder.value(stablehlo.reshape, [one], {}, { results: [tensor([], element)] });
    });
    const { realDynamicSlice, dynamicSlice } = stablehlo;
    return emitLike(builder, operation, dynamicSlice, [operand, ...scalars], {
      ...sharedAttributes(operation, realDynamicSlice, dynamicSlice),
      ...encodeAttributes(dynamicSlice, { slice_sizes: sizes }),
    });
  },
};

/** Operands that hold shapes of results go when those are known, and their layouts with them. */
const shapeOperandsOfCall: Rule<readonly number[]> = {
  name: "custom_call-shape-operands",
  why: "The types of the results say what the operands said.",
  on: [stablehlo.customCall.name],
  match: (operation) => {
    const indices = shapeOperandsOf(operation);
    const known = indices?.every((index) => integersIn(operation.operands[index]) !== undefined);
    if (!known || !customCallTypes(operation)) return undefined;
    return operation.results.every(({ type }) => isStatic(type)) ? indices : undefined;
  },
  emit: (indices, builder, operation) => {
    const { [shapeOperands]: _, operand_layouts, ...attributes } = operation.attributes;
    const stays = (_: unknown, i: number) => !indices.includes(i);
    const layouts: Attribute | undefined =
      operand_layouts?.kind === "array"
        ? { kind: "array", elements: operand_layouts.elements.filter(stays) }
        : operand_layouts;
    return emitLike(builder, operation, stablehlo.customCall, operation.operands.filter(stays), {
      ...attributes,
      ...(layouts && { operand_layouts: layouts }),
    });
  },
};

export const staticForms: readonly Rule[] = [...simple, sliceOfKnownSize, shapeOperandsOfCall] as Rule[];

export function canonicalizeDynamism(module: Module): Module {
  return rewriteModule(module, [...callForms(functionsOf(module)), ...staticForms]).module;
}
