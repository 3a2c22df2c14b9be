/**
 * Sine, cosine and tangent: x = n π/2 + r, and polynomials of r. In f32 they are computed in double precision, because
 * r must have all its digits where x is near a multiple of π/2.
 */
import { demote, type Helper, type Node, promote } from "../vector.ts";
import { Floats, Integers } from "../vector_lanes.ts";
import { type Pair, quickSum, twoProduct, twoSum } from "./double_double.ts";
import { twoOverPi } from "./two_over_pi.ts";

const rounder = 6755399441055744;
/** π/2 in parts of 33 bits, and the rest: products with n up to 2^20 are exact. */
const halfPi = [
  1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32,
] as const;
/** Beyond, reductions take the bits of 2/π. */
const largest = 2 ** 20;

interface Angle {
  readonly r: Pair;
  /** n is in the low bits. */
  readonly quadrant: Node;
}

function quotient(f: Floats, x: Node): { n: Node; quadrant: Node } {
  const rounded = f.multiplyAdd(x, 2 / Math.PI, rounder);
  return { n: f.subtract(rounded, rounder), quadrant: f.bits(rounded) };
}

/** Exact to about 2^-110. */
function reduce(f: Floats, x: Node): Angle {
  const { n, quadrant } = quotient(f, x);
  const first = f.subtract(x, f.multiply(n, halfPi[0]));
  const second = twoSum(f, first, f.negate(f.multiply(n, halfPi[1])));
  const third = twoSum(f, second.high, f.negate(f.multiply(n, halfPi[2])));
  const low = f.subtract(f.add(third.low, second.low), f.multiply(n, halfPi[3]));
  return { r: quickSum(f, third.high, low), quadrant };
}

/** Exact enough for results in f32. */
function shortReduce(f: Floats, x: Node): { r: Node; quadrant: Node } {
  const { n, quadrant } = quotient(f, x);
  const parts = [halfPi[0], halfPi[1], halfPi[2]];
  return { r: parts.reduce((rest, part) => f.subtract(rest, f.multiply(n, part)), x), quadrant };
}

/** x times 2/π modulo 4, from products with pieces of 26 bits: each is exact, and so are the parts below whole turns. */
function reduceLarge(f: Floats, x: Node): Angle {
  const i = new Integers(f.graph, "i64");
  // A quarter, so that whole turns are integers; 2^-600 keeps the smallest pieces, times 2^600, within range.
  const scaled = f.multiply(x, 2 ** -602);
  const upper = f.fromBits(i.and(f.bits(scaled), ~0x7ffffffn));
  const lower = f.subtract(scaled, upper);
  let turns: Pair = { high: f.of(0), low: f.of(0) };
  for (const piece of twoOverPi) {
    for (const half of [upper, lower]) {
      const product = f.multiply(half, piece);
      const sum = twoSum(f, turns.high, f.subtract(product, f.nearest(product)));
      turns = { high: sum.high, low: f.add(turns.low, sum.low) };
    }
  }
  const quarters = f.multiply(quickSum(f, turns.high, turns.low).high, 4);
  const n = f.nearest(quarters);
  const rest = quickSum(f, f.subtract(f.multiply(turns.high, 4), n), f.multiply(turns.low, 4));
  const product = twoProduct(f, rest.high, Math.PI / 2);
  const low = f.add(
    product.low,
    f.add(f.multiply(rest.high, 6.123233995736766e-17), f.multiply(rest.low, Math.PI / 2)),
  );
  return { r: quickSum(f, product.high, low), quadrant: f.bits(f.add(n, rounder)) };
}

/** (sin r / r - 1) / r² and (cos r - 1 + r²/2) / r⁴, of r². */
const double = {
  sine: [
    -0.16666666666666632, 0.008333333333322413, -0.00019841269829807802, 2.755731369189132e-6,
    -2.5050758108811976e-8, 1.589679519072368e-10,
  ],
  cosine: [
    0.0416666666666666, -0.0013888888888874125, 2.4801587289482272e-5, -2.7557314352351035e-7,
    2.087572327467497e-9, -1.1359647828714595e-11,
  ],
};
const single = {
  sine: [-0.16666654936579295, 0.008332177682701617, -0.000195172343294646],
  cosine: [0.041666646856699914, -0.0013887367007409015, 2.4438389569859372e-5],
};

