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
import * as Complex from "../reference/element/complex.ts";
import {
  countLeadingZeros64,
  countLeadingZeros as leadingZeros,
  roundNearestEven as nearestEven,
  populationCount,
  populationCount64,
  roundNearestAway,
} from "../reference/element/math.ts";
import { mapToReal, mapUnary, testFloats } from "../reference/kernel/elementwise.ts";
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
  evaluate: ({ operand }) =>
    isComplex(operand.type.element)
      ? mapToReal(Complex.modulus, operand)
      : mapUnary({ integer: Math.abs, bigint: (x) => (x < 0n ? -x : x), float: Math.abs }, operand),
});

export const cbrt = transcendental("stablehlo.cbrt", {
  summary: "Cube root of each element.",
  evaluate: { float: Math.cbrt, complex: Complex.cubeRoot },
});

export const ceil = unary("stablehlo.ceil", {
  summary: "Rounds each element up to an integer.",
  types: floats,
  evaluate: { float: Math.ceil },
});

export const cosine = transcendental("stablehlo.cosine", {
  summary: "Cosine of each element.",
  evaluate: { float: Math.cos, complex: Complex.cosine },
});

export const countLeadingZeros = unary("stablehlo.count_leading_zeros", {
  summary: "Number of zero bits above the highest one bit of each element.",
  types: integers,
  evaluate: { integer: leadingZeros, bigint: countLeadingZeros64 },
});

export const exponential = transcendental("stablehlo.exponential", {
  summary: "`e` to the power of each element.",
  accuracySince: "1.9.0",
  evaluate: { float: Math.exp, complex: Complex.exponential },
});

export const exponentialMinusOne = transcendental("stablehlo.exponential_minus_one", {
  summary: "`e` to the power of each element, minus one, exact near zero.",
  evaluate: { float: Math.expm1, complex: Complex.exponentialMinusOne },
});

export const floor = unary("stablehlo.floor", {
  summary: "Rounds each element down to an integer.",
  types: floats,
  evaluate: { float: Math.floor },
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
  evaluate: ({ operand }) =>
    isComplex(operand.type.element)
      ? mapToReal(({ im }) => im, operand)
      : mapUnary({ float: () => 0 }, operand),
});

export const isFinite = defineOp("stablehlo.is_finite", {
  since: "0.9.0",
  summary: "Whether each element is neither infinite nor NaN.",
  operands: { x: floats },
  results: { y: predicates },
  format: "operands attr-dict `:` functional-type(operands, results)",
  infer: ({ x }) => [withElement(x, "i1")],
  evaluate: ({ x }) => testFloats(Number.isFinite, x),
});

export const log = transcendental("stablehlo.log", {
  summary: "Natural logarithm of each element.",
  evaluate: { float: Math.log, complex: Complex.log },
});

export const logPlusOne = transcendental("stablehlo.log_plus_one", {
  summary: "Natural logarithm of one plus each element, exact near zero.",
  evaluate: { float: Math.log1p, complex: Complex.logPlusOne },
});

export const logistic = transcendental("stablehlo.logistic", {
  summary: "Logistic function of each element, `1 / (1 + exp(-x))`.",
  evaluate: { float: (x) => 1 / (1 + Math.exp(-x)), complex: Complex.logistic },
});

export const negate = unary("stablehlo.negate", {
  summary: "Negates each element; unsigned integers wrap.",
  types: numbers,
  evaluate: { integer: (x) => -x, bigint: (x) => -x, float: (x) => -x, complex: Complex.negate },
});

export const not = unary("stablehlo.not", {
  summary: "Logical NOT of booleans, bitwise NOT of integers.",
  types: integersOrPredicates,
  evaluate: { boolean: (x) => 1 - x, integer: (x) => ~x, bigint: (x) => ~x },
});

export const popcnt = unary("stablehlo.popcnt", {
  summary: "Number of one bits of each element.",
  types: integers,
  evaluate: { integer: populationCount, bigint: populationCount64 },
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
  evaluate: ({ operand }) => (isComplex(operand.type.element) ? mapToReal(({ re }) => re, operand) : operand),
});

export const roundNearestAfz = unary("stablehlo.round_nearest_afz", {
  summary: "Rounds each element to the nearest integer, ties away from zero.",
  types: floats,
  evaluate: { float: roundNearestAway },
});

export const roundNearestEven = unary("stablehlo.round_nearest_even", {
  summary: "Rounds each element to the nearest integer, ties to the even one.",
  types: floats,
  evaluate: { float: nearestEven },
});

export const rsqrt = transcendental("stablehlo.rsqrt", {
  summary: "Reciprocal square root of each element.",
  evaluate: { float: (x) => 1 / Math.sqrt(x), complex: Complex.reciprocalSquareRoot },
});

export const sign = unary("stablehlo.sign", {
  summary: "Sign of each element: -1, 0 or 1; `x / |x|` for complex numbers.",
  types: signedNumbers,
  evaluate: {
    integer: Math.sign,
    bigint: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
    float: Math.sign,
    complex: Complex.sign,
  },
});

export const sine = transcendental("stablehlo.sine", {
  summary: "Sine of each element.",
  evaluate: { float: Math.sin, complex: Complex.sine },
});

export const sqrt = transcendental("stablehlo.sqrt", {
  summary: "Square root of each element.",
  evaluate: { float: Math.sqrt, complex: Complex.squareRoot },
});

export const tan = transcendental("stablehlo.tan", {
  summary: "Tangent of each element.",
  since: "1.4.0",
  evaluate: { float: Math.tan, complex: Complex.tan },
});

export const tanh = transcendental("stablehlo.tanh", {
  summary: "Hyperbolic tangent of each element.",
  evaluate: { float: Math.tanh, complex: Complex.tanh },
});
