/**
 * log x and log(1 + x).
 *
 * In f32 both take the steps of Cephes as XLA does, which makes most results those of XLA to the last bit: numbers drawn
 * by a seed should not depend on the backend.
 */
import type { Node } from "../vector.ts";
import { type Floats, Integers } from "../vector_lanes.ts";

export function logarithm(f: Floats, x: Node): Node {
  return special(f, x, f.lane === "f32" ? singleLogarithm(f, x) : doubleLogarithm(f, x));
}

export function logarithmPlusOne(f: Floats, x: Node): Node {
  if (f.lane === "f32") return singlePlusOne(f, x);
  // The sum would lose the sign of zero.
  return f.select(f.equal(x, 0), x, doublePlusOne(f, x));
}

/** Infinity and NaN stay, zero has no logarithm but the limit, negative numbers none. */
function special(f: Floats, x: Node, value: Node): Node {
  const below = f.select(f.equal(x, 0), -Infinity, NaN);
  return f.select(f.lessEqual(x, 0), below, f.select(f.less(x, Infinity), value, x));
}

/** log(1 + m) = m - m²/2 + m³ (a + b m³ + c m⁶) */
const cephes = {
  a: [3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1],
  b: [-1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1],
  c: [1.167699874e-1, -1.151461031e-1, 7.0376836292e-2],
  ln2: [0.693359375, -2.1219444e-4],
} as const;

/** The bits of the root of 1/2, from which on mantissas end at twice as much. */
const lowestMantissa = 0x3f3504f3;

function singleLogarithm(f: Floats, x: Node): Node {
  // Subnormals get an exponent of their own.
  const tiny = f.less(x, 2 ** -126);
  const bias = new Integers(f.graph, "i32").and(tiny, -23);
  return normalSingle(f, f.select(tiny, f.multiply(x, 2 ** 23), x), bias);
}

/** The logarithm of x 2^bias for an x that is not subnormal. */
function normalSingle(f: Floats, x: Node, bias: Node): Node {
  const i = new Integers(f.graph, "i32");
  const bits = i.add(f.bits(x), 0x3f800000 - lowestMantissa);
  const unbiased = i.add(i.right(bits, 23), i.add(bias, -127));
  const exponent = f.graph.apply("f32x4.convert_i32x4_s", [unbiased]);
  const mantissa = f.fromBits(i.add(i.and(bits, 0x7fffff), lowestMantissa));
  const m = f.subtract(mantissa, 1);
  const [square, { a, b, c, ln2 }] = [f.multiply(m, m), cephes];
  const cube = f.multiply(square, m);
  const outer = f.multiplyAdd(f.polynomial(m, c), cube, f.polynomial(m, b));
  const tail = f.multiply(f.multiplyAdd(outer, cube, f.polynomial(m, a)), cube);
  const sum = f.add(f.multiplyAdd(square, -0.5, m), f.multiplyAdd(exponent, ln2[1], tail));
  return f.multiplyAdd(exponent, ln2[0], sum);
}

const numerator = [
  20.03955349920128, 57.11296359058554, 60.94966679809878, 29.911919328553074, 6.578732594206105,
  4.985410282319338e-1, 4.527000086244519e-5,
];
const denominator = [
  60.118660497603844, 216.42788614495947, 309.09872225312056, 221.76239823732857, 83.04756596796721,
  15.06290908346919, 1,
];

function singlePlusOne(f: Floats, x: Node): Node {
  const square = f.multiply(x, x);
  const ratio = f.divide(f.polynomial(x, numerator), f.polynomial(x, denominator));
  const cubic = f.multiply(f.multiply(x, square), ratio);
  const near = f.add(x, f.multiplyAdd(square, -0.5, cubic));
  const sum = f.add(x, 1);
  const far = special(f, sum, normalSingle(f, sum, f.graph.constant("i32", 0)));
  return f.select(f.less(f.abs(x), Math.SQRT2 - 1), near, far);
}

/** fdlibm's: log(1 + m) = m - m²/2 + s (m²/2 + R(s²)) with s = m / (2 + m). */
const fdlibm = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
];
/** The first of the mantissas that the exponent leaves: they end at twice as much. */
const firstMantissa = 0x3fe6a09e667f3bcdn;
export const ln2High = 0.6931471803691238;
export const ln2Low = 1.9082149292705877e-10;

/** x = 2^exponent (1 + m), 1 + m between the roots of 1/2 and 2; subnormal numbers are not told apart. */
export function splitExponent(f: Floats, x: Node): { exponent: Node; mantissa: Node } {
  const i = new Integers(f.graph, "i64");
  const bits = i.add(f.bits(x), 0x3ff0000000000000n - firstMantissa);
  // Where a double of this size has its last place, the exponent is put.
  const biased = f.fromBits(i.or(i.rightUnsigned(bits, 52), 0x4330000000000000n));
  const mantissa = f.fromBits(i.add(i.and(bits, 0xfffffffffffffn), firstMantissa));
  return { exponent: f.subtract(biased, 2 ** 52 + 1023), mantissa };
}

/** log(2^exponent (1 + m) + correction). */
function sumOfLogarithms(f: Floats, exponent: Node, m: Node, correction?: Node): Node {
  const s = f.divide(m, f.add(m, 2));
  const square = f.multiply(s, s);
  const half = f.multiply(f.multiply(m, m), 0.5);
  const rest = f.add(half, f.multiply(square, f.polynomial(square, fdlibm)));
  const low = f.multiply(exponent, ln2Low);
  const tail = f.multiplyAdd(s, rest, correction ? f.add(low, correction) : low);
  return f.subtract(f.multiply(exponent, ln2High), f.subtract(f.subtract(half, tail), m));
}

function doubleLogarithm(f: Floats, x: Node): Node {
  const tiny = f.less(x, 2 ** -1022);
  const { exponent, mantissa } = splitExponent(f, f.select(tiny, f.multiply(x, 2 ** 54), x));
  const shifted = f.subtract(exponent, f.select(tiny, 54, 0));
  return sumOfLogarithms(f, shifted, f.subtract(mantissa, 1));
}

/** The logarithm of a positive normal double that is or becomes f32. */
export function normalLogarithm(f: Floats, x: Node): Node {
  const { exponent, mantissa } = splitExponent(f, x);
  return sumOfLogarithms(f, exponent, f.subtract(mantissa, 1));
}

function doublePlusOne(f: Floats, x: Node): Node {
  const sum = f.add(x, 1);
  // What the sum has lost, as a part of it.
  const lost = f.select(f.less(x, 1), f.subtract(x, f.subtract(sum, 1)), f.subtract(1, f.subtract(sum, x)));
  const { exponent, mantissa } = splitExponent(f, sum);
  const value = sumOfLogarithms(f, exponent, f.subtract(mantissa, 1), f.divide(lost, sum));
  return special(f, sum, value);
}
