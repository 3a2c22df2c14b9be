/** The binary forms of MLIR's builtin attributes and types; false where there is none and the text stands in. */
import {
  type BuiltinAttribute,
  type BuiltinType,
  builtinAttributes,
  builtinTypes,
} from "../../declare/codes.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { Location } from "../../model/location.ts";
import { bytesPerElement } from "../../model/storage.ts";
import {
  bitWidth,
  type ElementType,
  isComplex,
  isElement,
  isInteger,
  isUnsigned,
  realElement,
  sizeOf,
  type Type,
} from "../../model/types.ts";
import { denseBytes } from "./dense.ts";
import type { Encoded } from "./entries.ts";
import type { EntryWriter } from "./entry_writer.ts";
import { floatWidth, integerWidth } from "./integers.ts";

function attributeCode(writer: EntryWriter, name: BuiltinAttribute): void {
  writer.varint(builtinAttributes.indexOf(name));
}

function typeCode(writer: EntryWriter, name: BuiltinType): void {
  writer.varint(builtinTypes.indexOf(name));
}

export function writeBuiltinAttribute(writer: EntryWriter, attribute: Attribute): boolean {
  switch (attribute.kind) {
    case "array":
      attributeCode(writer, "array");
      writer.attributes(attribute.elements);
      return true;
    case "string":
      attributeCode(writer, attribute.type ? "typedString" : "string");
      writer.string(attribute.value);
      if (attribute.type) writer.type(attribute.type);
      return true;
    case "symbol":
      return symbol(writer, attribute.path);
    case "type":
      attributeCode(writer, "type");
      writer.type(attribute.type);
      return true;
    case "unit":
      attributeCode(writer, "unit");
      return true;
    case "integer":
      return number(writer, "integer", attribute.type, attribute.value, integerWidth);
    case "float":
      return number(writer, "float", attribute.type, attribute.bits, floatWidth);
    case "denseArray":
      return denseArray(writer, attribute.element, attribute.values);
    case "dense":
      if (!hasRawElements(attribute.type.element)) return false;
      attributeCode(writer, "dense");
      writer.type(attribute.type);
      writer.blob(denseBytes(attribute));
      return true;
    case "denseString":
      return denseString(writer, attribute);
    case "resource":
      attributeCode(writer, "denseResource");
      writer.type(attribute.type);
      writer.resource(attribute.key);
      return true;
    case "location":
      return location(writer, attribute.location);
    // A dictionary's values may belong to another dialect: see writeDictionary.
    case "dictionary":
    case "enum":
    case "record":
    case "foreign":
      return false;
  }
}

export function writeDictionary(writer: EntryWriter, pairs: readonly (readonly [string, Encoded])[]): void {
  attributeCode(writer, "dictionary");
  writer.list(pairs, ([name, value]) => {
    writer.text(name);
    writer.encoded(value);
  });
}

function symbol(writer: EntryWriter, [root, ...nested]: readonly string[]): boolean {
  attributeCode(writer, nested.length > 0 ? "symbol" : "flatSymbol");
  writer.text(root!);
  if (nested.length > 0) writer.attributes(nested.map((name) => ({ kind: "symbol", path: [name] })));
  return true;
}

function number(
  writer: EntryWriter,
  name: "integer" | "float",
  type: Type,
  value: bigint,
  widthOf: (element: ElementType) => number | undefined,
): boolean {
  const width = type.kind === "scalar" ? widthOf(type.element) : undefined;
  if (width === undefined) return false;
  attributeCode(writer, name);
  writer.type(type);
  writer.bits(value, width);
  return true;
}

function denseArray(writer: EntryWriter, element: ElementType, values: readonly bigint[]): boolean {
  if (!isElement(element) || isComplex(element)) return false;
  const width = bytesPerElement(element);
  const bytes = new Uint8Array(values.length * width);
  values.forEach((value, i) => {
    for (let byte = 0, rest = BigInt.asUintN(bitWidth(element), value); byte < width; byte++, rest >>= 8n)
      bytes[i * width + byte] = Number(rest & 0xffn);
  });
  attributeCode(writer, "denseArray");
  writer.element(element);
  writer.varint(values.length);
  writer.blob(bytes);
  return true;
}

