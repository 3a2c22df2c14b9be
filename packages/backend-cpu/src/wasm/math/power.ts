/**
 * a^b as e^(b log a), and roots. In f32 powers are computed in double precision, in f64 the logarithm has twice the digits.
 */
import { demote, type Helper, type Node, promote } from "../vector.ts";
import { Floats, Integers } from "../vector_lanes.ts";
import { type Pair, quickSum, twoProduct, twoSum } from "./double_double.ts";
import { exponentialOfSum, shortExponential } from "./exponential.ts";
import { ln2High, ln2Low, normalLogarithm, splitExponent } from "./logarithm.ts";

/** e^(b log size) for positive sizes. */
function powerOfSize(f: Floats, size: Node, b: Node): Node {
  if (f.lane === "f64") return f.graph.call(longPower, size, b);
  const double = new Floats(f.graph, "f64");
  const [x, y] = [promote(f.graph, size), promote(f.graph, b)];
  return demote(f.graph, shortExponential(double, double.multiply(y, normalLogarithm(double, x))));
}

const longPower: Helper = {
  name: "power of doubles",
  inputs: ["f64", "f64"],
  build: (graph, [size, b]) => {
    const f = new Floats(graph, "f64");
    const logarithm = longLogarithm(f, size!);
    // Beyond 2^64 the power is what it is at 2^64, and products keep within range.
    const exponent = f.atLeast(f.atMost(b!, 2 ** 64), -(2 ** 64));
    const product = twoProduct(f, logarithm.high, exponent);
    const low = f.add(product.low, f.multiply(logarithm.low, exponent));
    // Out there the result is at an end, and what is lost is as large as exponents are.
    const tail = f.select(f.less(f.abs(product.high), 1000), low, 0);
    return exponentialOfSum(f, product.high, tail);
  },
};

/** 2 (atanh s - s - s³/3) / s⁵ of s², s up to 0.172. */
const series = [
  0.4, 0.2857142857142857, 0.2222222222222222, 0.18181818181818182, 0.15384615384615385, 0.13333333333333333,
  0.11764705882352941, 0.10526315789473684, 0.09523809523809523,
];

/** log x = n ln 2 + 2 atanh(s), s = (m - 1) / (m + 1), to about 2^-65. */
function longLogarithm(f: Floats, x: Node): Pair {
  const tiny = f.less(x, 2 ** -1022);
  const { exponent, mantissa } = splitExponent(f, f.select(tiny, f.multiply(x, 2 ** 54), x));
  const n = f.subtract(exponent, f.select(tiny, 54, 0));
  const numerator = f.subtract(mantissa, 1);
  const sum = twoSum(f, mantissa, 1);
  const ratio = f.divide(numerator, sum.high);
  const product = twoProduct(f, ratio, sum.high);
  const left = f.subtract(
    f.subtract(f.subtract(numerator, product.high), product.low),
    f.multiply(ratio, sum.low),
  );
  const s = quickSum(f, ratio, f.divide(left, sum.high));
  const square = twoProduct(f, s.high, s.high);
  const squareLow = f.add(square.low, f.multiply(f.multiply(s.high, s.low), 2));
  // 2 s³ / 3
  const cube = twoProduct(f, square.high, s.high);
  const cubeLow = f.add(cube.low, f.add(f.multiply(square.high, s.low), f.multiply(squareLow, s.high)));
  const cubic = twoProduct(f, cube.high, 2 / 3);
  const cubicLow = f.add(cubic.low, f.add(f.multiply(cubeLow, 2 / 3), f.multiply(cube.high, twoThirdsLow)));
  const rest = f.multiply(f.multiply(cube.high, square.high), f.polynomial(square.high, series));
  const head = twoSum(f, f.multiply(n, ln2High), f.multiply(s.high, 2));
  const second = twoSum(f, head.high, cubic.high);
  const ln2Rest = twoProduct(f, n, ln2Low);
  const lows = f.add(f.add(f.multiply(s.low, 2), cubicLow), f.add(head.low, second.low));
  const tail = twoSum(f, f.add(ln2Rest.high, rest), f.add(lows, ln2Rest.low));
  const total = twoSum(f, second.high, tail.high);
  return quickSum(f, total.high, f.add(total.low, tail.low));
}

const twoThirdsLow = 3.700743415417188e-17;

