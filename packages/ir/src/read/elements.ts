/** Constants: the literals of `dense<…>` and `array<…>` to the bytes that hold them. */
import { floatCodec } from "../model/floats.ts";
import { bytesOf, type Storage, viewOf } from "../model/storage.ts";
import {
  bitWidth,
  type Element,
  type ElementType,
  isComplex,
  isElement,
  isFloat,
  isUnsigned,
  realElement,
} from "../model/types.ts";

/** Element whose host layout an element type has in constants; `index` is held as i64. */
export function storageElement(element: ElementType): Element | undefined {
  if (isElement(element)) return element;
  if (element.kind === "foreign") return element.text === "index" ? "i64" : undefined;
  return element.storage;
}

/**
 * Bit pattern of a float literal, decimal or hexadecimal bits; undefined when the text is neither or does not fit.
 * Decimal literals round to nearest, ties to even.
 */
export function floatBits(text: string, element: Element): bigint | undefined {
  if (/^-?0x/.test(text)) {
    const bits = text.startsWith("-") ? undefined : BigInt(text);
    return bits !== undefined && bits < 1n << BigInt(bitWidth(element)) ? bits : undefined;
  }
  return text.includes(".") ? bitsOfNumber(Number(text), element) : undefined;
}

const double = new Float64Array(1);
const doubleBits = new BigUint64Array(double.buffer);
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

export function bitsOfNumber(value: number, element: Element): bigint | undefined {
  if (element === "f64") {
    double[0] = value;
    return doubleBits[0]!;
  }
  if (element === "f32") {
    single[0] = value;
    return BigInt(singleBits[0]!);
  }
  return isFloat(element) ? BigInt(floatCodec(element).encode(value)) : undefined;
}

/** Value of an integer literal that fits the type, as its signedness says; undefined when it does not. */
export function integerValue(text: string, element: Element): bigint | undefined {
  if (text === "true" || text === "false") return element === "i1" ? (text === "true" ? 1n : 0n) : undefined;
  if (text.length > 400 || !/^-?(?:\d+|0x[\da-fA-F]+)$/.test(text)) return undefined;
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  const width = bitWidth(element);
  const bits = BigInt(width);
  // A signless type takes the numbers of both signednesses; i1 is 0, 1 and -1.
  const least = isUnsigned(element) ? 0n : -(1n << (bits - 1n));
  if (value < least || value >= 1n << bits) return undefined;
  if (element === "i1") return value === 0n ? 0n : 1n;
  return isUnsigned(element) ? value : BigInt.asIntN(width, value);
}

/** Writes literals into typed arrays by the element type, one slot at a time. */
export interface ElementSink {
  /** False when the literal is not one of the type. */
  set(index: number, text: string): boolean;
  readonly bytes: Uint8Array;
}

/** `slots` counts numbers, two for a complex element. */
export function elementSink(element: Element, slots: number): ElementSink {
  const part = realElement(element);
  const bytesPerSlot = Math.max(1, bitWidth(part) >> 3);
  const bytes = new Uint8Array(slots * bytesPerSlot);
  const data = viewOf(part, bytes);
  return { bytes, set: setter(part, data) };
}

function setter(element: Element, data: Storage): ElementSink["set"] {
  if (element === "f32" || element === "f64") {
    const numbers = data as Float32Array | Float64Array;
    return (index, text) => {
      if (/^\d+\.|^-\d+\./.test(text)) {
        numbers[index] = Number(text);
        return true;
      }
      const bits = floatBits(text, element);
      if (bits === undefined) return false;
      setBits(data, index, bits);
      return true;
    };
  }
  if (isFloat(element)) {
    return (index, text) => {
      const bits = floatBits(text, element);
      if (bits === undefined) return false;
      setBits(data, index, bits);
      return true;
    };
  }
  return (index, text) => {
    const value = integerValue(text, element);
    if (value === undefined) return false;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = value;
    else data[index] = Number(value);
    return true;
  };
}

function setBits(data: Storage, index: number, bits: bigint): void {
  const bytes = bytesOf(data);
  const width = data.BYTES_PER_ELEMENT;
  for (let i = 0; i < width; i++) bytes[index * width + i] = Number((bits >> BigInt(8 * i)) & 0xffn);
}

/** Bytes of a `"0x…"` string; undefined when it is no hexadecimal text. */
export function hexBytes(text: string): Uint8Array | undefined {
  const digits = /^0x([\da-fA-F]*)$/.exec(text)?.[1];
  if (digits === undefined || digits.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (hexDigit(digits.charCodeAt(2 * i)) << 4) | hexDigit(digits.charCodeAt(2 * i + 1));
  }
  return bytes;
}

function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code & 0xdf) - 0x37;
}

/** Whether all `size`-byte elements are the same. */
export function isSplat(bytes: Uint8Array, size: number): boolean {
  for (let i = size; i < bytes.length; i++) if (bytes[i] !== bytes[i - size]) return false;
  return true;
}

export function slotsOf(element: Element): number {
  return isComplex(element) ? 2 : 1;
}
