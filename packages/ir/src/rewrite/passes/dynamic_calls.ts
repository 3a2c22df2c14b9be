/**
 * Custom calls by which JAX writes ops with dynamic attributes that StableHLO does not have (yet): window reductions,
 * random bits, the largest elements. Known operands make them the ops proper.
 */

import { append, bodyOf, createOperation, type Operation, type Value } from "../../model/operation.ts";
import { isStatic, type TensorType, type Type } from "../../model/types.ts";
import { referencedSymbols } from "../../ops/effects.ts";
import { chlo, stablehlo } from "../../ops/index.ts";
import { windowCounts, windowDimensions } from "../../ops/windows.ts";
import type { Builder } from "../builder.ts";
import { encodeAttributes } from "../builder.ts";
import { integersIn } from "../constants.ts";
import { cloneBlock } from "../inline.ts";
import type { Rule } from "../rule.ts";
import { callTarget, shapeOperands } from "./shape_calls.ts";

type Numbers = readonly number[];

interface Window {
  readonly window_dimensions: Numbers;
  readonly window_strides: Numbers;
  readonly base_dilations: Numbers;
  readonly window_dilations: Numbers;
  readonly padding: readonly Numbers[];
}

/** Inputs and as many init values, then what the attributes of `reduce_window` are. */
function windowOf({ operands }: Operation): Window | undefined {
  const [window_dimensions, window_strides, base_dilations, window_dilations, amounts] = operands
    .slice(-5)
    .map(integersIn);
  if (!window_dimensions || !window_strides || !base_dilations || !window_dilations || !amounts)
    return undefined;
  const padding = window_dimensions.map((_, d) => amounts.slice(2 * d, 2 * d + 2));
  return { window_dimensions, window_strides, base_dilations, window_dilations, padding };
}

/** A call's results as far as its operands tell, and what it becomes once those are known. */
interface DynamicCall {
  readonly shapes: (operation: Operation) => readonly (Numbers | undefined)[] | undefined;
  readonly emit: (builder: Builder, operation: Operation, callee: Operation | undefined) => readonly Value[];
}

const shapeOf = ({ type }: Value): Numbers | undefined => (type.kind === "tensor" ? type.shape : undefined);

const calls: Readonly<Record<string, DynamicCall>> = {
  "stablehlo.dynamic_reduce_window": {
    shapes: (operation) => {
      const window = windowOf(operation);
      const shape = shapeOf(operation.operands[0]!);
      if (!window || !shape) return undefined;
      const windows = windowDimensions(window.window_dimensions, {
        strides: window.window_strides,
        padding: window.padding,
        baseDilations: window.base_dilations,
        windowDilations: window.window_dilations,
      });
      return operation.results.map(() => windowCounts(shape, windows));
    },
    emit: (builder, operation, callee) => {
      const body = bodyOf(callee!.regions[0]!);
      const region = builder.region(
        body.arguments.map(({ type }) => type),
        (inner, args) => inner.emit(stablehlo.returnOp, cloneBlock(inner, body, args)),
      );
      return builder.emit(
        stablehlo.reduceWindow,
        operation.operands.slice(0, -5),
        { ...windowOf(operation)! },
        {
          results: resultTypes(operation),
          regions: [region],
        },
      );
    },
  },
  "stablehlo.dynamic_rng_bit_generator": {
    shapes: ({ operands }) => [shapeOf(operands[0]!), integersIn(operands[1])],
    emit: (builder, operation) => {
      const { rng_algorithm } = operation.attributes;
      return append(
        builder.block,
        createOperation(stablehlo.rngBitGenerator.name, {
          operands: operation.operands.slice(0, 1),
          results: resultTypes(operation),
          attributes: rng_algorithm
            ? { rng_algorithm }
            : encodeAttributes(stablehlo.rngBitGenerator, { rng_algorithm: "DEFAULT" }),
          location: operation.location,
        }),
      ).results;
    },
  },
  "stablehlo.dynamic_top_k": {
    shapes: ({ operands }) => {
      const [shape, k] = [shapeOf(operands[0]!), integersIn(operands[1])?.[0]];
      return shape && k !== undefined ? [0, 1].map(() => [...shape.slice(0, -1), k]) : undefined;
    },
    emit: (builder, operation) => {
      const [k] = integersIn(operation.operands[1])!;
      return builder.emit(
        chlo.topK,
        operation.operands.slice(0, 1),
        { k },
        { results: resultTypes(operation) },
      );
    },
  },
  "stablehlo.dynamic_approx_top_k": {
    shapes: ({ operands, results }) => {
      // The operands that hold the shapes come last; k is before them.
      const shapes = operands.slice(-results.length).map(integersIn);
      return integersIn(operands.at(-results.length - 1)) && shapes;
    },
    emit: (builder, operation) => {
      const { operands, attributes, location } = operation;
      const { [shapeOperands]: _, ...others } = attributes;
      const position = operands.length - operation.results.length - 1;
      return append(
        builder.block,
        createOperation(operation.name, {
          operands: operands.slice(0, position),
          results: resultTypes(operation),
          attributes: approximateTopK(others, integersIn(operands[position])![0]!),
          location,
        }),
      ).results;
    },
  },
};

/** The attributes of an `ApproxTopK`, which has `k` among its configuration. */
function approximateTopK(attributes: Operation["attributes"], k: number): Operation["attributes"] {
  const name = attributes["mhlo.backend_config"] ? "mhlo.backend_config" : "backend_config";
  const config = attributes[name];
  const top_k = { kind: "integer", value: BigInt(k), type: { kind: "scalar", element: "i64" } } as const;
  const entries = config?.kind === "dictionary" ? { ...config.entries, top_k } : { top_k };
  return {
    ...attributes,
    call_target_name: { kind: "string", value: "ApproxTopK" },
    [name]: { kind: "dictionary", entries },
  };
}

function resultTypes({ results }: Operation): readonly Type[] {
  return results.map(({ type }) => type);
}

function callOf(operation: Operation): DynamicCall | undefined {
  const target = callTarget(operation);
  return target === undefined ? undefined : calls[target];
}

/** Result types of one of these calls with the shapes that follow; undefined for other calls, or when none follow. */
export function dynamicCallTypes(operation: Operation): readonly Type[] | undefined {
  const shapes = callOf(operation)?.shapes(operation);
  return shapes && operation.results.map(({ type }, i) => withShape(type, shapes[i]));
}

function withShape(type: Type, shape: Numbers | undefined): Type {
  return type.kind === "tensor" && shape
    ? ({ kind: "tensor", shape, element: type.element } satisfies TensorType)
    : type;
}

/** Rules for these calls in a module with the given functions. */
export function callForms(functions: ReadonlyMap<string, Operation>): readonly Rule[] {
  const calleeOf = (operation: Operation) => {
    const [name] = referencedSymbols(operation);
    return name === undefined ? undefined : functions.get(name);
  };
  const rule: Rule<DynamicCall> = {
    name: "dynamic-call",
    why: "What was dynamic is known, so that the op proper can say it.",
    on: [stablehlo.customCall.name],
    match: (operation) => {
      const call = callOf(operation);
      const known = call?.shapes(operation)?.every((shape) => shape !== undefined);
      return known && operation.results.every(({ type }) => isStatic(type)) ? call : undefined;
    },
    emit: (call, builder, operation) => call.emit(builder, operation, calleeOf(operation)),
  };
  return [rule as Rule];
}
