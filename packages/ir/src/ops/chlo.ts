/** CHLO, the client dialect: special functions and implicit broadcasts that JAX emits in text (VHLO never carries it). */
import {
  complexes,
  defaulted,
  defineOp,
  floats,
  floatsOrComplexes,
  integers,
  optional,
  predicates,
  region,
  tensor,
  unrankedToo,
  type ValueField,
  variadic,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { bytesPerElement, viewOf } from "../model/storage.ts";
import { DYNAMIC, type TensorType } from "../model/types.ts";
import type { Rounding } from "../reference/element/complex.ts";
import * as complex from "../reference/element/complex.ts";
import { erfc as erfcOf, erfInverse, erf as erfOf } from "../reference/element/error_function.ts";
import {
  besselI1e as besselI1eOf,
  digamma as digammaOf,
  logGamma,
  polygamma as polygammaOf,
  zeta as zetaOf,
} from "../reference/element/gamma.ts";
import * as inverse from "../reference/element/inverse.ts";
import { constantTensor } from "../reference/kernel/create.ts";
import { mapBinary, mapUnary, testFloats, type UnaryFormula } from "../reference/kernel/elementwise.ts";
import { multiplyHigh, nextAfter as nextAfterOf } from "../reference/kernel/neighbours.ts";
import { raggedDot as raggedProducts } from "../reference/kernel/ragged.ts";
import { scan as scanAlong } from "../reference/kernel/scan.ts";
import { topK as largest } from "../reference/kernel/top_k.ts";
import { broadcasted, materialize, viewTensor } from "../reference/kernel/view.ts";
import { tensorOf, valueType } from "../reference/tensor.ts";
import { boundsOf, withBounds } from "./bounds.ts";
import { chloPrecision } from "./enums.ts";
import {
  allCompatible,
  compatibleElement,
  compatibleShape,
  haveOneShape,
  mostSpecific,
  withElement,
  withShape,
} from "./inference.ts";
import { raggedDotConstraints } from "./ragged.ts";
import { raggedDotDimensionNumbers } from "./records.ts";
import { compatibleTypes, regionInputs, regionOutputs } from "./regions.ts";

type Field = ValueField<TensorType, "one">;

/** `(x - y)(x + y) + 2xyi`: the difference of two squares would overflow sooner, and is zero on the diagonals. */
function squareOf({ re, im }: complex.Complex, round: Rounding): complex.Complex {
  const diagonal = Number.isFinite(re) && Math.abs(re) === Math.abs(im);
  return complex.complexOf(diagonal ? 0 : round(re - im) * round(re + im), 2 * round(re * im));
}

/** `sinh z = -i sin(iz)` */
function sinhOf({ re, im }: complex.Complex): complex.Complex {
  const rotated = complex.sine(complex.complexOf(-im, re));
  return complex.complexOf(rotated.im, -rotated.re);
}

function unary(mnemonic: string, operand: Field, summary: string, formula: UnaryFormula) {
  return defineOp(`chlo.${mnemonic}`, {
    summary,
    operands: { operand: unrankedToo(operand) },
    results: { result: unrankedToo(operand) },
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand: type }) => [type],
    evaluate: ({ operand: tensor }) => mapUnary(formula, tensor),
  });
}

export const acos = unary("acos", floatsOrComplexes, "Inverse cosine of each element.", {
  float: Math.acos,
  complex: inverse.acos,
});
export const acosh = unary("acosh", floatsOrComplexes, "Inverse hyperbolic cosine of each element.", {
  float: Math.acosh,
  complex: inverse.acosh,
});
export const asin = unary("asin", floatsOrComplexes, "Inverse sine of each element.", {
  float: Math.asin,
  complex: inverse.asin,
});
export const asinh = unary("asinh", floatsOrComplexes, "Inverse hyperbolic sine of each element.", {
  float: Math.asinh,
  complex: inverse.asinh,
});
export const atan = unary("atan", floatsOrComplexes, "Inverse tangent of each element.", {
  float: Math.atan,
  complex: inverse.atan,
});
export const atanh = unary("atanh", floatsOrComplexes, "Inverse hyperbolic tangent of each element.", {
  float: Math.atanh,
  complex: inverse.atanh,
});
export const besselI1e = unary(
  "bessel_i1e",
  floatsOrComplexes,
  "Scaled modified Bessel function of order 1.",
  { float: besselI1eOf },
);
export const conj = unary("conj", floatsOrComplexes, "Complex conjugate of each element.", {
  float: (x) => x,
  complex: complex.conjugate,
});
/** `exp(x - log 2)`: halves before the exponential, so that only what is too large itself overflows. */
function halfExponential(x: number, round: Rounding): number {
  return Math.exp(round(x + round(Math.log(0.5))));
}

