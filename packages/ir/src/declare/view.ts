/** Named views of an operation through its declaration: which operand is `lhs`, what number is `dimension`. */
import { definingOperation, type Operation, type Region, type Value } from "../model/operation.ts";
import type { Type } from "../model/types.ts";
import type { Known, NamedField, OpDefinition, ValueField } from "./define.ts";
import { integersOf } from "./kinds.ts";

/**
 * Splits a flat list of operands or results by the declared fields. At most one field may be variadic or optional
 * unless `segments` gives every field's length (StableHLO's `operandSegmentSizes`, or equal parts).
 * Undefined when the list does not fit.
 */
export function splitByFields<T>(
  fields: readonly NamedField<{ readonly arity: string }>[],
  list: readonly T[],
  segments?: readonly number[],
): (readonly T[])[] | undefined {
  const lengths = segments ?? fieldLengths(fields, list.length);
  if (!lengths || lengths.length !== fields.length) return undefined;
  const parts: (readonly T[])[] = [];
  let at = 0;
  for (const length of lengths) {
    parts.push(list.slice(at, at + length));
    at += length;
  }
  return at === list.length ? parts : undefined;
}

function fieldLengths(fields: readonly { readonly arity: string }[], count: number): number[] | undefined {
  const loose = fields.filter((field) => field.arity !== "one").length;
  const spare = count - (fields.length - loose);
  if (spare < 0 || (loose === 0 && spare !== 0)) return undefined;
  // Several variadic fields of one op always have equal lengths in StableHLO (reduce, scatter, reduce_window).
  if (loose > 1 && spare % loose !== 0) return undefined;
  const each = loose === 0 ? 0 : spare / loose;
  if (fields.some((field) => field.arity === "optional" && each > 1)) return undefined;
  return fields.map((field) => (field.arity === "one" ? 1 : each));
}

/** A field's values: one, perhaps none, or a list, by its arity. */
export function byArity<T>(arity: string, part: readonly T[]): T | readonly T[] | undefined {
  return arity === "variadic" ? part : part[0];
}

/** Operand values by name. Undefined when the operation does not have the declared operands. */
export function operandsByName(
  definition: OpDefinition,
  operation: Operation,
): Record<string, Value | readonly Value[] | undefined> | undefined {
  return fieldsByName(definition.operands, operation.operands);
}

export function resultsByName(
  definition: OpDefinition,
  operation: Operation,
): Record<string, Value | readonly Value[] | undefined> | undefined {
  return fieldsByName(definition.results, operation.results);
}

export function fieldsByName<T>(
  fields: readonly NamedField<ValueField>[],
  list: readonly T[],
): Record<string, T | readonly T[] | undefined> | undefined {
  const parts = splitByFields(fields, list);
  if (!parts) return undefined;
  return Object.fromEntries(fields.map((field, i) => [field.name, byArity(field.arity, parts[i]!)]));
}

const decoded = new WeakMap<object, Record<string, unknown>>();

/**
 * Typed attribute values by name, defaults filled in; absent optional ones are undefined. Attributes of the wrong
 * kind are undefined too: `verify` reports them before anyone relies on the view. Cached per attribute dictionary.
 */
export function attributeValues(definition: OpDefinition, operation: Operation): Record<string, unknown> {
  let values = decoded.get(operation.attributes);
  if (!values) {
    values = {};
    for (const field of definition.attributes) {
      const attribute = operation.attributes[field.name];
      values[field.name] = attribute ? field.kind.decode(attribute) : field.default;
    }
    decoded.set(operation.attributes, values);
  }
  return values;
}

export function regionsByName(
  definition: OpDefinition,
  operation: Operation,
): Record<string, Region | readonly Region[] | undefined> | undefined {
  const parts = splitByFields(definition.regions, operation.regions);
  if (!parts) return undefined;
  return Object.fromEntries(
    definition.regions.map((field, i) => [field.name, byArity(field.arity, parts[i]!)]),
  );
}

/** What constraints and inference receive: operand types, attribute values and regions by name; results too if asked. */
export function typeArguments(
  definition: OpDefinition,
  operation: Operation,
  withResults: boolean,
): Record<string, unknown> | undefined {
  const typesOf = (fields: readonly NamedField<ValueField>[], values: readonly Value[]) =>
    fieldsByName<Type>(
      fields,
      values.map((value) => value.type),
    );
  const operands = typesOf(definition.operands, operation.operands);
  const regions = regionsByName(definition, operation);
  const results = withResults ? typesOf(definition.results, operation.results) : {};
  if (!operands || !regions || !results) return undefined;
  return { ...operands, ...attributeValues(definition, operation), ...regions, ...results };
}

/** What the operands tell that are constants. */
export function knownOf(
  definition: OpDefinition,
  operation: Operation,
  symbol?: (name: string) => Operation | undefined,
): Known {
  return {
    ...(symbol && { symbol }),
    integers(name) {
      const value = operandsByName(definition, operation)?.[name];
      const constant = value && !Array.isArray(value) ? definingOperation(value as Value) : undefined;
      const attribute = constant?.name.endsWith(".constant") ? constant.attributes.value : undefined;
      return attribute && integersOf(attribute);
    },
  };
}
