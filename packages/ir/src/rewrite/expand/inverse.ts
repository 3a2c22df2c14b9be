/** Hyperbolic functions and the inverse ones of real numbers as arithmetic. */
import type { Value } from "../../model/operation.ts";
import type { Formula } from "../formula.ts";

/** `√(1 - x²)` */
const otherLeg = (f: Formula, x: Value): Value => f.sqrt(f.multiply(f.subtract(1, x), f.add(1, x)));

export const asin = (f: Formula, x: Value): Value => f.atan2(x, otherLeg(f, x));
export const acos = (f: Formula, x: Value): Value => f.atan2(otherLeg(f, x), x);
export const atan = (f: Formula, x: Value): Value => f.atan2(x, 1);

/** From here on one vanishes beside the square of a number, which might overflow. */
const isLarge = (f: Formula, x: Value): Value => f.compare(x, "GE", Math.sqrt(f.precision.largest) / 2);

/** `log 2x` for what is large. */
const logTwice = (f: Formula, x: Value): Value => f.add(f.log(x), Math.LN2);

/** `log(1 + z + √(z (z + 2)))` with `z = x - 1` */
export function acosh(f: Formula, x: Value): Value {
  const z = f.subtract(x, 1);
  const near = f.log1p(f.add(z, f.sqrt(f.multiply(z, f.add(z, 2)))));
  const value = f.select(isLarge(f, x), logTwice(f, x), near);
  return f.select(f.compare(x, "LT", 1), NaN, value);
}

/** `log(y + √(y² + 1))`, written as the logarithm of one and something, with the sign of `x` */
export function asinh(f: Formula, x: Value): Value {
  const y = f.abs(x);
  const square = f.square(y);
  const excess = f.add(y, f.divide(square, f.add(f.sqrt(f.add(square, 1)), 1)));
  return f.multiply(f.sign(x), f.select(isLarge(f, y), logTwice(f, y), f.log1p(excess)));
}

/** NaN beyond ±1, where a logarithm is of a negative number. */
export function atanh(f: Formula, x: Value): Value {
  return f.multiply(f.subtract(f.log1p(x), f.log1p(f.negate(x))), 0.5);
}

/** `exp(x) / 2`, halved before the exponential so that only what is too large itself overflows. */
const halfExponential = (f: Formula, x: Value): Value => f.exp(f.add(x, -Math.LN2));

export function cosh(f: Formula, x: Value): Value {
  return f.add(halfExponential(f, x), halfExponential(f, f.negate(x)));
}

export function sinh(f: Formula, x: Value): Value {
  const grown = f.expm1(x);
  const near = f.multiply(f.add(grown, f.divide(grown, f.add(grown, 1))), 0.5);
  const far = f.subtract(halfExponential(f, x), halfExponential(f, f.negate(x)));
  return f.select(f.compare(f.abs(x), "LT", 1), near, far);
}