/** Hyperbolic functions are what CHLO expands them to, which rounds to f32 on the way unless the elements are f64. */
function hyperbolic(
  mnemonic: string,
  summary: string,
  float: (x: number, round: Rounding) => number,
  complexFormula: (x: complex.Complex) => complex.Complex,
) {
  return defineOp(`chlo.${mnemonic}`, {
    summary,
    operands: { operand: floatsOrComplexes },
    results: { result: floatsOrComplexes },
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand }) => [operand],
    evaluate: ({ operand }) => {
      const round: Rounding = operand.type.element === "f64" ? (x) => x : Math.fround;
      return mapUnary({ float: (x) => float(x, round), complex: complexFormula }, operand);
    },
  });
}

export const cosh = hyperbolic(
  "cosh",
  "Hyperbolic cosine of each element.",
  (x, round) => halfExponential(x, round) + halfExponential(-x, round),
  ({ re, im }) => complex.cosine(complex.complexOf(-im, re)),
);

export const sinh = hyperbolic(
  "sinh",
  "Hyperbolic sine of each element.",
  (x, round) => (Math.abs(x) < 1 ? Math.sinh(x) : halfExponential(x, round) - halfExponential(-x, round)),
  sinhOf,
);

export const tan = unary("tan", floatsOrComplexes, "Tangent of each element.", {
  float: Math.tan,
  complex: complex.tan,
});
export const digamma = unary("digamma", floats, "Logarithmic derivative of the gamma function.", {
  float: digammaOf,
});
export const erf = unary("erf", floats, "Error function of each element.", { float: erfOf });
export const erfInv = unary("erf_inv", floats, "Inverse error function of each element.", {
  float: erfInverse,
});
export const erfc = unary("erfc", floats, "Complementary error function of each element.", { float: erfcOf });
export const lgamma = unary("lgamma", floats, "Logarithm of the absolute value of the gamma function.", {
  float: logGamma,
});
export const square = unary("square", floatsOrComplexes, "Square of each element.", {
  float: (x) => x * x,
  complex: squareOf,
});
export const _asinAcosKernel = defineOp("chlo._asin_acos_kernel", {
  summary: "The common part of complex asin and acos.",
  operands: { operand: complexes },
  results: { result: complexes },
  format: "$operand attr-dict `:` type($operand) `->` type($result)",
  infer: ({ operand }) => [operand],
});

function classification(mnemonic: string, summary: string, test: (x: number) => boolean) {
  return defineOp(`chlo.${mnemonic}`, {
    summary,
    operands: { operand: floats },
    results: { result: predicates },
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand }) => [withElement(operand, "i1")],
    evaluate: ({ operand }) => testFloats(test, operand),
  });
}

export const isInf = classification(
  "is_inf",
  "Whether each element is an infinity.",
  (x) => Math.abs(x) === Infinity,
);
export const isNegInf = classification(
  "is_neg_inf",
  "Whether each element is negative infinity.",
  (x) => x === -Infinity,
);
export const isPosInf = classification(
  "is_pos_inf",
  "Whether each element is positive infinity.",
  (x) => x === Infinity,
);

export const nextAfter = defineOp("chlo.next_after", {
  summary: "The next float after `x` in the direction of `y`.",
  operands: { x: floats, y: floats },
  results: { result: floats },
  format: "$x `,` $y attr-dict `:` type($x) `,` type($y) `->` type(results)",
  constraints: {
    C1: ["`x`, `y` and `result` have the same type", ({ x, y, result }) => allCompatible(x, y, result)],
  },
  infer: ({ x, y }) => [mostSpecific(x, y)],
  evaluate: ({ x, y }) => nextAfterOf(x, y),
});

