/**
 * Functions of complex numbers as arithmetic on their parts. The formulas are the evaluator's (`reference/element`), which
 * names their sources; both sides of its branches are computed, and squares that would overflow are kept in range.
 */
import type { Value } from "../../model/operation.ts";
import type { Formula } from "../formula.ts";

export interface Parts {
  readonly re: Value;
  readonly im: Value;
}

type Function = (f: Formula, z: Parts) => Parts;

/** `√(x² + y²)` without overflow; infinite when a part is. */
export function hypot(f: Formula, x: Value, y: Value): Value {
  const [a, b] = [f.abs(x), f.abs(y)];
  const large = f.maximum(a, b);
  const ratio = f.divide(f.minimum(a, b), large);
  const length = f.multiply(large, f.sqrt(f.add(f.square(ratio), 1)));
  // 0/0 and ∞/∞ have no ratio.
  const plain = f.select(f.compare(a, "EQ", b), f.multiply(large, Math.SQRT2), length);
  return f.select(f.or(f.isInfinite(x), f.isInfinite(y)), Infinity, plain);
}

// Exponential, logarithms and roots ----------------------------------------------------------------------------------

/** `exp(x) × factor`, where the exponential alone may overflow. */
function scaledExp(f: Formula, x: Value, factor: Value): Value {
  const half = f.exp(f.multiply(x, 0.5));
  const split = f.multiply(f.multiply(half, factor), half);
  const isFinite = f.compare(x, "LT", Infinity);
  const isLarge = f.and(f.compare(x, "GT", f.precision.exponentLimit), isFinite);
  return f.select(isLarge, split, f.multiply(f.exp(x), factor));
}

export const exponential: Function = (f, { re, im }) => {
  const isReal = f.compare(im, "EQ", 0);
  return {
    re: f.select(isReal, f.exp(re), scaledExp(f, re, f.cosine(im))),
    im: f.select(isReal, im, scaledExp(f, re, f.sine(im))),
  };
};

/** The real part is `expm1(x) cos y - 2 sin²(y/2)`. */
export const exponentialMinusOne: Function = (f, { re, im }) => {
  const half = f.sine(f.multiply(im, 0.5));
  const grown = f.expm1(re);
  const near = f.subtract(f.multiply(grown, f.cosine(im)), f.multiply(f.square(half), 2));
  const far = f.subtract(scaledExp(f, re, f.cosine(im)), 1);
  const isReal = f.compare(im, "EQ", 0);
  const isNear = f.compare(f.abs(re), "LT", 40);
  return {
    re: f.select(isReal, grown, f.select(isNear, near, far)),
    im: f.select(isReal, im, scaledExp(f, re, f.sine(im))),
  };
};

/** `log |z|`; near the unit circle from `|z|² - 1`, computed without cancellation. */
function logModulus(f: Formula, { re, im }: Parts): Value {
  const [a, b] = [f.abs(re), f.abs(im)];
  const [large, small] = [f.maximum(a, b), f.minimum(a, b)];
  const quotient = f.divide(small, large);
  const ratio = f.select(f.compare(large, "EQ", small), f.select(f.compare(large, "EQ", 0), 0, 1), quotient);
  const far = f.add(f.log(large), f.multiply(f.log1p(f.square(ratio)), 0.5));
  const inRange = f.minimum(large, 4);
  const [xx, xe] = f.twoSquare(inRange);
  const [yy, ye] = f.twoSquare(f.minimum(small, 4));
  const excess = f.exactSum(f.value(-1), xx, yy, xe, ye);
  const near = f.multiply(f.log1p(excess), 0.5);
  const isNear = f.and(f.compare(large, "GT", 0.5), f.compare(large, "LT", 2));
  const either = f.or(f.isInfinite(re), f.isInfinite(im));
  return f.select(either, Infinity, f.select(isNear, near, far));
}

export const log: Function = (f, z) => ({ re: logModulus(f, z), im: f.atan2(z.im, z.re) });

