/** CHLO, the client dialect: special functions and implicit broadcasts that JAX emits in text (VHLO never carries it). */
import {
  complexes,
  defaulted,
  defineOp,
  floats,
  floatsOrComplexes,
  integers,
  integersOrPredicates,
  optional,
  predicates,
  region,
  tensor,
  type ValueField,
  variadic,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { DYNAMIC, type TensorType } from "../model/types.ts";
import { chloComparisonDirection, chloComparisonType, chloPrecision } from "./enums.ts";
import { compatibleShape, mostSpecific, withElement, withShape } from "./inference.ts";
import { raggedDotDimensionNumbers } from "./records.ts";

type Field = ValueField<TensorType, "one">;

function unary(mnemonic: string, operand: Field, summary: string) {
  return defineOp(`chlo.${mnemonic}`, {
    summary,
    operands: { operand },
    results: { result: operand },
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand: type }) => [type],
  });
}

export const acos = unary("acos", floatsOrComplexes, "Inverse cosine of each element.");
export const acosh = unary("acosh", floatsOrComplexes, "Inverse hyperbolic cosine of each element.");
export const asin = unary("asin", floatsOrComplexes, "Inverse sine of each element.");
export const asinh = unary("asinh", floatsOrComplexes, "Inverse hyperbolic sine of each element.");
export const atan = unary("atan", floatsOrComplexes, "Inverse tangent of each element.");
export const atanh = unary("atanh", floatsOrComplexes, "Inverse hyperbolic tangent of each element.");
export const besselI1e = unary(
  "bessel_i1e",
  floatsOrComplexes,
  "Scaled modified Bessel function of order 1.",
);
export const conj = unary("conj", floatsOrComplexes, "Complex conjugate of each element.");
export const cosh = unary("cosh", floatsOrComplexes, "Hyperbolic cosine of each element.");
export const sinh = unary("sinh", floatsOrComplexes, "Hyperbolic sine of each element.");
export const tan = unary("tan", floatsOrComplexes, "Tangent of each element.");
export const digamma = unary("digamma", floats, "Logarithmic derivative of the gamma function.");
export const erf = unary("erf", floats, "Error function of each element.");
export const erfInv = unary("erf_inv", floats, "Inverse error function of each element.");
export const erfc = unary("erfc", floats, "Complementary error function of each element.");
export const lgamma = unary("lgamma", floats, "Logarithm of the absolute value of the gamma function.");
export const square = unary("square", floatsOrComplexes, "Square of each element.");
export const asinAcosKernel = unary(
  "_asin_acos_kernel",
  complexes,
  "The common part of complex asin and acos.",
);

function classification(mnemonic: string, summary: string) {
  return defineOp(`chlo.${mnemonic}`, {
    summary,
    operands: { operand: floats },
    results: { result: predicates },
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand }) => [withElement(operand, "i1")],
  });
}

export const isInf = classification("is_inf", "Whether each element is an infinity.");
export const isNegInf = classification("is_neg_inf", "Whether each element is negative infinity.");
export const isPosInf = classification("is_pos_inf", "Whether each element is positive infinity.");

export const nextAfter = defineOp("chlo.next_after", {
  summary: "The next float after `x` in the direction of `y`.",
  operands: { x: floats, y: floats },
  results: { result: floats },
  format: "$x `,` $y attr-dict `:` type($x) `,` type($y) `->` type(results)",
  infer: ({ x, y }) => [mostSpecific(x, y)],
});

export const polygamma = defineOp("chlo.polygamma", {
  summary: "The `n`-th derivative of the digamma function at `x`.",
  operands: { n: floats, x: floats },
  results: { result: floats },
  format: "$n `,` $x attr-dict `:` type($n) `,` type($x) `->` type(results)",
  infer: ({ n, x }) => [mostSpecific(n, x)],
});

export const zeta = defineOp("chlo.zeta", {
  summary: "Hurwitz zeta function of `x` and `q`.",
  operands: { x: floats, q: floats },
  results: { result: floats },
  format: "$x `,` $q attr-dict `:` type($x) `,` type($q) `->` type(results)",
  infer: ({ x, q }) => [mostSpecific(x, q)],
});

