/** Arithmetic of integers that WebAssembly's vectors lack: products of bytes, quotients, shifts by lanes, counts of bits. */
import { bitWidth, type Element, isUnsigned } from "@hloom/ir";
import { code, type Instruction } from "./instructions.ts";
import {
  extend,
  type Graph,
  halves,
  type Integer,
  joinHalves,
  type Node,
  narrow,
  shapeOf,
} from "./vector.ts";
import { Floats, Integers } from "./vector_lanes.ts";

const integers = (graph: Graph, node: Node): Integers => new Integers(graph, node.lane as Integer);

/** Lanes of twice the width do what these cannot. */
function widely(
  graph: Graph,
  signed: boolean,
  nodes: readonly Node[],
  compute: (...wide: Node[]) => Node,
): Node {
  return narrow(graph, compute(...nodes.map((node) => extend(graph, node, signed))));
}

export function multiply(graph: Graph, a: Node, b: Node): Node {
  if (a.lane === "i8") return widely(graph, true, [a, b], (x, y) => multiply(graph, x!, y!));
  return integers(graph, a).apply("mul", a, b);
}

/** Quotients towards zero: -1 (all bits set) by zero, and the lowest number by -1 is itself. */
export function divide(graph: Graph, element: Element, a: Node, b: Node): Node {
  const i = integers(graph, a);
  return graph.select(i.apply("eq", b, 0), i.of(-1), quotient(graph, !isUnsigned(element), a, b));
}

/** With the sign of `a`; by zero it is `a`. */
export function remainder(graph: Graph, element: Element, a: Node, b: Node): Node {
  const i = integers(graph, a);
  const product = multiply(graph, quotient(graph, !isUnsigned(element), a, b), b);
  return graph.select(i.apply("eq", b, 0), a, i.subtract(a, product));
}

/** By zero it is anything. */
function quotient(graph: Graph, signed: boolean, a: Node, b: Node): Node {
  switch (a.lane) {
    case "i64":
      return wideQuotient(graph, signed, a, b);
    case "i32":
      return doubleQuotient(graph, signed, a, b);
    case "i16":
      return narrow(graph, singleQuotient(graph, extend(graph, a, signed), extend(graph, b, signed)));
    default:
      return widely(graph, signed, [a, b], (x, y) => quotient(graph, true, x!, y!));
  }
}

/** f32 holds numbers of 17 bits, and their quotients are at least 2^-16 of themselves below the next integer. */
function singleQuotient(graph: Graph, a: Node, b: Node): Node {
  const single = (node: Node) => graph.apply("f32x4.convert_i32x4_s", [node]);
  return graph.apply("i32x4.trunc_sat_f32x4_s", [new Floats(graph, "f32").divide(single(a), single(b))]);
}

/** The same of doubles for 32 bits; only the lowest number by -1 is out of range. */
function doubleQuotient(graph: Graph, signed: boolean, a: Node, b: Node): Node {
  const sign = signed ? "s" : "u";
  const double = (node: Node) =>
    graph.split("f64", ...halves(graph, node, `f64x2.convert_low_i32x4_${sign}`));
  const exact = new Floats(graph, "f64").divide(double(a), double(b));
  const cut = joinHalves(graph, exact, "i32", `i32x4.trunc_sat_f64x2_${sign}_zero`);
  if (!signed) return cut;
  const i = new Integers(graph, "i32");
  return graph.select(i.apply("eq", b, -1), i.apply("neg", a), cut);
}

/** One at a time; the instruction traps by zero and for the lowest number by -1, so that those divide by one. */
function wideQuotient(graph: Graph, signed: boolean, a: Node, b: Node): Node {
  const i = new Integers(graph, "i64");
  const zero = i.apply("eq", b, 0);
  const minusOne = i.apply("eq", b, -1);
  const divisor = graph.select(signed ? i.or(zero, minusOne) : zero, i.of(1), b);
  const cut = graph.scalar(code(signed ? "i64.div_s" : "i64.div_u"), [a, divisor], "i64");
  return signed ? graph.select(minusOne, i.apply("neg", a), cut) : cut;
}

