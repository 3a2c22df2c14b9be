/** Functions of float lanes, by name; each file states how far its results may be off. */
import type { Node } from "../vector.ts";
import type { Floats } from "../vector_lanes.ts";
import { exponential, exponentialMinusOne, logistic } from "./exponential.ts";
import { hyperbolicTangent } from "./hyperbolic.ts";
import { logarithm, logarithmPlusOne } from "./logarithm.ts";

/** The second argument is `undefined` for functions of one. */
export type FloatFunction = (f: Floats, a: Node, b: Node) => Node;

const single = {
  exponential,
  exponentialMinusOne,
  hyperbolicTangent,
  logarithm,
  logarithmPlusOne,
  logistic,
} as const satisfies Readonly<Record<string, FloatFunction>>;

export type FunctionName = keyof typeof single;

/** The function for lanes of `f`; undefined where there is none. */
export function functionOf(name: FunctionName, { lane }: Floats): FloatFunction | undefined {
  return lane === "f32" ? single[name] : undefined;
}
