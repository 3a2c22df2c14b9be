/**
 * Attribute kinds: how a declared attribute reads as a JavaScript value, and what it is called in VHLO.
 * A kind is the only place that knows these spellings; ops name kinds and get typed values.
 */
import {
  type Attribute,
  type Attributes,
  booleanAttribute,
  type DenseAttribute,
  enumAttribute,
  i64Array as i64ArrayAttribute,
  integerAttribute,
  stringAttribute,
} from "../model/attributes.ts";
import { viewOf } from "../model/storage.ts";
import { type Element, type ElementType, isElement, sizeOf, type Type } from "../model/types.ts";

export interface AttributeKind<T> {
  /** For messages and docs: "an array of 64-bit integers". */
  readonly description: string;
  /** The typed value, or undefined when the attribute is of another kind. */
  decode(attribute: Attribute): T | undefined;
  encode(value: T): Attribute;
  /** How a format's `$attribute` is written where that is shorter than the whole attribute; see {@link Syntax}. */
  readonly syntax?: Syntax;
  /** Present when VHLO spells the attribute differently. */
  readonly vhlo?: VhloSpelling;
}

/** What a format may leave out because the declaration says it: the type of a number, the name of an enum or record. */
export type Syntax =
  /** `3`, `true`, `1.000000e-04` */
  | { readonly form: "number"; readonly element: Element }
  /** `"text"`, never followed by a type */
  | { readonly form: "string" }
  /** `@name` for a string */
  | { readonly form: "symbolName" }
  /** `[1, 2]` for `array<i64: 1, 2>` */
  | { readonly form: "list"; readonly element: Element }
  /** `EQ` */
  | { readonly form: "enum"; readonly name: string; readonly values: readonly string[] }
  /** `<…>` without the leading `#stablehlo.name` */
  | { readonly form: "record"; readonly name: string };

/** VHLO flattens records into several attributes, and spells dense arrays as tensors. */
export interface VhloSpelling {
  /** VHLO names of the parts; absent when the one attribute keeps its name. */
  readonly names?: readonly string[];
  /** StableHLO attribute from the VHLO parts; undefined means that the attribute is absent. */
  read(parts: Attributes, name: string): Attribute | undefined;
  /** The VHLO parts; an absent attribute still writes its default parts. */
  write(attribute: Attribute | undefined, name: string): Attributes;
}

export type ValueOf<K> = K extends AttributeKind<infer T> ? T : never;

/** Longest list that a splat is written out to: an attribute lists dimensions or devices, its type may say anything. */
const longestList = 2 ** 16;

/** `index` is held in 64 bits. */
function storedElement(element: ElementType): Element | undefined {
  if (isElement(element)) return element;
  return element.kind === "foreign" && element.text === "index" ? "i64" : undefined;
}

/** Numbers of a dense attribute with integer elements, splat expanded; undefined when it is not one. */
export function integersOf(attribute: Attribute): number[] | undefined {
  if (attribute.kind === "denseArray") return attribute.values.map(Number);
  if (attribute.kind !== "dense") return undefined;
  const element = storedElement(attribute.type.element);
  if (element === undefined || !/^u?i\d+$/.test(element)) return undefined;
  const values = Array.from(viewOf(element, attribute.data), Number);
  if (!attribute.splat) return values;
  const size = sizeOf(attribute.type.shape);
  return size <= longestList ? new Array<number>(size).fill(values[0] ?? 0) : undefined;
}

/** Equal elements make a splat, as everywhere in MLIR. */
function isSplat(values: readonly number[]): boolean {
  return values.length > 0 && values.every((value) => value === values[0]);
}

export function denseIntegers(values: readonly number[], shape: readonly number[]): DenseAttribute {
  const splat = isSplat(values);
  const data = new BigInt64Array((splat ? values.slice(0, 1) : values).map(BigInt));
  return {
    kind: "dense",
    type: { kind: "tensor", shape, element: "i64" },
    data: new Uint8Array(data.buffer),
    splat,
  };
}

function denseArrayOf(element: Element, attribute: Attribute): number[] | undefined {
  return attribute.kind === "denseArray" && attribute.element === element ? integersOf(attribute) : undefined;
}

/** `array<i64: …>`; VHLO writes a one-dimensional `dense<…> : tensor<nxi64>`. */
export const i64Array: AttributeKind<readonly number[]> = {
  description: "an array of 64-bit integers",
  syntax: { form: "list", element: "i64" },
  decode: (attribute) => denseArrayOf("i64", attribute),
  encode: (value) => i64ArrayAttribute(value),
  vhlo: {
    read(parts, name) {
      const values = parts[name] && integersOf(parts[name]);
      return values ? i64ArrayAttribute(values) : parts[name];
    },
    write(attribute, name) {
      const values = (attribute && integersOf(attribute)) ?? [];
      return { [name]: denseIntegers(values, [values.length]) };
    },
  },
};

