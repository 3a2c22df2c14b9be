/**
 * What each element-wise op means on lanes: one row per op, by kind of element. Results have their element's precision
 * (16-bit floats are rounded after each op), integers wrap, booleans are masks. What has no row, or none for its
 * elements, gives `undefined`: the loop cannot be written as vectors.
 */
import { type Element, isComplex, isElement, isFloat, isUnsigned, realElement } from "@hloom/ir";
import type { Instruction, Variable } from "../flatten.ts";
import { type FunctionName, functions } from "./math/index.ts";
import { remainder } from "./math/remainder.ts";
import { Graph, type Integer, type Node } from "./vector.ts";
import * as complex from "./vector_complex.ts";
import { bitcast, convert } from "./vector_convert.ts";
import * as integers from "./vector_integers.ts";
import { Floats, Integers } from "./vector_lanes.ts";
import { decode, isVectorElement, laneOf, memoryOf, round, type Value } from "./vector_values.ts";

export interface VectorCall {
  readonly graph: Graph;
  readonly args: readonly Value[];
  readonly operands: readonly Element[];
  readonly result: Element;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Row = (call: VectorCall) => Value | undefined;
type Pair = readonly [Node, Node];

/** What an instruction makes of its inputs' values; undefined where loops have no vector form of it. */
export function vectorOp(graph: Graph, instruction: Instruction, args: readonly Value[]): Value | undefined {
  const { name, inputs, outputs, attributes } = instruction;
  const elements = [...inputs, ...outputs].map(elementOf);
  if (!elements.every((element) => element !== undefined && isVectorElement(element))) return undefined;
  const operands = elements.slice(0, inputs.length) as Element[];
  return vectorOps[name]?.({ graph, args, operands, result: elements.at(-1) as Element, attributes });
}

const known = new Map<string, boolean>();

/** Whether {@link vectorOp} has something for an instruction. */
export function isVectorOp(instruction: Instruction): boolean {
  const { name, inputs, outputs, attributes } = instruction;
  if (!(name in vectorOps) || outputs.length !== 1) return false;
  const elements = [...inputs, ...outputs].map(elementOf);
  const key = [name, ...elements, attributes.comparison_direction].join(" ");
  let answer = known.get(key);
  if (answer === undefined) {
    answer =
      elements.every((element) => element !== undefined && isVectorElement(element)) && tried(instruction);
    known.set(key, answer);
  }
  return answer;
}

function tried(instruction: Instruction): boolean {
  const graph = new Graph({ fma: false });
  const args = instruction.inputs.map((input, i) => {
    const element = elementOf(input)!;
    const { lane, scale } = memoryOf(element);
    return decode(graph, element, graph.leaf(String(i), lane, { scale }));
  });
  return vectorOp(graph, instruction, args) !== undefined;
}

const elementOf = ({ type }: Variable): Element | undefined =>
  type.kind === "tensor" && isElement(type.element) ? type.element : undefined;

interface ByKind {
  readonly float?: (f: Floats, a: Node, b: Node) => Node | undefined;
  /** The result of `float` is a value of the operands' own precision. */
  readonly exact?: true;
  readonly integer?: (i: Integers, a: Node, b: Node, element: Element) => Node;
  /** Masks as wide as each other. */
  readonly predicate?: (i: Integers, a: Node, b: Node) => Node;
  readonly complex?: (f: Floats, a: Pair, b: Pair) => Value;
}

/** An op whose operands and result have one type. */
function byKind({ float, exact, integer, predicate, complex }: ByKind): Row {
  return ({ graph, args, operands: [element], result }) => {
    const lane = laneOf(element!);
    if (isComplex(element!))
      return complex?.(new Floats(graph, lane as "f32"), args[0] as Pair, args[1] as Pair);
    const [a, b] = args as readonly [Node, Node];
    if (isFloat(element!)) {
      const value = float?.(new Floats(graph, lane as "f32"), a, b);
      return value && (exact ? value : round(graph, result, value));
    }
    if (element !== "i1") {
      const value = integer?.(new Integers(graph, lane as Integer), a, b, element!);
      return value && integers.fit(graph, result, value);
    }
    const width = a.lane as Integer;
    return predicate?.(new Integers(graph, width), a, b && graph.maskAs(b, width));
  };
}

/** A function of floats in `math/`; 16-bit ones are computed in single precision. */
function mathematical(name: FunctionName): Row {
  return byKind({ float: (f, a, b) => functions[name](f, a, b) });
}

const bitwise = (name: "and" | "or" | "xor"): Row =>
  byKind({ integer: (i, a, b) => i[name](a, b), predicate: (i, a, b) => i[name](a, b) });

const shift = (kind: integers.Shift): Row =>
  byKind({ integer: (i, a, b, element) => integers.shift(i.graph, element, kind, a, b) });

const extreme = (kind: "min" | "max"): ByKind => ({
  float: (f, a, b) => (kind === "min" ? f.minimum(a, b) : f.maximum(a, b)),
  exact: true,
  integer: (i, a, b, element) => integers.extreme(i.graph, kind, !isUnsigned(element), a, b),
  predicate: (i, a, b) => (kind === "min" ? i.and(a, b) : i.or(a, b)),
});

const comparisons = { EQ: "eq", NE: "ne", LT: "lt", LE: "le", GT: "gt", GE: "ge" } as const;
const floatComparisons = {
  EQ: "equal",
  NE: "notEqual",
  LT: "less",
  LE: "lessEqual",
  GT: "greater",
  GE: "greaterEqual",
} as const;

const compare: Row = ({ graph, args, operands: [element], attributes }) => {
  const direction = attributes.comparison_direction as keyof typeof comparisons;
  const kind = comparisons[direction];
  if (isComplex(element!)) return compareComplex(graph, element!, direction, args as readonly Pair[]);
  const [a, b] = args as readonly [Node, Node];
  // False is below true, and a mask of ones is -1: unsigned, it is above.
  if (element === "i1") return integers.compare(graph, kind, false, a, graph.maskAs(b, a.lane));
  if (!isFloat(element!)) return integers.compare(graph, kind, !isUnsigned(element!), a, b);
  const f = new Floats(graph, laneOf(element!) as "f32");
  if (attributes.compare_type !== "TOTALORDER") return f[floatComparisons[direction]](a, b);
  return integers.compare(graph, kind, true, totalOrder(f, a), totalOrder(f, b));
};

/** Integers that compare as IEEE 754's totalOrder does. */
function totalOrder(f: Floats, a: Node): Node {
  const i = new Integers(f.graph, f.integer);
  const [bits, width] = [f.bits(a), f.integer === "i32" ? 32 : 64];
  return i.xor(bits, i.rightUnsigned(i.right(bits, width - 1), 1));
}

function compareComplex(
  graph: Graph,
  element: Element,
  direction: string,
  [a, b]: readonly Pair[],
): Node | undefined {
  if (direction !== "EQ" && direction !== "NE") return undefined;
  const f = new Floats(graph, laneOf(element) as "f32");
  const equal = graph.apply("v128.and", [f.equal(a![0], b![0]), f.equal(a![1], b![1])]);
  return direction === "EQ" ? equal : graph.apply("v128.not", [equal]);
}

const select: Row = ({ graph, args: [mask, a, b], result }) => {
  const one = (x: Node, y: Node) =>
    result === "i1"
      ? graph.select(mask as Node, x, graph.maskAs(y, x.lane))
      : graph.select(mask as Node, x, y);
  if (!isComplex(result)) return one(a as Node, b as Node);
  const [x, y] = [a as Pair, b as Pair];
  return [one(x[0], y[0]), one(x[1], y[1])];
};

const clamp: Row = ({ graph, args, operands: [, element], result }) => {
  const one = (kind: "min" | "max", a: Value, b: Value) =>
    byKind(extreme(kind))({ graph, args: [a, b], operands: [element!], result, attributes: {} });
  const raised = one("max", args[1]!, args[0]!);
  return raised && one("min", raised, args[2]!);
};

function sign(f: Floats, a: Node): Node {
  const isZeroOrNaN = f.graph.apply("v128.not", [f.greater(f.abs(a), 0)]);
  return f.select(isZeroOrNaN, a, f.copySign(1, a));
}

function integerSign(i: Integers, a: Node): Node {
  const positive = integers.compare(i.graph, "gt", true, a, i.of(0));
  return i.subtract(integers.compare(i.graph, "lt", true, a, i.of(0)), positive);
}

/** Halves go away from zero. */
function roundAway(f: Floats, a: Node): Node {
  const whole = f.truncate(a);
  const up = f.greaterEqual(f.abs(f.subtract(a, whole)), 0.5);
  return f.copySign(f.select(up, f.add(whole, f.copySign(1, a)), whole), a);
}

/** The spec's: the mantissa rounds to even; beyond the exponents lie infinity and zero. */
const reducePrecision: Row = ({ graph, args: [a], operands: [element], attributes }) => {
  if (!isFloat(element!) || (element !== "f32" && element !== "f64")) return undefined;
  const f = new Floats(graph, element);
  const i = new Integers(graph, f.integer);
  const [mantissa, exponent] = element === "f32" ? [23, 8] : [52, 11];
  const [exponentBits, mantissaBits] = [Number(attributes.exponent_bits), Number(attributes.mantissa_bits)];
  let value = a as Node;
  if (mantissaBits < mantissa) {
    const dropped = mantissa - mantissaBits;
    const bits = f.bits(value);
    const odd = i.and(i.rightUnsigned(bits, dropped), 1);
    const half = (1n << BigInt(dropped - 1)) - 1n;
    const rounded = i.add(i.add(bits, half), odd);
    value = f.fromBits(i.and(rounded, -1n << BigInt(dropped)));
  }
  if (exponentBits < exponent) {
    const highest = 2 ** (exponentBits - 1) - 1;
    const size = f.abs(value);
    const over = f.greaterEqual(size, 2 ** (highest + 1));
    const under = f.less(size, 2 ** (1 - highest));
    value = f.select(over, f.copySign(Infinity, value), f.select(under, f.copySign(0, value), value));
  }
  const special = f.select(f.equal(a as Node, a as Node), value, mantissaBits > 0 ? (a as Node) : Infinity);
  return f.select(f.equal(f.abs(a as Node), Infinity), a as Node, special);
};

/** The table. Spec: the section of each op. */
export const vectorOps: Readonly<Record<string, Row>> = {
  "stablehlo.add": byKind({
    float: (f, a, b) => f.add(a, b),
    integer: (i, a, b) => i.add(a, b),
    predicate: (i, a, b) => i.or(a, b),
    complex: (f, a, b) => [f.add(a[0], b[0]), f.add(a[1], b[1])],
  }),
  "stablehlo.subtract": byKind({
    float: (f, a, b) => f.subtract(a, b),
    integer: (i, a, b) => i.subtract(a, b),
    complex: (f, a, b) => [f.subtract(a[0], b[0]), f.subtract(a[1], b[1])],
  }),
  "stablehlo.multiply": byKind({
    float: (f, a, b) => f.multiply(a, b),
    integer: (i, a, b) => integers.multiply(i.graph, a, b),
    predicate: (i, a, b) => i.and(a, b),
    complex: (f, [a, b], [c, d]) => [
      f.subtract(f.multiply(a, c), f.multiply(b, d)),
      f.add(f.multiply(a, d), f.multiply(b, c)),
    ],
  }),
  "stablehlo.divide": byKind({
    float: (f, a, b) => f.divide(a, b),
    integer: (i, a, b, element) => integers.divide(i.graph, element, a, b),
    complex: complex.divide,
  }),
  "stablehlo.remainder": byKind({
    float: remainder,
    exact: true,
    integer: (i, a, b, element) => integers.remainder(i.graph, element, a, b),
  }),
  "stablehlo.power": mathematical("power"),
  "stablehlo.atan2": mathematical("atan2"),
  "stablehlo.maximum": byKind(extreme("max")),
  "stablehlo.minimum": byKind(extreme("min")),
  "stablehlo.clamp": clamp,
  "stablehlo.and": bitwise("and"),
  "stablehlo.or": bitwise("or"),
  "stablehlo.xor": bitwise("xor"),
  "stablehlo.not": byKind({ integer: (i, a) => i.not(a), predicate: (i, a) => i.not(a) }),
  "stablehlo.shift_left": shift("shl"),
  "stablehlo.shift_right_arithmetic": shift("shr_s"),
  "stablehlo.shift_right_logical": shift("shr_u"),
  "stablehlo.abs": byKind({
    float: (f, a) => f.abs(a),
    exact: true,
    integer: (i, a) => i.apply("abs", a),
    complex: complex.modulus,
  }),
  "stablehlo.negate": byKind({
    float: (f, a) => f.negate(a),
    exact: true,
    integer: (i, a) => i.apply("neg", a),
    complex: (f, a) => [f.negate(a[0]), f.negate(a[1])],
  }),
  "stablehlo.sign": byKind({ float: sign, exact: true, integer: integerSign }),
  "stablehlo.exponential": byKind({
    float: (f, a) => functions.exponential(f, a),
    complex: complex.exponential,
  }),
  "stablehlo.exponential_minus_one": mathematical("exponentialMinusOne"),
  "stablehlo.log": mathematical("logarithm"),
  "stablehlo.log_plus_one": mathematical("logarithmPlusOne"),
  "stablehlo.logistic": mathematical("logistic"),
  "stablehlo.sqrt": byKind({ float: (f, a) => f.squareRoot(a) }),
  "stablehlo.rsqrt": byKind({ float: (f, a) => f.divide(1, f.squareRoot(a)) }),
  "stablehlo.cbrt": mathematical("cubeRoot"),
  "stablehlo.sine": mathematical("sine"),
  "stablehlo.cosine": mathematical("cosine"),
  "stablehlo.tan": mathematical("tangent"),
  "stablehlo.tanh": mathematical("hyperbolicTangent"),
  "stablehlo.floor": byKind({ float: (f, a) => f.floor(a), exact: true }),
  "stablehlo.ceil": byKind({ float: (f, a) => f.ceil(a), exact: true }),
  "stablehlo.round_nearest_even": byKind({ float: (f, a) => f.nearest(a), exact: true }),
  "stablehlo.round_nearest_afz": byKind({ float: roundAway, exact: true }),
  "stablehlo.is_finite": byKind({ float: (f, a) => f.less(f.abs(a), Infinity), exact: true }),
  "stablehlo.count_leading_zeros": byKind({
    integer: (i, a, _b, element) => integers.countLeadingZeros(i.graph, element, a),
  }),
  "stablehlo.popcnt": byKind({
    integer: (i, a, _b, element) => integers.populationCount(i.graph, element, a),
  }),
  "stablehlo.compare": compare,
  "stablehlo.select": select,
  "stablehlo.reduce_precision": reducePrecision,
  "stablehlo.convert": ({ graph, args, operands, result }) => convert(graph, operands[0]!, result, args[0]!),
  "stablehlo.bitcast_convert": ({ graph, args, operands, result }) =>
    bitcast(graph, operands[0]!, result, args[0]!),
  "stablehlo.real": ({ args: [x], operands: [e] }) => (isComplex(e!) ? (x as Pair)[0] : x),
  "stablehlo.imag": ({ graph, args: [x], operands: [e] }) =>
    isComplex(e!) ? (x as Pair)[1] : graph.constant(laneOf(realElement(e!)), 0),
  "stablehlo.complex": ({ args: [re, im] }) => [re as Node, im as Node],
  "chlo.acos": mathematical("inverseCosine"),
  "chlo.acosh": mathematical("inverseHyperbolicCosine"),
  "chlo.asin": mathematical("inverseSine"),
  "chlo.asinh": mathematical("inverseHyperbolicSine"),
  "chlo.atan": mathematical("inverseTangent"),
  "chlo.atanh": mathematical("inverseHyperbolicTangent"),
  "chlo.conj": byKind({ float: (_f, a) => a, exact: true, complex: (f, a) => [a[0], f.negate(a[1])] }),
  "chlo.cosh": mathematical("hyperbolicCosine"),
  "chlo.erf": mathematical("errorFunction"),
  "chlo.erfc": mathematical("complementaryErrorFunction"),
  "chlo.is_inf": byKind({ float: (f, a) => f.equal(f.abs(a), Infinity), exact: true }),
  "chlo.is_neg_inf": byKind({ float: (f, a) => f.equal(a, -Infinity), exact: true }),
  "chlo.is_pos_inf": byKind({ float: (f, a) => f.equal(a, Infinity), exact: true }),
  "chlo.sinh": mathematical("hyperbolicSine"),
  "chlo.square": byKind({ float: (f, a) => f.multiply(a, a), complex: complex.square }),
  "chlo.tan": mathematical("tangent"),
};
