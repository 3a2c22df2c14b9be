/** Element-wise functions of two and three tensors. */
import {
  anyTensor,
  complexes,
  defaulted,
  defineOp,
  floatParts,
  floatsOrComplexes,
  integers,
  integersOrPredicates,
  numbers,
  predicates,
  tensor,
} from "../declare/define.ts";
import type { ValueOf } from "../declare/kinds.ts";
import { type Element, isComplex, isFloat, isInteger, isQuantized, type TensorType } from "../model/types.ts";
import * as Complex from "../reference/element/complex.ts";
import {
  divideBigints,
  divideIntegers,
  largerBigint,
  powerBigints,
  power as powerFloats,
  powerIntegers,
  remainderBigints,
  remainderIntegers,
  shiftLeft as shiftBitsLeft,
  shiftRightArithmetic as shiftBitsRightArithmetic,
  shiftRightLogical as shiftBitsRightLogical,
  shiftLeft64,
  shiftRightArithmetic64,
  shiftRightLogical64,
  smallerBigint,
} from "../reference/element/math.ts";
import { totalOrder } from "../reference/kernel/convert.ts";
import {
  addition,
  type BinaryFormula,
  type Comparison,
  compareElements,
  mapBinary,
} from "../reference/kernel/elementwise.ts";
import { pairElements, selectElements } from "../reference/kernel/view.ts";
import { comparisonDirection, comparisonType } from "./enums.ts";
import { binary, binaryFormat } from "./families.ts";
import {
  allCompatible,
  compatible,
  compatibleElement,
  compatibleShape,
  isScalar,
  mostSpecific,
  withElement,
} from "./inference.ts";
import { axisOf } from "./quantization.ts";

const larger: BinaryFormula = {
  boolean: (x, y) => x | y,
  integer: (x, y) => Math.max(x, y),
  bigint: largerBigint,
  // NaN if either is, and +0 above -0: Math.max and Math.min are defined so.
  float: Math.max,
  complex: (x, y) => (Complex.isLess(y, x) ? x : y),
};

const smaller: BinaryFormula = {
  boolean: (x, y) => x & y,
  integer: (x, y) => Math.min(x, y),
  bigint: smallerBigint,
  float: Math.min,
  complex: (x, y) => (Complex.isLess(x, y) ? x : y),
};

/** Complex numbers are ordered by their real parts, then by their imaginary parts; only EQ and NE are in the spec. */
const comparisons: Readonly<Record<ValueOf<typeof comparisonDirection>, Comparison>> = {
  EQ: { number: (x, y) => x === y, bigint: (x, y) => x === y, complex: Complex.isEqual },
  NE: { number: (x, y) => x !== y, bigint: (x, y) => x !== y, complex: (x, y) => !Complex.isEqual(x, y) },
  GE: { number: (x, y) => x >= y, bigint: (x, y) => x >= y, complex: (x, y) => !Complex.isLess(x, y) },
  GT: { number: (x, y) => x > y, bigint: (x, y) => x > y, complex: (x, y) => Complex.isLess(y, x) },
  LE: { number: (x, y) => x <= y, bigint: (x, y) => x <= y, complex: (x, y) => !Complex.isLess(y, x) },
  LT: { number: (x, y) => x < y, bigint: (x, y) => x < y, complex: Complex.isLess },
};

/** Elements of the types that are quantized. */
const quantizedIn = (...types: readonly TensorType[]) =>
  types.map(({ element }) => element).filter(isQuantized);

export const add = defineOp("stablehlo.add", {
  since: "0.9.0",
  summary: "Sum of each pair of elements; logical OR for booleans.",
  commutative: true,
  operands: { lhs: anyTensor, rhs: anyTensor },
  results: { result: anyTensor },
  format: binaryFormat,
  constraints: {
    C1: [
      "`lhs`, `rhs` and `result` have the same type, quantized ones the same shape",
      ({ lhs, rhs, result }) =>
        quantizedIn(lhs, rhs, result).length === 0
          ? allCompatible(lhs, rhs, result)
          : compatibleShape(lhs, rhs) && compatibleShape(lhs, result),
    ],
    C2: [
      "`lhs`, `rhs` and `result` are all quantized or none is",
      ({ lhs, rhs, result }) => [0, 3].includes(quantizedIn(lhs, rhs, result).length),
    ],
    C3: [
      "quantized `lhs`, `rhs` and `result` have the same storage type",
      ({ lhs, rhs, result }) => {
        const [first, ...others] = quantizedIn(lhs, rhs, result);
        return others.every(({ storage }) => storage === first!.storage);
      },
    ],
    C4: [
      "quantized `lhs`, `rhs` and `result` express the same type",
      ({ lhs, rhs, result }) => {
        const [first, ...others] = quantizedIn(lhs, rhs, result);
        return others.every(({ expressed }) => expressed === first!.expressed);
      },
    ],
    C5: [
      "`result` is quantized per axis exactly when `lhs` or `rhs` is",
      ({ lhs, rhs, result }) =>
        [lhs, rhs].some(({ element }) => axisOf(element) !== undefined) ===
        (axisOf(result.element) !== undefined),
    ],
    C6: [
      "the quantized dimension of `lhs` is that of `result`",
      ({ lhs, result }) => [undefined, axisOf(result.element)].includes(axisOf(lhs.element)),
    ],
    C7: [
      "the quantized dimension of `rhs` is that of `result`",
      ({ rhs, result }) => [undefined, axisOf(result.element)].includes(axisOf(rhs.element)),
    ],
  },
  infer: ({ lhs, rhs }) => [mostSpecific(lhs, rhs)],
  evaluate: ({ lhs, rhs }) => mapBinary(addition, lhs, rhs),
});