export const polygamma = defineOp("chlo.polygamma", {
  summary: "The `n`-th derivative of the digamma function at `x`.",
  operands: { n: floats, x: floats },
  results: { result: floats },
  format: "$n `,` $x attr-dict `:` type($n) `,` type($x) `->` type(results)",
  constraints: {
    C1: ["`n`, `x` and `result` have the same type", ({ n, x, result }) => allCompatible(n, x, result)],
  },
  infer: ({ n, x }) => [mostSpecific(n, x)],
  evaluate: ({ n, x }) => mapBinary({ float: polygammaOf }, n, x),
});

export const zeta = defineOp("chlo.zeta", {
  summary: "Hurwitz zeta function of `x` and `q`.",
  operands: { x: floats, q: floats },
  results: { result: floats },
  format: "$x `,` $q attr-dict `:` type($x) `,` type($q) `->` type(results)",
  constraints: {
    C1: ["`x`, `q` and `result` have the same type", ({ x, q, result }) => allCompatible(x, q, result)],
  },
  infer: ({ x, q }) => [mostSpecific(x, q)],
  evaluate: ({ x, q }) => mapBinary({ float: zetaOf }, x, q),
});

export const mulhi = defineOp("chlo.mulhi", {
  summary: "The high half of the product of two integers.",
  operands: { lhs: integers, rhs: integers },
  results: { result: integers },
  format: "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)",
  constraints: {
    C1: [
      "`lhs`, `rhs` and `result` have the same type",
      ({ lhs, rhs, result }) => allCompatible(lhs, rhs, result),
    ],
  },
  infer: ({ lhs, rhs }) => [mostSpecific(lhs, rhs)],
  evaluate: ({ lhs, rhs }) => multiplyHigh(lhs, rhs),
});

export const constant = defineOp("chlo.constant", {
  summary: "A constant.",
  attributes: { value: kinds.elements },
  results: { output: tensor },
  format: "attr-dict $value",
  infer: ({ value }) => (value.kind === "dense" || value.kind === "resource" ? [value.type] : []),
  evaluate: ({ value }) => constantTensor(value),
});

export const constantLike = defineOp("chlo.constant_like", {
  summary: "A scalar constant in the shape of `operand`.",
  operands: { operand: unrankedToo(tensor) },
  attributes: { value: kinds.any },
  results: { result: unrankedToo(tensor) },
  constraints: {
    C2: [
      "`value` has the element type of `result`",
      ({ result, value }) =>
        (value.kind !== "integer" && value.kind !== "float") ||
        (value.type.kind === "scalar" && compatibleElement(value.type.element, result.element)),
    ],
    C1: [
      "`operand` and `result` have the same shape",
      ({ operand, result }) => compatibleShape(operand, result),
    ],
  },
  infer: ({ operand, value }) => {
    if (!("type" in value) || value.type?.kind !== "scalar") throw new Error("the value has no element type");
    return [withElement(operand, value.type.element)];
  },
  evaluate: ({ operand, value }, { results }) => {
    const { element } = valueType(results[0]);
    if (value.kind !== "integer" && value.kind !== "float")
      throw new TypeError("a constant that is no number");
    const bits = value.kind === "float" ? value.bits : BigInt.asUintN(64, value.value);
    const bytes = new Uint8Array(BigUint64Array.of(bits).buffer, 0, bytesPerElement(element));
    const scalar = tensorOf([], element, viewOf(element, bytes));
    return materialize(broadcasted(viewTensor(scalar), operand.type.shape, []), element);
  },
});

export const topK = defineOp("chlo.top_k", {
  summary: "The `k` largest elements along the last dimension, and their positions.",
  operands: { operand: tensor },
  attributes: { k: kinds.i64, is_stable: defaulted(kinds.boolean, true) },
  results: { values: tensor, indices: tensor },
  format: `\`(\` $operand \`,\` \`k\` \`=\` $k (\`,\` \`is_stable\` \`=\` $is_stable^)? \`)\` attr-dict \`:\`
    type($operand) \`->\` \`(\` type($values) \`,\` type($indices) \`)\``,
  constraints: {
    K1: ["`operand` has at least one dimension", ({ operand }) => operand.shape.length > 0],
    K2: [
      "`k` is at least 0 and at most the last dimension of `operand`",
      ({ operand, k }) => k >= 0 && (operand.shape.at(-1) === DYNAMIC || k <= (operand.shape.at(-1) ?? 0)),
    ],
  },
  infer({ operand, k }) {
    const bounds = boundsOf(operand);
    const shaped = withShape(operand, operand.shape.with(-1, k));
    const values = withBounds(shaped, bounds.length > 0 ? bounds.with(-1, DYNAMIC) : [], operand.encoding);
    return [values, withElement(values, "i32")];
  },
  evaluate: ({ operand, k }) => largest(operand, k),
});

