/**
 * Hyperbolic functions and their inverses.
 */
import type { Node } from "../vector.ts";
import type { Floats } from "../vector_lanes.ts";
import { exponentialMinusOne, scaledExponential } from "./exponential.ts";
import { logarithm, logarithmPlusOne } from "./logarithm.ts";

/** The rational function of Eigen and XLA, odd over even powers. */
const odd = [
  4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8, -8.60467152213735e-11,
  2.00018790482477e-13, -2.76076847742355e-16,
];
const even = [4.89352518554385e-3, 2.268434632439e-3, 1.18534705686654e-4, 1.19825839466702e-6];
/** The smallest argument whose approximation is 1, with fused steps and without: beyond, the result is that. */
const largest = { fused: 7.99881172180175781, separate: 7.90531110763549805 };
/** Below, the result is the argument. */
const smallest = 0.0004;

function singleTangent(f: Floats, x: Node): Node {
  const limit = f.graph.features.fma ? largest.fused : largest.separate;
  const clamped = f.atLeast(f.atMost(x, limit), -limit);
  const square = f.multiply(clamped, clamped);
  const numerator = f.multiply(clamped, f.polynomial(square, odd));
  const size = f.abs(x);
  const ratio = f.divide(numerator, f.polynomial(square, even));
  return f.select(f.less(size, smallest), x, ratio);
}

/** With t = e^(2|x|) - 1: t / (t + 2), and 1 - 2 / (t + 2) where that loses less. */
function doubleTangent(f: Floats, x: Node): Node {
  const size = f.abs(x);
  const t = exponentialMinusOne(f, f.atMost(f.add(size, size), 80));
  const isFar = f.greater(size, 0.5);
  const ratio = f.divide(f.select(isFar, 2, t), f.add(t, 2));
  return f.copySign(f.select(isFar, f.subtract(1, ratio), ratio), x);
}

export function hyperbolicTangent(f: Floats, x: Node): Node {
  return f.lane === "f32" ? singleTangent(f, x) : doubleTangent(f, x);
}

/** (t + t / (t + 1)) / 2 with t = e^|x| - 1; far out half the exponential, which alone may overflow. */
export function hyperbolicSine(f: Floats, x: Node): Node {
  const size = f.abs(x);
  const t = exponentialMinusOne(f, f.atMost(size, 40));
  const near = f.multiply(f.add(t, f.divide(t, f.add(t, 1))), 0.5);
  const far = scaledExponential(f, size, { shift: -1 });
  return f.copySign(f.select(f.less(size, 20), near, far), x);
}

export function hyperbolicCosine(f: Floats, x: Node): Node {
  const half = scaledExponential(f, f.abs(x), { shift: -1 });
  return f.add(half, f.divide(0.25, half));
}

/** Beyond, squares have no digits in common with 1. */
const far = { f32: 2 ** 14, f64: 2 ** 30 } as const;

export function inverseHyperbolicSine(f: Floats, x: Node): Node {
  const size = f.abs(x);
  const square = f.multiply(size, size);
  const root = f.add(f.squareRoot(f.add(square, 1)), 1);
  const near = logarithmPlusOne(f, f.add(size, f.divide(square, root)));
  const distant = f.add(logarithm(f, size), Math.LN2);
  return f.copySign(f.select(f.greater(size, far[f.lane]), distant, near), x);
}

export function inverseHyperbolicCosine(f: Floats, x: Node): Node {
  const above = f.subtract(x, 1);
  const root = f.squareRoot(f.multiplyAdd(above, above, f.add(above, above)));
  const near = logarithmPlusOne(f, f.add(above, root));
  const distant = f.add(logarithm(f, x), Math.LN2);
  return f.select(f.less(x, 1), NaN, f.select(f.greater(x, far[f.lane]), distant, near));
}

export function inverseHyperbolicTangent(f: Floats, x: Node): Node {
  const size = f.abs(x);
  const ratio = f.divide(f.add(size, size), f.subtract(1, size));
  return f.copySign(f.multiply(logarithmPlusOne(f, ratio), 0.5), x);
}
