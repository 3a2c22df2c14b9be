/** Element-wise functions of one tensor. */
import {
  defineOp,
  floats,
  integers,
  integersOrPredicates,
  numbers,
  plainFloats,
  plainFloatsOrComplexes,
  predicates,
  signedNumbers,
} from "../declare/define.ts";
import { isComplex, realElement } from "../model/types.ts";
import { sameTypeFormat, transcendental, unary } from "./families.ts";
import { withElement } from "./inference.ts";

export const abs = defineOp("stablehlo.abs", {
  since: "0.9.0",
  summary: "Absolute value of each element; of a complex number its modulus, a float.",
  operands: { operand: signedNumbers },
  results: { result: signedNumbers },
  format: sameTypeFormat,
  infer: ({ operand }) => [
    isComplex(operand.element) ? withElement(operand, realElement(operand.element)) : operand,
  ],
});

export const cbrt = transcendental("stablehlo.cbrt", { summary: "Cube root of each element." });

export const ceil = unary("stablehlo.ceil", {
  summary: "Rounds each element up to an integer.",
  types: floats,
});

export const cosine = transcendental("stablehlo.cosine", { summary: "Cosine of each element." });

export const countLeadingZeros = unary("stablehlo.count_leading_zeros", {
  summary: "Number of zero bits above the highest one bit of each element.",
  types: integers,
});

export const exponential = transcendental("stablehlo.exponential", {
  summary: "`e` to the power of each element.",
  accuracySince: "1.9.0",
});

export const exponentialMinusOne = transcendental("stablehlo.exponential_minus_one", {
  summary: "`e` to the power of each element, minus one, exact near zero.",
});

export const floor = unary("stablehlo.floor", {
  summary: "Rounds each element down to an integer.",
  types: floats,
});

export const imag = defineOp("stablehlo.imag", {
  since: "0.9.0",
  summary: "Imaginary part of each element; zero for floats.",
  operands: { operand: plainFloatsOrComplexes },
  results: { result: plainFloats },
  format: sameTypeFormat,
  infer: ({ operand }) => [
    isComplex(operand.element) ? withElement(operand, realElement(operand.element)) : operand,
  ],
});

export const isFinite = defineOp("stablehlo.is_finite", {
  since: "0.9.0",
  summary: "Whether each element is neither infinite nor NaN.",
  operands: { x: floats },
  results: { y: predicates },
  format: "operands attr-dict `:` functional-type(operands, results)",
  infer: ({ x }) => [withElement(x, "i1")],
});

export const log = transcendental("stablehlo.log", { summary: "Natural logarithm of each element." });

export const logPlusOne = transcendental("stablehlo.log_plus_one", {
  summary: "Natural logarithm of one plus each element, exact near zero.",
});

export const logistic = transcendental("stablehlo.logistic", {
  summary: "Logistic function of each element, `1 / (1 + exp(-x))`.",
});

export const negate = unary("stablehlo.negate", {
  summary: "Negates each element; unsigned integers wrap.",
  types: numbers,
});

export const not = unary("stablehlo.not", {
  summary: "Logical NOT of booleans, bitwise NOT of integers.",
  types: integersOrPredicates,
});

export const popcnt = unary("stablehlo.popcnt", {
  summary: "Number of one bits of each element.",
  types: integers,
});

export const real = defineOp("stablehlo.real", {
  since: "0.9.0",
  summary: "Real part of each element; floats are their own.",
  operands: { operand: plainFloatsOrComplexes },
  results: { result: plainFloats },
  format: sameTypeFormat,
  infer: ({ operand }) => [
    isComplex(operand.element) ? withElement(operand, realElement(operand.element)) : operand,
  ],
});

export const roundNearestAfz = unary("stablehlo.round_nearest_afz", {
  summary: "Rounds each element to the nearest integer, ties away from zero.",
  types: floats,
});

export const roundNearestEven = unary("stablehlo.round_nearest_even", {
  summary: "Rounds each element to the nearest integer, ties to the even one.",
  types: floats,
});

export const rsqrt = transcendental("stablehlo.rsqrt", {
  summary: "Reciprocal square root of each element.",
});

export const sign = unary("stablehlo.sign", {
  summary: "Sign of each element: -1, 0 or 1; `x / |x|` for complex numbers.",
  types: signedNumbers,
});

export const sine = transcendental("stablehlo.sine", { summary: "Sine of each element." });

export const sqrt = transcendental("stablehlo.sqrt", { summary: "Square root of each element." });

export const tan = transcendental("stablehlo.tan", { summary: "Tangent of each element.", since: "1.4.0" });

export const tanh = transcendental("stablehlo.tanh", { summary: "Hyperbolic tangent of each element." });