/** Elements of two and four bits are in bytes: the value that a byte's low bits have. */
export function fit(graph: Graph, element: Element, node: Node): Node {
  const spare = 8 - bitWidth(element);
  if (spare <= 0) return node;
  const i = new Integers(graph, "i8");
  return isUnsigned(element) ? lowBits(graph, element, node) : i.right(i.left(node, spare), spare);
}

/** Without the copies of the sign above the element's width. */
function lowBits(graph: Graph, element: Element, node: Node): Node {
  const bits = bitWidth(element);
  return bits < 8 ? new Integers(graph, "i8").and(node, 2 ** bits - 1) : node;
}

export type Shift = "shl" | "shr_s" | "shr_u";

/** Shifts by the width or more give zero, or copies of the sign. */
export function shift(graph: Graph, element: Element, kind: Shift, operand: Node, by: Node): Node {
  const i = integers(graph, operand);
  const bits = bitWidth(element);
  const a = kind === "shr_u" ? lowBits(graph, element, operand) : operand;
  // An arithmetic shift copies the sign of the bits, also of unsigned numbers.
  const source = kind === "shr_s" ? fit(graph, signedOf(element), a) : a;
  const constant = constantLane(by);
  if (constant !== undefined) {
    const inside = constant >= 0 && constant < bits;
    if (!inside && kind !== "shr_s") return i.of(0);
    const amount = inside ? constant : bits - 1;
    return amount === 0 ? a : graph.shift(`${shapeOf[i.lane]}.${kind}` as Instruction, source, amount);
  }
  const inside = i.apply("eq", i.and(by, -bits), 0);
  const amount = graph.select(inside, by, i.of(bits - 1));
  const scalar = code(`${i.lane === "i64" ? "i64" : "i32"}.${kind}`);
  const shifted = graph.scalar(scalar, [source, amount], i.lane, kind !== "shr_u");
  return kind === "shr_s" ? shifted : i.and(shifted, inside);
}

const signedOf = (element: Element): Element =>
  isUnsigned(element) ? (element.slice(1) as Element) : element;

/** What all lanes of a constant hold; a width or more may be negative, as the lanes are. */
function constantLane({ operation }: Node): number | undefined {
  return operation.kind === "constant" ? Number(operation.value) : undefined;
}

export function countLeadingZeros(graph: Graph, element: Element, a: Node): Node {
  const i = integers(graph, a);
  const scalar = code(i.lane === "i64" ? "i64.clz" : "i32.clz");
  const counted = graph.scalar(scalar, [lowBits(graph, element, a)], i.lane, false);
  const spare = 32 - bitWidth(element);
  return spare > 0 ? i.subtract(counted, spare) : counted;
}

export function populationCount(graph: Graph, element: Element, a: Node): Node {
  const bytes = graph.apply("i8x16.popcnt", [lowBits(graph, element, a)]);
  if (a.lane === "i8") return bytes;
  const shorts = graph.apply("i16x8.extadd_pairwise_i8x16_u", [bytes]);
  if (a.lane === "i16") return shorts;
  const words = graph.apply("i32x4.extadd_pairwise_i16x8_u", [shorts]);
  if (a.lane === "i32") return words;
  const i = new Integers(graph, "i64");
  const pairs = graph.as(words, "i64");
  return i.add(i.and(pairs, 0xffffffffn), i.rightUnsigned(pairs, 32));
}

/** Instructions have no order of unsigned 64-bit integers: with the other sign bits it is that of signed ones. */
function orderable(graph: Graph, signed: boolean, node: Node): Node {
  return signed ? node : new Integers(graph, "i64").xor(node, 1n << 63n);
}

export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

export function compare(graph: Graph, kind: Comparison, signed: boolean, a: Node, b: Node): Node {
  const i = integers(graph, a);
  if (kind === "eq" || kind === "ne") return i.apply(kind, a, b);
  if (i.lane !== "i64") return i.apply(`${kind}_${signed ? "s" : "u"}`, a, b);
  return i.apply(`${kind}_s`, orderable(graph, signed, a), orderable(graph, signed, b));
}

export function extreme(graph: Graph, kind: "min" | "max", signed: boolean, a: Node, b: Node): Node {
  if (a.lane !== "i64") return integers(graph, a).apply(`${kind}_${signed ? "s" : "u"}`, a, b);
  return graph.select(compare(graph, kind === "min" ? "lt" : "gt", signed, a, b), a, b);
}
