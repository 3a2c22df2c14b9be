/** Hyperbolic functions and their inverses. */
import { demote, type Node, promote } from "../vector.ts";
import { Floats } from "../vector_lanes.ts";
import { exponential, exponentialMinusOne } from "./exponential.ts";
import { logarithm, logarithmPlusOne } from "./logarithm.ts";

/** The rational function of Eigen and XLA, odd over even powers. */
const numerators = [
  4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8, -8.60467152213735e-11,
  2.00018790482477e-13, -2.76076847742355e-16,
];
const denominators = [4.89352518554385e-3, 2.268434632439e-3, 1.18534705686654e-4, 1.19825839466702e-6];
/** The smallest argument whose approximation is 1, with fused steps and without: beyond, the result is that. */
const largest = { fused: 7.99881172180175781, separate: 7.90531110763549805 };
/** Below, the result is the argument. */
const smallest = 0.0004;

function singleTangent(f: Floats, x: Node): Node {
  const limit = f.graph.features.fma ? largest.fused : largest.separate;
  const clamped = f.atLeast(f.atMost(x, limit), -limit);
  const square = f.multiply(clamped, clamped);
  const numerator = f.multiply(clamped, f.polynomial(square, numerators));
  const size = f.abs(x);
  const ratio = f.divide(numerator, f.polynomial(square, denominators));
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

/**
 * e^x / 2 as CHLO has it: the half is in the exponent, which rounds. It costs large results digits, and is what every
 * other implementation gives.
 */
const halfExponential = (f: Floats, x: Node): Node => exponential(f, f.add(x, Math.log(0.5)));

/** Below 1, (t + t / (t + 1)) / 2 with t = e^|x| - 1. */
export function hyperbolicSine(f: Floats, x: Node): Node {
  const size = f.abs(x);
  const t = exponentialMinusOne(f, f.atMost(size, 1));
  const near = f.copySign(f.multiply(f.add(t, f.divide(t, f.add(t, 1))), 0.5), x);
  const far = f.subtract(halfExponential(f, x), halfExponential(f, f.negate(x)));
  return f.select(f.less(size, 1), near, far);
}

export function hyperbolicCosine(f: Floats, x: Node): Node {
  return f.add(halfExponential(f, x), halfExponential(f, f.negate(x)));
}

/** Beyond, squares of doubles have no digits in common with 1. */
const far = 2 ** 30;
/** Up to it two terms of a series do for f32, beyond the logarithm of doubles does. */
const near = 2 ** -12;

/** A function of f32 by way of doubles. */
function inDouble(f: Floats, x: Node, compute: (double: Floats, x: Node) => Node): Node {
  return demote(f.graph, compute(new Floats(f.graph, "f64"), promote(f.graph, x)));
}

/** x + c x³ up to where the logarithm has enough digits, which is the result for |x|. */
function odd(f: Floats, x: Node, c: number, logarithmOfSize: (size: Node) => Node): Node {
  const size = f.abs(x);
  const series = f.multiply(x, f.multiplyAdd(f.multiply(x, x), c, 1));
  return f.select(f.less(size, near), series, f.copySign(logarithmOfSize(size), x));
}

export function inverseHyperbolicSine(f: Floats, x: Node): Node {
  if (f.lane === "f32") {
    return inDouble(f, x, (d, wide) =>
      odd(d, wide, -1 / 6, (size) =>
        logarithm(d, d.add(size, d.squareRoot(d.add(d.multiply(size, size), 1)))),
      ),
    );
  }
  const size = f.abs(x);
  const square = f.multiply(size, size);
  const root = f.add(f.squareRoot(f.add(square, 1)), 1);
  const ordinary = logarithmPlusOne(f, f.add(size, f.divide(square, root)));
  const distant = f.add(logarithm(f, size), Math.LN2);
  return f.copySign(f.select(f.greater(size, far), distant, ordinary), x);
}

export function inverseHyperbolicCosine(f: Floats, x: Node): Node {
  if (f.lane === "f32") {
    return inDouble(f, x, (d, wide) => {
      const root = d.squareRoot(d.subtract(d.multiply(wide, wide), 1));
      return d.select(d.less(wide, 1), NaN, logarithm(d, d.add(wide, root)));
    });
  }
  const above = f.subtract(x, 1);
  const root = f.squareRoot(f.multiplyAdd(above, above, f.add(above, above)));
  const ordinary = logarithmPlusOne(f, f.add(above, root));
  const distant = f.add(logarithm(f, x), Math.LN2);
  return f.select(f.less(x, 1), NaN, f.select(f.greater(x, far), distant, ordinary));
}

export function inverseHyperbolicTangent(f: Floats, x: Node): Node {
  if (f.lane === "f32") {
    return inDouble(f, x, (d, wide) =>
      odd(d, wide, 1 / 3, (size) =>
        d.multiply(logarithm(d, d.divide(d.add(1, size), d.subtract(1, size))), 0.5),
      ),
    );
  }
  const size = f.abs(x);
  const ratio = f.divide(f.add(size, size), f.subtract(1, size));
  return f.copySign(f.multiply(logarithmPlusOne(f, ratio), 0.5), x);
}
