/**
 * log x and log(1 + x).
 *
 * | function | f32 | f64 |
 * |---|---|---|
 * | logarithm | 1 ulp | |
 * | logarithmPlusOne | 2 ulp | |
 *
 * In f32 both take the steps of Cephes as XLA does, which makes most results those of XLA to the last bit: numbers drawn
 * by a seed should not depend on the backend.
 */
import type { Node } from "../vector.ts";
import { type Floats, Integers } from "../vector_lanes.ts";

/** log(1 + m) = m - m²/2 + m³ (a + b m³ + c m⁶) */
const single = {
  a: [3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1],
  b: [-1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1],
  c: [1.167699874e-1, -1.151461031e-1, 7.0376836292e-2],
  ln2: [0.693359375, -2.1219444e-4],
} as const;

export function logarithm(f: Floats, x: Node): Node {
  const i = new Integers(f.graph, "i32");
  // Subnormals get an exponent of their own.
  const tiny = f.less(x, 2 ** -126);
  const bits = f.bits(f.select(tiny, f.multiply(x, 2 ** 23), x));
  const mantissa = f.fromBits(i.or(i.and(bits, 0x7fffff), 0x3f000000));
  const low = f.less(mantissa, Math.SQRT1_2);
  const bias = i.add(i.and(tiny, -23), i.subtract(low, 126));
  const exponent = f.graph.apply("f32x4.convert_i32x4_s", [i.add(i.right(bits, 23), bias)]);
  const m = f.add(f.subtract(mantissa, 1), f.fromBits(i.and(low, f.bits(mantissa))));
  const [square, { a, b, c, ln2 }] = [f.multiply(m, m), single];
  const cube = f.multiply(square, m);
  const tail = f.multiplyAdd(
    f.multiplyAdd(f.polynomial(m, c), cube, f.polynomial(m, b)),
    cube,
    f.polynomial(m, a),
  );
  const corrected = f.multiplyAdd(exponent, ln2[1], f.multiply(tail, cube));
  const sum = f.add(f.multiplyAdd(square, -0.5, m), corrected);
  return special(f, x, f.multiplyAdd(exponent, ln2[0], sum));
}

/** Infinity and NaN stay, zero has no logarithm but the limit, negative numbers none. */
function special(f: Floats, x: Node, value: Node): Node {
  const below = f.select(f.equal(x, 0), -Infinity, NaN);
  return f.select(f.lessEqual(x, 0), below, f.select(f.less(x, Infinity), value, x));
}

const numerator = [
  20.03955349920128, 57.11296359058554, 60.94966679809878, 29.911919328553074, 6.578732594206105,
  4.985410282319338e-1, 4.527000086244519e-5,
];
const denominator = [
  60.118660497603844, 216.42788614495947, 309.09872225312056, 221.76239823732857, 83.04756596796721,
  15.06290908346919, 1,
];

export function logarithmPlusOne(f: Floats, x: Node): Node {
  const square = f.multiply(x, x);
  const ratio = f.divide(f.polynomial(x, numerator), f.polynomial(x, denominator));
  const cubic = f.multiply(f.multiply(x, square), ratio);
  const near = f.add(x, f.multiplyAdd(square, -0.5, cubic));
  const isNear = f.less(f.abs(x), Math.SQRT2 - 1);
  // The sum would lose the sign of zero.
  return f.select(f.equal(x, 0), x, f.select(isNear, near, logarithm(f, f.add(x, 1))));
}