export const booleanArray: AttributeKind<readonly boolean[]> = {
  description: "an array of booleans",
  syntax: { form: "list", element: "i1" },
  decode(attribute) {
    return denseArrayOf("i1", attribute)?.map((value) => value !== 0);
  },
  encode: (value) => ({ kind: "denseArray", element: "i1", values: value.map((v) => (v ? 1n : 0n)) }),
  vhlo: {
    read(parts, name) {
      const values = parts[name] && integersOf(parts[name]);
      if (!values) return parts[name];
      return { kind: "denseArray", element: "i1", values: values.map((v) => (v ? 1n : 0n)) };
    },
    write(attribute, name) {
      const values = (attribute && integersOf(attribute)) ?? [];
      const type = { kind: "tensor", shape: [values.length], element: "i1" } as const;
      const splat = isSplat(values);
      const data = Uint8Array.from(splat ? values.slice(0, 1) : values, (v) => (v ? 1 : 0));
      return { [name]: { kind: "dense", type, data, splat } };
    },
  },
};

/** `array<i32: …>` */
export const i32Array: AttributeKind<readonly number[]> = {
  description: "an array of 32-bit integers",
  syntax: { form: "list", element: "i32" },
  decode: (attribute) => denseArrayOf("i32", attribute),
  encode: (value) => ({ kind: "denseArray", element: "i32", values: value.map(BigInt) }),
};

/** `dense<…> : tensor<nx2xi64>`: padding, replica groups, source-target pairs. */
export const i64Matrix: AttributeKind<readonly (readonly number[])[]> = {
  description: "a two-dimensional tensor of 64-bit integers",
  decode(attribute) {
    if (attribute.kind !== "dense" || attribute.type.element !== "i64" || attribute.type.shape.length !== 2)
      return undefined;
    const values = integersOf(attribute);
    if (!values) return undefined;
    const [rows, columns] = attribute.type.shape as [number, number];
    if (rows > longestList) return undefined;
    return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
  },
  encode: (value) => denseIntegers(value.flat(), [value.length, value[0]?.length ?? 0]),
};

/** `dense<…> : tensor<nx2xi64>`, also of no pairs. */
export const i64Pairs: AttributeKind<readonly (readonly number[])[]> = {
  description: "a two-dimensional tensor of 64-bit integers, two in a row",
  decode: (attribute) =>
    attribute.kind === "dense" && attribute.type.shape[1] === 2 ? i64Matrix.decode(attribute) : undefined,
  encode: (value) => denseIntegers(value.flat(), [value.length, 2]),
};

export const i64: AttributeKind<number> = integerKind("i64", "a 64-bit integer");

export const positiveI64: AttributeKind<number> = {
  ...i64,
  description: "a positive 64-bit integer",
  decode(attribute) {
    const value = i64.decode(attribute);
    return value !== undefined && value > 0 ? value : undefined;
  },
};

export const i32: AttributeKind<number> = integerKind("i32", "a 32-bit integer");
export const ui64: AttributeKind<number> = integerKind("ui64", "an unsigned 64-bit integer");
export const ui32: AttributeKind<number> = integerKind("ui32", "an unsigned 32-bit integer");

function integerKind(element: Element, description: string): AttributeKind<number> {
  return {
    description,
    syntax: { form: "number", element },
    decode: (attribute) => (isIntegerOf(element, attribute) ? Number(attribute.value) : undefined),
    encode: (value) => integerAttribute(value, element),
  };
}

function isIntegerOf(element: Element, attribute: Attribute): attribute is Attribute & { kind: "integer" } {
  return attribute.kind === "integer" && elementOf(attribute.type) === element;
}

export const boolean: AttributeKind<boolean> = {
  description: "a boolean",
  syntax: { form: "number", element: "i1" },
  decode(attribute) {
    return isIntegerOf("i1", attribute) ? attribute.value !== 0n : undefined;
  },
  encode: booleanAttribute,
};

export const string: AttributeKind<string> = {
  description: "a string",
  syntax: { form: "string" },
  decode: (attribute) => (attribute.kind === "string" ? attribute.value : undefined),
  encode: stringAttribute,
};

/** The name that an op defines, a string written `@name` in formats. */
export const symbolName: AttributeKind<string> = {
  ...string,
  description: "a symbol name",
  syntax: { form: "symbolName" },
};

/** `@name`; VHLO writes it as a string. */
export const symbol: AttributeKind<string> = {
  description: "a symbol reference",
  decode: (attribute) => (attribute.kind === "symbol" ? attribute.path.join("::") : undefined),
  encode: (value) => ({ kind: "symbol", path: [value] }),
  vhlo: {
    read(parts, name) {
      const part = parts[name];
      return part?.kind === "string" ? { kind: "symbol", path: [part.value] } : part;
    },
    write(attribute, name) {
      return { [name]: stringAttribute(attribute?.kind === "symbol" ? attribute.path.join("::") : "") };
    },
  },
};