export const mulhi = defineOp("chlo.mulhi", {
  summary: "The high half of the product of two integers.",
  operands: { lhs: integers, rhs: integers },
  results: { result: integers },
  format: "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)",
  infer: ({ lhs, rhs }) => [mostSpecific(lhs, rhs)],
});

export const constant = defineOp("chlo.constant", {
  summary: "A constant.",
  attributes: { value: kinds.elements },
  results: { output: tensor },
  format: "attr-dict $value",
});

export const constantLike = defineOp("chlo.constant_like", {
  summary: "A scalar constant in the shape of `operand`.",
  operands: { operand: tensor },
  attributes: { value: kinds.any },
  results: { result: tensor },
  constraints: {
    C1: [
      "`operand` and `result` have the same shape",
      ({ operand, result }) => compatibleShape(operand, result),
    ],
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
      "`k` is at most the last dimension of `operand`",
      ({ operand, k }) => operand.shape.at(-1) === DYNAMIC || k <= (operand.shape.at(-1) ?? 0),
    ],
  },
  infer({ operand, k }) {
    const values = withShape(operand, [...operand.shape.slice(0, -1), k]);
    return [values, withElement(values, "i32")];
  },
});

export const raggedDot = defineOp("chlo.ragged_dot", {
  summary: "Products of groups of rows of `lhs`, of sizes `group_sizes`, with their own matrices of `rhs`.",
  operands: { lhs: tensor, rhs: tensor, group_sizes: integers },
  attributes: {
    ragged_dot_dimension_numbers: raggedDotDimensionNumbers,
    precision_config: optional(kinds.arrayOf(chloPrecision)),
  },
  results: { result: tensor },
});

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
  format: "custom<Scan>($inputs, $inits, $dimension, $body)",
});

// Implicit broadcasts ------------------------------------------------------------------------------------------

const broadcastFormat = "$lhs `,` $rhs attr-dict `:` `(` type($lhs) `,` type($rhs) `)` `->` type(results)";

function broadcast(mnemonic: string, operand: Field = tensor, result: Field = operand) {
  return defineOp(`chlo.broadcast_${mnemonic}`, {
    summary: `\`${mnemonic}\` after broadcasting both operands to one shape.`,
    operands: { lhs: operand, rhs: operand },
    attributes: { broadcast_dimensions: optional(kinds.i64Array) },
    results: { result },
    format: broadcastFormat,
  });
}

export const broadcastAdd = broadcast("add");
export const broadcastAnd = broadcast("and", integersOrPredicates);
export const broadcastAtan2 = broadcast("atan2");
export const broadcastComplex = broadcast("complex", floats, complexes);
export const broadcastDivide = broadcast("divide");
export const broadcastMaximum = broadcast("maximum");
export const broadcastMinimum = broadcast("minimum");
export const broadcastMultiply = broadcast("multiply");
export const broadcastNextAfter = broadcast("next_after");
export const broadcastOr = broadcast("or", integersOrPredicates);
export const broadcastPolygamma = broadcast("polygamma");
export const broadcastPower = broadcast("power");
export const broadcastRemainder = broadcast("remainder");
export const broadcastShiftLeft = broadcast("shift_left");
export const broadcastShiftRightArithmetic = broadcast("shift_right_arithmetic");
export const broadcastShiftRightLogical = broadcast("shift_right_logical");
export const broadcastSubtract = broadcast("subtract");
export const broadcastXor = broadcast("xor", integersOrPredicates);
export const broadcastZeta = broadcast("zeta", floats);

export const broadcastCompare = defineOp("chlo.broadcast_compare", {
  summary: "`compare` after broadcasting both operands to one shape.",
  operands: { lhs: tensor, rhs: tensor },
  attributes: {
    broadcast_dimensions: optional(kinds.i64Array),
    comparison_direction: chloComparisonDirection,
    compare_type: optional(chloComparisonType),
  },
  results: { result: predicates },
  format: broadcastFormat,
});

export const broadcastSelect = defineOp("chlo.broadcast_select", {
  summary: "`select` after broadcasting all operands to one shape.",
  operands: { pred: predicates, on_true: tensor, on_false: tensor },
  results: { result: tensor },
  format: `$pred \`,\` $on_true \`,\` $on_false attr-dict \`:\`
    \`(\` type($pred) \`,\` type($on_true) \`,\` type($on_false) \`)\` \`->\` type(results)`,
});
