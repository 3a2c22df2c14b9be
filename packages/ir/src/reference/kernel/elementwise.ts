/**
 * Element-wise functions over tensors. An op gives one formula per kind of element; the loops here apply it. Operands
 * have equal shapes, or one of them is a scalar that stands for every element.
 */
import { roundingTo } from "../../model/floats.ts";
import { allocate, type Storage } from "../../model/storage.ts";
import {
  bitWidth,
  type ComplexElement,
  type Element,
  type FloatElement,
  type IntegerElement,
} from "../../model/types.ts";
import { add, type Complex, complexOf, type Rounding } from "../element/complex.ts";
import {
  type Bigints,
  bigintsOf,
  booleansOf,
  type Floats,
  floatsOf,
  floatWork,
  type Integers,
  integersOf,
  kindOf,
  narrowFloats,
  narrowIntegers,
} from "../element/work.ts";
import { elementCount, type Tensor } from "../tensor.ts";

/**
 * A function of one element, by kind. Integers of `width` bits wrap and floats round when they are stored; `round`
 * is for what the op's meaning rounds before.
 */
export interface UnaryFormula {
  readonly boolean?: (x: number) => number;
  readonly integer?: (x: number, width: number) => number;
  readonly bigint?: (x: bigint) => bigint;
  readonly float?: (x: number, round: Rounding) => number;
  readonly complex?: (x: Complex, round: Rounding) => Complex;
}

export interface BinaryFormula {
  readonly boolean?: (x: number, y: number) => number;
  readonly integer?: (x: number, y: number, width: number) => number;
  readonly bigint?: (x: bigint, y: bigint) => bigint;
  readonly float?: (x: number, y: number) => number;
  readonly complex?: (x: Complex, y: Complex, round: Rounding) => Complex;
}

/** Sums; logical OR of booleans. */
export const addition: BinaryFormula = {
  boolean: (x, y) => x | y,
  integer: (x, y) => x + y,
  bigint: (x, y) => x + y,
  float: (x, y) => x + y,
  complex: add,
};

/** A test of two elements, by kind. */
export interface Comparison {
  readonly number: (x: number, y: number) => boolean;
  readonly bigint: (x: bigint, y: bigint) => boolean;
  readonly complex: (x: Complex, y: Complex) => boolean;
}

function missing(element: Element): never {
  throw new TypeError(`the function is not defined for ${element}`);
}

const roundings: Record<ComplexElement, Rounding> = { "complex<f32>": Math.fround, "complex<f64>": (x) => x };

// One operand ----------------------------------------------------------------------------------------------------

export function mapUnary(formula: UnaryFormula, operand: Tensor): Tensor {
  return { type: operand.type, data: unaryData(formula, operand) };
}

function unaryData(formula: UnaryFormula, operand: Tensor): Storage {
  const { element } = operand.type;
  switch (kindOf(element)) {
    case "boolean":
      return mapBooleans(formula.boolean ?? missing(element), booleansOf(operand));
    case "integer": {
      const apply = formula.integer ?? missing(element);
      return narrowIntegers(
        element as IntegerElement,
        mapIntegers(apply, integersOf(operand), bitWidth(element)),
      );
    }
    case "bigint":
      return mapBigints(formula.bigint ?? missing(element), bigintsOf(operand));
    case "float": {
      const x = floatsOf(operand);
      const out = floatWork(element as FloatElement, x.length);
      const round = roundingTo(element as FloatElement);
      mapFloats(formula.float ?? missing(element), x, out, round);
      return narrowFloats(element as FloatElement, out);
    }
    case "complex": {
      const round = roundings[element as ComplexElement];
      return mapComplexes(formula.complex ?? missing(element), floatsOf(operand), round);
    }
  }
}

function mapBooleans(apply: (x: number) => number, x: Uint8Array): Uint8Array {
  const out = new Uint8Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = apply(x[i]!);
  return out;
}

function mapIntegers(apply: (x: number, width: number) => number, x: Integers, width: number): Integers {
  const out = x instanceof Int32Array ? new Int32Array(x.length) : new Uint32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = apply(x[i]!, width);
  return out;
}

