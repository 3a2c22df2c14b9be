/** Kinds of structured attributes, by their fields. */
import type { Attribute } from "../model/attributes.ts";
import type { Type } from "../model/types.ts";
import {
  type AttributeKind,
  boolean,
  denseIntegers,
  f64,
  i64,
  integersOf,
  string,
  type,
  type VhloSpelling,
} from "./kinds.ts";

/** Fields of a record: numbers, lists of numbers, booleans, types, floats or names. */
export type RecordField = "i64" | "i64s" | "boolean" | "type" | "f64" | "string";
interface FieldValues {
  i64: number;
  i64s: readonly number[];
  boolean: boolean;
  type: Type;
  f64: number;
  string: string;
}
type FieldValue<F extends RecordField> = FieldValues[F];
export type RecordValue<F extends Readonly<Record<string, RecordField>>> = {
  readonly [K in keyof F]: FieldValue<F[K]>;
};

export interface RecordKind<F extends Readonly<Record<string, RecordField>>>
  extends AttributeKind<RecordValue<F>> {
  readonly recordName: string;
  readonly fields: F;
  /** Text leaves out fields that are zero or empty. */
  readonly sparse: boolean;
}

/**
 * A structured attribute such as `#stablehlo.gather<…>`. The fields keep StableHLO's names, so that VHLO's flattened
 * parts are the fields themselves, unless `renamed` gives another name.
 */
export function record<const F extends Readonly<Record<string, RecordField>>>(
  name: string,
  fields: F,
  options: {
    readonly renamed?: { readonly [K in keyof F]?: string };
    readonly flattened?: boolean;
    readonly sparse?: boolean;
  } = {},
): RecordKind<F> {
  const keys = Object.keys(fields);
  const vhloName = (key: string) => options.renamed?.[key] ?? key;
  const spelling: VhloSpelling = {
    names: keys.map(vhloName),
    read(parts) {
      const values: Record<string, unknown> = {};
      for (const key of keys) {
        const part = parts[vhloName(key)];
        const value = part && readField(fields[key]!, part);
        if (value === undefined) return undefined;
        values[key] = value;
      }
      return { kind: "record", name, fields: values };
    },
    write(attribute) {
      // VHLO has no optional attributes: an absent record has parts of type `none`.
      const absent: Attribute = { kind: "type", type: { kind: "none" } };
      return Object.fromEntries(
        keys.map((key) => [
          vhloName(key),
          attribute?.kind === "record" ? writeField(fields[key]!, attribute.fields[key]) : absent,
        ]),
      );
    },
  };
  return {
    description: `#${name}<…>`,
    recordName: name,
    fields,
    sparse: options.sparse ?? false,
    syntax: { form: "record", name },
    decode(attribute) {
      const known = attribute.kind === "record" && attribute.name === name;
      return known ? (attribute.fields as RecordValue<F>) : undefined;
    },
    encode: (value) => ({ kind: "record", name, fields: value }),
    ...(options.flattened === false ? {} : { vhlo: spelling }),
  };
}

function readField(field: RecordField, part: Attribute): unknown {
  switch (field) {
    case "i64":
      return i64.decode(part);
    case "i64s":
      return integersOf(part);
    case "boolean":
      return boolean.decode(part);
    case "type":
      // VHLO spells an absent type as `none`.
      return part.kind === "type" && part.type.kind !== "none" ? part.type : undefined;
    case "f64":
      return f64.decode(part);
    case "string":
      return string.decode(part);
  }
}

function writeField(field: RecordField, value: unknown): Attribute {
  switch (field) {
    case "i64":
      return i64.encode(value as number);
    case "i64s":
      return denseIntegers(value as readonly number[], [(value as readonly number[]).length]);
    case "boolean":
      return boolean.encode(value as boolean);
    case "type":
      return type.encode(value as Type);
    case "f64":
      return f64.encode(value as number);
    case "string":
      return string.encode(value as string);
  }
}
