/**
 * e^x and e^x - 1: x = n ln 2 + r, a polynomial of r, and 2^n made of bits.
 *
 * | function | f32 | f64 |
 * |---|---|---|
 * | exponential | 1 ulp | |
 * | exponentialMinusOne | 2 ulp | |
 */
import type { Node } from "../vector.ts";
import { type Floats, Integers } from "../vector_lanes.ts";

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

const reductions: Readonly<Record<"f32", Reduction>> = {
  f32: {
    rounder: 12582912,
    ln2: [0.693359375, -2.1219444e-4],
    highest: 89,
    lowest: -104,
    bias: 127,
    mantissaBits: 23,
    polynomial: [
      5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4,
    ],
  },
};

/** x = n ln 2 + r; n both as a float and in the low bits of `rounded`. */
function reduce(f: Floats, { rounder, ln2 }: Reduction, x: Node): { n: Node; r: Node; rounded: Node } {
  const rounded = f.multiplyAdd(x, Math.LOG2E, rounder);
  const n = f.subtract(rounded, rounder);
  return { n, r: f.multiplyAdd(n, -ln2[1], f.multiplyAdd(n, -ln2[0], x)), rounded };
}

/** 2^n for an n in the low bits of a float that was added to the rounder; `n` within the exponents of normal numbers. */
function powerOfTwo(f: Floats, { bias, mantissaBits }: Reduction, rounded: Node): Node {
  const i = new Integers(f.graph, f.integer);
  return f.fromBits(i.left(i.add(f.bits(rounded), bias), mantissaBits));
}

export function exponential(f: Floats, x: Node): Node {
  const reduction = reductions[f.lane as "f32"];
  const { rounder, highest, lowest, polynomial } = reduction;
  const { n, r } = reduce(f, reduction, f.atLeast(f.atMost(x, highest), lowest));
  const y = f.add(f.multiplyAdd(f.polynomial(r, polynomial), f.multiply(r, r), r), 1);
  // In two steps, because subnormal results have exponents that normal numbers have not.
  const half = f.multiplyAdd(n, 0.5, rounder);
  const rest = f.add(f.subtract(n, f.subtract(half, rounder)), rounder);
  const scaled = f.multiply(y, powerOfTwo(f, reduction, half));
  return f.multiply(scaled, powerOfTwo(f, reduction, rest));
}

export function exponentialMinusOne(f: Floats, x: Node): Node {
  const reduction = reductions[f.lane as "f32"];
  const { highest, lowest, polynomial } = reduction;
  // Far below, -1; the lowest exponent that is needed is that of the last place of 1.
  const { r, rounded } = reduce(f, reduction, f.atLeast(f.atMost(x, highest), lowest / 4));
  const p = f.multiplyAdd(f.polynomial(r, polynomial), f.multiply(r, r), r);
  // Of 2^(n-1), because 2^n may be too large.
  const half = powerOfTwo(f, reduction, f.subtract(rounded, 1));
  const result = f.multiplyAdd(half, p, f.subtract(half, 0.5));
  // Where the polynomial loses the sign of zero.
  return f.select(f.equal(x, 0), x, f.add(result, result));
}

/** 1 / (1 + e^-x), for negative x as e^x / (1 + e^x), so that small results keep their digits. */
export function logistic(f: Floats, x: Node): Node {
  const power = exponential(f, f.negate(f.abs(x)));
  const numerator = f.select(f.less(x, 0), power, 1);
  return f.divide(numerator, f.add(power, 1));
}
