/** Named views of an operation through its declaration: which operand is `lhs`, what number is `dimension`. */
import type { Attribute } from "../model/attributes.ts";
import { definingOperation, type Operation, type Region, type Value } from "../model/operation.ts";
import type { Type } from "../model/types.ts";
import type { Known, NamedField, OpDefinition } from "./define.ts";
import { integersOf } from "./kinds.ts";

/**
 * Splits a flat list of operands or results by the declared fields. Several variadic fields have equal lengths unless
 * `segments` gives every field's. Undefined when the list does not fit.
 */
export function splitByFields<T>(
  fields: readonly NamedField<{ readonly arity: string }>[],
  list: readonly T[],
  segments?: readonly number[],
): (readonly T[])[] | undefined {
  const lengths = segments ?? fieldLengths(fields, list.length);
  if (!lengths || lengths.length !== fields.length || lengths.some((length) => length < 0)) return undefined;
  const parts: (readonly T[])[] = [];
  let at = 0;
  for (const length of lengths) {
    parts.push(length === list.length ? list : list.slice(at, at + length));
    at += length;
  }
  return at === list.length ? parts : undefined;
}

/** The field that each value of a list belongs to. Undefined when the list does not fit. */
export function fieldOfEach<F extends { readonly arity: string; readonly name: string }>(
  fields: readonly F[],
  list: readonly unknown[],
  sizes?: Attribute,
): readonly F[] | undefined {
  if (looseIn(fields).length === 0) return fields.length === list.length ? fields : undefined;
  return splitByFields(fields, list, segmentsIn(fields, sizes))?.flatMap((part, i) =>
    part.map(() => fields[i]!),
  );
}

/** An operation's operands by field. */
export function operandParts(
  { operands: fields }: OpDefinition,
  { operands, attributes }: Operation,
): (readonly Value[])[] | undefined {
  return splitByFields(fields, operands, segmentsIn(fields, attributes.operandSegmentSizes));
}

/** An operation's results by field. */
export function resultParts(
  { results: fields }: OpDefinition,
  { results, attributes }: Operation,
): (readonly Value[])[] | undefined {
  return splitByFields(fields, results, segmentsIn(fields, attributes.resultSegmentSizes));
}

/** Lengths of the fields as the operation says them, where several may have any length. */
function segmentsIn(fields: Fields, sizes: Attribute | undefined): readonly number[] | undefined {
  return sizes?.kind === "denseArray" && looseIn(fields).length > 1 ? sizes.values.map(Number) : undefined;
}

type Fields = readonly { readonly arity: string }[];

/** Which fields do not take exactly one value; kept, since every operation that is checked asks for it. */
const looseFields = new WeakMap<Fields, readonly number[]>();

function looseIn(fields: Fields): readonly number[] {
  let loose = looseFields.get(fields);
  if (!loose) {
    loose = fields.flatMap(({ arity }, i) => (arity === "one" ? [] : [i]));
    looseFields.set(fields, loose);
  }
  return loose;
}

const ones: readonly (readonly number[])[] = Array.from({ length: 8 }, (_, n) =>
  new Array<number>(n).fill(1),
);

function fieldLengths(fields: Fields, count: number): readonly number[] | undefined {
  const loose = looseIn(fields);
  const spare = count - (fields.length - loose.length);
  if (loose.length === 0) return spare === 0 ? (ones[count] ?? new Array<number>(count).fill(1)) : undefined;
  // Several variadic fields of one op always have equal lengths in StableHLO (reduce, scatter, reduce_window).
  if (spare < 0 || spare % loose.length !== 0) return undefined;
  const each = spare / loose.length;
  if (each > 1 && loose.some((i) => fields[i]!.arity === "optional")) return undefined;
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
  const { operandSegmentSizes } = operation.attributes;
  return fieldsByName(definition.operands, operation.operands, {}, operandSegmentSizes);
}

export function resultsByName(
  definition: OpDefinition,
  operation: Operation,
): Record<string, Value | readonly Value[] | undefined> | undefined {
  const { resultSegmentSizes } = operation.attributes;
  return fieldsByName(definition.results, operation.results, {}, resultSegmentSizes);
}

export function fieldsByName<T>(
  fields: readonly NamedField<{ readonly arity: string }>[],
  list: readonly T[],
  into: Record<string, T | readonly T[] | undefined> = {},
  sizes?: Attribute,
): Record<string, T | readonly T[] | undefined> | undefined {
  if (looseIn(fields).length === 0) {
    if (fields.length !== list.length) return undefined;
    for (let i = 0; i < list.length; i++) into[fields[i]!.name] = list[i]!;
    return into;
  }
  const parts = splitByFields(fields, list, segmentsIn(fields, sizes));
  if (!parts) return undefined;
  for (let i = 0; i < parts.length; i++) into[fields[i]!.name] = byArity(fields[i]!.arity, parts[i]!);
  return into;
}

const decoded = new WeakMap<
  object,
  { readonly definition: OpDefinition; readonly values: Record<string, unknown> }
>();

/**
 * Typed attribute values by name, defaults filled in; absent optional ones are undefined. Attributes of the wrong
 * kind are undefined too: `verify` reports them before anyone relies on the view. Cached per attribute dictionary, which
 * operations share.
 */
export function attributeValues(definition: OpDefinition, operation: Operation): Record<string, unknown> {
  const known = decoded.get(operation.attributes);
  if (known?.definition === definition) return known.values;
  const values: Record<string, unknown> = {};
  for (const field of definition.attributes) {
    const attribute = operation.attributes[field.name];
    values[field.name] = attribute ? field.kind.decode(attribute) : field.default;
  }
  decoded.set(operation.attributes, { definition, values });
  return values;
}

export function regionsByName(
  definition: OpDefinition,
  operation: Operation,
): Record<string, Region | readonly Region[] | undefined> | undefined {
  return fieldsByName(definition.regions, operation.regions);
}

/** What constraints and inference receive: operand types, attribute values and regions by name; results too if asked. */
export function typeArguments(
  definition: OpDefinition,
  operation: Operation,
  withResults: boolean,
): Record<string, unknown> | undefined {
  const args: Record<string, unknown> = { ...attributeValues(definition, operation) };
  const typesOf = (values: readonly Value[]) => values.map((value) => value.type);
  const known = args as Record<string, Type>;
  const { operands, results, attributes } = operation;
  if (!fieldsByName(definition.operands, typesOf(operands), known, attributes.operandSegmentSizes))
    return undefined;
  if (
    withResults &&
    !fieldsByName(definition.results, typesOf(results), known, attributes.resultSegmentSizes)
  )
    return undefined;
  return fieldsByName(definition.regions, operation.regions, args as Record<string, Region>) && args;
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
