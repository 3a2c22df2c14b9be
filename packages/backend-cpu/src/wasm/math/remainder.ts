/** Remainders of floats: exact, with the sign of the dividend. */
import { demote, type Helper, type Node, promote } from "../vector.ts";
import { Floats, Integers } from "../vector_lanes.ts";

/** Quotients of fewer bits times a float of 24 are exact in double precision. */
const quotientBits = 28;

/** What a multiple of `unit`, at most `a`, leaves of `a`. */
function reduced(f: Floats, a: Node, unit: Node, product: (quotient: Node) => readonly Node[]): Node {
  const rest = product(f.truncate(f.divide(a, unit))).reduce((left, part) => f.subtract(left, part), a);
  // The quotient may have been rounded up to the next integer.
  return f.select(f.less(rest, 0), f.add(rest, unit), rest);
}

/** The exponent of a positive double, as a double. */
function exponentOf(f: Floats, x: Node): Node {
  const i = new Integers(f.graph, "i64");
  const isTiny = f.less(x, 2 ** -1022);
  const bits = f.bits(f.select(isTiny, f.multiply(x, 2 ** 54), x));
  const biased = f.fromBits(i.or(i.rightUnsigned(bits, 52), 0x4330000000000000n));
  return f.subtract(f.subtract(biased, 2 ** 52), f.select(isTiny, 54, 0));
}

/** 2^n for integers up to 1023. */
function powerOfTwo(f: Floats, n: Node): Node {
  const i = new Integers(f.graph, "i64");
  return f.fromBits(i.left(f.bits(f.add(n, 1023 + 2 ** 52)), 52));
}

/** Of two positive doubles: takes multiples of the divisor times powers of two away, 24 bits of the quotient at a time. */
const long: Helper = {
  name: "remainder",
  inputs: ["f64", "f64"],
  build: (graph, [rest, b]) => {
    const f = new Floats(graph, "f64");
    const spare = f.subtract(f.subtract(exponentOf(f, rest!), exponentOf(f, b!)), 24);
    // In two steps, because the power may be larger than the largest number.
    const exponent = f.atLeast(spare, 0);
    const half = f.truncate(f.multiply(exponent, 0.5));
    const first = f.multiply(b!, powerOfTwo(f, half));
    const unit = f.multiply(first, powerOfTwo(f, f.subtract(exponent, half)));
    // Half of the digits at a time, so that products are exact.
    const upper = f.fromBits(new Integers(graph, "i64").and(f.bits(unit), ~0x7ffffffn));
    const lower = f.subtract(unit, upper);
    return reduced(f, rest!, unit, (quotient) => [f.multiply(quotient, upper), f.multiply(quotient, lower)]);
  },
  again: (graph, [rest, b]) => new Floats(graph, "f64").greaterEqual(rest!, b!),
};

export function remainder(f: Floats, a: Node, b: Node): Node {
  const { graph } = f;
  const size = f.abs(b);
  // Nothing is a multiple of zero; of infinity, only zero is.
  const divisor = f.select(f.equal(size, 0), NaN, size);
  const rest = f.lane === "f32" ? single(f, f.abs(a), divisor) : graph.call(long, f.abs(a), divisor);
  const isLess = graph.apply("v128.and", [f.equal(size, Infinity), f.less(f.abs(a), Infinity)]);
  return f.select(isLess, a, f.copySign(rest, a));
}

function single({ graph }: Floats, a: Node, b: Node): Node {
  const f = new Floats(graph, "f64");
  const [x, y] = [promote(graph, a), promote(graph, b)];
  const near = reduced(f, x, y, (quotient) => [f.multiply(quotient, y)]);
  const isFar = f.greaterEqual(f.divide(x, y), 2 ** quotientBits);
  return demote(graph, graph.escape(near, isFar, long, x, y));
}
