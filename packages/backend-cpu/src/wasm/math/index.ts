/** Functions of float lanes, by name; each file states how far its results may be off. */
import type { Node } from "../vector.ts";
import type { Floats } from "../vector_lanes.ts";
import { complementaryErrorFunction, errorFunction } from "./error_function.ts";
import { exponential, exponentialMinusOne, logistic } from "./exponential.ts";
import {
  hyperbolicCosine,
  hyperbolicSine,
  hyperbolicTangent,
  inverseHyperbolicCosine,
  inverseHyperbolicSine,
  inverseHyperbolicTangent,
} from "./hyperbolic.ts";
import { atan2, inverseCosine, inverseSine, inverseTangent } from "./inverse_trigonometric.ts";
import { logarithm, logarithmPlusOne } from "./logarithm.ts";
import { cubeRoot, power } from "./power.ts";
import { cosine, sine, tangent } from "./trigonometric.ts";

/** The second argument is `undefined` for functions of one. */
export type FloatFunction = (f: Floats, a: Node, b: Node) => Node;

export const functions = {
  atan2,
  complementaryErrorFunction,
  cosine,
  cubeRoot,
  errorFunction,
  exponential,
  exponentialMinusOne,
  hyperbolicCosine,
  hyperbolicSine,
  hyperbolicTangent,
  inverseCosine,
  inverseHyperbolicCosine,
  inverseHyperbolicSine,
  inverseHyperbolicTangent,
  inverseSine,
  inverseTangent,
  logarithm,
  logarithmPlusOne,
  logistic,
  power,
  sine,
  tangent,
} as const satisfies Readonly<Record<string, FloatFunction>>;

export type FunctionName = keyof typeof functions;
