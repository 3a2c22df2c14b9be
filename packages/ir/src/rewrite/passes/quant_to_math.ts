/**
 * Quantized tensors become tensors of their stored integers. Ops that only move elements stay; others compute on the
 * floats that the integers express, and their results are quantized again (spec: `dequantize_op_quantize`). All of it
 * is arithmetic of StableHLO, so that any backend runs it.
 */
import type { Attribute, Attributes } from "../../model/attributes.ts";
import {
  append,
  appendBlock,
  type Block,
  createBlock,
  createOperation,
  createRegion,
  type Module,
  type Operation,
  type Region,
  structuredBlocks,
  type Value,
  walk,
} from "../../model/operation.ts";
import { isQuantized, type QuantizedElement, type TensorType, type Type } from "../../model/types.ts";
import { definitionOf, stablehlo } from "../../ops/index.ts";
import { Builder } from "../builder.ts";
import { dequantize, quantize } from "./quantization_math.ts";

/** Whether any value of the module is quantized. */
export function hasQuantizedTypes(module: Module): boolean {
  let found = false;
  walk(module.operation, ({ results, regions }) => {
    const parameters = regions.flatMap(({ blocks }) => blocks.flatMap((block) => block.arguments));
    found ||= [...results, ...parameters].some(({ type }) => mentionsQuantized(type));
  });
  return found;
}

export function quantToMath(module: Module): Module {
  return { ...module, operation: new Converter().copy(module.operation) };
}

class Converter {
  private readonly values = new Map<Value, Value>();

  /** The operation with its types as they are stored. */
  copy(operation: Operation): Operation {
    return createOperation(operation.name, {
      operands: operation.operands.map((value) => this.values.get(value) ?? value),
      results: operation.results.map(({ type }) => storedType(type)),
      attributes: storedAttributes(operation.attributes),
      regions: operation.regions.map((region) => this.copyRegion(region)),
      location: operation.location,
    });
  }

  private copyRegion(region: Region): Region {
    const target = createRegion();
    for (const block of structuredBlocks(region)) {
      const copy = createBlock(
        block.arguments.map(({ type }) => storedType(type)),
        block.arguments.map(({ location }) => location),
      );
      block.arguments.forEach((argument, i) => this.values.set(argument, copy.arguments[i]!));
      appendBlock(target, copy);
      for (const operation of block.operations) {
        const results = this.convert(operation, copy);
        operation.results.forEach((result, i) => this.values.set(result, results[i]!));
      }
    }
    return target;
  }

  private convert(operation: Operation, block: Block): readonly Value[] {
    const operands = operation.operands.map(({ type }) => quantizedElement(type));
    const results = operation.results.map(({ type }) => quantizedElement(type));
    const isConversion =
      operation.name === stablehlo.uniformQuantize.name ||
      operation.name === stablehlo.uniformDequantize.name;
    const computes = isConversion || computesOnFloats(operation);
    if (!computes || ![...operands, ...results].some((element) => element))
      return append(block, this.copy(operation)).results;

    const builder = new Builder(block, operation.location);
    const floats = operation.operands.map((value, i) => {
      const stored = this.values.get(value) ?? value;
      return operands[i] ? dequantize(builder, stored, operands[i]) : stored;
    });
    const computed = isConversion ? floats : append(block, expressedCopy(operation, floats)).results;
    return computed.map((value, i) => (results[i] ? quantize(builder, value, results[i]) : value));
  }
}

/** Terminators hand on what they get. */
function computesOnFloats({ name }: Operation): boolean {
  const definition = definitionOf(name);
  return definition?.quantized === "expressed" && !definition.terminator;
}

/** The operation on floats; ops that compute on what is expressed have no regions. */
function expressedCopy(
  { name, attributes, results, location }: Operation,
  operands: readonly Value[],
): Operation {
  return createOperation(name, {
    operands,
    results: results.map(({ type }) => {
      const element = quantizedElement(type);
      return type.kind === "tensor" && element ? { ...type, element: element.expressed } : type;
    }),
    attributes: storedAttributes(attributes),
    location,
  });
}

// Types ------------------------------------------------------------------------------------------------------------

function quantizedElement(type: Type): QuantizedElement | undefined {
  return type.kind === "tensor" && isQuantized(type.element) ? type.element : undefined;
}

function mentionsQuantized(type: Type): boolean {
  if (type.kind === "tuple" || type.kind === "future") return type.types.some(mentionsQuantized);
  return "element" in type && isQuantized(type.element);
}

function storedType(type: Type): Type {
  switch (type.kind) {
    case "tuple":
    case "future":
      return { ...type, types: type.types.map(storedType) };
    case "function":
      return { ...type, inputs: type.inputs.map(storedType), results: type.results.map(storedType) };
    default:
      return "element" in type && isQuantized(type.element)
        ? { ...type, element: type.element.storage }
        : type;
  }
}

function storedAttributes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, storedAttribute(value)]),
  );
}

function storedAttribute(attribute: Attribute): Attribute {
  if (attribute.kind === "type") return { ...attribute, type: storedType(attribute.type) };
  if (attribute.kind === "dense") return { ...attribute, type: storedType(attribute.type) as TensorType };
  return attribute;
}
