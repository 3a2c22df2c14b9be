/** Real functions that JavaScript's Math lacks or defines otherwise than C. */

/** Nearest integer, ties to even; keeps -0. */
export function roundNearestEven(x: number): number {
  if (!(Math.abs(x) < 4503599627370496)) return x;
  // Adding and removing 2^52 leaves the integer that the hardware rounds to.
  const rounded = x >= 0 ? x + 4503599627370496 - 4503599627370496 : x - 4503599627370496 + 4503599627370496;
  return rounded === 0 ? x * 0 : rounded;
}

/** Nearest integer, ties away from zero; keeps -0. */
export function roundNearestAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** C's pow: one to any power and any number to the zeroth are one, and -1 to an infinite power is. */
export function power(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The exponent `e` of `1.… × 2^e`; -1023 for zero and subnormal numbers, 1024 for infinity and NaN. */
export function exponentOf(x: number): number {
  double[0] = x;
  return ((words[1]! >>> 20) & 0x7ff) - 1023;
}

// Integers: `width` is the number of bits; signed values come and go as negative numbers --------------------------

/** The bits of an integer of up to 32 bits as an unsigned number. */
export function unsigned(x: number, width: number): number {
  return width === 32 ? x >>> 0 : x & ((1 << width) - 1);
}

export function countLeadingZeros(x: number, width: number): number {
  return Math.clz32(unsigned(x, width)) - (32 - width);
}

export function countLeadingZeros64(x: bigint): bigint {
  const bits = BigInt.asUintN(64, x);
  const high = Number(bits >> 32n);
  return BigInt(high !== 0 ? Math.clz32(high) : 32 + Math.clz32(Number(bits & 0xffffffffn)));
}

export function populationCount(x: number, width: number): number {
  let bits = unsigned(x, width);
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}

export function populationCount64(x: bigint): bigint {
  const bits = BigInt.asUintN(64, x);
  return BigInt(populationCount(Number(bits >> 32n), 32) + populationCount(Number(bits & 0xffffffffn), 32));
}

/** Truncates toward zero. Division by zero gives all ones, as XLA defines it; the store wraps INT_MIN / -1. */
export function divideIntegers(x: number, y: number): number {
  return y === 0 ? -1 : Math.trunc(x / y);
}

export function divideBigints(x: bigint, y: bigint): bigint {
  return y === 0n ? -1n : x / y;
}

/** Remainder with the sign of the dividend; by zero it is the dividend. */
export function remainderIntegers(x: number, y: number): number {
  return y === 0 ? x : x % y;
}

export function remainderBigints(x: bigint, y: bigint): bigint {
  return y === 0n ? x : x % y;
}

export function largerBigint(x: bigint, y: bigint): bigint {
  if (x > y) return x;
  return y;
}

export function smallerBigint(x: bigint, y: bigint): bigint {
  if (x < y) return x;
  return y;
}

export function powerIntegers(x: number, y: number): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y & 1 ? -1 : 1) : 0;
  let result = 1;
  let base = x;
  for (let exponent = y >>> 0; exponent !== 0; exponent >>>= 1) {
    if (exponent & 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

export function powerBigints(x: bigint, y: bigint): bigint {
  if (y < 0n) return x === 1n ? 1n : x === -1n ? (y & 1n ? -1n : 1n) : 0n;
  let result = 1n;
  let base = x;
  for (let exponent = y; exponent !== 0n; exponent >>= 1n) {
    if (exponent & 1n) result = BigInt.asUintN(64, result * base);
    base = BigInt.asUintN(64, base * base);
  }
  return result;
}

/** Whether a shift amount, seen as unsigned, moves every bit out. */
const overshift = (y: number, width: number): boolean => y < 0 || y >= width;
const overshift64 = (y: bigint): boolean => y < 0n || y >= 64n;

export const shiftLeft = (x: number, y: number, width: number): number => (overshift(y, width) ? 0 : x << y);
export const shiftLeft64 = (x: bigint, y: bigint): bigint => (overshift64(y) ? 0n : x << y);

export function shiftRightLogical(x: number, y: number, width: number): number {
  return overshift(y, width) ? 0 : unsigned(x, width) >>> y;
}
export const shiftRightLogical64 = (x: bigint, y: bigint): bigint =>
  overshift64(y) ? 0n : BigInt.asUintN(64, x) >> y;

/** Fills with the highest bit, also of unsigned integers. */
export function shiftRightArithmetic(x: number, y: number, width: number): number {
  const signed = (x << (32 - width)) >> (32 - width);
  return signed >> (overshift(y, width) ? 31 : y);
}
export const shiftRightArithmetic64 = (x: bigint, y: bigint): bigint =>
  BigInt.asIntN(64, x) >> (overshift64(y) ? 63n : y);