function denseString(writer: EntryWriter, { type, values }: Attribute & { readonly kind: "denseString" }) {
  attributeCode(writer, "denseString");
  writer.type(type);
  writer.varint(values.length === 1 && sizeOf(type.shape) !== 1 ? 1 : 0);
  for (const value of values) writer.string(value);
  return true;
}

function hasRawElements(element: ElementType): boolean {
  return isElement(element) || (element.kind === "foreign" && element.text === "index");
}

function location(writer: EntryWriter, location: Location): boolean {
  switch (location.kind) {
    case "unknown":
      attributeCode(writer, "unknownLocation");
      return true;
    case "file": {
      const { file, line, column, endLine, endColumn } = location;
      attributeCode(writer, "fileRangeLocation");
      writer.text(file);
      const end = endLine === undefined || endLine === line ? [] : [endLine];
      const numbers = endColumn === undefined ? [line, column] : [line, column, ...end, endColumn];
      writer.list(numbers, (value) => writer.varint(value));
      return true;
    }
    case "name":
      attributeCode(writer, "nameLocation");
      writer.text(location.name);
      writer.location(location.child ?? { kind: "unknown" });
      return true;
    case "call":
      attributeCode(writer, "callLocation");
      writer.location(location.callee);
      writer.location(location.caller);
      return true;
    case "fused":
      attributeCode(writer, location.metadata ? "fusedLocationWithMetadata" : "fusedLocation");
      writer.list(location.locations, (part) => writer.location(part));
      if (location.metadata) writer.attribute(location.metadata);
      return true;
  }
}

/** Before 1.9.0, MLIR knew only positions in files, not ranges. */
export function writeFilePosition(writer: EntryWriter, location: Location & { readonly kind: "file" }): void {
  attributeCode(writer, "fileLocation");
  writer.text(location.file);
  writer.varint(location.line);
  writer.varint(location.column);
}

export function writeBuiltinType(writer: EntryWriter, type: Type): boolean {
  switch (type.kind) {
    case "scalar":
      return element(writer, type.element);
    case "tensor":
      typeCode(writer, type.encoding ? "tensorWithEncoding" : "tensor");
      if (type.encoding) writer.attribute(type.encoding);
      writer.shape(type.shape);
      writer.element(type.element);
      return true;
    case "unranked":
      typeCode(writer, "unranked");
      writer.element(type.element);
      return true;
    case "memref":
      typeCode(writer, "memref");
      writer.shape(type.shape);
      writer.element(type.element);
      writer.attribute({ kind: "foreign", text: identityMap(type.shape.length) });
      return true;
    case "vector":
      typeCode(writer, "vector");
      writer.shape(type.shape);
      writer.element(type.element);
      return true;
    case "none":
      typeCode(writer, "none");
      return true;
    case "tuple":
      typeCode(writer, "tuple");
      writer.types(type.types);
      return true;
    case "function":
      typeCode(writer, "function");
      writer.types(type.inputs);
      writer.types(type.results);
      return true;
    case "token":
    case "future":
    case "foreign":
      return false;
  }
}

/** Only the floats that have had a number from the beginning: a reader of 2024 takes the others as text. */
const numberedFloats = ["bf16", "f16", "f32", "f64", "f80", "f128"] as const;

/** `width << 2 | signedness` for integers: 0 for signless, 1 for signed, 2 for unsigned. */
function element(writer: EntryWriter, element: ElementType): boolean {
  if (typeof element === "object" && element.kind === "quantized") return false;
  const text = typeof element === "string" ? element : element.text;
  const float = numberedFloats.find((name) => name === text);
  const width = integerWidth(element);
  if (float) typeCode(writer, float);
  else if (text === "index") typeCode(writer, "index");
  else if (width !== undefined) {
    typeCode(writer, "integer");
    const unsigned =
      text.startsWith("u") || (isElement(element) && isInteger(element) && isUnsigned(element));
    writer.varint(width * 4 + (unsigned ? 2 : text.startsWith("s") ? 1 : 0));
  } else if (isComplex(element)) {
    typeCode(writer, "complex");
    writer.element(realElement(element));
  } else return false;
  return true;
}

function identityMap(rank: number): string {
  const dimensions = Array.from({ length: rank }, (_, d) => `d${d}`).join(", ");
  return `affine_map<(${dimensions}) -> (${dimensions})>`;
}