interface SineAndCosine {
  readonly sine: Node;
  readonly cosine: Node;
}

function ofPair(f: Floats, { high: r, low }: Pair): SineAndCosine {
  const square = f.multiply(r, r);
  const cubic = f.multiply(f.multiply(r, square), f.polynomial(square, double.sine));
  const half = f.multiply(square, 0.5);
  const sine = f.add(r, f.add(cubic, f.subtract(low, f.multiply(half, low))));
  const whole = f.subtract(1, half);
  const lost = f.subtract(f.subtract(1, whole), half);
  const fourth = f.multiply(f.multiply(square, square), f.polynomial(square, double.cosine));
  const cosine = f.add(whole, f.add(lost, f.subtract(fourth, f.multiply(r, low))));
  return { sine, cosine };
}

function ofShort(f: Floats, r: Node): SineAndCosine {
  const square = f.multiply(r, r);
  const sine = f.multiplyAdd(f.multiply(r, square), f.polynomial(square, single.sine), r);
  const fourth = f.multiply(f.multiply(square, square), f.polynomial(square, single.cosine));
  return { sine, cosine: f.add(f.multiplyAdd(square, -0.5, 1), fourth) };
}

type Choose = (f: Floats, of: SineAndCosine, quadrant: Node) => Node;

/** The function of n quarters of a turn more than a reduced angle has. */
const chooseSine: Choose = (f, { sine, cosine }, quadrant) => {
  const i = new Integers(f.graph, "i64");
  const odd = i.subtract(0, i.and(quadrant, 1));
  const sign = i.left(i.and(quadrant, 2), 62);
  return f.fromBits(i.xor(f.bits(f.select(odd, cosine, sine)), sign));
};

const chooseCosine: Choose = (f, both, quadrant) =>
  chooseSine(f, both, new Integers(f.graph, "i64").add(quadrant, 1));

const chooseTangent: Choose = (f, { sine, cosine }, quadrant) => {
  const i = new Integers(f.graph, "i64");
  const odd = i.subtract(0, i.and(quadrant, 1));
  const numerator = f.select(odd, f.negate(cosine), sine);
  return f.divide(numerator, f.select(odd, sine, cosine));
};

/** Sine and tangent of -0 are -0: the reduction would lose the sign. */
function circular(name: string, choose: Choose, keepsZero: boolean) {
  const far: Helper = {
    name: `${name} of large angles`,
    inputs: ["f64"],
    build: (graph, [x]) => {
      const f = new Floats(graph, "f64");
      const { r, quadrant } = reduceLarge(f, x!);
      return choose(f, ofPair(f, r), quadrant);
    },
  };
  const near = (f: Floats, x: Node, short: boolean): Node => {
    if (short) {
      const { r, quadrant } = shortReduce(f, x);
      return choose(f, ofShort(f, r), quadrant);
    }
    const { r, quadrant } = reduce(f, x);
    return choose(f, ofPair(f, r), quadrant);
  };
  return (f: Floats, x: Node): Node => {
    const double = new Floats(f.graph, "f64");
    const wide = f.lane === "f64" ? x : promote(f.graph, x);
    const isFar = double.greater(double.abs(wide), largest);
    const any = f.graph.escape(near(double, wide, f.lane === "f32"), isFar, far, wide);
    const result = f.lane === "f64" ? any : demote(f.graph, any);
    return keepsZero ? f.select(f.equal(x, 0), x, result) : result;
  };
}

export const sine = circular("sine", chooseSine, true);
export const cosine = circular("cosine", chooseCosine, false);
export const tangent = circular("tangent", chooseTangent, true);