/** Near `-1 + e^iφ` from `|1 + z|² - 1 = 2x + x² + y²`. */
export const logPlusOne: Function = (f, { re, im }) => {
  const shifted = f.add(re, 1);
  const [x, y] = [f.maximum(f.minimum(re, 4), -4), f.maximum(f.minimum(im, 4), -4)];
  const [xx, xe] = f.twoSquare(x);
  const [yy, ye] = f.twoSquare(y);
  const excess = f.exactSum(f.add(x, x), xx, yy, xe, ye);
  const distance = hypot(f, shifted, im);
  const isNear = f.and(f.compare(distance, "GT", 0.5), f.compare(distance, "LT", 2));
  const near = f.multiply(f.log1p(excess), 0.5);
  return {
    re: f.select(isNear, near, logModulus(f, { re: shifted, im })),
    im: f.atan2(im, shifted),
  };
};

/** The root with a non-negative real part, scaled by powers of four, whose roots are exact. */
export const squareRoot: Function = (f, { re, im }) => {
  const largest = f.maximum(f.abs(re), f.abs(im));
  const { largest: huge, smallest } = f.precision;
  const [isHuge, isTiny] = [f.compare(largest, "GT", huge / 8), f.compare(largest, "LT", smallest * 2 ** 60)];
  const scale = f.select(isHuge, 1 / 16, f.select(isTiny, 2 ** 80, 1));
  const unscale = f.select(isHuge, 4, f.select(isTiny, 2 ** -40, 1));
  const [x, y] = [f.multiply(re, scale), f.multiply(im, scale)];
  const root = f.sqrt(f.multiply(f.add(f.abs(x), hypot(f, x, y)), 0.5));
  const isZero = f.compare(largest, "EQ", 0);
  const large = f.multiply(root, unscale);
  const small = f.select(isZero, 0, f.multiply(f.divide(f.abs(y), f.multiply(root, 2)), unscale));
  const isRight = f.compare(re, "GE", 0);
  const finite = {
    re: f.select(isRight, large, small),
    im: f.withSign(f.select(isRight, small, large), im),
  };
  return rootOfInfinity(f, { re, im }, finite);
};

/** C's Annex G: an infinite imaginary part wins, then an infinite real part tells the direction. */
function rootOfInfinity(f: Formula, { re, im }: Parts, finite: Parts): Parts {
  const [toRight, toLeft] = [f.compare(re, "EQ", Infinity), f.compare(re, "EQ", -Infinity)];
  const keepsNaN = (value: Value | number) => f.select(f.isNaN(im), NaN, value);
  const upwards = f.isInfinite(im);
  const real = f.select(toRight, Infinity, f.select(toLeft, keepsNaN(0), finite.re));
  const imaginary = f.select(
    toRight,
    keepsNaN(f.withSign(0, im)),
    f.select(toLeft, f.withSign(Infinity, im), finite.im),
  );
  return { re: f.select(upwards, Infinity, real), im: f.select(upwards, im, imaginary) };
}

/** `1/√z = conj √z / |z|` */
export const reciprocalSquareRoot: Function = (f, z) => {
  const root = squareRoot(f, z);
  const length = hypot(f, root.re, root.im);
  const ratio = (part: Value) => f.divide(f.divide(part, length), length);
  const isEndless = f.compare(length, "EQ", Infinity);
  const isZero = f.compare(length, "EQ", 0);
  return {
    re: f.select(isZero, Infinity, f.select(isEndless, f.withSign(0, root.re), ratio(root.re))),
    im: f.select(isZero, NaN, f.negate(f.select(isEndless, f.withSign(0, root.im), ratio(root.im)))),
  };
};

export const cubeRoot: Function = (f, { re, im }) => {
  const angle = f.divide(f.atan2(im, re), 3);
  const root = f.cbrt(hypot(f, re, im));
  return { re: f.multiply(root, f.cosine(angle)), im: f.multiply(root, f.sine(angle)) };
};

