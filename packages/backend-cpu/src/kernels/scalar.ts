/**
 * What each element-wise op means on one element, as a JavaScript expression over numbers (bigint for 64-bit integers,
 * a pair for complex numbers). Loops, reducers and comparators are generated from this one table; an op or element
 * type that is not here runs through the reference evaluator.
 *
 * Every expression yields a value that its type has: floats are rounded, integers wrapped.
 */
import { bitWidth, type Element, isComplex, isFloat, isUnsigned, realElement } from "@hloom/ir";

/** A local of generated code; complex values take two. */
export type Expression = string | readonly [string, string];

export interface ScalarCall {
  readonly args: readonly string[];
  /** Arguments with their parts; the same as `args` unless an operand is complex. */
  readonly parts: readonly Expression[];
  readonly operands: readonly Element[];
  readonly result: Element;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Emit = (call: ScalarCall) => Expression | undefined;

const numberBits: Partial<Record<Element, number>> = {
  i2: 2,
  i4: 4,
  i8: 8,
  i16: 16,
  i32: 32,
  ui2: 2,
  ui4: 4,
  ui8: 8,
  ui16: 16,
  ui32: 32,
};

export const isBig = (element: Element): boolean => element === "i64" || element === "ui64";
const isNumber = (element: Element): boolean => element in numberBits;

/** Whether generated code computes on values of this type. */
export function isComputable(element: Element): boolean {
  return (
    element === "i1" || isNumber(element) || isBig(element) || isComplex(element) || isFastFloat(element)
  );
}

const isFastFloat = (element: Element): boolean => ["f16", "bf16", "f32", "f64"].includes(element);

/** The value of `element` nearest to (floats) or congruent with (integers) an expression. */
export function fit(element: Element, expression: string): string {
  switch (element) {
    case "f32":
      return `fround(${expression})`;
    case "f64":
      return expression;
    case "bf16":
      return `roundBf16(${expression})`;
    case "f16":
      return `f16round(${expression})`;
    case "i32":
      return `((${expression}) | 0)`;
    case "ui32":
      return `((${expression}) >>> 0)`;
    case "i64":
      return `BigInt.asIntN(64, ${expression})`;
    case "ui64":
      return `BigInt.asUintN(64, ${expression})`;
    default: {
      const bits = numberBits[element];
      if (bits === undefined) throw new Error(`no arithmetic on ${element}`);
      if (isUnsigned(element)) return `((${expression}) & ${2 ** bits - 1})`;
      return `((${expression}) << ${32 - bits} >> ${32 - bits})`;
    }
  }
}

/** One row per kind of number; a missing entry sends the op to the evaluator. */
interface ByKind {
  readonly float?: (a: string, b: string, call: ScalarCall) => string;
  readonly integer?: (a: string, b: string, call: ScalarCall) => string;
  readonly big?: (a: string, b: string, call: ScalarCall) => string;
  readonly predicate?: (a: string, b: string, call: ScalarCall) => string;
  readonly complex?: (
    a: readonly [string, string],
    b: readonly [string, string],
    call: ScalarCall,
  ) => Expression;
}

/** An op whose operands and result have one type; arithmetic is fitted to it. */
function arithmetic({ float, integer, big, predicate, complex }: ByKind): Emit {
  return (call) => {
    const { args, parts, operands, result } = call;
    const [a = "", b = ""] = args;
    const element = operands[0]!;
    if (element === "i1") return predicate?.(a, b, call);
    if (isComplex(element))
      return complex?.(parts[0] as [string, string], parts[1] as [string, string], call);
    const row = isBig(element) ? big : isFloat(element) ? float : integer;
    return row && fit(result, row(a, b, call));
  };
}

const float = (emit: (a: string, b: string, call: ScalarCall) => string): Emit => arithmetic({ float: emit });
/** A function with a faster form for results that have no more than single precision. */
const fast = (single: string, double: string): Emit =>
  float((a, _b, { result }) => `${result === "f64" ? double : single}(${a})`);
const bitwise = (operator: string): Emit => {
  const row = (a: string, b: string) => `${a} ${operator} ${b}`;
  return arithmetic({ integer: row, big: row, predicate: row });
};

const part = (call: ScalarCall, expression: string): string =>
  fit(realElement(call.operands[0]!), expression);

/** Shifts by the width or more give zero, or copies of the sign. */
function shift(operator: "<<" | ">>" | ">>>"): Emit {
  return ({ args: [a, b], operands: [element] }) => {
    const signs = operator === ">>";
    if (element === "i64" || element === "ui64") return bigShift(operator, a!, b!, element);
    const bits = numberBits[element!];
    if (bits === undefined) return undefined;
    const shifted = (by: string): string => {
      if (operator !== ">>>") return `(${signs ? signedView(element!, a!) : a}) ${operator} ${by}`;
      // A signed number's bits above its width are not its own.
      return `(${bits === 32 ? a : `${a} & ${2 ** bits - 1}`}) >>> ${by}`;
    };
    const over = signs ? shifted(String(bits - 1)) : "0";
    return `(${b} >>> 0 < ${bits} ? ${fit(element!, shifted(b!))} : ${fit(element!, over)})`;
  };
}

/** An unsigned number as the signed one of the same bits, for arithmetic shifts. */
function signedView(element: Element, a: string): string {
  return isUnsigned(element) ? fit(element.slice(1) as Element, a) : a;
}

function bigShift(operator: "<<" | ">>" | ">>>", a: string, b: string, element: Element): string {
  const amount = `BigInt.asUintN(64, ${b})`;
  const source = { "<<": a, ">>": `BigInt.asIntN(64, ${a})`, ">>>": `BigInt.asUintN(64, ${a})` }[operator];
  const over = operator === ">>" ? fit(element, `${source} >> 63n`) : "0n";
  const sign = operator === "<<" ? "<<" : ">>";
  return `(${amount} < 64n ? ${fit(element, `${source} ${sign} ${amount}`)} : ${over})`;
}

const comparisons: Readonly<Record<string, string>> = {
  EQ: "===",
  NE: "!==",
  GE: ">=",
  GT: ">",
  LE: "<=",
  LT: "<",
};

const compare: Emit = ({ args: [a, b], parts, operands: [element], attributes }) => {
  const direction = attributes.comparison_direction as string;
  if (isComplex(element!)) {
    const [x, y] = parts as unknown as [readonly string[], readonly string[]];
    const equal = `${x[0]} === ${y[0]} && ${x[1]} === ${y[1]}`;
    return direction === "EQ" ? `(${equal} ? 1 : 0)` : `(${equal} ? 0 : 1)`;
  }
  const total = attributes.compare_type === "TOTALORDER" && isFloat(element!);
  const key = (x: string) => (total ? (element === "f64" ? `orderKey64(${x})` : `orderKey32(${x})`) : x);
  return `(${key(a!)} ${comparisons[direction]} ${key(b!)} ? 1 : 0)`;
};

const convert: Emit = ({ args: [a], parts, operands, result }) => {
  const source = operands[0]!;
  if (isComplex(source)) {
    const [re, im] = parts[0] as [string, string];
    if (isComplex(result)) return [fit(realElement(result), re), fit(realElement(result), im)];
    return convertReal(realElement(source), result, re);
  }
  if (isComplex(result)) return [convertReal(source, realElement(result), a!), "0"];
  return convertReal(source, result, a!);
};

function convertReal(source: Element, result: Element, a: string): string {
  if (source === result) return a;
  if (result === "i1") return `(${a} !== ${isBig(source) ? "0n" : "0"} ? 1 : 0)`;
  if (isFloat(result)) {
    if (!isBig(source)) return fit(result, a);
    return result === "f32" ? `bigToF32(${a})` : fit(result, `Number(${a})`);
  }
  if (isFloat(source)) return saturate(result, a);
  if (isBig(result)) return isBig(source) ? fit(result, a) : fit(result, `BigInt(${a})`);
  return isBig(source) ? fit(result, `Number(BigInt.asIntN(32, ${a}))`) : fit(result, a);
}

/** Floats to integers: towards zero, NaN is 0, out of range is the nearest end. */
function saturate(result: Element, a: string): string {
  if (isBig(result)) return result === "i64" ? `saturateI64(${a})` : `saturateUi64(${a})`;
  const bits = numberBits[result]!;
  const [low, high] = isUnsigned(result) ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return `saturate(${a}, ${low}, ${high})`;
}

/** Same width, other meaning: through shared scratch memory. */
const bitcast: Emit = ({ args: [a], operands: [source], result }) => {
  if (source === result) return a;
  if (bitWidth(source!) !== bitWidth(result)) return undefined;
  const integers = [source!, result].every((e) => isNumber(e) || isBig(e));
  if (integers && isBig(source!) === isBig(result)) return fit(result, a!);
  const reading: Readonly<Record<string, string>> = {
    "f32 i32": "bitsOfF32",
    "f32 ui32": "unsignedBitsOfF32",
    "i32 f32": "f32OfBits",
    "ui32 f32": "f32OfBits",
    "f64 i64": "bitsOfF64",
    "f64 ui64": "unsignedBitsOfF64",
    "i64 f64": "f64OfBits",
    "ui64 f64": "f64OfBits",
  };
  const reader = reading[`${source} ${result}`];
  return reader && `${reader}(${a})`;
};

const select: Emit = ({ args: [p, a, b], parts, result }) => {
  if (!isComplex(result)) return `(${p} ? ${a} : ${b})`;
  const [x, y] = [parts[1], parts[2]] as [readonly string[], readonly string[]];
  return [`(${p} ? ${x[0]} : ${y[0]})`, `(${p} ? ${x[1]} : ${y[1]})`];
};

const minimum = arithmetic({
  float: (a, b) => `min(${a}, ${b})`,
  integer: (a, b) => `${a} < ${b} ? ${a} : ${b}`,
  big: (a, b) => `${a} < ${b} ? ${a} : ${b}`,
  predicate: (a, b) => `${a} & ${b}`,
});
const maximum = arithmetic({
  float: (a, b) => `max(${a}, ${b})`,
  integer: (a, b) => `${a} > ${b} ? ${a} : ${b}`,
  big: (a, b) => `${a} > ${b} ? ${a} : ${b}`,
  predicate: (a, b) => `${a} | ${b}`,
});

/** The table. Spec: the section of each op. */
export const scalarOps: Readonly<Record<string, Emit>> = {
  "stablehlo.add": arithmetic({
    float: (a, b) => `${a} + ${b}`,
    integer: (a, b) => `${a} + ${b}`,
    big: (a, b) => `${a} + ${b}`,
    predicate: (a, b) => `${a} | ${b}`,
    complex: (a, b, call) => [part(call, `${a[0]} + ${b[0]}`), part(call, `${a[1]} + ${b[1]}`)],
  }),
  "stablehlo.subtract": arithmetic({
    float: (a, b) => `${a} - ${b}`,
    integer: (a, b) => `${a} - ${b}`,
    big: (a, b) => `${a} - ${b}`,
    complex: (a, b, call) => [part(call, `${a[0]} - ${b[0]}`), part(call, `${a[1]} - ${b[1]}`)],
  }),
  "stablehlo.multiply": arithmetic({
    float: (a, b) => `${a} * ${b}`,
    integer: (a, b, { result }) => (/32$/.test(result) ? `imul(${a}, ${b})` : `${a} * ${b}`),
    big: (a, b) => `${a} * ${b}`,
    predicate: (a, b) => `${a} & ${b}`,
    complex: ([a, b], [c, d], call) => [
      part(call, `${part(call, `${a} * ${c}`)} - ${part(call, `${b} * ${d}`)}`),
      part(call, `${part(call, `${a} * ${d}`)} + ${part(call, `${b} * ${c}`)}`),
    ],
  }),
  "stablehlo.divide": arithmetic({
    float: (a, b) => `${a} / ${b}`,
    integer: (a, b) => `${b} === 0 ? -1 : ${a} / ${b}`,
    big: (a, b) => `${b} === 0n ? -1n : ${a} / ${b}`,
  }),
  "stablehlo.remainder": arithmetic({
    float: (a, b) => `${a} % ${b}`,
    integer: (a, b) => `${b} === 0 ? ${a} : ${a} % ${b}`,
    big: (a, b) => `${b} === 0n ? ${a} : ${a} % ${b}`,
  }),
  "stablehlo.power": float((a, b) => `power(${a}, ${b})`),
  "stablehlo.atan2": float((a, b) => `atan2(${a}, ${b})`),
  "stablehlo.maximum": maximum,
  "stablehlo.minimum": minimum,
  "stablehlo.clamp": (call) => {
    const { args, parts, operands } = call;
    if (isComplex(call.result)) return undefined;
    const raised = maximum({ ...call, args: [args[1]!, args[0]!], parts: [parts[1]!, parts[0]!] });
    const operand = operands.slice(1);
    return minimum({
      ...call,
      operands: operand,
      args: [`(${raised})`, args[2]!],
      parts: [`(${raised})`, parts[2]!],
    });
  },
  "stablehlo.and": bitwise("&"),
  "stablehlo.or": bitwise("|"),
  "stablehlo.xor": bitwise("^"),
  "stablehlo.not": arithmetic({ integer: (a) => `~${a}`, big: (a) => `~${a}`, predicate: (a) => `${a} ^ 1` }),
  "stablehlo.shift_left": shift("<<"),
  "stablehlo.shift_right_arithmetic": shift(">>"),
  "stablehlo.shift_right_logical": shift(">>>"),
  "stablehlo.abs": arithmetic({
    float: (a) => `abs(${a})`,
    integer: (a) => `abs(${a})`,
    big: (a) => `${a} < 0n ? -${a} : ${a}`,
  }),
  "stablehlo.negate": arithmetic({
    float: (a) => `-${a}`,
    integer: (a) => `-${a}`,
    big: (a) => `-${a}`,
    complex: ([a, b]) => [`-${a}`, `-${b}`],
  }),
  "stablehlo.sign": arithmetic({
    float: (a) => `sign(${a})`,
    integer: (a) => `sign(${a})`,
    big: (a) => `${a} > 0n ? 1n : ${a} < 0n ? -1n : 0n`,
  }),
  "stablehlo.exponential": fast("exp32", "exp"),
  "stablehlo.exponential_minus_one": float((a) => `expm1(${a})`),
  "stablehlo.log": fast("log32", "log"),
  "stablehlo.log_plus_one": fast("log1p32", "log1p"),
  "stablehlo.logistic": fast("logistic32", "logistic"),
  "stablehlo.sqrt": float((a) => `sqrt(${a})`),
  "stablehlo.rsqrt": float((a) => `1 / sqrt(${a})`),
  "stablehlo.cbrt": float((a) => `cbrt(${a})`),
  "stablehlo.sine": float((a) => `sin(${a})`),
  "stablehlo.cosine": float((a) => `cos(${a})`),
  "stablehlo.tan": float((a) => `tan(${a})`),
  "stablehlo.tanh": fast("tanh32", "tanh"),
  "stablehlo.floor": float((a) => `floor(${a})`),
  "stablehlo.ceil": float((a) => `ceil(${a})`),
  "stablehlo.round_nearest_even": float((a) => `roundEven(${a})`),
  "stablehlo.round_nearest_afz": float((a) => `roundAway(${a})`),
  "stablehlo.is_finite": ({ args: [a], operands: [e] }) =>
    isFloat(e!) ? `(isFinite(${a}) ? 1 : 0)` : undefined,
  "stablehlo.count_leading_zeros": ({ args: [a], operands: [e] }) =>
    /32$/.test(e!) ? fit(e!, `clz32(${a})`) : undefined,
  "stablehlo.popcnt": ({ args: [a], operands: [e] }) =>
    /i32$/.test(e!) ? fit(e!, `popcount(${a})`) : undefined,
  "stablehlo.compare": compare,
  "stablehlo.select": select,
  "stablehlo.convert": convert,
  "stablehlo.bitcast_convert": bitcast,
  "stablehlo.real": ({ parts: [x], operands: [e] }) => (isComplex(e!) ? x![0] : (x as string)),
  "stablehlo.imag": ({ parts: [x], operands: [e] }) => (isComplex(e!) ? x![1] : isBig(e!) ? "0n" : "0"),
  "stablehlo.complex": ({ args: [re, im] }) => [re!, im!],
  "chlo.square": (call) => {
    const { args, parts } = call;
    // The square of a complex number is not its product with itself where that overflows.
    if (isComplex(call.result)) return undefined;
    return scalarOps["stablehlo.multiply"]!({
      ...call,
      args: [args[0]!, args[0]!],
      parts: [parts[0]!, parts[0]!],
    });
  },
};
