/**
 * Formulas as operations: arithmetic on tensors of one float type, in which a number stands for a constant of that type.
 * Expansions of functions are written with it, so that they read like the mathematics.
 */
import type { OpDefinition } from "../declare/define.ts";
import type { Value } from "../model/operation.ts";
import { bitWidth, type Element, isFloat, type TensorType } from "../model/types.ts";
import { stablehlo } from "../ops/index.ts";
import type { Builder } from "./builder.ts";
import { splat } from "./constants.ts";

export type Term = Value | number;
export type Direction = "EQ" | "NE" | "GE" | "GT" | "LE" | "LT";

/** What a formula needs to know of the numbers that it computes with. */
export interface Precision {
  readonly largest: number;
  /** The smallest number whose precision is full. */
  readonly smallest: number;
  /** What is smaller than one by this factor vanishes beside it when both are squared. */
  readonly negligible: number;
  /** Splits a number into halves whose products are exact (Dekker). */
  readonly splitter: number;
  /** `exp` of more than this overflows. */
  readonly exponentLimit: number;
}

const precisions: Readonly<Partial<Record<Element, Precision>>> = {
  f16: { largest: 65504, smallest: 2 ** -14, negligible: 2 ** -6, splitter: 2 ** 6 + 1, exponentLimit: 11 },
  bf16: {
    largest: 3.3895313892515355e38,
    smallest: 2 ** -126,
    negligible: 2 ** -5,
    splitter: 2 ** 4 + 1,
    exponentLimit: 88,
  },
  f32: {
    largest: 3.4028234663852886e38,
    smallest: 2 ** -126,
    negligible: 2 ** -13,
    splitter: 2 ** 12 + 1,
    exponentLimit: 88,
  },
  f64: {
    largest: Number.MAX_VALUE,
    smallest: 2 ** -1022,
    negligible: 2 ** -28,
    splitter: 2 ** 27 + 1,
    exponentLimit: 709,
  },
};

export class Formula {
  readonly builder: Builder;
  readonly type: TensorType;
  private readonly sample: Value;
  private readonly constants = new Map<string, Value>();

  /** Computes with values of the type of `sample`. */
  constructor(builder: Builder, sample: Value) {
    this.builder = builder;
    this.sample = sample;
    this.type = sample.type as TensorType;
  }

  get precision(): Precision {
    const precision = precisions[this.type.element as Element];
    if (!precision) throw new Error(`formulas are not evaluated in ${String(this.type.element)}`);
    return precision;
  }

  /** The value, or the constant. */
  value(term: Term): Value {
    if (typeof term !== "number") return term;
    // -0 and 0 are different constants.
    const key = Object.is(term, -0) ? "-0" : String(term);
    let constant = this.constants.get(key);
    if (!constant) {
      constant = splat(this.builder, this.sample, this.type.element as Element, term);
      this.constants.set(key, constant);
    }
    return constant;
  }

  apply(definition: OpDefinition, ...terms: readonly Term[]): Value {
    return this.builder.value(
      definition,
      terms.map((term) => this.value(term)),
    );
  }

  add = (x: Term, y: Term): Value => this.apply(stablehlo.add, x, y);
  subtract = (x: Term, y: Term): Value => this.apply(stablehlo.subtract, x, y);
  multiply = (x: Term, y: Term): Value => this.apply(stablehlo.multiply, x, y);
  divide = (x: Term, y: Term): Value => this.apply(stablehlo.divide, x, y);
  remainder = (x: Term, y: Term): Value => this.apply(stablehlo.remainder, x, y);
  maximum = (x: Term, y: Term): Value => this.apply(stablehlo.maximum, x, y);
  minimum = (x: Term, y: Term): Value => this.apply(stablehlo.minimum, x, y);
  power = (x: Term, y: Term): Value => this.apply(stablehlo.power, x, y);
  atan2 = (y: Term, x: Term): Value => this.apply(stablehlo.atan2, y, x);
  negate = (x: Term): Value => this.apply(stablehlo.negate, x);
  abs = (x: Term): Value => this.apply(stablehlo.abs, x);
  sign = (x: Term): Value => this.apply(stablehlo.sign, x);
  floor = (x: Term): Value => this.apply(stablehlo.floor, x);
  sqrt = (x: Term): Value => this.apply(stablehlo.sqrt, x);
  cbrt = (x: Term): Value => this.apply(stablehlo.cbrt, x);
  exp = (x: Term): Value => this.apply(stablehlo.exponential, x);
  expm1 = (x: Term): Value => this.apply(stablehlo.exponentialMinusOne, x);
  log = (x: Term): Value => this.apply(stablehlo.log, x);
  log1p = (x: Term): Value => this.apply(stablehlo.logPlusOne, x);
  sine = (x: Term): Value => this.apply(stablehlo.sine, x);
  cosine = (x: Term): Value => this.apply(stablehlo.cosine, x);
  tan = (x: Term): Value => this.apply(stablehlo.tan, x);
  square = (x: Value): Value => this.multiply(x, x);

