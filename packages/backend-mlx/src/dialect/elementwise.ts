/** `mlx.*` element-wise operations. Operands have the result's shape, or rank 0: MLX broadcasts those for free. */
import { defineOp, fields, isElement, kinds, realElement, type TensorType, type Type } from "@hloom/ir";
import { broadcastShape } from "./shapes.ts";

const { region, tensor, variadic } = fields;

function unary(mnemonic: string, summary: string, infer?: (operand: TensorType) => Type) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { operand: tensor },
    results: { result: tensor },
    format: "$operand attr-dict `:` functional-type(operands, results)",
    infer: ({ operand }) => [infer ? infer(operand) : operand],
  });
}

function binary(mnemonic: string, summary: string) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { lhs: tensor, rhs: tensor },
    results: { result: tensor },
    format: "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)",
    infer: ({ lhs, rhs }) => [{ ...lhs, shape: broadcastShape(lhs, rhs) }],
  });
}

/** For operations whose result element the operand does not tell; the lowering passes the result type. */
function typed(mnemonic: string, summary: string) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { operand: tensor },
    results: { result: tensor },
    format: "$operand attr-dict `:` functional-type(operands, results)",
  });
}

const toReal = (operand: TensorType): Type => ({
  ...operand,
  element: isElement(operand.element) ? realElement(operand.element) : operand.element,
});
const toPredicate = (operand: TensorType): Type => ({ ...operand, element: "i1" });

export const abs = unary("abs", "Magnitude.", toReal);
export const negate = unary("negate", "Negation.");
export const sign = unary("sign", "Sign; NaN and -0 stay.");
export const ceil = unary("ceil", "Rounds up.");
export const floor = unary("floor", "Rounds down.");
export const round = unary("round", "Rounds to nearest, halves away from zero.");
export const roundEven = unary("round_even", "Rounds to nearest, halves to even.");
export const exp = unary("exp", "Exponential.");
export const expm1 = unary("expm1", "Exponential minus one.");
export const log = unary("log", "Natural logarithm.");
export const log1p = unary("log1p", "Logarithm of one plus the operand.");
export const sigmoid = unary("sigmoid", "Logistic function.");
export const sqrt = unary("sqrt", "Square root.");
export const rsqrt = unary("rsqrt", "Reciprocal square root.");
export const cbrt = unary("cbrt", "Cube root.");
export const sin = unary("sin", "Sine.");
export const cos = unary("cos", "Cosine.");
export const tan = unary("tan", "Tangent.");
export const tanh = unary("tanh", "Hyperbolic tangent.");
export const isFinite = unary("is_finite", "Neither infinite nor NaN.", toPredicate);
export const invert = unary("invert", "Logical or bitwise not.");
export const popcount = unary("popcount", "Number of set bits.");
export const countLeadingZeros = unary("count_leading_zeros", "Zero bits above the highest set one.");
export const real = unary("real", "Real part.", toReal);
export const imag = unary("imag", "Imaginary part.", toReal);
export const convert = typed("convert", "Conversion to the result's element; floats saturate to integers.");
export const reducePrecision = defineOp("mlx.reduce_precision", {
  summary: "Rounds to fewer exponent and mantissa bits.",
  operands: { operand: tensor },
  attributes: { exponent_bits: kinds.i64, mantissa_bits: kinds.i64 },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
});
export const view = typed("view", "The same bits as another element.");
export const copy = unary("copy", "The operand itself.");
export const erf = unary("erf", "Error function.");
export const erfInv = unary("erf_inv", "Inverse error function.");
export const erfc = unary("erfc", "Complementary error function.");
export const asin = unary("asin", "Arc sine.");
export const acos = unary("acos", "Arc cosine.");
export const atan = unary("atan", "Arc tangent.");
export const sinh = unary("sinh", "Hyperbolic sine.");
export const cosh = unary("cosh", "Hyperbolic cosine.");
export const asinh = unary("asinh", "Inverse hyperbolic sine.");
export const acosh = unary("acosh", "Inverse hyperbolic cosine.");
export const atanh = unary("atanh", "Inverse hyperbolic tangent.");
export const lgamma = unary("lgamma", "Logarithm of the absolute gamma function.");
export const digamma = unary("digamma", "Derivative of lgamma.");
export const isInf = unary("is_inf", "Infinite.", toPredicate);
export const isNan = unary("is_nan", "Not a number.", toPredicate);
export const square = unary("square", "The operand times itself.");
export const conjugate = unary("conjugate", "Complex conjugate.");

