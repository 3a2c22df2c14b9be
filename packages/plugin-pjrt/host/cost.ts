/**
 * What a program costs, counted from its operations: for `cost_analysis()`. Numbers are XLA's kind of estimate: a loop counts
 * once, what an operation reads and writes goes through memory.
 */
import { liveOperations } from "@hloom/backend";
import {
  bitWidth,
  definitionOf,
  type Operation,
  sizeOf,
  type TensorType,
  type Value,
  type VerifiedModule,
} from "@hloom/ir";
import type { WireCost } from "./protocol.ts";

const transcendental: ReadonlySet<string> = new Set(
  [
    ...["atan2", "cbrt", "cosine", "exponential", "exponential_minus_one", "log", "log_plus_one"],
    ...["logistic", "power", "rsqrt", "sine", "sqrt", "tan", "tanh"],
  ].map((name) => `stablehlo.${name}`),
);

/** Operations that move elements and compute none. */
const moving: ReadonlySet<string> = new Set(
  [
    ...["bitcast_convert", "broadcast_in_dim", "concatenate", "constant", "dynamic_slice", "gather", "iota"],
    ...["dynamic_update_slice", "optimization_barrier", "pad", "reshape", "reverse", "slice", "transpose"],
  ].map((name) => `stablehlo.${name}`),
);

const isTensor = ({ type }: Value): boolean => type.kind === "tensor";
const sizeOfValue = ({ type }: Value): number => sizeOf((type as TensorType).shape);
const elements = (values: readonly Value[]): number =>
  values.filter(isTensor).reduce((sum, value) => sum + sizeOfValue(value), 0);

function bytes(values: readonly Value[]): number {
  return values.filter(isTensor).reduce((sum, value) => {
    const { element } = value.type as TensorType;
    return sum + sizeOfValue(value) * (typeof element === "string" ? bitWidth(element) / 8 : 1);
  }, 0);
}

function flops(operation: Operation): number {
  const { name, operands, results } = operation;
  if (moving.has(name) || transcendental.has(name) || results.length === 0) return 0;
  // Every element of the result is a sum of products.
  if (name === "stablehlo.dot_general") {
    const { lhs_contracting_dimensions } = dimensionsOf(operation, "dot_dimension_numbers");
    const { shape } = operands[0]!.type as TensorType;
    const terms = (lhs_contracting_dimensions as readonly number[]).map((d) => shape[d]!);
    return 2 * sizeOfValue(results[0]!) * sizeOf(terms);
  }
  if (name === "stablehlo.convolution") {
    const { kernel_output_feature_dimension } = dimensionsOf(operation, "dimension_numbers");
    const { shape } = operands[1]!.type as TensorType;
    return 2 * sizeOfValue(results[0]!) * sizeOf(shape.with(kernel_output_feature_dimension as number, 1));
  }
  return name === "stablehlo.reduce" ? elements(operands) : elements(results);
}

function dimensionsOf({ attributes }: Operation, name: string): Readonly<Record<string, unknown>> {
  const attribute = attributes[name];
  if (attribute?.kind !== "record") throw new Error(`${name} is not there`);
  return attribute.fields;
}

const isComputed = ({ name, regions }: Operation): boolean =>
  !definitionOf(name)?.terminator &&
  name !== "func.call" &&
  (regions.length === 0 || name === "stablehlo.reduce");

export function costOf(module: VerifiedModule): WireCost {
  const cost = { flops: 0, transcendentals: 0, bytesAccessed: 0 };
  for (const operation of liveOperations(module)) {
    if (!isComputed(operation)) continue;
    cost.flops += flops(operation);
    if (transcendental.has(operation.name)) cost.transcendentals += elements(operation.results);
    cost.bytesAccessed += Math.ceil(bytes(operation.operands) + bytes(operation.results));
  }
  return cost;
}