function mapBigints(apply: (x: bigint) => bigint, x: Bigints): Bigints {
  const out = x instanceof BigInt64Array ? new BigInt64Array(x.length) : new BigUint64Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = apply(x[i]!);
  return out;
}

function mapFloats(
  apply: (x: number, round: Rounding) => number,
  x: Floats,
  out: Floats,
  round: Rounding,
): void {
  for (let i = 0; i < out.length; i++) out[i] = apply(x[i]!, round);
}

function mapComplexes(apply: (x: Complex, round: Rounding) => Complex, x: Floats, round: Rounding): Floats {
  const out = x instanceof Float32Array ? new Float32Array(x.length) : new Float64Array(x.length);
  for (let i = 0; i < out.length; i += 2) {
    const { re, im } = apply(complexOf(x[i]!, x[i + 1]!), round);
    out[i] = re;
    out[i + 1] = im;
  }
  return out;
}

/** A real number from each complex one. */
export function mapToReal(apply: (x: Complex) => number, operand: Tensor): Tensor {
  const x = floatsOf(operand);
  const element = operand.type.element === "complex<f64>" ? "f64" : "f32";
  const data = allocate(element, x.length / 2) as Floats;
  for (let i = 0; i < data.length; i++) data[i] = apply(complexOf(x[2 * i]!, x[2 * i + 1]!));
  return { type: { ...operand.type, element }, data };
}

/** A truth from each float. */
export function testFloats(test: (x: number) => boolean, operand: Tensor): Tensor {
  const x = floatsOf(operand);
  const data = new Uint8Array(x.length);
  for (let i = 0; i < data.length; i++) data[i] = test(x[i]!) ? 1 : 0;
  return { type: { ...operand.type, element: "i1" }, data };
}

// Two operands ---------------------------------------------------------------------------------------------------

export function mapBinary(formula: BinaryFormula, lhs: Tensor, rhs: Tensor): Tensor {
  const type = lhs.type.shape.length >= rhs.type.shape.length ? lhs.type : rhs.type;
  return { type, data: binaryData(formula, lhs, rhs) };
}

/** Steps from element to element: a scalar stays where it is. */
function stepsOf(lhs: Tensor, rhs: Tensor): readonly [size: number, lhs: number, rhs: number] {
  const [m, n] = [elementCount(lhs), elementCount(rhs)];
  const lhsIsScalar = lhs.type.shape.length < rhs.type.shape.length;
  const rhsIsScalar = rhs.type.shape.length < lhs.type.shape.length;
  return [lhsIsScalar ? n : m, lhsIsScalar ? 0 : 1, rhsIsScalar ? 0 : 1];
}

function binaryData(formula: BinaryFormula, lhs: Tensor, rhs: Tensor): Storage {
  const { element } = lhs.type;
  const [size, dx, dy] = stepsOf(lhs, rhs);
  switch (kindOf(element)) {
    case "boolean": {
      const apply = formula.boolean ?? missing(element);
      return zipBooleans(apply, booleansOf(lhs), booleansOf(rhs), dx, dy, new Uint8Array(size));
    }
    case "integer": {
      const apply = formula.integer ?? missing(element);
      const out = element[0] === "u" ? new Uint32Array(size) : new Int32Array(size);
      zipIntegers(apply, integersOf(lhs), integersOf(rhs), dx, dy, out, bitWidth(element));
      return narrowIntegers(element as IntegerElement, out);
    }
    case "bigint": {
      const apply = formula.bigint ?? missing(element);
      return zipBigints(apply, bigintsOf(lhs), bigintsOf(rhs), dx, dy, allocate(element, size) as Bigints);
    }
    case "float": {
      const apply = formula.float ?? missing(element);
      const out = floatWork(element as FloatElement, size);
      return narrowFloats(
        element as FloatElement,
        zipFloats(apply, floatsOf(lhs), floatsOf(rhs), dx, dy, out),
      );
    }
    case "complex": {
      const apply = formula.complex ?? missing(element);
      const out = allocate(element, size) as Floats;
      const round = roundings[element as ComplexElement];
      return zipComplexes(apply, floatsOf(lhs), floatsOf(rhs), 2 * dx, 2 * dy, out, round);
    }
  }
}

