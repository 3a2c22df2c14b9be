/** Conversions between element types, by value and by bits. */
import { floatCodec } from "../../model/floats.ts";
import { allocate, bytesOf, type Storage, viewOf } from "../../model/storage.ts";
import {
  bitWidth,
  type Element,
  type FloatElement,
  type IntegerElement,
  isInteger,
  isUnsigned,
  realElement,
  sizeOf,
} from "../../model/types.ts";
import { exponentOf, roundNearestEven } from "../element/math.ts";
import {
  type Bigints,
  bigintsOf,
  type Floats,
  floatsOf,
  floatWork,
  kindOf,
  narrowFloats,
  narrowIntegers,
} from "../element/work.ts";
import { elementCount, type Tensor, tensorOf } from "../tensor.ts";
import { mapToReal, mapUnary, testFloats } from "./elementwise.ts";
import { pairElements } from "./view.ts";

// By value -------------------------------------------------------------------------------------------------------

/** Each element as the nearest value of another type; integers take the low bits of integers, and the nearest of floats. */
export function convertTensor(operand: Tensor, element: Element): Tensor {
  const from = operand.type.element;
  if (from === element) return operand;
  const toComplex = kindOf(element) === "complex";
  if (kindOf(from) === "complex") {
    if (toComplex) return tensorOf(operand.type.shape, element, resized(floatsOf(operand), element));
    return convertTensor(
      mapToReal(({ re }) => re, operand),
      element,
    );
  }
  if (toComplex) {
    const re = convertTensor(operand, realElement(element));
    return pairElements(re, mapUnary({ float: () => 0 }, re));
  }
  return tensorOf(operand.type.shape, element, convertData(operand, element));
}

function resized(parts: Floats, element: Element): Floats {
  return element === "complex<f32>" ? new Float32Array(parts) : new Float64Array(parts);
}

function convertData(operand: Tensor, element: Element): Storage {
  switch (kindOf(element)) {
    case "boolean":
      return isNonZero(operand);
    case "integer":
      return toIntegers(operand, element as IntegerElement);
    case "bigint":
      return toBigints(operand, element as IntegerElement);
    default:
      return narrowFloats(element as FloatElement, toFloats(operand, element as FloatElement));
  }
}

function isNonZero(operand: Tensor): Uint8Array {
  if (kindOf(operand.type.element) === "float") return testFloats((x) => x !== 0, operand).data as Uint8Array;
  const { data } = operand;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(data[i]) !== 0 ? 1 : 0;
  return out;
}

function toIntegers(operand: Tensor, element: IntegerElement): Storage {
  const width = bitWidth(element);
  const size = elementCount(operand);
  const out = isUnsigned(element) ? new Uint32Array(size) : new Int32Array(size);
  const kind = kindOf(operand.type.element);
  if (kind === "float") {
    const [lowest, highest] = isUnsigned(element)
      ? [0, 2 ** width - 1]
      : [-(2 ** (width - 1)), 2 ** (width - 1) - 1];
    const x = floatsOf(operand);
    // NaN stores as 0; storing truncates toward zero.
    for (let i = 0; i < size; i++) out[i] = Math.min(Math.max(x[i]!, lowest), highest);
  } else if (kind === "bigint") {
    const x = bigintsOf(operand);
    for (let i = 0; i < size; i++) out[i] = Number(BigInt.asIntN(32, x[i]!));
  } else {
    out.set(operand.data as Int32Array);
  }
  return narrowIntegers(element, out);
}

function toBigints(operand: Tensor, element: IntegerElement): Bigints {
  const out = allocate(element, elementCount(operand)) as Bigints;
  const kind = kindOf(operand.type.element);
  if (kind === "bigint") {
    const x = bigintsOf(operand);
    for (let i = 0; i < out.length; i++) out[i] = x[i]!;
  } else if (kind === "float") {
    const [lowest, highest] = isUnsigned(element) ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
    const [low, high] = [Number(lowest), Number(highest)];
    const x = floatsOf(operand);
    for (let i = 0; i < out.length; i++) out[i] = clampToBigint(x[i]!, low, high, lowest, highest);
  } else {
    const x = operand.data as Int32Array;
    for (let i = 0; i < out.length; i++) out[i] = BigInt(x[i]!);
  }
  return out;
}

function clampToBigint(x: number, low: number, high: number, lowest: bigint, highest: bigint): bigint {
  if (Number.isNaN(x)) return 0n;
  if (x >= high) return highest;
  return x <= low ? lowest : BigInt(Math.trunc(x));
}

function toFloats(operand: Tensor, element: FloatElement): Floats {
  if (kindOf(operand.type.element) === "float") return floatsOf(operand);
  const out = floatWork(element, elementCount(operand));
  if (kindOf(operand.type.element) === "bigint") {
    const x = bigintsOf(operand);
    for (let i = 0; i < out.length; i++) out[i] = element === "f64" ? Number(x[i]!) : roundToOdd(x[i]!);
  } else {
    const x = operand.data as Int32Array;
    for (let i = 0; i < out.length; i++) out[i] = x[i]!;
  }
  return out;
}