// Trigonometric and hyperbolic functions -----------------------------------------------------------------------------

/** `[a cosh y, b sinh y]`, where cosh and sinh alone may overflow. */
function hyperbolic(f: Formula, y: Value, a: Value, b: Value): readonly [Value, Value] {
  const magnitude = f.abs(y);
  const inRange = f.minimum(magnitude, f.precision.exponentLimit);
  const isLarge = f.compare(magnitude, "GT", f.precision.exponentLimit);
  const root = f.exp(f.multiply(magnitude, 0.5));
  const split = (factor: Value) => f.multiply(f.multiply(f.multiply(root, 0.5), factor), root);
  const grown = f.expm1(inRange);
  const whole = f.add(grown, 1);
  const sinh = f.multiply(f.add(grown, f.divide(grown, whole)), 0.5);
  const cosh = f.multiply(f.add(whole, f.divide(1, whole)), 0.5);
  const magnitudeOfOdd = f.select(isLarge, split(f.abs(b)), f.multiply(f.abs(b), sinh));
  // Zero, whatever the other factor is.
  const vanishes = f.or(f.compare(b, "EQ", 0), f.compare(y, "EQ", 0));
  const odd = f.withSign(f.select(vanishes, 0, magnitudeOfOdd), y);
  return [f.select(isLarge, split(a), f.multiply(a, cosh)), f.select(f.isNegative(b), f.negate(odd), odd)];
}

/** `sin(x + iy) = sin x cosh y + i cos x sinh y` */
export const sine: Function = (f, { re, im }) => {
  const [real, imaginary] = hyperbolic(f, im, f.sine(re), f.cosine(re));
  return { re: f.select(f.compare(re, "EQ", 0), re, real), im: imaginary };
};

/** `cos(x + iy) = cos x cosh y - i sin x sinh y` */
export const cosine: Function = (f, { re, im }) => {
  const [real, imaginary] = hyperbolic(f, im, f.cosine(re), f.sine(re));
  return { re: real, im: f.negate(imaginary) };
};

/** From `tan y` and `sinh x` (Kahan); far out one, and an exponential that vanishes. */
export const tanh: Function = (f, { re, im }) => {
  const isFar = f.compare(f.abs(re), "GT", 22);
  const inRange = f.maximum(f.minimum(re, 22), -22);
  const tangent = f.tan(im);
  const secant = f.add(f.square(tangent), 1);
  const [, sinh] = hyperbolic(f, inRange, f.value(1), f.value(1));
  const rho = f.sqrt(f.add(f.square(sinh), 1));
  const divisor = f.add(f.multiply(secant, f.square(sinh)), 1);
  const tail = f.multiply(
    f.multiply(f.multiply(f.sine(im), f.cosine(im)), 4),
    f.exp(f.multiply(f.abs(re), -2)),
  );
  const real = f.select(
    isFar,
    f.withSign(1, re),
    f.divide(f.multiply(f.multiply(secant, rho), sinh), divisor),
  );
  const imaginary = f.select(isFar, tail, f.divide(tangent, divisor));
  // Where the imaginary part is infinite it has no tangent, which matters only if the real part is finite.
  const endless = f.isInfinite(re);
  const still = f.select(f.compare(f.abs(im), "LT", Infinity), f.withSign(0, f.sine(f.add(im, im))), 0);
  return {
    re: f.select(f.compare(re, "EQ", 0), re, real),
    im: f.select(endless, still, f.select(f.and(f.isNaN(re), f.compare(im, "EQ", 0)), im, imaginary)),
  };
};

/** `tan z = -i tanh(iz)` */
export const tan: Function = (f, z) => timesMinusI(f, tanh(f, timesI(f, z)));
/** `sinh z = -i sin(iz)` */
export const sinh: Function = (f, z) => timesMinusI(f, sine(f, timesI(f, z)));
/** `cosh z = cos(iz)` */
export const cosh: Function = (f, z) => cosine(f, timesI(f, z));