export const and = binary("stablehlo.and", {
  commutative: true,
  summary: "Logical AND of booleans, bitwise AND of integers.",
  types: integersOrPredicates,
  evaluate: { boolean: (x, y) => x & y, integer: (x, y) => x & y, bigint: (x, y) => x & y },
});

export const atan2 = binary("stablehlo.atan2", {
  summary: "Angle of the point (`rhs`, `lhs`).",
  types: floatsOrComplexes,
  evaluate: { float: Math.atan2, complex: Complex.atan2 },
});

export const clamp = defineOp("stablehlo.clamp", {
  since: "0.9.0",
  summary: "Limits each element to the interval from `min` to `max`.",
  operands: { min: tensor, operand: tensor, max: tensor },
  results: { result: tensor },
  format:
    "$min `,` $operand `,` $max attr-dict `:` custom<SameOperandsAndResultType>(type($min), type($operand), type($max), type($result))",
  constraints: {
    C1: [
      "`min` is a scalar or has the shape of `operand`",
      ({ min, operand }) => isScalar(min) || compatibleShape(min, operand),
    ],
    C2: [
      "`max` is a scalar or has the shape of `operand`",
      ({ max, operand }) => isScalar(max) || compatibleShape(max, operand),
    ],
    C3: [
      "`min`, `operand` and `max` have the same element type",
      ({ min, operand, max }) =>
        compatibleElement(min.element, operand.element) && compatibleElement(max.element, operand.element),
    ],
    C4: ["`operand` and `result` have the same type", ({ operand, result }) => compatible(operand, result)],
  },
  infer: ({ operand }) => [operand],
  evaluate: ({ min, operand, max }) => mapBinary(smaller, mapBinary(larger, operand, min), max),
});

/** Spec, compare C3: the comparison type goes with the element type. */
function isComparedAs(element: Element, type: string | undefined): boolean {
  if (type === undefined || type === "NOTYPE") return true;
  const isWhole = type === "SIGNED" || type === "UNSIGNED";
  return isInteger(element) ? isWhole : type === "FLOAT" || (type === "TOTALORDER" && isFloat(element));
}

export const compare = defineOp("stablehlo.compare", {
  since: "0.9.0",
  summary: "Compares each pair of elements.",
  operands: { lhs: tensor, rhs: tensor },
  attributes: {
    comparison_direction: comparisonDirection,
    compare_type: defaulted(comparisonType, "NOTYPE"),
  },
  results: { result: predicates },
  format:
    "$comparison_direction `,` $lhs `,` $rhs (`,` $compare_type^)? attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`lhs` and `rhs` have the same element type",
      ({ lhs, rhs }) => compatibleElement(lhs.element, rhs.element),
    ],
    C2: [
      "`lhs`, `rhs` and `result` have the same shape",
      ({ lhs, rhs, result }) => compatibleShape(lhs, rhs) && compatibleShape(lhs, result),
    ],
  },
  // StableHLO looks at the left side only.
  infer: ({ lhs }) => [withElement(lhs, "i1")],
  evaluate: ({ lhs, rhs, comparison_direction, compare_type }) => {
    const ordered = compare_type === "TOTALORDER";
    const { element } = lhs.type;
    const isOrdered = !isComplex(element) || comparison_direction === "EQ" || comparison_direction === "NE";
    if (!isOrdered || !isComparedAs(element, compare_type))
      throw new TypeError(`${comparison_direction} ${compare_type} is not defined for ${element}`);
    const [x, y] = ordered ? [totalOrder(lhs), totalOrder(rhs)] : [lhs, rhs];
    return compareElements(comparisons[comparison_direction], x, y);
  },
});