export const raggedDot = defineOp("chlo.ragged_dot", {
  summary: "Products of groups of rows of `lhs`, of sizes `group_sizes`, with their own matrices of `rhs`.",
  operands: { lhs: tensor, rhs: tensor, group_sizes: integers },
  attributes: {
    ragged_dot_dimension_numbers: raggedDotDimensionNumbers,
    precision_config: optional(kinds.arrayOf(chloPrecision)),
  },
  results: { result: tensor },
  regions: {},
  constraints: raggedDotConstraints,
  evaluate: ({ lhs, rhs, group_sizes, ragged_dot_dimension_numbers }, { results }) =>
    raggedProducts(lhs, rhs, group_sizes, ragged_dot_dimension_numbers, valueType(results[0])),
});

/** `type` without one dimension. */
function sliceType(type: TensorType, dimension: number): TensorType {
  return withShape(
    type,
    type.shape.filter((_, d) => d !== dimension),
  );
}

export const scan = defineOp("chlo.scan", {
  summary: "Running fold of `inputs` along `dimension` with `body`, starting from `inits`.",
  operands: { inputs: variadic(tensor), inits: variadic(tensor) },
  attributes: {
    dimension: kinds.i64,
    scan_dim_size: optional(kinds.i64),
    is_reverse: defaulted(kinds.boolean, false),
    is_associative: optional(kinds.boolean),
  },
  results: { outputs: variadic(tensor), carries: variadic(tensor) },
  regions: { body: region },
  regionArguments: ({ inputs, inits, dimension }) => ({
    body: [...inputs.map((input) => sliceType(input, dimension)), ...inits],
  }),
  format: "custom<Scan>($inputs, $inits, $dimension, $body)",
  names: { argument: (index, { operands }) => (index < operands.length / 2 ? "input" : "carry") },
  isolated: true,
  constraints: {
    S0: ["there are `inputs` or `outputs`", ({ inputs, outputs }) => inputs.length + outputs.length > 0],
    S1: [
      "`dimension` is in range of `inputs`, of the size `scan_dim_size` if that is given",
      ({ inputs, dimension, scan_dim_size }) => {
        const sizes = inputs.map(({ shape }) => shape[dimension]);
        const fixed = sizes.filter((size) => size !== DYNAMIC);
        const expected = scan_dim_size ?? fixed[0];
        return sizes.every((size) => size !== undefined) && fixed.every((size) => size === expected);
      },
    ],
    S2: [
      "`body` takes a slice of each of `inputs`, and `inits`",
      ({ inputs, inits, dimension, body }) =>
        compatibleTypes(regionInputs(body), [
          ...inputs.map((input) => sliceType(input, dimension)),
          ...inits,
        ]),
    ],
  },
  infer: ({ inputs, inits, dimension, scan_dim_size, body }) => {
    const sizes = [scan_dim_size, ...inputs.map(({ shape }) => shape[dimension])];
    const size = sizes.find((each) => each !== undefined && each !== DYNAMIC) ?? DYNAMIC;
    const types = regionOutputs(body);
    const count = types.length - inits.length;
    if (count < 0) throw new Error(`the body returns ${types.length} values for ${inits.length} carries`);
    return types.map((type, i) => {
      if (type.kind !== "tensor") throw new Error(`result #${i} of the body is no tensor`);
      return withShape(type, i < count ? type.shape.toSpliced(dimension, 0, size) : type.shape);
    });
  },
  fits: (inferred, declared) =>
    inferred.length === declared.length &&
    inferred.every((type, i) => haveOneShape([type, declared[i]] as TensorType[])),
  evaluate: ({ inputs, inits, dimension, is_reverse, body }, { results }) =>
    scanAlong(inputs, inits, dimension, is_reverse, body, results),
});
