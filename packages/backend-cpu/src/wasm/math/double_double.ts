/** Sums and products of floats with what rounding takes from them (Knuth, Dekker). No instruction that may be fused. */
import type { Node } from "../vector.ts";
import type { Floats, Operand } from "../vector_lanes.ts";

/** A number as the unevaluated sum of a float and of what is below its last place. */
export interface Pair {
  readonly high: Node;
  readonly low: Node;
}

/** The exact sum. */
export function twoSum(f: Floats, a: Operand, b: Operand): Pair {
  const high = f.add(a, b);
  const part = f.subtract(high, a);
  const low = f.add(f.subtract(a, f.subtract(high, part)), f.subtract(b, part));
  return { high, low };
}

/** The exact sum, where `a` is the larger one. */
export function quickSum(f: Floats, a: Operand, b: Operand): Pair {
  const high = f.add(a, b);
  return { high, low: f.subtract(b, f.subtract(high, a)) };
}

/** One more than the power of two that has half of the digits. */
const splitter = { f32: 4097, f64: 134217729 } as const;

/** The upper half of the digits, and the rest. */
function halves(f: Floats, a: Operand): Pair {
  const scaled = f.multiply(a, splitter[f.lane]);
  const high = f.subtract(scaled, f.subtract(scaled, a));
  return { high, low: f.subtract(a, high) };
}

/** The exact product, unless it comes near the largest or smallest numbers. */
export function twoProduct(f: Floats, a: Operand, b: Operand): Pair {
  const high = f.multiply(a, b);
  const [x, y] = [halves(f, a), halves(f, b)];
  const first = f.subtract(high, f.multiply(x.high, y.high));
  const second = f.subtract(first, f.multiply(x.low, y.high));
  const third = f.subtract(second, f.multiply(x.high, y.low));
  return { high, low: f.subtract(f.multiply(x.low, y.low), third) };
}