type OfTwo<T, R> = (x: T, y: T) => R;

function zipBooleans(
  apply: OfTwo<number, number>,
  x: Uint8Array,
  y: Uint8Array,
  dx: number,
  dy: number,
  out: Uint8Array,
): Uint8Array {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) out[i] = apply(x[xi]!, y[yi]!);
  return out;
}

function zipIntegers(
  apply: (x: number, y: number, width: number) => number,
  x: Integers,
  y: Integers,
  dx: number,
  dy: number,
  out: Integers,
  width: number,
): void {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) {
    out[i] = apply(x[xi]!, y[yi]!, width);
  }
}

function zipBigints(
  apply: OfTwo<bigint, bigint>,
  x: Bigints,
  y: Bigints,
  dx: number,
  dy: number,
  out: Bigints,
): Bigints {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) out[i] = apply(x[xi]!, y[yi]!);
  return out;
}

function zipFloats(
  apply: OfTwo<number, number>,
  x: Floats,
  y: Floats,
  dx: number,
  dy: number,
  out: Floats,
): Floats {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) out[i] = apply(x[xi]!, y[yi]!);
  return out;
}

function zipComplexes(
  apply: (x: Complex, y: Complex, round: Rounding) => Complex,
  x: Floats,
  y: Floats,
  dx: number,
  dy: number,
  out: Floats,
  round: Rounding,
): Floats {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i += 2, xi += dx, yi += dy) {
    const { re, im } = apply(complexOf(x[xi]!, x[xi + 1]!), complexOf(y[yi]!, y[yi + 1]!), round);
    out[i] = re;
    out[i + 1] = im;
  }
  return out;
}

// Comparisons ----------------------------------------------------------------------------------------------------

export function compareElements(test: Comparison, lhs: Tensor, rhs: Tensor): Tensor {
  const shape = lhs.type.shape.length >= rhs.type.shape.length ? lhs.type.shape : rhs.type.shape;
  const [size, dx, dy] = stepsOf(lhs, rhs);
  const data = new Uint8Array(size);
  switch (kindOf(lhs.type.element)) {
    case "boolean":
      compareNumbers(test.number, booleansOf(lhs), booleansOf(rhs), dx, dy, data);
      break;
    case "integer":
      compareNumbers(test.number, integersOf(lhs), integersOf(rhs), dx, dy, data);
      break;
    case "float":
      compareNumbers(test.number, floatsOf(lhs), floatsOf(rhs), dx, dy, data);
      break;
    case "bigint":
      compareBigints(test.bigint, bigintsOf(lhs), bigintsOf(rhs), dx, dy, data);
      break;
    case "complex":
      compareComplexes(test.complex, floatsOf(lhs), floatsOf(rhs), 2 * dx, 2 * dy, data);
      break;
  }
  return { type: { kind: "tensor", shape, element: "i1" }, data };
}

function compareNumbers(
  test: OfTwo<number, boolean>,
  x: Uint8Array | Integers | Floats,
  y: Uint8Array | Integers | Floats,
  dx: number,
  dy: number,
  out: Uint8Array,
): void {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) {
    out[i] = test(x[xi]!, y[yi]!) ? 1 : 0;
  }
}

function compareBigints(
  test: OfTwo<bigint, boolean>,
  x: Bigints,
  y: Bigints,
  dx: number,
  dy: number,
  out: Uint8Array,
): void {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) {
    out[i] = test(x[xi]!, y[yi]!) ? 1 : 0;
  }
}

function compareComplexes(
  test: OfTwo<Complex, boolean>,
  x: Floats,
  y: Floats,
  dx: number,
  dy: number,
  out: Uint8Array,
): void {
  for (let i = 0, xi = 0, yi = 0; i < out.length; i++, xi += dx, yi += dy) {
    out[i] = test(complexOf(x[xi]!, x[xi + 1]!), complexOf(y[yi]!, y[yi + 1]!)) ? 1 : 0;
  }
}