/** A double from which rounding to a shorter float gives what rounding `x` itself would: dropped bits stick. */
function roundToOdd(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  const spare = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  const kept = magnitude >> spare;
  const odd = kept << spare === magnitude ? kept : kept | 1n;
  return Number(x < 0n ? -odd : odd) * 2 ** Number(spare);
}

// By bits --------------------------------------------------------------------------------------------------------

/** The bits of all elements in order, the first element lowest, as elements of another type (spec: bitcast_convert). */
export function bitcastTensor(operand: Tensor, shape: readonly number[], element: Element): Tensor {
  const widths = [bitWidth(operand.type.element), bitWidth(element)] as const;
  // The host layout is little endian, so that whole bytes need no rearrangement.
  if (widths.every((width) => width >= 8))
    return tensorOf(shape, element, viewOf(element, bytesOf(operand.data)));
  return tensorOf(shape, element, unpackBits(packBits(operand), element, sizeOf(shape)));
}

function packBits({ type, data }: Tensor): Uint8Array {
  const width = bitWidth(type.element);
  const bytes = bytesOf(data);
  if (width >= 8) return bytes;
  const packed = new Uint8Array(Math.ceil((bytes.length * width) / 8));
  bytes.forEach((byte, i) => {
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      packed[at >> 3]! |= ((byte >> bit) & 1) << (at & 7);
    }
  });
  return packed;
}

function unpackBits(packed: Uint8Array, element: Element, size: number): Storage {
  const width = bitWidth(element);
  if (width >= 8) return viewOf(element, packed);
  const values = new Int32Array(size);
  for (let at = 0; at < size * width; at++) {
    values[Math.floor(at / width)]! |= ((packed[at >> 3]! >> (at & 7)) & 1) << (at % width);
  }
  return isInteger(element) && element !== "i1" ? narrowIntegers(element, values) : new Uint8Array(values);
}

/** Integers that compare as IEEE 754's totalOrder does: negative NaN, -infinity, …, -0, +0, …, infinity, NaN. */
export function totalOrder(operand: Tensor): Tensor {
  const { shape, element } = operand.type;
  if (element === "f64") {
    const bits = new BigInt64Array(bytesOf(operand.data).slice().buffer);
    for (let i = 0; i < bits.length; i++) bits[i] = bits[i]! < 0n ? bits[i]! ^ 0x7fffffffffffffffn : bits[i]!;
    return tensorOf(shape, "i64", bits);
  }
  if (kindOf(element) !== "float") return operand;
  const spare = 32 - bitWidth(element);
  const bits =
    element === "f32"
      ? new Int32Array(bytesOf(operand.data).slice().buffer)
      : new Int32Array(operand.data as Uint8Array);
  for (let i = 0; i < bits.length; i++) {
    const signed = (bits[i]! << spare) >> spare;
    bits[i] = signed ^ ((signed >> 31) >>> (spare + 1));
  }
  return tensorOf(shape, "i32", bits);
}

// Fewer bits -----------------------------------------------------------------------------------------------------

/** Bits of the exponent and of the stored mantissa. */
export interface Precision {
  readonly exponentBits: number;
  readonly mantissaBits: number;
}

/** Each float rounded to `precision`; beyond its exponents lie infinity and zero (spec: reduce_precision). */
export function roundToPrecision(operand: Tensor, precision: Precision): Tensor {
  const source = precisionOf(operand.type.element as FloatElement);
  return mapUnary({ float: (x) => reduce(x, precision, source) }, operand);
}

function precisionOf(element: FloatElement): Precision {
  if (element === "f64") return { exponentBits: 11, mantissaBits: 52 };
  if (element === "f32") return { exponentBits: 8, mantissaBits: 23 };
  return floatCodec(element);
}

function reduce(x: number, { exponentBits, mantissaBits }: Precision, source: Precision): number {
  if (Number.isNaN(x)) return mantissaBits > 0 ? x : Infinity;
  if (x === 0 || !Number.isFinite(x)) return x;
  let rounded = x;
  if (mantissaBits < source.mantissaBits) {
    const lowest = 2 - 2 ** (source.exponentBits - 1);
    const step = 2 ** (Math.max(exponentOf(x), lowest) - mantissaBits);
    rounded = roundNearestEven(x / step) * step;
  }
  if (exponentBits >= source.exponentBits) return rounded;
  const highest = 2 ** (exponentBits - 1) - 1;
  const exponent = exponentOf(rounded);
  if (exponent > highest) return Infinity * Math.sign(x);
  return exponent <= -highest ? 0 * x : rounded;
}
