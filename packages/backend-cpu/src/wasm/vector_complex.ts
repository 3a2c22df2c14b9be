/**
 * Functions of complex numbers, as pairs of lanes. Parts in single precision are computed in double, where squares of
 * f32 neither overflow nor vanish; parts in double precision are scaled by powers of two.
 */

import { exponential as realExponential } from "./math/exponential.ts";
import { cosine, sine } from "./math/trigonometric.ts";
import { demote, type Node, promote } from "./vector.ts";
import { Floats, Integers } from "./vector_lanes.ts";

export type Complex = readonly [re: Node, im: Node];

/** A function of doubles for parts of any precision. */
function inDouble(
  single: Floats,
  operands: readonly Complex[],
  compute: (f: Floats, all: readonly Complex[]) => Complex,
): Complex {
  if (single.lane === "f64") return compute(single, operands);
  const { graph } = single;
  const wide = operands.map(([re, im]): Complex => [promote(graph, re), promote(graph, im)]);
  const [re, im] = compute(new Floats(graph, "f64"), wide);
  return [demote(graph, re), demote(graph, im)];
}

const either = (f: Floats, a: Node, b: Node): Node => f.graph.apply("v128.or", [a, b]);
const both = (f: Floats, a: Node, b: Node): Node => f.graph.apply("v128.and", [a, b]);
const isNaN = (f: Floats, a: Node): Node => f.notEqual(a, a);
const isInfinite = (f: Floats, [re, im]: Complex): Node =>
  either(f, f.equal(f.abs(re), Infinity), f.equal(f.abs(im), Infinity));
const isFinite = (f: Floats, [re, im]: Complex): Node =>
  both(f, f.less(f.abs(re), Infinity), f.less(f.abs(im), Infinity));

/** The modulus; infinite when a part is, even if the other is NaN. */
export function modulus(single: Floats, z: Complex): Node {
  const isScaled = single.lane === "f64";
  return inDouble(single, [z], (f, [one]) => {
    const [x, y] = [f.abs(one![0]), f.abs(one![1])];
    const large = f.maximum(x, y);
    const scale = isScaled
      ? f.select(f.less(large, 1e-140), 2 ** 600, f.select(f.less(large, 1e150), 1, 2 ** -600))
      : f.of(1);
    const [a, b] = [f.multiply(x, scale), f.multiply(y, scale)];
    const root = f.divide(f.squareRoot(f.add(f.multiply(a, a), f.multiply(b, b))), scale);
    return [f.select(isInfinite(f, one!), Infinity, root), f.of(0)];
  })[0];
}

/** The power of two that brings a number to about one; 1 for zero and what is not finite. */
function inverseScale(f: Floats, size: Node): Node {
  const i = new Integers(f.graph, "i64");
  const clamped = f.atMost(f.atLeast(size, 2 ** -1022), 2 ** 1022);
  const exponent = i.and(f.bits(clamped), 0x7ff0000000000000n);
  const isOrdinary = both(f, f.greater(size, 0), f.less(size, Infinity));
  return f.select(isOrdinary, f.fromBits(i.subtract(0x7fe0000000000000n, exponent)), 1);
}

/** Infinities and zeros as in C. */
export function divide(single: Floats, dividend: Complex, divisor: Complex): Complex {
  return inDouble(single, [dividend, divisor], (f, [x, y]) => quotient(f, x!, y!));
}

function quotient(f: Floats, x: Complex, y: Complex): Complex {
  const scale = inverseScale(f, f.maximum(f.abs(y[0]), f.abs(y[1])));
  const scaled: Complex = [f.multiply(y[0], scale), f.multiply(y[1], scale)];
  const norm = f.add(f.multiply(scaled[0], scaled[0]), f.multiply(scaled[1], scaled[1]));
  const [above, across] = products(f, x, scaled);
  const plain: Complex = [
    f.multiply(f.divide(above, norm), scale),
    f.multiply(f.divide(across, norm), scale),
  ];
  // C's Annex G.5.1: both parts are NaN although the operands tell the quotient's direction or size.
  const isLost = both(f, isNaN(f, plain[0]), isNaN(f, plain[1]));
  const byZero = f.graph.apply("v128.andnot", [f.equal(norm, 0), both(f, isNaN(f, x[0]), isNaN(f, x[1]))]);
  const infinity = f.copySign(Infinity, y[0]);
  const large = products(f, [unitOf(f, x[0]), unitOf(f, x[1])], scaled).map((part) =>
    f.multiply(Infinity, part),
  );
  const small = products(f, x, [unitOf(f, y[0]), unitOf(f, y[1])]).map((part) => f.multiply(0, part));
  const [isLarge, isSmall] = [
    both(f, isInfinite(f, x), isFinite(f, y)),
    both(f, isInfinite(f, y), isFinite(f, x)),
  ];
  const chosen = (part: 0 | 1): Node => {
    const known = f.select(isSmall, small[part]!, plain[part]);
    const sized = f.select(isLarge, large[part]!, known);
    return f.select(isLost, f.select(byZero, f.multiply(infinity, x[part]), sized), plain[part]);
  };
  return [chosen(0), chosen(1)];
}

/** x times the conjugate of y. */
function products(f: Floats, x: Complex, y: Complex): Complex {
  return [
    f.add(f.multiply(x[0], y[0]), f.multiply(x[1], y[1])),
    f.subtract(f.multiply(x[1], y[0]), f.multiply(x[0], y[1])),
  ];
}

/** One for infinities, zero for others, with their sign. */
function unitOf(f: Floats, x: Node): Node {
  return f.copySign(f.select(f.equal(f.abs(x), Infinity), 1, 0), x);
}

/** A modulus and an angle. Near overflow the modulus comes in two halves, because the angle may make it smaller. */
export function exponential(single: Floats, z: Complex): Complex {
  return inDouble(single, [z], (f, [one]) => {
    const [re, im] = one!;
    const isHuge = both(f, f.greater(re, 709), f.less(re, Infinity));
    const half = realExponential(f, f.select(isHuge, f.multiply(re, 0.5), re));
    const rest = f.select(isHuge, half, 1);
    const times = (factor: Node) => f.multiply(f.multiply(half, factor), rest);
    const isReal = f.equal(im, 0);
    return [
      f.select(isReal, f.multiply(half, rest), times(cosine(f, im))),
      f.select(isReal, im, times(sine(f, im))),
    ];
  });
}

/** (x - y)(x + y) + 2xyi: the difference of two squares would overflow sooner, and is zero on the diagonals. */
export function square(f: Floats, [re, im]: Complex): Complex {
  const isDiagonal = both(f, f.equal(f.abs(re), f.abs(im)), f.less(f.abs(re), Infinity));
  const product = f.multiply(f.subtract(re, im), f.add(re, im));
  return [f.select(isDiagonal, 0, product), f.multiply(2, f.multiply(re, im))];
}