export const symbolArray: AttributeKind<readonly string[]> = {
  description: "an array of symbol references",
  decode(attribute) {
    if (attribute.kind !== "array") return undefined;
    const names = attribute.elements.map((element) => symbol.decode(element));
    return names.every((name) => name !== undefined) ? names : undefined;
  },
  encode: (value) => ({ kind: "array", elements: value.map((name) => symbol.encode(name)) }),
  vhlo: {
    read(parts, name) {
      const part = parts[name];
      if (part?.kind !== "array") return part;
      return {
        kind: "array",
        elements: part.elements.map((e) => (e.kind === "string" ? symbol.encode(e.value) : e)),
      };
    },
    write(attribute, name) {
      const elements = attribute?.kind === "array" ? attribute.elements : [];
      return {
        [name]: { kind: "array", elements: elements.map((e) => stringAttribute(symbol.decode(e) ?? "")) },
      };
    },
  },
};

function isFloatOf(element: Element, attribute: Attribute): attribute is Attribute & { kind: "float" } {
  return attribute.kind === "float" && elementOf(attribute.type) === element;
}

export const f32: AttributeKind<number> = {
  description: "a 32-bit float",
  syntax: { form: "number", element: "f32" },
  decode(attribute) {
    if (!isFloatOf("f32", attribute)) return undefined;
    return new Float32Array(new Uint32Array([Number(BigInt.asUintN(32, attribute.bits))]).buffer)[0];
  },
  encode(value) {
    const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!;
    return { kind: "float", bits: BigInt(bits), type: { kind: "scalar", element: "f32" } };
  },
};

export const f64: AttributeKind<number> = {
  description: "a 64-bit float",
  syntax: { form: "number", element: "f64" },
  decode(attribute) {
    if (!isFloatOf("f64", attribute)) return undefined;
    return new Float64Array(new BigUint64Array([attribute.bits]).buffer)[0];
  },
  encode(value) {
    const bits = new BigUint64Array(new Float64Array([value]).buffer)[0]!;
    return { kind: "float", bits, type: { kind: "scalar", element: "f64" } };
  },
};

/** Any attribute at all, undecoded. */
export const any: AttributeKind<Attribute> = {
  description: "an attribute",
  decode: (attribute) => attribute,
  encode: (value) => value,
};

export const dictionary: AttributeKind<Attributes> = {
  description: "a dictionary",
  decode: (attribute) => (attribute.kind === "dictionary" ? attribute.entries : undefined),
  encode: (entries) => ({ kind: "dictionary", entries }),
};

export const array: AttributeKind<readonly Attribute[]> = {
  description: "an array of attributes",
  decode: (attribute) => (attribute.kind === "array" ? attribute.elements : undefined),
  encode: (elements) => ({ kind: "array", elements }),
};

export const type: AttributeKind<Type> = {
  description: "a type",
  decode: (attribute) => (attribute.kind === "type" ? attribute.type : undefined),
  encode: (value) => ({ kind: "type", type: value }),
};

/** `dense<…>` constants of any element type, or a resource. */
export const elements: AttributeKind<Attribute> = {
  description: "constant elements",
  decode: (attribute) =>
    attribute.kind === "dense" || attribute.kind === "resource" ? attribute : undefined,
  encode: (value) => value,
};

export interface EnumKind<V extends string> extends AttributeKind<V> {
  /** Full attribute name, `stablehlo.comparison_direction`. */
  readonly enumName: string;
  readonly values: readonly V[];
  /** Written `#dialect.name<VALUE>` instead of `#dialect<name VALUE>`. */
  readonly angled: boolean;
}

/** An enum attribute; `values` in the order of their codes in VHLO bytecode. */
export function enumeration<const V extends string>(
  name: string,
  values: readonly V[],
  angled = false,
): EnumKind<V> {
  return {
    description: `one of ${values.join(", ")}`,
    enumName: name,
    values,
    angled,
    syntax: { form: "enum", name, values },
    decode(attribute) {
      const known = attribute.kind === "enum" && attribute.name === name;
      return known && (values as readonly string[]).includes(attribute.value)
        ? (attribute.value as V)
        : undefined;
    },
    encode: (value) => enumAttribute(name, value),
  };
}

/** An array of attributes of one kind. */
export function arrayOf<T>(kind: AttributeKind<T>): AttributeKind<readonly T[]> {
  return {
    description: `an array, each element ${kind.description}`,
    decode(attribute) {
      if (attribute.kind !== "array") return undefined;
      const values: T[] = [];
      for (const element of attribute.elements) {
        const value = kind.decode(element);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    encode: (value) => ({ kind: "array", elements: value.map((v) => kind.encode(v)) }),
  };
}

export function elementOf(type: Type): ElementType | undefined {
  return "element" in type ? type.element : undefined;
}
