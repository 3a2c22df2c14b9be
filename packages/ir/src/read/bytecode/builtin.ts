/** The binary forms of MLIR's builtin attributes and types. */
import {
  type BuiltinAttribute,
  type BuiltinType,
  builtinAttributes,
  builtinTypes,
} from "../../declare/codes.ts";
import type { Attribute } from "../../model/attributes.ts";
import { type Location, unknownLocation } from "../../model/location.ts";
import { bytesPerElement } from "../../model/storage.ts";
import {
  bitWidth,
  type Element,
  type ElementType,
  type FloatElement,
  floats,
  isComplex,
  isElement,
  isFloat,
  isInteger,
  isUnsigned,
  scalar,
  signedIntegers,
  type Type,
  unsignedIntegers,
} from "../../model/types.ts";
import { denseAttribute } from "./dense.ts";
import type { DialectEncoding } from "./entries.ts";
import type { EntryReader } from "./entry_reader.ts";

export const builtinEncoding: DialectEncoding = {
  attribute(reader, code) {
    const name = builtinAttributes[code];
    return name
      ? attributeReaders[name](reader)
      : reader.fail(`${code} is not the code of a builtin attribute`);
  },
  type(reader, code) {
    const name = builtinTypes[code];
    return name ? typeReaders[name](reader) : reader.fail(`${code} is not the code of a builtin type`);
  },
};

const attributeReaders: Readonly<Record<BuiltinAttribute, (reader: EntryReader) => Attribute>> = {
  array: (reader) => ({ kind: "array", elements: reader.attributes() }),
  dictionary: (reader) => dictionary(reader.list(() => [reader.text(), reader.attribute()])),
  string: (reader) => ({ kind: "string", value: reader.string() }),
  typedString: (reader) => ({ kind: "string", value: reader.string(), type: reader.type() }),
  flatSymbol: (reader) => ({ kind: "symbol", path: [reader.text()] }),
  symbol: (reader) => ({ kind: "symbol", path: [reader.text(), ...reader.list(() => flatSymbol(reader))] }),
  type: (reader) => ({ kind: "type", type: reader.type() }),
  unit: () => ({ kind: "unit" }),
  integer: (reader) => integer(reader, reader.type()),
  float: (reader) => float(reader, reader.type()),
  callLocation: (reader) => located({ kind: "call", callee: reader.location(), caller: reader.location() }),
  fileLocation: (reader) =>
    located({
      kind: "file",
      file: reader.text(),
      line: reader.cursor.varint(),
      column: reader.cursor.varint(),
    }),
  fusedLocation: (reader) => located({ kind: "fused", locations: reader.list(() => reader.location()) }),
  fusedLocationWithMetadata: (reader) =>
    located({ kind: "fused", locations: reader.list(() => reader.location()), metadata: reader.attribute() }),
  nameLocation: (reader) => named(reader.text(), reader.location()),
  unknownLocation: () => located(unknownLocation),
  denseResource: (reader) => {
    const type = reader.type();
    const key = reader.resource();
    return type.kind === "tensor"
      ? { kind: "resource", key, type }
      : reader.fail("a resource needs a tensor type");
  },
  denseArray,
  dense: (reader) => denseAttribute(reader, reader.type(), reader.blob()),
  denseString,
  sparse: (reader) => reader.fail("sparse elements do not occur in StableHLO"),
  distinct: (reader) => reader.fail("distinct attributes do not occur in StableHLO"),
  fileRangeLocation: fileRange,
};

const typeReaders: Readonly<Record<BuiltinType, (reader: EntryReader) => Type>> = {
  integer: integerType,
  index: () => scalar({ kind: "foreign", text: "index" }),
  function: (reader) => ({ kind: "function", inputs: reader.types(), results: reader.types() }),
  ...floatTypes(),
  tf32: () => scalar({ kind: "foreign", text: "tf32" }),
  f80: () => scalar({ kind: "foreign", text: "f80" }),
  f128: () => scalar({ kind: "foreign", text: "f128" }),
  complex: (reader) => scalar(complexOf(reader.element())),
  memref: (reader) => memref(reader),
  memrefInSpace: (reader) => reader.fail("memory spaces do not occur in StableHLO"),
  none: () => ({ kind: "none" }),
  tensor: (reader) => ({ kind: "tensor", shape: reader.shape(), element: reader.element() }),
  tensorWithEncoding: (reader) => {
    const encoding = reader.attribute();
    return { kind: "tensor", shape: reader.shape(), element: reader.element(), encoding };
  },
  tuple: (reader) => ({ kind: "tuple", types: reader.types() }),
  unrankedMemref: (reader) => reader.fail("unranked memrefs do not occur in StableHLO"),
  unrankedMemrefInSpace: (reader) => reader.fail("unranked memrefs do not occur in StableHLO"),
  unranked: (reader) => ({ kind: "unranked", element: reader.element() }),
  vector: (reader) => ({ kind: "vector", shape: reader.shape(), element: reader.element() }),
  scalableVector: (reader) => reader.fail("scalable vectors do not occur in StableHLO"),
};

function floatTypes(): Readonly<Record<FloatElement, () => Type>> {
  const readers = floats.map((element) => [element, () => scalar(element)] as const);
  return Object.fromEntries(readers) as Record<FloatElement, () => Type>;
}

