/** Angles. */
import type { Node } from "../vector.ts";
import { type Floats, Integers } from "../vector_lanes.ts";

interface Constants {
  /** (atan r / r - 1) / r² of r², up to tan(π/8). */
  readonly tangent: readonly number[];
  /** (asin r / r - 1) / r² of r², up to 1/2. */
  readonly sine: readonly number[];
  /** π/4 in two parts, the first short of three bits: its multiples are exact. */
  readonly quarterPi: readonly [number, number];
}

const constants: Readonly<Record<Floats["lane"], Constants>> = {
  f32: {
    tangent: [-0.3333295507025145, 0.1997791884915159, -0.1387976843091567, 0.08060032903139727],
    sine: [
      0.1666675392568655, 0.07495242000710875, 0.04547706255429335, 0.024147790646624413, 0.04221824884106885,
    ],
    quarterPi: [0.785398006439209, 1.5695823932524066e-7],
  },
  f64: {
    tangent: [
      -0.33333333333333326, 0.19999999999997692, -0.14285714285390774, 0.11111111088350582,
      -0.09090908150775318, 0.07692282900139594, -0.06666228849544618, 0.05877042312000679,
      -0.05218536607289764, 0.04504087730090253, -0.033487005215018496, 0.01520791439930808,
    ],
    sine: [
      0.16666666666665383, 0.0750000000034304, 0.04464285682348116, 0.03038195933138005, 0.022371753520155857,
      0.01735977114562505, 0.013884598199122073, 0.012173280412128692, 0.006510851264349422,
      0.019573904865034287, -0.016294061061892663, 0.03195895014258981,
    ],
    quarterPi: [0.7853981633974483, 3.061616997868383e-17],
  },
};

/** The angle of the point (x, y). */
export function atan2(f: Floats, y: Node, x: Node): Node {
  const { graph } = f;
  const { tangent, quarterPi } = constants[f.lane];
  const [height, width] = [f.abs(y), f.abs(x)];
  const isSteep = f.greater(height, width);
  // Scaled, because sums of the largest numbers overflow; two infinities are as good as two ones.
  const isLarge = f.greater(f.atLeast(width, height), f.lane === "f32" ? 2 ** 100 : 2 ** 1000);
  const bothInfinite = graph.apply("v128.and", [f.equal(width, Infinity), f.equal(height, Infinity)]);
  const scaled = (a: Node) => f.select(bothInfinite, 1, f.select(isLarge, f.multiply(a, 2 ** -20), a));
  const small = scaled(f.select(isSteep, width, height));
  const large = scaled(f.select(isSteep, height, width));
  // From tan(π/8) on, π/4 and the angle to the diagonal.
  const isDiagonal = f.greater(small, f.multiply(large, Math.SQRT2 - 1));
  const numerator = f.select(isDiagonal, f.subtract(small, large), small);
  const denominator = f.select(isDiagonal, f.add(small, large), large);
  // The origin has the angle zero.
  const ratio = f.select(f.equal(denominator, 0), numerator, f.divide(numerator, denominator));
  const square = f.multiply(ratio, ratio);
  const angle = f.multiplyAdd(f.multiply(ratio, square), f.polynomial(square, tangent), ratio);
  // The multiple of π/4 that is added, and with which sign the angle counts.
  const isLeft = new Integers(graph, f.integer).right(f.bits(x), f.lane === "f32" ? 31 : 63);
  const flips = graph.apply("v128.xor", [isSteep, isLeft]);
  const inQuadrant = f.select(isDiagonal, 1, 0);
  const inHalf = f.select(isSteep, f.subtract(2, inQuadrant), inQuadrant);
  const multiple = f.select(isLeft, f.subtract(4, inHalf), inHalf);
  const signed = f.select(flips, f.negate(angle), angle);
  const low = f.multiplyAdd(multiple, quarterPi[1], signed);
  return f.copySign(f.add(f.multiply(multiple, quarterPi[0]), low), y);
}

export function inverseTangent(f: Floats, x: Node): Node {
  return atan2(f, x, f.of(1));
}

/** asin |x| up to 1/2; beyond, the half of what is left to π/2. */
function halved(f: Floats, x: Node): { isFar: Node; angle: Node } {
  const size = f.abs(x);
  const isFar = f.greater(size, 0.5);
  const square = f.select(isFar, f.multiply(f.subtract(1, size), 0.5), f.multiply(size, size));
  const root = f.select(isFar, f.squareRoot(square), size);
  const { sine } = constants[f.lane];
  return { isFar, angle: f.multiplyAdd(f.multiply(root, square), f.polynomial(square, sine), root) };
}

export function inverseSine(f: Floats, x: Node): Node {
  const { quarterPi } = constants[f.lane];
  const { isFar, angle } = halved(f, x);
  const rest = f.subtract(2 * quarterPi[1], f.add(angle, angle));
  return f.copySign(f.select(isFar, f.add(2 * quarterPi[0], rest), angle), x);
}

export function inverseCosine(f: Floats, x: Node): Node {
  const { quarterPi } = constants[f.lane];
  const { isFar, angle } = halved(f, x);
  const isNegative = f.less(x, 0);
  const twice = f.add(angle, angle);
  const left = f.add(4 * quarterPi[0], f.subtract(4 * quarterPi[1], twice));
  const signed = f.select(isNegative, angle, f.negate(angle));
  const middle = f.add(2 * quarterPi[0], f.add(2 * quarterPi[1], signed));
  return f.select(isFar, f.select(isNegative, left, twice), middle);
}