export const complex = defineOp("stablehlo.complex", {
  since: "0.9.0",
  summary: "Complex numbers from real parts `lhs` and imaginary parts `rhs`.",
  operands: { lhs: floatParts, rhs: floatParts },
  results: { result: complexes },
  format: "operands attr-dict `:` custom<ComplexOpType>(type($lhs), type($rhs), type($result))",
  constraints: {
    C1: ["`lhs` and `rhs` have the same type", ({ lhs, rhs }) => allCompatible(lhs, rhs)],
    C2: ["`lhs` and `result` have the same shape", ({ lhs, result }) => compatibleShape(lhs, result)],
  },
  infer: ({ lhs }) => [withElement(lhs, lhs.element === "f64" ? "complex<f64>" : "complex<f32>")],
  evaluate: ({ lhs, rhs }) => pairElements(lhs, rhs),
});

export const divide = binary("stablehlo.divide", {
  summary: "Quotient of each pair of elements; integers truncate toward zero.",
  types: numbers,
  evaluate: {
    integer: divideIntegers,
    bigint: divideBigints,
    float: (x, y) => x / y,
    complex: Complex.divide,
  },
});

export const maximum = binary("stablehlo.maximum", {
  commutative: true,
  summary: "The larger of each pair of elements; NaN if either is NaN.",
  evaluate: larger,
});

export const minimum = binary("stablehlo.minimum", {
  commutative: true,
  summary: "The smaller of each pair of elements; NaN if either is NaN.",
  evaluate: smaller,
});

export const multiply = binary("stablehlo.multiply", {
  commutative: true,
  summary: "Product of each pair of elements; logical AND for booleans.",
  evaluate: {
    boolean: (x, y) => x & y,
    integer: Math.imul,
    bigint: (x, y) => x * y,
    float: (x, y) => x * y,
    complex: Complex.multiply,
  },
});

export const or = binary("stablehlo.or", {
  commutative: true,
  summary: "Logical OR of booleans, bitwise OR of integers.",
  types: integersOrPredicates,
  evaluate: { boolean: (x, y) => x | y, integer: (x, y) => x | y, bigint: (x, y) => x | y },
});

export const power = binary("stablehlo.power", {
  summary: "Each element of `lhs` to the power of that of `rhs`.",
  types: numbers,
  evaluate: { integer: powerIntegers, bigint: powerBigints, float: powerFloats, complex: Complex.power },
});

export const remainder = binary("stablehlo.remainder", {
  summary: "Remainder of each division, with the sign of the dividend.",
  types: numbers,
  evaluate: { integer: remainderIntegers, bigint: remainderBigints, float: (x, y) => x % y },
});

export const select = defineOp("stablehlo.select", {
  since: "0.9.0",
  summary: "Takes each element from `on_true` where `pred` holds, else from `on_false`.",
  operands: { pred: predicates, on_true: tensor, on_false: tensor },
  results: { result: tensor },
  format:
    "operands attr-dict `:` custom<SelectOpType>(type($pred), type($on_true), type($on_false), type($result))",
  constraints: {
    C1: [
      "`pred` is a scalar or has the shape of `on_true`",
      ({ pred, on_true }) => isScalar(pred) || compatibleShape(pred, on_true),
    ],
    C2: [
      "`on_true`, `on_false` and `result` have the same type",
      ({ on_true, on_false, result }) => allCompatible(on_true, on_false, result),
    ],
  },
  infer: ({ on_true, on_false }) => [mostSpecific(on_true, on_false)],
  evaluate: ({ pred, on_true, on_false }) => selectElements(pred, on_true, on_false),
});

export const shiftLeft = binary("stablehlo.shift_left", {
  summary: "Shifts each element left by the bits that `rhs` says; zero when that is the width or more.",
  types: integers,
  evaluate: { integer: shiftBitsLeft, bigint: shiftLeft64 },
});

export const shiftRightArithmetic = binary("stablehlo.shift_right_arithmetic", {
  summary: "Shifts each element right, keeping its sign bit.",
  types: integers,
  evaluate: { integer: shiftBitsRightArithmetic, bigint: shiftRightArithmetic64 },
});

export const shiftRightLogical = binary("stablehlo.shift_right_logical", {
  summary: "Shifts each element right, filling with zeros.",
  types: integers,
  evaluate: { integer: shiftBitsRightLogical, bigint: shiftRightLogical64 },
});

export const subtract = binary("stablehlo.subtract", {
  summary: "Difference of each pair of elements.",
  types: numbers,
  evaluate: {
    integer: (x, y) => x - y,
    bigint: (x, y) => x - y,
    float: (x, y) => x - y,
    complex: Complex.subtract,
  },
});

export const xor = binary("stablehlo.xor", {
  commutative: true,
  summary: "Logical XOR of booleans, bitwise XOR of integers.",
  types: integersOrPredicates,
  evaluate: { boolean: (x, y) => x ^ y, integer: (x, y) => x ^ y, bigint: (x, y) => x ^ y },
});
