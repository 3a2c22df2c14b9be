/** Functions that generated code calls where JavaScript has no operator; passed in by name. */
import { floatCodec } from "@hloom/ir";
import { exp32, log1p32, log32, logistic32, tanh32 } from "./approximations.ts";

const bits32 = new Int32Array(1);
const float32 = new Float32Array(bits32.buffer);
const unsigned32 = new Uint32Array(bits32.buffer);
const bits64 = new BigInt64Array(1);
const float64 = new Float64Array(bits64.buffer);
const words64 = new Uint32Array(bits64.buffer);
const unsigned64 = new BigUint64Array(bits64.buffer);

function bitsOfF32(x: number): number {
  float32[0] = x;
  return bits32[0]!;
}
function unsignedBitsOfF32(x: number): number {
  float32[0] = x;
  return unsigned32[0]!;
}
function f32OfBits(x: number): number {
  bits32[0] = x;
  return float32[0]!;
}
function bitsOfF64(x: number): bigint {
  float64[0] = x;
  return bits64[0]!;
}
function unsignedBitsOfF64(x: number): bigint {
  float64[0] = x;
  return unsigned64[0]!;
}
function f64OfBits(x: bigint): number {
  bits64[0] = BigInt.asIntN(64, x);
  return float64[0]!;
}

/** Rounds to nearest even at bit 16 of the single-precision pattern, from double precision in one step. */
function roundBf16(x: number): number {
  const single = Math.fround(x);
  if (!Number.isFinite(single)) return single;
  // Rounding twice is wrong only when the first rounding makes or breaks a tie: then the double decides.
  let bits = unsignedBitsOfF32(single);
  const low = bits & 0xffff;
  if (low === 0x8000 && single !== x) bits += Math.abs(x) > Math.abs(single) ? 1 : -1;
  bits = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  return f32OfBits(bits);
}

/** Rounds to nearest even at f16's precision, from double precision in one step. */
function f16round(x: number): number {
  const size = Math.abs(x);
  if (!(size < 65520)) return size >= 65520 ? x * Infinity : x;
  // Adding and subtracting 1.5 × 2^52 units of the last place rounds to a whole number of them.
  const rounder = unitInF16(size) * 6755399441055744;
  return signed(size + rounder - rounder, x);
}

/** The distance between neighbours of `size` in f16: 2^-24 for subnormals. */
function unitInF16(size: number): number {
  float64[0] = size;
  const exponent = ((words64[1]! >>> 20) & 0x7ff) - 1023;
  return 2 ** (Math.max(exponent, -14) - 10);
}

/** Integers between floats, ties to even. */
function roundEven(x: number): number {
  const size = Math.abs(x);
  return size < 4503599627370496 ? signed(size + 4503599627370496 - 4503599627370496, x) : x;
}
function roundAway(x: number): number {
  const size = Math.abs(x);
  const down = Math.floor(size);
  return signed(size - down >= 0.5 ? down + 1 : down, x);
}
/** A size with the sign of `x`, also when it is zero. */
const signed = (size: number, x: number): number => (x < 0 || Object.is(x, -0) ? -size : size);

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** IEEE's pow: 1 to any power, and -1 to an infinite one, is 1. */
function power(a: number, b: number): number {
  if (a === 1) return 1;
  return a === -1 && (b === Infinity || b === -Infinity) ? 1 : a ** b;
}

function saturate(x: number, low: number, high: number): number {
  if (Number.isNaN(x)) return 0;
  return x <= low ? low : x >= high ? high : Math.trunc(x) + 0;
}
function saturateI64(x: number): bigint {
  if (Number.isNaN(x)) return 0n;
  if (x >= 0x8000000000000000) return 0x7fffffffffffffffn;
  return x <= -0x8000000000000000 ? -0x8000000000000000n : BigInt(Math.trunc(x));
}
function saturateUi64(x: number): bigint {
  if (!(x > 0)) return 0n;
  return x >= 0x10000000000000000 ? 0xffffffffffffffffn : BigInt(Math.trunc(x));
}

/** Once rounded: the low bits that a double has no room for only say on which side of a tie the integer lies. */
function bigToF32(x: bigint): number {
  const size = x < 0n ? -x : x;
  if (size < 0x20000000000000n) return Math.fround(Number(x));
  const sticky = (size & 0x7ffn) === 0n ? 0n : 0x400n;
  const cut = Number((size & ~0x7ffn) | sticky);
  return Math.fround(x < 0n ? -cut : cut);
}

/** A key in whose order floats are totally ordered: -NaN < -inf < … < -0 < 0 < … < NaN. */
function orderKey32(x: number): number {
  const bits = bitsOfF32(x);
  return bits < 0 ? -(bits & 0x7fffffff) - 1 : bits;
}
function orderKey64(x: number): bigint {
  const bits = bitsOfF64(x);
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) - 1n : bits;
}

function popcount(x: number): number {
  let bits = x - ((x >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The bit pattern of a value that bf16 has. */
function bitsOfBf16(x: number): number {
  return unsignedBitsOfF32(x) >>> 16;
}
function bitsOfF16(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (size === Infinity) return sign | 0x7c00;
  const unit = unitInF16(size);
  // Subnormals have exponent field 0; others an implied 1024.
  const field = size < 2 ** -14 ? 0 : Math.log2(unit) + 24;
  return sign | ((field << 10) + size / unit);
}

const { fround, imul, clz32, min, max, abs, sign, exp, expm1, log, log1p, sqrt, cbrt } = Math;
const { sin, cos, tan, tanh, sinh, cosh, atan, asin, acos, asinh, acosh, atanh, atan2, floor, ceil } = Math;

export const helpers = {
  ...{ fround, f16round, imul, clz32, min, max, abs, sign, exp, expm1, log, log1p, sqrt, cbrt },
  ...{ sin, cos, tan, tanh, sinh, cosh, atan, asin, acos, asinh, acosh, atanh, atan2, floor, ceil },
  ...{ exp32, log1p32, log32, logistic32, tanh32, logistic },
  ...{ bitsOfF32, unsignedBitsOfF32, f32OfBits, bitsOfF64, unsignedBitsOfF64, f64OfBits },
  ...{ roundBf16, roundEven, roundAway, power, saturate, saturateI64, saturateUi64, bigToF32 },
  ...{ orderKey32, orderKey64, popcount, bitsOfBf16, bitsOfF16 },
  // Made when the first kernel asks for them.
  get f16Values(): Float64Array {
    return floatCodec("f16").values;
  },
  get bf16Values(): Float64Array {
    return floatCodec("bf16").values;
  },
};