  sum(first: Term, ...others: readonly Term[]): Value {
    return others.reduce<Value>((sum, term) => this.add(sum, term), this.value(first));
  }

  // Predicates ---------------------------------------------------------------------------------------------------

  compare(x: Term, direction: Direction, y: Term): Value {
    return this.builder.value(stablehlo.compare, [this.value(x), this.value(y)], {
      comparison_direction: direction,
      compare_type: "FLOAT",
    });
  }
  and = (x: Value, y: Value): Value => this.builder.value(stablehlo.and, [x, y]);
  or = (x: Value, y: Value): Value => this.builder.value(stablehlo.or, [x, y]);
  not = (x: Value): Value => this.builder.value(stablehlo.not, [x]);
  select = (condition: Value, yes: Term, no: Term): Value =>
    this.builder.value(stablehlo.select, [condition, this.value(yes), this.value(no)]);

  isInteger = (x: Value): Value => this.compare(this.floor(x), "EQ", x);
  isInfinite = (x: Term): Value => this.compare(this.abs(x), "EQ", Infinity);
  isNaN = (x: Value): Value => this.compare(x, "NE", x);

  /** Whether the sign bit is set, also that of -0. */
  isNegative(x: Value): Value {
    const element = `i${bitWidth(this.type.element as Element)}` as Element;
    const bits = this.builder.value(
      stablehlo.bitcastConvert,
      [x],
      {},
      { results: [{ ...this.type, element }] },
    );
    const zero = splat(this.builder, x, element, 0);
    return this.builder.value(stablehlo.compare, [bits, zero], {
      comparison_direction: "LT",
      compare_type: "SIGNED",
    });
  }

  /** `magnitude ≥ 0` with the sign of `sign`, also that of -0. */
  withSign(magnitude: Term, sign: Value): Value {
    const value = this.value(magnitude);
    return this.select(this.isNegative(sign), this.negate(value), value);
  }

  // Polynomials --------------------------------------------------------------------------------------------------

  /** By Horner's rule, highest coefficient first. */
  polynomial(x: Value, coefficients: readonly Term[]): Value {
    const [first = 0, ...rest] = coefficients;
    return rest.reduce<Value>((sum, c) => this.add(this.multiply(sum, x), c), this.value(first));
  }

  /** `Σ c[k] T[k](x)` by Clenshaw's rule; the first term counts half, as usual. */
  chebyshev(x: Value, coefficients: readonly number[]): Value {
    const twice = this.add(x, x);
    let [last, before]: [Value, Value] = [this.value(0), this.value(0)];
    for (let k = coefficients.length - 1; k > 0; k--) {
      const next = this.subtract(this.multiply(twice, last), this.subtract(before, coefficients[k]!));
      [last, before] = [next, last];
    }
    return this.add(this.subtract(this.multiply(x, last), before), coefficients[0]! / 2);
  }

  // Sums and products that keep their rounding errors --------------------------------------------------------------

  /** `x + y` and its rounding error (Knuth). */
  twoSum(x: Value, y: Value): readonly [Value, Value] {
    const sum = this.add(x, y);
    const part = this.subtract(sum, x);
    const error = this.add(this.subtract(x, this.subtract(sum, part)), this.subtract(y, part));
    return [sum, error];
  }

  /** `x²` and its rounding error (Dekker). */
  twoSquare(x: Value): readonly [Value, Value] {
    const square = this.multiply(x, x);
    const scaled = this.multiply(x, this.precision.splitter);
    const high = this.subtract(scaled, this.subtract(scaled, x));
    const low = this.subtract(x, high);
    const cross = this.multiply(high, low);
    const error = this.sum(this.subtract(this.multiply(high, high), square), cross, cross, this.square(low));
    return [square, error];
  }

  /** Sums with the errors added at the end. */
  exactSum(first: Value, ...others: readonly Value[]): Value {
    let total = first;
    const errors: Value[] = [];
    for (const term of others) {
      const [sum, error] = this.twoSum(total, term);
      total = sum;
      errors.push(error);
    }
    const [error, ...more] = errors;
    return error ? this.add(total, this.sum(error, ...more)) : total;
  }
}

/** A value of another element type. */
export function convert(builder: Builder, value: Value, element: Element): Value {
  const type = value.type as TensorType;
  if (type.element === element) return value;
  return builder.value(stablehlo.convert, [value], {}, { results: [{ ...type, element }] });
}

/** The element type that formulas for `element` are evaluated in: at least f32. */
export function workElement(element: Element): "f32" | "f64" {
  return element === "f64" ? "f64" : "f32";
}

/** Evaluates a formula in at least single precision and rounds the result to the operands' type. */
export function inWorkPrecision(
  builder: Builder,
  operands: readonly Value[],
  formula: (f: Formula, ...values: Value[]) => Value,
): Value {
  const { element } = operands[0]!.type as TensorType;
  if (!isFloat(element)) throw new Error("a formula of floats is wanted");
  const values = operands.map((value) => convert(builder, value, workElement(element)));
  return convert(builder, formula(new Formula(builder, values[0]!), ...values), element);
}
