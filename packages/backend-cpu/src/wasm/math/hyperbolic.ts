/**
 * Hyperbolic functions.
 *
 * | function | f32 | f64 |
 * |---|---|---|
 * | hyperbolicTangent | 4.5 ulp | |
 */
import type { Node } from "../vector.ts";
import type { Floats } from "../vector_lanes.ts";

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

export function hyperbolicTangent(f: Floats, x: Node): Node {
  const limit = f.graph.features.fma ? largest.fused : largest.separate;
  const clamped = f.atLeast(f.atMost(x, limit), -limit);
  const square = f.multiply(clamped, clamped);
  const numerator = f.multiply(clamped, f.polynomial(square, odd));
  const ratio = f.divide(numerator, f.polynomial(square, even));
  return f.select(f.less(f.abs(x), smallest), x, ratio);
}
