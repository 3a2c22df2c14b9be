/**
 * Floating-point formats of 4 to 16 bits: bit patterns to numbers and back. Every value of these formats is a double;
 * a double rounds to the nearest value, ties to even. f32 and f64 need no code: JavaScript has them.
 */
import type { Element, FloatElement } from "./types.ts";

export type SmallFloat = Exclude<FloatElement, "f32" | "f64">;

interface Format {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** Bit pattern (without sign) of the largest finite value. */
  readonly largest: number;
  /** What lies beyond the largest value: infinity, NaN, or nothing, so that the largest value stands for more. */
  readonly overflow: "infinity" | "nan" | "saturate";
  /** Bit pattern of NaN; formats that are finite only have none. */
  readonly nan?: number;
  /** No negative zero; its bit pattern is the only NaN. */
  readonly unsignedZero?: true;
}

/** A format with infinities and NaNs in the highest exponent, as IEEE 754 has them. */
function ieee(exponentBits: number, mantissaBits: number): Format {
  const infinity = ((1 << exponentBits) - 1) << mantissaBits;
  const nan = infinity | (1 << (mantissaBits - 1));
  const bias = (1 << (exponentBits - 1)) - 1;
  return { exponentBits, mantissaBits, bias, largest: infinity - 1, overflow: "infinity", nan };
}

/** Finite values and NaN of all ones. */
function finiteAndNaN(exponentBits: number, mantissaBits: number): Format {
  const nan = (1 << (exponentBits + mantissaBits)) - 1;
  const bias = (1 << (exponentBits - 1)) - 1;
  return { exponentBits, mantissaBits, bias, largest: nan - 1, overflow: "nan", nan };
}

/** Finite values only. */
function finiteOnly(exponentBits: number, mantissaBits: number): Format {
  const largest = (1 << (exponentBits + mantissaBits)) - 1;
  return { exponentBits, mantissaBits, bias: (1 << (exponentBits - 1)) - 1, largest, overflow: "saturate" };
}

/** Finite values, one zero, and the bit pattern of negative zero for NaN. */
function unsignedZero(exponentBits: number, mantissaBits: number, bias: number): Format {
  const largest = (1 << (exponentBits + mantissaBits)) - 1;
  const nan = largest + 1;
  return { exponentBits, mantissaBits, bias, largest, overflow: "nan", nan, unsignedZero: true };
}

/** f8E8M0FNU is a power of two without sign or zero: it has functions of its own below. */
const formats: Record<Exclude<SmallFloat, "f8E8M0FNU">, Format> = {
  f4E2M1FN: finiteOnly(2, 1),
  f6E2M3FN: finiteOnly(2, 3),
  f6E3M2FN: finiteOnly(3, 2),
  f8E3M4: ieee(3, 4),
  f8E4M3: ieee(4, 3),
  f8E4M3FN: finiteAndNaN(4, 3),
  f8E4M3FNUZ: unsignedZero(4, 3, 8),
  f8E4M3B11FNUZ: unsignedZero(4, 3, 11),
  f8E5M2: ieee(5, 2),
  f8E5M2FNUZ: unsignedZero(5, 2, 16),
  bf16: ieee(8, 7),
  f16: ieee(5, 10),
};

