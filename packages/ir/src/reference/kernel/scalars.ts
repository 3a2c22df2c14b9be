/**
 * Small regions as functions of scalars. Reducers and comparators run once for every element, so that calling the
 * region's general form, tensors in and tensors out, would dominate; their bodies are a few element-wise operations
 * on scalars. A region with anything else is left to the general form.
 */
import { roundingTo } from "../../model/floats.ts";
import { bodyOf, definingOperation, type Operation, type Region, type Value } from "../../model/operation.ts";
import { viewOf } from "../../model/storage.ts";
import { bitWidth, type Element, isElement, isFloat, isUnsigned, type Type } from "../../model/types.ts";
import * as complex from "../element/complex.ts";
import { type ElementKind, kindOf, reader, type Scalar, wrapInteger } from "../element/work.ts";
import type { Datum } from "../tensor.ts";

export interface ScalarFunction {
  /** Results for the arguments; the returned array is used again by the next call. */
  (args: readonly Scalar[]): readonly Scalar[];
  /** Elements of the parameters. */
  readonly parameters: readonly Element[];
  /** Whether floats are compared by their bits, so that the sign of a NaN counts, which a number does not keep. */
  readonly totalOrder: boolean;
}

type Binary = (x: never, y: never) => Scalar;
type ByKind = Partial<Record<ElementKind, Binary>>;
type Big = bigint;

const arithmetic: Readonly<Record<string, ByKind>> = {
  "stablehlo.add": {
    boolean: (x: number, y: number) => x | y,
    integer: (x: number, y: number) => x + y,
    bigint: (x: Big, y: Big) => x + y,
    float: (x: number, y: number) => x + y,
    complex: complex.add,
  },
  "stablehlo.subtract": {
    integer: (x: number, y: number) => x - y,
    bigint: (x: Big, y: Big) => x - y,
    float: (x: number, y: number) => x - y,
    complex: complex.subtract,
  },
  "stablehlo.multiply": {
    boolean: (x: number, y: number) => x & y,
    integer: Math.imul,
    bigint: (x: Big, y: Big) => x * y,
    float: (x: number, y: number) => x * y,
  },
  "stablehlo.maximum": {
    boolean: (x: number, y: number) => x | y,
    integer: Math.max,
    bigint: (x: Big, y: Big) => (x > y ? x : y),
    float: Math.max,
  },
  "stablehlo.minimum": {
    boolean: (x: number, y: number) => x & y,
    integer: Math.min,
    bigint: (x: Big, y: Big) => (x < y ? x : y),
    float: Math.min,
  },
  "stablehlo.and": {
    boolean: (x: number, y: number) => x & y,
    integer: (x: number, y: number) => x & y,
    bigint: (x: Big, y: Big) => x & y,
  },
  "stablehlo.or": {
    boolean: (x: number, y: number) => x | y,
    integer: (x: number, y: number) => x | y,
    bigint: (x: Big, y: Big) => x | y,
  },
  "stablehlo.xor": {
    boolean: (x: number, y: number) => x ^ y,
    integer: (x: number, y: number) => x ^ y,
    bigint: (x: Big, y: Big) => x ^ y,
  },
};

type Comparable = number | bigint;
const comparisons: Readonly<Record<string, (x: Comparable, y: Comparable) => number>> = {
  EQ: (x, y) => Number(x === y),
  NE: (x, y) => Number(x !== y),
  GE: (x, y) => Number(x >= y),
  GT: (x, y) => Number(x > y),
  LE: (x, y) => Number(x <= y),
  LT: (x, y) => Number(x < y),
};

/** A number that sorts floats as totalOrder does, for NaNs without sign: -0 below +0, NaN above infinity. */
function totalOrderRank(x: number): number {
  if (Number.isNaN(x)) return 3;
  return x > 0 ? 2 : x < 0 ? -2 : Object.is(x, -0) ? -1 : 0;
}
export const totalOrderSign = (x: number, y: number) =>
  totalOrderRank(x) - totalOrderRank(y) || (x < y ? -1 : x > y ? 1 : 0);