/** A dictionary attribute; an object of MLIR's making may well have a key `__proto__`. */
export function dictionary(pairs: readonly (readonly [string, Attribute])[]): Attribute {
  return { kind: "dictionary", entries: Object.fromEntries(pairs) };
}

function flatSymbol(reader: EntryReader): string {
  const attribute = reader.attribute();
  const flat = attribute.kind === "symbol" && attribute.path.length === 1;
  return flat ? attribute.path[0]! : reader.fail("a flat symbol is expected");
}

/** An integer attribute of `type`, which says the width and the sign. */
export function integer(reader: EntryReader, type: Type): Attribute {
  const element = type.kind === "scalar" ? type.element : undefined;
  const width = element === undefined ? undefined : integerWidth(element);
  if (element === undefined || width === undefined)
    return reader.fail("an integer attribute needs an integer type");
  const bits = reader.bits(width);
  const unsigned =
    element === "i1" ||
    isUnsigned(element) ||
    (typeof element === "object" && element.kind === "foreign" && element.text[0] === "u");
  return { kind: "integer", value: unsigned ? bits : BigInt.asIntN(width, bits), type };
}

function integerWidth(element: ElementType): number | undefined {
  if (isElement(element)) return isInteger(element) ? bitWidth(element) : undefined;
  if (element.kind !== "foreign") return undefined;
  if (element.text === "index") return 64;
  const width = /^[su]?i(\d+)$/.exec(element.text)?.[1];
  return width === undefined ? undefined : Number(width);
}

const foreignFloatWidths: Readonly<Record<string, number>> = { tf32: 19, f80: 80, f128: 128 };

export function float(reader: EntryReader, type: Type): Attribute {
  const element = type.kind === "scalar" ? type.element : undefined;
  if (element !== undefined && isFloat(element))
    return { kind: "float", bits: reader.bits(bitWidth(element)), type };
  const foreign = typeof element === "object" && element.kind === "foreign" ? element.text : "";
  const width = Object.hasOwn(foreignFloatWidths, foreign) ? foreignFloatWidths[foreign] : undefined;
  if (width === undefined) return reader.fail("a float attribute needs a float type");
  return { kind: "float", bits: reader.bits(width), type };
}

const integerElements = new Set<string>(["i1", ...signedIntegers, ...unsignedIntegers]);
const maximalIntegerWidth = 2 ** 24 - 1;

/** `width << 2 | signedness`: 0 for signless, 1 for signed, 2 for unsigned. */
function integerType(reader: EntryReader): Type {
  const word = reader.cursor.varint();
  const prefix = ["i", "si", "ui"][word % 4];
  const width = Math.floor(word / 4);
  if (prefix === undefined || width > maximalIntegerWidth)
    return reader.fail(`${word} does not describe an integer type`);
  const text = `${prefix}${width}`;
  return scalar(integerElements.has(text) ? (text as Element) : { kind: "foreign", text });
}

export function complexOf(element: ElementType): ElementType {
  if (element === "f32") return "complex<f32>";
  if (element === "f64") return "complex<f64>";
  return { kind: "foreign", text: `complex<${typeof element === "string" ? element : element.kind}>` };
}

/** The layout of a memref is an affine map, which StableHLO's are never more than the identity. */
function memref(reader: EntryReader): Type {
  const shape = reader.shape();
  const element = reader.element();
  reader.attribute();
  return { kind: "memref", shape, element };
}

function located(location: Location): Attribute {
  return { kind: "location", location };
}

function named(name: string, child: Location): Attribute {
  return located(child.kind === "unknown" ? { kind: "name", name } : { kind: "name", name, child });
}

/** Nothing, a line, a line and column, a line with two columns, or two lines with two columns. */
function fileRange(reader: EntryReader): Attribute {
  const file = reader.text();
  const [line = 0, column = 0, third, fourth, ...more] = reader.unsignedNumbers();
  if (more.length > 0) return reader.fail("a file range has at most four numbers");
  if (third === undefined) return located({ kind: "file", file, line, column });
  const end =
    fourth === undefined ? { endLine: line, endColumn: third } : { endLine: third, endColumn: fourth };
  return located({ kind: "file", file, line, column, ...end });
}

function denseArray(reader: EntryReader): Attribute {
  const element = reader.element();
  const size = reader.cursor.varint();
  const blob = reader.blob();
  if (!isElement(element) || isComplex(element))
    return reader.fail("an array needs an integer or float type");
  const width = bytesPerElement(element);
  if (blob.length !== size * width)
    return reader.fail(`${blob.length} bytes cannot be ${size} elements of ${width} bytes`);
  return { kind: "denseArray", element, values: wordsOf(blob, element, width) };
}

function wordsOf(
  blob: Uint8Array,
  element: Exclude<Element, FloatElement> | FloatElement,
  width: number,
): bigint[] {
  const values: bigint[] = [];
  const signed = isInteger(element) && !isUnsigned(element) && element !== "i1";
  for (let at = 0; at < blob.length; at += width) {
    let bits = 0n;
    for (let i = width - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(blob[at + i]!);
    values.push(signed ? BigInt.asIntN(bitWidth(element), bits) : element === "i1" ? (bits ? 1n : 0n) : bits);
  }
  return values;
}

function denseString(reader: EntryReader): Attribute {
  const type = reader.type();
  if (type.kind !== "tensor") return reader.fail("string elements need a tensor type");
  reader.cursor.varint();
  const values: string[] = [];
  while (!reader.cursor.done) values.push(reader.string());
  return { kind: "denseString", type, values };
}