function decodePattern(format: Format, bits: number): number {
  const { exponentBits, mantissaBits, bias } = format;
  const signBit = 1 << (exponentBits + mantissaBits);
  if (format.unsignedZero && bits === signBit) return NaN;
  const magnitude = bits & (signBit - 1);
  const sign = bits & signBit ? -1 : 1;
  if (magnitude > format.largest) {
    return format.overflow === "infinity" && (magnitude & ((1 << mantissaBits) - 1)) === 0
      ? sign * Infinity
      : NaN;
  }
  const exponent = magnitude >> mantissaBits;
  const fraction = (magnitude & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

function encodePattern(format: Format, value: number): number {
  double[0] = value;
  const high = words[1]!;
  const signBit = (high >>> 31) << (format.exponentBits + format.mantissaBits);
  const exponent = (high >>> 20) & 0x7ff;
  // 20 bits of the fraction and a 21st that is set when anything follows: enough to round to 10 bits or fewer.
  const fraction = ((high & 0xfffff) << 1) | (words[0] === 0 ? 0 : 1);
  if (exponent === 0x7ff && fraction !== 0) return notANumber(format, signBit);
  if (exponent === 0x7ff) return beyond(format, signBit);
  const magnitude = roundMagnitude(format, exponent - 1023 + format.bias, fraction);
  if (magnitude > format.largest) return beyond(format, signBit);
  return format.unsignedZero && magnitude === 0 ? 0 : signBit | magnitude;
}

/** `1.fraction × 2^(exponent - bias)`, to the nearest bit pattern, ties to even; a carry raises the exponent. */
function roundMagnitude(format: Format, exponent: number, fraction: number): number {
  const subnormal = exponent < 1;
  const drop = Math.min(30, 21 - format.mantissaBits + (subnormal ? 1 - exponent : 0));
  const significand = subnormal ? fraction | (1 << 21) : fraction;
  const kept = significand >>> drop;
  const rest = significand & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  return (subnormal ? 0 : exponent << format.mantissaBits) + kept + up;
}

function beyond(format: Format, signBit: number): number {
  if (format.overflow === "nan") return notANumber(format, signBit);
  return signBit | (format.overflow === "infinity" ? format.largest + 1 : format.largest);
}

function notANumber(format: Format, signBit: number): number {
  // A format without NaN has no right answer: -0, as ml_dtypes has it.
  if (format.nan === undefined) return 1 << (format.exponentBits + format.mantissaBits);
  return format.unsignedZero ? format.nan : signBit | format.nan;
}

const scaleNaN = 0xff;

function decodeScale(bits: number): number {
  return bits === scaleNaN ? NaN : 2 ** (bits - 127);
}

/** The nearest power of two, ties up: a significand of one bit is always odd. Zero and negative values become NaN. */
function encodeScale(value: number): number {
  if (!(value > 0) || value === Infinity) return scaleNaN;
  const exponent = Math.max(-127, Math.floor(Math.log2(value)));
  const up = value / 2 ** exponent >= 1.5 ? 1 : 0;
  return Math.min(scaleNaN, exponent + 127 + up);
}

export interface FloatCodec {
  readonly exponentBits: number;
  /** Stored bits of the fraction. */
  readonly mantissaBits: number;
  /** The number of each bit pattern. */
  readonly values: Float64Array;
  /** The bit pattern nearest to a number. */
  encode(value: number): number;
}

const codecs = new Map<SmallFloat, FloatCodec>();

export function floatCodec(element: SmallFloat): FloatCodec {
  let codec = codecs.get(element);
  if (!codec) codecs.set(element, (codec = makeCodec(element)));
  return codec;
}

function makeCodec(element: SmallFloat): FloatCodec {
  if (element === "f8E8M0FNU") {
    const values = Float64Array.from({ length: 256 }, (_, bits) => decodeScale(bits));
    return { exponentBits: 8, mantissaBits: 0, values, encode: encodeScale };
  }
  const format = formats[element];
  const patterns = 1 << (1 + format.exponentBits + format.mantissaBits);
  const values = new Float64Array(Math.max(256, patterns));
  // Patterns beyond a 4 or 6-bit format repeat: whatever the upper bits of the byte hold, it decodes.
  for (let bits = 0; bits < values.length; bits++) values[bits] = decodePattern(format, bits % patterns);
  const { exponentBits, mantissaBits } = format;
  return { exponentBits, mantissaBits, values, encode: (value) => encodePattern(format, value) };
}

/** Whether the element type is a float that is held as its bit pattern. */
export function isSmallFloat(element: Element): element is SmallFloat {
  return element in formats || element === "f8E8M0FNU";
}

/** Rounds a double to the values of a float type. */
export function roundingTo(element: FloatElement): (value: number) => number {
  if (element === "f64") return (value) => value;
  if (element === "f32") return Math.fround;
  const { values, encode } = floatCodec(element);
  return (value) => values[encode(value)]!;
}
