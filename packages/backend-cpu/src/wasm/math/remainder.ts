/** Remainders of floats: exact, with the sign of the dividend. */
import { demote, type Helper, type Node, promote } from "../vector.ts";
import { Floats } from "../vector_lanes.ts";

/** Quotients below it times a float of 24 bits are exact in double precision. */
const digits = 2 ** 28;

/** The rest that a multiple of `unit` leaves of `a`, both positive, for quotients below `digits`. */
function reduced(f: Floats, a: Node, unit: Node): Node {
  const rest = f.subtract(a, f.multiply(f.truncate(f.divide(a, unit)), unit));
  // The quotient may have been rounded up to the next integer.
  return f.select(f.less(rest, 0), f.add(rest, unit), rest);
}

/** For any quotient of two positive f32 in double precision: by multiples of the divisor times 2^252, 2^224, … 1. */
const long: Helper = {
  name: "remainder of large quotients",
  inputs: ["f64", "f64"],
  build: (graph, [a, b]) => {
    const f = new Floats(graph, "f64");
    let rest = a!;
    for (let exponent = 252; exponent >= 0; exponent -= 28) {
      rest = reduced(f, rest, f.multiply(b!, 2 ** exponent));
    }
    return rest;
  },
};

/** f32 only. */
export function remainder(single: Floats, a: Node, b: Node): Node {
  const { graph } = single;
  const f = new Floats(graph, "f64");
  const [x, y] = [promote(graph, single.abs(a)), promote(graph, single.abs(b))];
  // Neither zero nor infinity has multiples: the latter leaves all.
  const isFar = f.greaterEqual(f.divide(x, y), digits);
  const rest = graph.escape(reduced(f, x, y), isFar, long, x, y);
  const kept = graph.apply("v128.and", [
    single.equal(single.abs(b), Infinity),
    single.less(single.abs(a), Infinity),
  ]);
  return single.select(kept, a, single.copySign(demote(graph, rest), a));
}
