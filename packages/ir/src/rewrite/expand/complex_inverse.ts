/** Inverse trigonometric and hyperbolic functions of complex numbers as arithmetic: Hull, Fairgrieve and Tang's regions. */
import type { Value } from "../../model/operation.ts";
import type { Formula } from "../formula.ts";
import { hypot, type Parts, timesI, timesMinusI } from "./complex.ts";

/** `(√(a² - x²), acosh a)` for the half axis `a` of the ellipse through `z` around the branch points 1 and -1. */
export function kernel(f: Formula, z: Parts): Parts {
  const [x, y] = [f.abs(z.re), f.abs(z.im)];
  const limit = Math.sqrt(f.precision.largest) / 8;
  const isFar = f.or(f.compare(x, "GT", limit), f.compare(y, "GT", limit));
  const [nearX, nearY] = [f.minimum(x, limit), f.minimum(y, limit)];
  const near = nearKernel(f, nearX, nearY);
  const large = f.maximum(x, y);
  const ratio = hypot(f, f.divide(x, large), f.divide(y, large));
  const logarithm = f.sum(f.log(large), f.log(ratio), Math.LN2);
  const endless = f.or(f.isInfinite(x), f.isInfinite(y));
  return {
    re: f.select(isFar, y, near.re),
    im: f.select(endless, Infinity, f.select(isFar, logarithm, near.im)),
  };
}

function nearKernel(f: Formula, x: Value, y: Value): Parts {
  const [r, s] = [hypot(f, f.add(x, 1), y), hypot(f, f.subtract(x, 1), y)];
  const a = f.multiply(f.add(r, s), 0.5);
  const [apex, square] = [f.add(a, x), f.square(y)];
  const rx = f.add(f.add(r, x), 1);
  const inside = f.compare(x, "LE", 1);
  const [left, right] = [f.subtract(1, x), f.subtract(x, 1)];
  // √(a² - x²), where the difference would cancel.
  const insideRoot = f.sqrt(f.multiply(f.multiply(apex, 0.5), f.add(f.divide(square, rx), f.add(s, left))));
  const outsideSum = f.add(f.divide(apex, rx), f.divide(apex, f.add(s, right)));
  const outsideRoot = f.multiply(y, f.sqrt(f.multiply(outsideSum, 0.5)));
  const plainRoot = f.sqrt(f.multiply(f.subtract(a, x), apex));
  const isSteep = f.compare(x, "LE", f.multiply(a, 0.6417));
  const root = f.select(isSteep, plainRoot, f.select(inside, insideRoot, outsideRoot));
  return { re: root, im: arcCosh(f, { x, y, s, a, rx, left, right }) };
}

interface Ellipse {
  readonly x: Value;
  readonly y: Value;
  readonly s: Value;
  readonly a: Value;
  readonly rx: Value;
  readonly left: Value;
  readonly right: Value;
}

/** `acosh a`, near 1 from `a - 1`, which is computed without cancellation. */
function arcCosh(f: Formula, { x, y, s, a, rx, left, right }: Ellipse): Value {
  const far = f.log(f.add(a, f.sqrt(f.subtract(f.square(a), 1))));
  const isInside = f.compare(x, "LT", 1);
  // Quotients before products: a square of what is small would vanish.
  const other = f.select(isInside, f.multiply(y, f.divide(y, f.add(s, left))), f.add(s, right));
  const excess = f.multiply(f.add(f.multiply(y, f.divide(y, rx)), other), 0.5);
  const near = f.log1p(f.add(excess, f.sqrt(f.multiply(excess, f.add(a, 1)))));
  // Close to the cut between the branch points the excess is a square itself.
  const flat = f.divide(y, f.sqrt(f.multiply(left, f.add(x, 1))));
  const isFlat = f.and(isInside, f.compare(y, "LT", f.multiply(left, f.precision.negligible)));
  return f.select(f.compare(a, "GT", 1.5), far, f.select(isFlat, flat, near));
}

export function asin(f: Formula, z: Parts): Parts {
  const { re, im } = kernel(f, z);
  return { re: f.withSign(f.atan2(f.abs(z.re), re), z.re), im: f.withSign(im, z.im) };
}

export function acos(f: Formula, z: Parts): Parts {
  const { re, im } = kernel(f, z);
  return { re: f.atan2(re, z.re), im: f.withSign(im, f.negate(z.im)) };
}

/** `acosh z = ±i acos z`, the one whose real part is not negative. */
export function acosh(f: Formula, z: Parts): Parts {
  const { re, im } = acos(f, z);
  return { re: f.abs(im), im: f.withSign(re, z.im) };
}

/** `asinh z = -i asin(iz)` */
export const asinh = (f: Formula, z: Parts): Parts => timesMinusI(f, asin(f, timesI(f, z)));

export function atanh(f: Formula, { re, im }: Parts): Parts {
  const [x, y] = [f.abs(re), f.abs(im)];
  const limit = Math.sqrt(f.precision.largest) / 8;
  const isFar = f.or(f.compare(x, "GT", limit), f.compare(y, "GT", limit));
  const [a, b] = [f.minimum(x, limit), f.minimum(y, limit)];
  const left = f.subtract(1, a);
  const distance = f.add(f.square(left), f.square(b));
  const plain = f.multiply(f.log1p(f.divide(f.multiply(a, 4), distance)), 0.25);
  // At a branch point the squares vanish: log(2 / distance) / 2.
  const close = f.multiply(f.subtract(Math.LN2, f.log(hypot(f, left, b))), 0.5);
  const isClose = f.compare(distance, "LT", f.precision.smallest * 2 ** 30);
  const angle = f.multiply(f.atan2(f.add(b, b), f.subtract(f.multiply(left, f.add(a, 1)), f.square(b))), 0.5);
  const real = f.select(isFar, farTangent(f, x, y), f.select(isClose, close, plain));
  return {
    re: f.withSign(real, re),
    im: f.withSign(f.select(isFar, Math.PI / 2, angle), im),
  };
}

/** `x / (x² + y²)`, by parts of which the larger is 1. */
function farTangent(f: Formula, x: Value, y: Value): Value {
  const large = f.maximum(x, y);
  const [a, b] = [f.divide(x, large), f.divide(y, large)];
  const quotient = f.divide(f.divide(a, f.add(f.square(a), f.square(b))), large);
  return f.select(f.or(f.isInfinite(x), f.isInfinite(y)), 0, quotient);
}

/** `atan z = -i atanh(iz)` */
export const atan = (f: Formula, z: Parts): Parts => timesMinusI(f, atanh(f, timesI(f, z)));