/** Values of one call by slot; a step computes one of them. */
type Slots = Scalar[];
type Step = (slots: Slots) => void;

/** The region as a function of scalars; undefined when it holds an operation that has no scalar form here. */
export function scalarFunction(region: Region): ScalarFunction | undefined {
  const block = bodyOf(region);
  const parameters = block.arguments.map(({ type }) => scalarElement(type));
  if (parameters.includes(undefined)) return undefined;
  const slotOf = new Map<Value, number>(block.arguments.map((argument, i) => [argument, i]));
  const slots: Slots = new Array<Scalar>(block.arguments.length).fill(0);
  const steps: Step[] = [];
  let totalOrder = false;

  const slotFor = (value: Value): number | undefined => {
    const known = slotOf.get(value);
    if (known !== undefined) return known;
    const constant = constantScalar(definingOperation(value));
    if (constant === undefined) return undefined;
    slotOf.set(value, slots.length);
    return slots.push(constant) - 1;
  };

  for (const operation of block.operations.slice(0, -1)) {
    if (operation.name === "stablehlo.constant") continue;
    const inputs = operation.operands.map(slotFor);
    const out = slots.push(0) - 1;
    const step = inputs.includes(undefined) ? undefined : scalarStep(operation, inputs as number[], out);
    if (!step) return undefined;
    totalOrder ||= enumValue(operation, "compare_type") === "TOTALORDER";
    steps.push(step);
    slotOf.set(operation.results[0]!, out);
  }
  const returned = block.operations.at(-1)?.operands.map(slotFor) ?? [];
  if (returned.includes(undefined)) return undefined;
  const results: Scalar[] = new Array<Scalar>(returned.length).fill(0);
  const run = (args: readonly Scalar[]) => {
    for (let i = 0; i < args.length; i++) slots[i] = args[i]!;
    for (let i = 0; i < steps.length; i++) steps[i]!(slots);
    for (let i = 0; i < results.length; i++) results[i] = slots[returned[i]!]!;
    return results;
  };
  return Object.assign(run, { parameters: parameters as Element[], totalOrder });
}

/** The element type of a scalar tensor; undefined for any other type. */
function scalarElement(type: Type): Element | undefined {
  return type.kind === "tensor" && type.shape.length === 0 && isElement(type.element)
    ? type.element
    : undefined;
}

function constantScalar(operation: Operation | undefined): Scalar | undefined {
  const value = operation?.name === "stablehlo.constant" ? operation.attributes.value : undefined;
  const element = value?.kind === "dense" ? scalarElement(value.type) : undefined;
  if (value?.kind !== "dense" || element === undefined) return undefined;
  return reader({ type: { kind: "tensor", shape: [], element }, data: viewOf(element, value.data) })(0);
}

function enumValue(operation: Operation, name: string): string | undefined {
  const attribute = operation.attributes[name];
  return attribute?.kind === "enum" ? attribute.value : undefined;
}

function scalarStep(operation: Operation, inputs: readonly number[], out: number): Step | undefined {
  const [a = 0, b = 0, c = 0] = inputs;
  const element = scalarElement(operation.operands[0]?.type ?? { kind: "none" });
  if (element === undefined || operation.results.length !== 1) return undefined;
  switch (operation.name) {
    case "stablehlo.compare":
      return compareStep(operation, element, a, b, out);
    case "stablehlo.select":
      return (slots) => {
        slots[out] = slots[a] !== 0 ? slots[b]! : slots[c]!;
      };
    case "stablehlo.not":
      if (element !== "i1") return undefined;
      return (slots) => {
        slots[out] = slots[a] === 0 ? 1 : 0;
      };
    case "stablehlo.real":
      if (kindOf(element) !== "complex") return undefined;
      return (slots) => {
        slots[out] = (slots[a] as complex.Complex).re;
      };
    case "stablehlo.imag":
      if (kindOf(element) !== "complex") return undefined;
      return (slots) => {
        slots[out] = (slots[a] as complex.Complex).im;
      };
    default:
      return arithmeticStep(operation.name, element, a, b, out);
  }
}

