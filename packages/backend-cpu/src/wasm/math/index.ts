/** Functions of float lanes, by name, and how far their results may be off. */
import type { Float, Node } from "../vector.ts";
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

/**
 * The largest error in units of the result's last place, with fused multiply-adds and without. Of the hyperbolic sine and
 * cosine it is the distance to what CHLO says that they are, which rounds the exponent.
 */
export const bounds: Readonly<Record<FunctionName, Readonly<Record<Float, number>>>> = {
  atan2: { f32: 2.5, f64: 2 },
  complementaryErrorFunction: { f32: 5, f64: 4 },
  cosine: { f32: 0.6, f64: 1 },
  cubeRoot: { f32: 0.6, f64: 1 },
  errorFunction: { f32: 7, f64: 2 },
  exponential: { f32: 1, f64: 1 },
  exponentialMinusOne: { f32: 2, f64: 2 },
  hyperbolicCosine: { f32: 2, f64: 2 },
  hyperbolicSine: { f32: 2.5, f64: 2.5 },
  hyperbolicTangent: { f32: 6.5, f64: 3 },
  inverseCosine: { f32: 1.5, f64: 1.5 },
  inverseHyperbolicCosine: { f32: 0.6, f64: 3 },
  inverseHyperbolicSine: { f32: 0.6, f64: 3 },
  inverseHyperbolicTangent: { f32: 0.6, f64: 3 },
  inverseSine: { f32: 2.5, f64: 1.5 },
  inverseTangent: { f32: 2.5, f64: 2 },
  logarithm: { f32: 1.2, f64: 1 },
  logarithmPlusOne: { f32: 2.6, f64: 1 },
  logistic: { f32: 2.5, f64: 2.5 },
  power: { f32: 0.6, f64: 4 },
  sine: { f32: 0.6, f64: 1 },
  tangent: { f32: 0.6, f64: 2 },
};