export const add = binary("add", "Sum.");
export const subtract = binary("subtract", "Difference.");
export const multiply = binary("multiply", "Product.");
export const divide = binary("divide", "Quotient; integers truncate.");
export const remainder = binary("remainder", "Remainder with the dividend's sign.");
export const power = binary("power", "Power.");
export const maximum = binary("maximum", "Maximum; NaN wins.");
export const minimum = binary("minimum", "Minimum; NaN wins.");
export const arctan2 = binary("arctan2", "Angle of the point (rhs, lhs).");
export const bitwiseAnd = binary("bitwise_and", "Logical or bitwise and.");
export const bitwiseOr = binary("bitwise_or", "Logical or bitwise or.");
export const bitwiseXor = binary("bitwise_xor", "Logical or bitwise exclusive or.");
export const leftShift = binary("left_shift", "Shift left; too far gives 0.");
export const rightShiftLogical = binary("right_shift_logical", "Shift right with zeros.");
export const rightShiftArithmetic = binary("right_shift_arithmetic", "Shift right with the sign.");
export const nextAfter = binary("next_after", "The neighbouring float towards rhs.");

export const compare = defineOp("mlx.compare", {
  summary: "Comparison; `total` 1 is IEEE total order.",
  operands: { lhs: tensor, rhs: tensor },
  attributes: { direction: kinds.string, total: kinds.i64 },
  results: { result: tensor },
  infer: ({ lhs, rhs }) => [{ kind: "tensor", shape: broadcastShape(lhs, rhs), element: "i1" }],
});

export const complex = defineOp("mlx.complex", {
  summary: "Complex number of two parts.",
  operands: { lhs: tensor, rhs: tensor },
  results: { result: tensor },
  infer: ({ lhs, rhs }) => {
    const element = lhs.element === "f64" ? "complex<f64>" : "complex<f32>";
    return [{ kind: "tensor", shape: broadcastShape(lhs, rhs), element }];
  },
});

export const select = defineOp("mlx.select", {
  summary: "Takes from one of two by a predicate.",
  operands: { predicate: tensor, on_true: tensor, on_false: tensor },
  results: { result: tensor },
  infer: ({ predicate, on_true, on_false }) => [
    { ...on_true, shape: broadcastShape(predicate, on_true, on_false) },
  ],
});

export const clamp = defineOp("mlx.clamp", {
  summary: "Limits to a range; NaN stays.",
  operands: { min: tensor, operand: tensor, max: tensor },
  results: { result: tensor },
  infer: ({ min, operand, max }) => [{ ...operand, shape: broadcastShape(operand, min, max) }],
});

export const multiplyAdd = defineOp("mlx.multiply_add", {
  summary: "x·y + z, rounded once.",
  operands: { x: tensor, y: tensor, z: tensor },
  results: { result: tensor },
  infer: ({ x, y, z }) => [{ ...x, shape: broadcastShape(x, y, z) }],
});

export const complexDivide = defineOp("mlx.complex_divide", {
  summary: "Quotient of complex numbers given by their parts, without overflow on the way.",
  operands: { a: tensor, b: tensor, c: tensor, d: tensor },
  results: { re: tensor, im: tensor },
  infer: ({ a, b, c, d }) => {
    const type: TensorType = { ...a, shape: broadcastShape(a, b, c, d) };
    return [type, type];
  },
});

export const threefry2x32 = defineOp("mlx.threefry2x32", {
  summary: "Twenty rounds of Threefry-2x32, as JAX has them.",
  operands: { key0: tensor, key1: tensor, x0: tensor, x1: tensor },
  results: { y0: tensor, y1: tensor },
  infer: ({ key0, key1, x0, x1 }) => {
    const type: TensorType = { ...x0, shape: broadcastShape(x0, x1, key0, key1) };
    return [type, type];
  },
});

export const map = defineOp("mlx.map", {
  summary: "One pass of a scalar body over all elements.",
  operands: { inputs: variadic(tensor) },
  results: { results: variadic(tensor) },
  regions: { body: region },
});
