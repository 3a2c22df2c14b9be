/** e^x and what follows from it: x = n ln 2 + r, a polynomial of r, and 2^n made of bits. */
import type { Node } from "../vector.ts";
import { type Floats, Integers, type Operand } from "../vector_lanes.ts";

interface Reduction {
  /** Adding it leaves an integer in the low bits: 1.5 times the power of two whose last place is 1. */
  readonly rounder: number;
  /** ln 2 in two parts: products of the first with exponents are exact. */
  readonly ln2: readonly [number, number];
  /** Beyond these, results are infinite and zero. */
  readonly highest: number;
  readonly lowest: number;
  readonly bias: number;
  readonly mantissaBits: number;
  /** (e^r - 1 - r) / r² for |r| <= ln 2 / 2. */
  readonly polynomial: readonly number[];
}

const single: Reduction = {
  rounder: 12582912,
  ln2: [0.693359375, -2.1219444e-4],
  highest: 89,
  lowest: -104,
  bias: 127,
  mantissaBits: 23,
  polynomial: [
    5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4,
  ],
};

const double: Reduction = {
  rounder: 6755399441055744,
  ln2: [0.6931471803691238, 1.9082149292705877e-10],
  highest: 710,
  lowest: -746,
  bias: 1023,
  mantissaBits: 52,
  polynomial: [
    0.5, 0.16666666666666682, 0.041666666666666095, 0.008333333333317048, 0.0013888888889115488,
    0.00019841269896350244, 2.4801586926773996e-5, 2.755723489591183e-6, 2.755758181539093e-7,
    2.5112024832002812e-8, 2.082661519752675e-9,
  ],
};

/** Of doubles that become f32: off by 2^-34. */
const short: Reduction = {
  ...double,
  polynomial: [
    0.5000000067637114, 0.1666666586897033, 0.041666295098270995, 0.008333497079130843, 0.0013944648673056771,
    0.00019790325145527441,
  ],
};

const reductions: Readonly<Record<Floats["lane"], Reduction>> = { f32: single, f64: double };

/** x + tail = n ln 2 + r; n is in the low bits of `rounded`. */
function reduce(f: Floats, { rounder, ln2 }: Reduction, x: Node, tail?: Node) {
  const rounded = f.multiplyAdd(x, Math.LOG2E, rounder);
  const n = f.subtract(rounded, rounder);
  const high = f.multiplyAdd(n, -ln2[0], x);
  return { r: f.multiplyAdd(n, -ln2[1], tail ? f.add(high, tail) : high), rounded };
}

/** The bits of the rounder less `offset`: what they are subtracted from keeps an integer that is so much larger. */
function bitsOf(f: Floats, rounder: number, offset: number): Node {
  const bits =
    f.lane === "f32"
      ? BigInt(new Int32Array(Float32Array.of(rounder).buffer)[0]!)
      : new BigInt64Array(Float64Array.of(rounder).buffer)[0]!;
  return f.graph.constant(f.integer, bits - BigInt(offset));
}

/** e^r - 1 for a reduced r. */
function nearZero(f: Floats, { polynomial }: Reduction, r: Node): Node {
  return f.multiplyAdd(f.polynomial(r, polynomial), f.multiply(r, r), r);
}

/** 2^n for an n in the low bits of a float that was added to the rounder; `n` within the exponents of normal numbers. */
function powerOfTwo(f: Floats, { bias, mantissaBits }: Reduction, rounded: Node): Node {
  const i = new Integers(f.graph, f.integer);
  return f.fromBits(i.left(i.add(f.bits(rounded), bias), mantissaBits));
}

/** e^(x + tail), where the tail is below the last place of x. */
export function exponentialOfSum(f: Floats, x: Node, tail: Node | undefined): Node {
  const reduction = reductions[f.lane];
  const { rounder, highest, lowest, bias, mantissaBits } = reduction;
  const clamped = f.atLeast(f.atMost(x, highest), lowest);
  const { r, rounded } = reduce(f, reduction, clamped, tail);
  const y = f.add(nearZero(f, reduction, r), 1);
  // In two steps, because subnormal results have exponents that normal numbers have not.
  const i = new Integers(f.graph, f.integer);
  const biased = i.subtract(f.bits(rounded), bitsOf(f, rounder, 2 * bias));
  const half = i.rightUnsigned(biased, 1);
  const powers = [half, i.subtract(biased, half)].map((one) => f.fromBits(i.left(one, mantissaBits)));
  return powers.reduce((product, power) => f.multiply(product, power), y);
}

export const exponential = (f: Floats, x: Node): Node => exponentialOfSum(f, x, undefined);

/** Doubles that become f32: beyond f32's exponents and short of those of doubles all results are the same. */
export function shortExponential(f: Floats, x: Node): Node {
  const { r, rounded } = reduce(f, short, f.atLeast(f.atMost(x, 700), -700));
  return f.multiply(f.add(nearZero(f, short, r), 1), powerOfTwo(f, short, rounded));
}

export function exponentialMinusOne(f: Floats, x: Node): Node {
  const reduction = reductions[f.lane];
  const { highest, mantissaBits } = reduction;
  // Far below it is -1.
  const { r, rounded } = reduce(f, reduction, f.atLeast(f.atMost(x, highest), -mantissaBits));
  // Of 2^(n-1), because 2^n may be too large.
  const half = powerOfTwo(f, reduction, f.subtract(rounded, 1));
  const result = f.multiplyAdd(half, nearZero(f, reduction, r), f.subtract(half, 0.5));
  // The sum would lose the sign of zero.
  return f.select(f.equal(x, 0), x, f.add(result, result));
}

/** 1 / (1 + e^-x), for negative x as e^x / (1 + e^x), so that small results keep their digits. */
export function logistic(f: Floats, x: Node): Node {
  const power = exponential(f, f.negate(f.abs(x)));
  const numerator: Operand = f.select(f.less(x, 0), power, 1);
  return f.divide(numerator, f.add(power, 1));
}
