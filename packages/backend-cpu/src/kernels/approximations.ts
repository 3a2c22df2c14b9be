/**
 * Functions for results of single precision and less, several times as fast as the exact functions of `Math`. Most are
 * polynomials in double precision, off by less than a tenth of a unit in f32's last place before rounding; the
 * logarithms follow XLA's.
 */

const log2e = Math.LOG2E;
const ln2 = Math.LN2;
/** Adding and subtracting it rounds to an integer. */
const rounder = 6755399441055744;

/** 2^k for k from -160 to 160. */
const powersOfTwo = Float64Array.from({ length: 321 }, (_, i) => 2 ** (i - 160));

/** e^x; beyond f32's range the nearest end of it, as far as f32 sees. */
export function exp32(x: number): number {
  if (!(x < 110)) return Number.isNaN(x) ? x : Number.POSITIVE_INFINITY;
  if (x < -110) return 0;
  const k = x * log2e + rounder - rounder;
  const r = x - k * ln2;
  const p =
    1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))))));
  return p * powersOfTwo[k + 160]!;
}

export function tanh32(x: number): number {
  const size = Math.abs(x);
  if (size < 0.25) {
    const s = x * x;
    return x * (1 + s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * (62 / 2835)))));
  }
  if (!(size < 10)) return Number.isNaN(x) ? x : Math.sign(x);
  const t = 1 - 2 / (exp32(2 * size) + 1);
  return x < 0 ? -t : t;
}

export function logistic32(x: number): number {
  return 1 / (1 + exp32(-x));
}

const { fround } = Math;
const bits = new Float32Array(1);
const words = new Int32Array(bits.buffer);

/** x·y + z rounded once: a double holds the product, and rounding the sum twice is next to never seen. */
const fused = (x: number, y: number, z: number): number => fround(x * y + z);

/**
 * Cephes' logarithm in single precision, step by step as XLA computes it, off by at most 1.1 units: it gives 99.96 % of
 * XLA's very numbers, which numbers drawn by JAX's random.normal need to be the same.
 */
export function log32(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return Math.log(x);
  // Subnormals get an exponent of their own.
  const tiny = x < 2 ** -126;
  bits[0] = tiny ? x * 2 ** 23 : x;
  let exponent = (words[0]! >> 23) - (tiny ? 149 : 126);
  words[0] = (words[0]! & 0x7fffff) | 0x3f000000;
  let m = bits[0]!;
  if (m < fround(Math.SQRT1_2)) {
    exponent--;
    m = m - 1 + m;
  } else m -= 1;
  const square = fround(m * m);
  const cube = fround(square * m);
  const a = fused(fused(m, p[0]!, p[1]!), m, p[2]!);
  const b = fused(fused(m, p[3]!, p[4]!), m, p[5]!);
  const c = fused(fused(m, p[6]!, p[7]!), m, p[8]!);
  let y = fround(fused(fused(a, cube, b), cube, c) * cube);
  y = fused(exponent, ln2Low, y);
  return fused(exponent, ln2High, fround(fused(square, -0.5, m) + y));
}

const p = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
/** ln 2 in two parts, the first exact in few digits. */
const ln2High = 0.693359375;
const ln2Low = fround(-2.1219444e-4);

/** Cephes' log(1 + x) in single precision, as XLA computes it; within 2 units. */
export function log1p32(x: number): number {
  if (!(x < Math.SQRT2 - 1 && x > 1 - Math.SQRT2)) return log32(fround(1 + x));
  const square = fround(x * x);
  const ratio = fround(horner(numerator, x) / horner(denominator, x));
  const cubic = fround(fround(x * square) * ratio);
  return fround(x + fused(square, -0.5, cubic));
}

function horner(coefficients: Float32Array, x: number): number {
  let value = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) value = fused(value, x, coefficients[i]!);
  return value;
}

const numerator = Float32Array.of(
  4.527000086244519e-5,
  4.985410282319338e-1,
  6.578732594206105,
  29.911919328553074,
  60.94966679809878,
  57.11296359058554,
  20.03955349920128,
);
const denominator = Float32Array.of(
  1,
  15.06290908346919,
  83.04756596796721,
  221.76239823732857,
  309.09872225312056,
  216.42788614495947,
  60.118660497603844,
);
