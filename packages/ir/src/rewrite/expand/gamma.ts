/** The gamma function's relatives, the zeta function and a Bessel function as arithmetic. */
import type { Value } from "../../model/operation.ts";
import { besselI1e as besselI1eOf, digammaSeries, maclaurin } from "../../reference/element/gamma.ts";
import type { Formula } from "../formula.ts";

/** Lanczos' series for `Γ`, with g = 7 (P. Godfrey's coefficients). */
const lanczos = [
  676.520368121885098567009190444019, -1259.13921672240287047156078755283, 771.3234287776530788486528258894,
  -176.61502916214059906584551354, 12.507343278686904814458936853, -0.13857109526572011689554707,
  9.984369578019570859563e-6, 1.50563273514931155834e-7,
];
const lanczosBase = 0.99999999999980993227684700473478;
const lanczosShift = 7.5;

/** `log Γ(z + 1)` for `z ≥ -1/2`. */
function logGammaPlusOne(f: Formula, z: Value): Value {
  const terms = lanczos.map((coefficient, k) => f.divide(coefficient, f.add(z, k + 1)));
  const series = f.sum(lanczosBase, ...terms);
  const logarithm = f.add(f.log1p(f.divide(z, lanczosShift)), Math.log(lanczosShift));
  // (z + 1/2) log t - t with t = z + 15/2, of which only what overflows in the end does.
  const leading = f.multiply(f.add(z, 0.5), f.subtract(logarithm, 1));
  return f.sum(leading, Math.log(2 * Math.PI) / 2 - (lanczosShift - 0.5), f.log(series));
}

/** By `Γ(x)·Γ(1 - x) = π / sin πx` to the left of 1/2. */
export function logGamma(f: Formula, x: Value): Value {
  const reflect = f.compare(x, "LT", 0.5);
  const right = logGammaPlusOne(f, f.select(reflect, f.negate(x), f.subtract(x, 1)));
  const magnitude = f.abs(x);
  const fraction = f.subtract(magnitude, f.floor(magnitude));
  const nearest = f.minimum(fraction, f.subtract(1, fraction));
  const sine = f.log(f.sine(f.multiply(nearest, Math.PI)));
  const left = f.subtract(f.subtract(Math.log(Math.PI), sine), right);
  const isPole = f.and(f.compare(nearest, "EQ", 0), f.compare(x, "LE", 0));
  return f.select(f.or(isPole, f.isInfinite(x)), Infinity, f.select(reflect, left, right));
}

/** Where the asymptotic series of digamma is exact; smaller arguments are moved up by as much. */
const shift = 10;

export function digamma(f: Formula, x: Value): Value {
  const reflect = f.compare(x, "LT", 0);
  const positive = f.select(reflect, f.subtract(1, x), x);
  const small = f.compare(positive, "LT", shift);
  const steps = Array.from({ length: shift }, (_, k) => f.divide(1, f.add(positive, k)));
  const recurrence = f.select(small, f.sum(steps.at(-1)!, ...steps.slice(0, -1).reverse()), 0);
  const moved = f.select(small, f.add(positive, shift), positive);
  const inverse = f.divide(1, f.square(moved));
  const series = f.multiply(f.polynomial(inverse, digammaSeries.toReversed()), inverse);
  const asymptotic = f.subtract(f.subtract(f.log(moved), f.divide(0.5, moved)), series);
  const right = f.subtract(asymptotic, recurrence);
  // ψ(1 - x) - π cot πx; the fraction keeps the digits that πx would lose.
  const fraction = f.subtract(x, f.floor(f.add(x, 0.5)));
  const left = f.subtract(right, f.divide(Math.PI, f.tan(f.multiply(fraction, Math.PI))));
  const isPole = f.and(f.compare(x, "LE", 0), f.isInteger(x));
  return f.select(isPole, NaN, f.select(reflect, left, right));
}

/** Terms before Euler and Maclaurin's formula for the rest of the sum. */
const termsOfSum = 10;

/** Hurwitz zeta function `Σ (q + n)^-x`. */
export function zeta(f: Formula, x: Value, q: Value): Value {
  const exponent = f.negate(x);
  const terms = Array.from({ length: termsOfSum }, (_, n) => f.power(n === 0 ? q : f.add(q, n), exponent));
  const at = f.add(q, termsOfSum);
  const next = f.power(at, exponent);
  const tail = f.divide(f.multiply(next, at), f.subtract(x, 1));
  const head = f.sum(terms[0]!, ...terms.slice(1));
  const sum = f.sum(head, tail, f.multiply(next, correction(f, x, at)));
  return zetaOutside(f, x, q, f.select(f.compare(next, "EQ", 0), head, sum));
}

