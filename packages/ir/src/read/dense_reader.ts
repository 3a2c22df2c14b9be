/** `dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>` and `array<i64: 1, 2>`. */
import type { Attribute } from "../model/attributes.ts";
import { bytesPerElement } from "../model/storage.ts";
import { type Element, isComplex, isElement, sameShape, sizeOf, type TensorType } from "../model/types.ts";
import type { AttributeReader } from "./attribute_reader.ts";
import { elementSink, hexBytes, isSplat, slotsOf, storageElement } from "./elements.ts";

/** Literals as they stand in the text: the type that says what they mean comes after them. */
interface Literals {
  /** Start and end offsets of each number, two numbers for a complex pair. */
  readonly offsets: number[];
  readonly strings: string[];
  /** Sizes of the nested lists; undefined for a single literal. */
  readonly shape: readonly number[] | undefined;
  readonly pairs: boolean;
}

export function readDense(reader: AttributeReader): Attribute {
  const { start } = reader;
  reader.expect("dense");
  reader.expect("<");
  const literals = reader.kind === ">" ? undefined : readLiterals(reader);
  reader.expect(">");
  reader.expect(":");
  const shaped = reader.type();
  if (shaped.kind === "vector") {
    return { kind: "foreign", text: reader.textFrom(start) };
  }
  const type =
    shaped.kind === "tensor" ? shaped : reader.fail("elements literal must be of a ranked tensor type");
  if (type.shape.includes(-1)) reader.fail("elements literal type must have static shape", start);
  const text = literals?.strings[0];
  if (literals && text !== undefined) return readStrings(reader, literals, type);
  const element = storageElement(type.element);
  if (!element) return reader.fail("elements of this type are not supported", start);
  const size = sizeOf(type.shape);
  if (!literals || (size === 0 && literals.shape)) {
    const shape = literals?.shape;
    const empty = size === 0 && (shape === undefined || sameShape(trimmed(shape), trimmed(type.shape)));
    if (!empty) reader.fail("elements literal does not match the shape of its type", start);
    return { kind: "dense", type, data: new Uint8Array(0), splat: false };
  }
  if (literals.shape && !sameShape(literals.shape, type.shape)) {
    const [given, wanted] = [literals.shape, type.shape].map((shape) => shape.join(", "));
    reader.fail(`inferred shape of elements literal ([${given}]) does not match type ([${wanted}])`, start);
  }
  return { kind: "dense", type, ...readNumbers(reader, literals, element) };
}

/** A shape up to its first 0: `dense<[]>` stands for any shape that starts so. */
function trimmed(shape: readonly number[]): readonly number[] {
  const zero = shape.indexOf(0);
  return zero < 0 ? shape : shape.slice(0, zero + 1);
}

function readLiterals(reader: AttributeReader): Literals {
  const offsets: number[] = [];
  const strings: string[] = [];
  let shape: number[] | undefined;
  let pairs = false;
  const literal = () => {
    if (reader.kind === "a string") {
      strings.push(reader.string());
    } else if (reader.take("(")) {
      pairs = true;
      number(reader, offsets);
      reader.expect(",");
      number(reader, offsets);
      reader.expect(")");
    } else {
      number(reader, offsets);
    }
  };
  const nestedList = (depth: number): void => {
    if (reader.kind !== "[") {
      if (depth !== (shape?.length ?? 0))
        reader.fail("tensor literal is invalid; ranks are not consistent between elements");
      return literal();
    }
    shape ??= [];
    reader.next();
    let count = 0;
    const first = shape.length === depth;
    if (first) shape.push(-1);
    else if (shape.length < depth)
      reader.fail("tensor literal is invalid; ranks are not consistent between elements");
    if (!reader.take("]")) {
      reader.nested(() => {
        do {
          nestedList(depth + 1);
          count++;
        } while (reader.take(","));
      });
      reader.expect("]");
    }
    if (shape[depth] === -1) shape[depth] = count;
    else if (shape[depth] !== count) {
      reader.fail("tensor literal is invalid; ranks are not consistent between elements");
    }
  };
  nestedList(0);
  return { offsets, strings, shape, pairs };
}

/** Skips a number and notes where it is. */
function number(reader: AttributeReader, offsets: number[]): void {
  const { start } = reader;
  if (reader.kind === "-") reader.next();
  const word = reader.kind === "an identifier" && (reader.sees("true") || reader.sees("false"));
  if (reader.kind !== "an integer" && reader.kind !== "a float" && !word) {
    reader.fail("expected element literal of primitive type");
  }
  offsets.push(start, reader.end);
  reader.next();
}

function readNumbers(reader: AttributeReader, literals: Literals, element: Element) {
  const { offsets, pairs } = literals;
  if (pairs !== isComplex(element)) {
    reader.fail(
      pairs ? "expected a complex element type" : "expected complex elements, written '(re, im)'",
      offsets[0],
    );
  }
  const slots = offsets.length / 2;
  const sink = elementSink(element, slots);
  for (let i = 0; i < slots; i++) {
    const start = offsets[2 * i]!;
    const end = offsets[2 * i + 1]!;
    const text = reader.source.slice(start, end);
    if (!sink.set(i, text)) reader.fail(`'${text}' is no value of ${element}`, start, end);
  }
  return asSplat(sink.bytes, element);
}

/** A constant whose elements are all the same holds one of them, as MLIR does. */
function asSplat(
  bytes: Uint8Array,
  element: Element,
): { readonly data: Uint8Array; readonly splat: boolean } {
  const size = bytesPerElement(element);
  const splat = bytes.length > 0 && isSplat(bytes, size);
  return { data: splat ? bytes.slice(0, size) : bytes, splat };
}

/** `dense<"0x…">` holds the bytes; any other strings are the elements. */
function readStrings(reader: AttributeReader, literals: Literals, type: TensorType): Attribute {
  const element = storageElement(type.element);
  const [text] = literals.strings;
  if (literals.shape || !element || text === undefined || isStringType(type)) {
    return { kind: "denseString", type, values: literals.strings };
  }
  const bytes = hexBytes(text);
  const size = bytesPerElement(element);
  const expected = sizeOf(type.shape) * size;
  if (!bytes || (bytes.length !== expected && bytes.length !== size)) {
    return reader.fail("elements hex string does not have the size of its type");
  }
  return { kind: "dense", type, ...asSplat(bytes, element) };
}

function isStringType(type: TensorType): boolean {
  return !isElement(type.element) && type.element.kind === "foreign" && type.element.text.startsWith("!");
}

export function readDenseArray(reader: AttributeReader): Attribute {
  reader.expect("array");
  reader.expect("<");
  const element = reader.element();
  if (!isElement(element) || slotsOf(element) === 2) return reader.fail("expected an integer or float type");
  const values: bigint[] = [];
  if (reader.take(":")) {
    do values.push(reader.arrayElement(element));
    while (reader.take(","));
  }
  reader.expect(">");
  return { kind: "denseArray", element, values };
}