function compareStep(
  operation: Operation,
  element: Element,
  a: number,
  b: number,
  out: number,
): Step | undefined {
  const compare = comparisons[enumValue(operation, "comparison_direction") ?? ""];
  if (!compare || kindOf(element) === "complex") return undefined;
  if (enumValue(operation, "compare_type") === "TOTALORDER") {
    return (slots) => {
      slots[out] = compare(totalOrderSign(slots[a] as number, slots[b] as number), 0);
    };
  }
  return (slots) => {
    slots[out] = compare(slots[a] as Comparable, slots[b] as Comparable);
  };
}

function arithmeticStep(name: string, element: Element, a: number, b: number, out: number): Step | undefined {
  const apply = scalarArithmetic(name, element);
  return (
    apply &&
    ((slots) => {
      slots[out] = apply(slots[a]!, slots[b]!);
    })
  );
}

/** One of the arithmetic operations on two elements, rounded or wrapped to the element type. */
export function scalarArithmetic(
  name: string,
  element: Element,
): ((x: Scalar, y: Scalar) => Scalar) | undefined {
  const kind = kindOf(element);
  const apply = arithmetic[name]?.[kind] as ((x: Scalar, y: Scalar) => Scalar) | undefined;
  if (!apply) return undefined;
  switch (kind) {
    case "boolean":
      return apply;
    case "integer": {
      if (element === "ui32") return (x, y) => (apply(x, y) as number) >>> 0;
      if (element === "i32") return (x, y) => (apply(x, y) as number) | 0;
      return (x, y) => wrapInteger(element as "i8", apply(x, y) as number);
    }
    case "bigint": {
      const wrap = isUnsigned(element) ? BigInt.asUintN : BigInt.asIntN;
      return (x, y) => wrap(bitWidth(element), apply(x, y) as bigint);
    }
    case "float": {
      const round = isFloat(element) ? roundingTo(element) : Math.fround;
      return (x, y) => round(apply(x, y) as number);
    }
    case "complex":
      return element === "complex<f64>" ? apply : (x, y) => roundComplex(apply(x, y) as complex.Complex);
  }
}

function roundComplex({ re, im }: complex.Complex): complex.Complex {
  return complex.complexOf(Math.fround(re), Math.fround(im));
}

/** The name of the only operation in `(x, y) -> op(x, y)`, "first" or "second" when one argument is the result. */
export function singleOperation(region: Region): string | undefined {
  const { arguments: parameters, operations } = bodyOf(region);
  const [operation, terminator] = operations;
  const [x, y] = parameters;
  if (parameters.length !== 2) return undefined;
  if (operations.length === 1 && operation!.operands.length === 1) {
    if (operation!.operands[0] === x) return "first";
    return operation!.operands[0] === y ? "second" : undefined;
  }
  const isOnly = operations.length === 2 && terminator!.operands.length === 1;
  if (!isOnly || terminator!.operands[0] !== operation!.results[0]) return undefined;
  const { operands } = operation!;
  const straight = operands[0] === x && operands[1] === y;
  const swapped = operands[0] === y && operands[1] === x && isCommutative(operation!.name);
  return operands.length === 2 && (straight || swapped) ? operation!.name : undefined;
}

function isCommutative(name: string): boolean {
  return name in arithmetic && name !== "stablehlo.subtract";
}

/** Whether any float is a NaN with its sign bit set, which a JavaScript number does not keep. */
export function hasNegativeNaN(data: readonly Datum[]): boolean {
  return data.some((datum) => {
    if (!("data" in datum) || kindOf(datum.type.element) !== "float") return false;
    const { data: values } = datum;
    const bytes = new DataView(values.buffer, values.byteOffset, values.byteLength);
    const size = values.BYTES_PER_ELEMENT;
    const read = reader(datum);
    for (let i = 0; i < values.length; i++) {
      // The highest byte of a little-endian element holds its sign.
      if (Number.isNaN(read(i)) && bytes.getUint8(i * size + size - 1) >= 0x80) return true;
    }
    return false;
  });
}