export const timesI: Function = (f, { re, im }) => ({ re: f.negate(im), im: re });
export const timesMinusI: Function = (f, { re, im }) => ({ re: im, im: f.negate(re) });

// Quotients ----------------------------------------------------------------------------------------------------------

/** `exp(w) / (1 + exp(w))` or `1 / (1 + exp(w))` for `w = ±z`, whichever does not overflow. */
export const logistic: Function = (f, z) => {
  const isLeft = f.compare(z.re, "LT", 0);
  const flip = (part: Value) => f.select(isLeft, part, f.negate(part));
  const grown = exponential(f, { re: flip(z.re), im: flip(z.im) });
  const [a, b] = [f.add(grown.re, 1), grown.im];
  const norm = f.add(f.square(a), f.square(b));
  const numerator = { re: f.select(isLeft, grown.re, 1), im: f.select(isLeft, grown.im, 0) };
  return {
    re: f.divide(f.add(f.multiply(numerator.re, a), f.multiply(numerator.im, b)), norm),
    im: f.divide(f.subtract(f.multiply(numerator.im, a), f.multiply(numerator.re, b)), norm),
  };
};

/** `z / |z|`; zero for zero, NaN when a part is. */
export const sign: Function = (f, z) => {
  const isHuge = f.compare(f.maximum(f.abs(z.re), f.abs(z.im)), "GT", f.precision.largest / 4);
  const scaled = (part: Value) => f.select(isHuge, f.multiply(part, 0.25), part);
  const [re, im] = [scaled(z.re), scaled(z.im)];
  const length = hypot(f, re, im);
  const isZero = f.compare(length, "EQ", 0);
  const hasNone = f.or(f.isInfinite(length), f.or(f.isNaN(re), f.isNaN(im)));
  const part = (value: Value) => f.select(hasNone, NaN, f.select(isZero, 0, f.divide(value, length)));
  return { re: part(re), im: part(im) };
};

/** `exp(y log x)`, exact for the exponents zero and one, of zero, and of positive numbers. */
export function power(f: Formula, x: Parts, y: Parts): Parts {
  const { re: logarithm, im: angle } = log(f, x);
  const general = exponential(f, {
    re: f.subtract(f.multiply(logarithm, y.re), f.multiply(angle, y.im)),
    im: f.add(f.multiply(logarithm, y.im), f.multiply(angle, y.re)),
  });
  const is = (z: Parts, re: number) => f.and(f.compare(z.re, "EQ", re), f.compare(z.im, "EQ", 0));
  const isReal = f.and(f.compare(y.im, "EQ", 0), f.and(f.compare(x.im, "EQ", 0), f.compare(x.re, "GT", 0)));
  let re = f.select(isReal, f.power(x.re, y.re), general.re);
  let im = f.select(isReal, 0, general.im);
  [re, im] = [f.select(is(y, 1), x.re, re), f.select(is(y, 1), x.im, im)];
  const ofZero = is(x, 0);
  const [grows, falls] = [
    f.compare(y.re, "GT", 0),
    f.and(f.compare(y.re, "LT", 0), f.compare(y.im, "EQ", 0)),
  ];
  re = f.select(ofZero, f.select(grows, 0, f.select(falls, Infinity, NaN)), re);
  im = f.select(ofZero, f.select(grows, 0, NaN), im);
  return { re: f.select(is(y, 0), 1, re), im: f.select(is(y, 0), 0, im) };
}

/** `(x - y)(x + y) + 2xyi` */
export const square: Function = (f, { re, im }) => {
  const diagonal = f.and(f.compare(f.abs(re), "EQ", f.abs(im)), f.compare(f.abs(re), "LT", Infinity));
  const difference = f.multiply(f.subtract(re, im), f.add(re, im));
  return { re: f.select(diagonal, 0, difference), im: f.multiply(f.multiply(re, im), 2) };
};