/** IEEE's pow: 1 to any power, and any number to the power 0, is 1. */
export function power(f: Floats, a: Node, b: Node): Node {
  const { graph } = f;
  const size = f.abs(a);
  const isInteger = f.equal(f.truncate(b), b);
  const half = f.multiply(b, 0.5);
  const isOdd = graph.apply("v128.andnot", [isInteger, f.equal(f.truncate(half), half)]);
  const ordinary = powerOfSize(f, size, b);
  const isGrowing = graph.apply("v128.xor", [f.less(size, 1), f.greater(b, 0)]);
  const edge = f.select(isGrowing, Infinity, 0);
  const isEdge = graph.apply("v128.or", [f.equal(size, 0), f.equal(size, Infinity)]);
  const positive = f.select(isEdge, edge, ordinary);
  const signed = f.fromBits(
    graph.apply("v128.xor", [f.bits(positive), graph.apply("v128.and", [isOdd, sign(f, a)])]),
  );
  const isNegative = graph.apply("v128.and", [f.less(a, 0), f.less(size, Infinity)]);
  const isUndefined = graph.apply("v128.andnot", [isNegative, isInteger]);
  const real = f.select(isUndefined, NaN, signed);
  const isNaN = graph.apply("v128.or", [f.notEqual(a, a), f.notEqual(b, b)]);
  const known = f.select(isNaN, NaN, real);
  // |-1| to an infinite power is 1, and so is 1 to any.
  const unit = graph.apply("v128.and", [f.equal(size, 1), f.equal(f.abs(b), Infinity)]);
  const isOne = graph.apply("v128.or", [graph.apply("v128.or", [f.equal(b, 0), f.equal(a, 1)]), unit]);
  return f.select(isOne, 1, known);
}

const sign = (f: Floats, a: Node): Node => f.graph.apply("v128.and", [f.bits(a), f.signBit()]);

/** A third of the exponent, then Halley's method twice, and in f64 a step of Newton's from a short root. */
export function cubeRoot(f: Floats, x: Node): Node {
  if (f.lane === "f32") {
    const double = new Floats(f.graph, "f64");
    const root = demote(f.graph, roughRoot(double, promote(f.graph, f.abs(x))));
    return keepSpecial(f, x, root);
  }
  const i = new Integers(f.graph, "i64");
  const size = f.abs(x);
  // Subnormal numbers have too few digits, and multiples of the largest would overflow.
  const [isTiny, isHuge] = [f.less(size, 2 ** -1022), f.greater(size, 2 ** 1000)];
  const scaled = f.multiply(size, f.select(isTiny, 2 ** 54, f.select(isHuge, 2 ** -54, 1)));
  // Short enough for an exact square.
  const short = f.fromBits(i.and(i.add(f.bits(roughRoot(f, scaled)), 0x4000000), ~0x7ffffffn));
  const quotient = f.divide(scaled, f.multiply(short, short));
  const change = f.divide(f.subtract(quotient, short), f.add(f.add(short, short), quotient));
  const root = f.multiplyAdd(short, change, short);
  const back = f.select(isTiny, 2 ** -18, f.select(isHuge, 2 ** 18, 1));
  return keepSpecial(f, x, f.multiply(root, back));
}

function keepSpecial(f: Floats, x: Node, root: Node): Node {
  const isOrdinary = f.graph.apply("v128.and", [f.less(f.abs(x), Infinity), f.notEqual(x, 0)]);
  return f.select(isOrdinary, f.copySign(root, x), x);
}

/** To about 45 bits, of positive normal doubles. */
function roughRoot(f: Floats, x: Node): Node {
  const i = new Integers(f.graph, "i64");
  // The upper words as doubles: their third, and two thirds of the exponent's bias.
  const upper = f.subtract(f.fromBits(i.or(i.rightUnsigned(f.bits(x), 32), 0x4330000000000000n)), 2 ** 52);
  const third = f.add(f.multiply(upper, 1 / 3), 715094163 + 2 ** 52);
  let root = f.fromBits(i.left(f.bits(third), 32));
  for (let step = 0; step < 2; step++) {
    const cube = f.multiply(f.multiply(root, root), root);
    const [above, below] = [f.add(f.add(x, x), cube), f.add(f.add(cube, cube), x)];
    root = f.multiply(root, f.divide(above, below));
  }
  return root;
}