/** `1/2 + Σ x(x+1)…(x+2k-2) / (at^(2k-1) (2k)!/B(2k))`, innermost term first, so that nothing overflows. */
function correction(f: Formula, x: Value, at: Value): Value {
  const inverseSquare = f.divide(1, f.square(at));
  let sum = f.value(0);
  for (let k = maclaurin.length - 1; k > 0; k--) {
    const rising = f.multiply(f.add(x, 2 * k), f.add(x, 2 * k - 1));
    sum = f.multiply(f.multiply(rising, inverseSquare), f.add(sum, 1 / maclaurin[k]!));
  }
  return f.add(f.multiply(f.divide(x, at), f.add(sum, 1 / maclaurin[0]!)), 0.5);
}

/** Where the sum has no value, or an infinite one. */
function zetaOutside(f: Formula, x: Value, q: Value, sum: Value): Value {
  const notPositive = f.compare(q, "LE", 0);
  const integerX = f.isInteger(x);
  const evenX = f.compare(f.remainder(x, 2), "EQ", 0);
  let result = f.select(f.compare(x, "LT", 1), NaN, sum);
  result = f.select(f.and(notPositive, f.not(integerX)), NaN, result);
  result = f.select(f.and(notPositive, f.isInteger(q)), f.select(evenX, Infinity, NaN), result);
  const noNumbers = f.or(f.isNaN(x), f.isNaN(q));
  result = f.select(f.or(noNumbers, f.compare(x, "EQ", Infinity)), NaN, result);
  return f.select(f.compare(x, "EQ", 1), Infinity, result);
}

/** `(-1)^(n+1) n! ζ(n + 1, x)`, digamma for `n = 0`, NaN unless `n` is a natural number. */
export function polygamma(f: Formula, n: Value, x: Value): Value {
  const next = f.add(n, 1);
  const sign = f.subtract(f.multiply(f.remainder(n, 2), 2), 1);
  const factorial = f.exp(logGamma(f, next));
  const derivative = f.multiply(f.multiply(sign, factorial), zeta(f, next, x));
  const isNatural = f.and(f.isInteger(n), f.compare(n, "GE", 0));
  return f.select(isNatural, f.select(f.compare(n, "EQ", 0), digamma(f, x), derivative), NaN);
}

/** Chebyshev coefficients of a smooth function on [-1, 1], until they vanish beside a unit in the last place of a double. */
function chebyshevCoefficients(count: number, g: (x: number) => number): number[] {
  // The angle of odd multiple m of π / 2·count; reduced before it is rounded, since the sums are small differences.
  const cosine = (m: number) => Math.cos((Math.PI * (m % (4 * count))) / (2 * count));
  const values = Array.from({ length: count }, (_, j) => g(cosine(2 * j + 1)));
  return Array.from({ length: count }, (_, k) => {
    const sum = values.reduce((total, value, j) => total + value * cosine(k * (2 * j + 1)), 0);
    return (2 / count) * sum;
  });
}

/**
 * `I₁(y) e^-y (y + 4)^1.5 / y` on [0, 8] and `I₁(y) e^-y √y` on [8, ∞], each mapped to [-1, 1]: factors that keep the
 * series from varying much, so that its error is small where its value is.
 */
let besselSeries: { readonly near: readonly number[]; readonly far: readonly number[] } | undefined;
function bessel() {
  besselSeries ??= {
    near: chebyshevCoefficients(40, (t) => {
      const y = 4 * (t + 1);
      return (besselI1eOf(y) / y) * (y + 4) ** 1.5;
    }),
    far: chebyshevCoefficients(32, (t) => {
      const y = 16 / (t + 1);
      return besselI1eOf(y) * Math.sqrt(y);
    }),
  };
  return besselSeries;
}

export function besselI1e(f: Formula, x: Value): Value {
  const y = f.abs(x);
  const enough = f.type.element === "f64" ? 1e-17 : 1e-9;
  const { near, far } = bessel();
  const inside = f.minimum(y, 8);
  const outside = f.maximum(y, 8);
  const nearValue = f.chebyshev(f.subtract(f.divide(inside, 4), 1), shortened(near, enough));
  const moved = f.add(inside, 4);
  const small = f.divide(f.multiply(nearValue, y), f.multiply(moved, f.sqrt(moved)));
  const farValue = f.chebyshev(f.subtract(f.divide(16, outside), 1), shortened(far, enough));
  const large = f.divide(farValue, f.sqrt(outside));
  return f.multiply(f.sign(x), f.select(f.compare(y, "LE", 8), small, large));
}

function shortened(coefficients: readonly number[], enough: number): readonly number[] {
  const last = coefficients.findLastIndex((c) => Math.abs(c) > enough * Math.abs(coefficients[0]!));
  return coefficients.slice(0, last + 1);
}
