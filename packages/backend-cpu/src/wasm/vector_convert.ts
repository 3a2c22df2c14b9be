/** Conversions between element types: the nearest value, once rounded; integers saturate, and wrap among themselves. */
import { bitWidth, type Element, isComplex, isFloat, isUnsigned, realElement } from "@hloom/ir";
import { code } from "./instructions.ts";
import {
  demote,
  extend,
  type Graph,
  halves,
  joinHalves,
  laneBytes,
  type Node,
  narrow,
  promote,
} from "./vector.ts";
import { fit } from "./vector_integers.ts";
import { Floats, Integers } from "./vector_lanes.ts";
import { decode, encode, laneOf, round, type Value } from "./vector_values.ts";

/** A value of one element type as the nearest of another. */
export function convert(graph: Graph, from: Element, to: Element, value: Value): Value {
  if (from === to) return value;
  if (isComplex(to)) {
    const parts = isComplex(from) ? (value as readonly [Node, Node]) : undefined;
    const one = (node: Node) => convert(graph, realElement(from), realElement(to), node) as Node;
    return parts ? [one(parts[0]), one(parts[1])] : [one(value as Node), graph.constant(laneOf(to), 0)];
  }
  if (isComplex(from)) return convert(graph, realElement(from), to, (value as readonly [Node, Node])[0]);
  return convertReal(graph, from, to, value as Node);
}

function convertReal(graph: Graph, from: Element, to: Element, node: Node): Node {
  if (to === "i1") return isNonZero(graph, from, node);
  if (from === "i1") return fromMask(graph, to, node);
  if (isFloat(from)) return isFloat(to) ? floatToFloat(graph, to, node) : floatToInteger(graph, to, node);
  return isFloat(to) ? integerToFloat(graph, from, to, node) : integerToInteger(graph, from, to, node);
}

function isNonZero(graph: Graph, from: Element, node: Node): Node {
  if (from === "i1") return node;
  const zero = graph.constant(node.lane, 0);
  return graph.apply(notEqual[node.lane], [node, zero]);
}

const notEqual = {
  i8: "i8x16.ne",
  i16: "i16x8.ne",
  i32: "i32x4.ne",
  i64: "i64x2.ne",
  f32: "f32x4.ne",
  f64: "f64x2.ne",
} as const;

function fromMask(graph: Graph, to: Element, mask: Node): Node {
  const lane = laneOf(to);
  const one = graph.constant(lane, 1);
  return graph.as(graph.apply("v128.and", [graph.maskAs(mask, lane), one]), lane);
}

function integerToInteger(graph: Graph, from: Element, to: Element, node: Node): Node {
  const size = laneBytes[laneOf(to)];
  let value = node;
  while (laneBytes[value.lane] < size) value = extend(graph, value, !isUnsigned(from));
  while (laneBytes[value.lane] > size) value = narrow(graph, value);
  return fit(graph, to, value);
}

/** Integers as i32, of 32 bits or less. */
function widened(graph: Graph, from: Element, node: Node): Node {
  return bitWidth(from) === 32 ? node : integerToInteger(graph, from, "i32", node);
}

function integerToFloat(graph: Graph, from: Element, to: Element, node: Node): Node {
  const sign = from === "ui32" ? "u" : "s";
  if (to === "f64") {
    if (bitWidth(from) === 64) return wideToDouble(graph, from, node, false);
    const step = halves(graph, widened(graph, from, node), `f64x2.convert_low_i32x4_${sign}`);
    return graph.split("f64", ...step);
  }
  const exact = bitWidth(from) < 32 || (bitWidth(from) === 32 && to === "f32");
  if (exact) {
    const single = graph.apply(`f32x4.convert_i32x4_${sign}`, [widened(graph, from, node)]);
    return round(graph, to, single);
  }
  if (bitWidth(from) === 64) return floatToFloat(graph, to, wideToDouble(graph, from, node, true));
  return floatToFloat(graph, to, integerToFloat(graph, from, "f64", node));
}

/**
 * 64-bit integers as doubles. Each half is put where a double of that size has its last places, and the halves are
 * added. `odd` rounds to odd: what rounds further on then sees that there was more.
 */
function wideToDouble(graph: Graph, from: Element, node: Node, odd: boolean): Node {
  const [f, i] = [new Floats(graph, "f64"), new Integers(graph, "i64")];
  const [signs, offset] = from === "i64" ? [0x80000000n, 2 ** 84 + 2 ** 63] : [0n, 2 ** 84];
  const highBits = i.xor(i.rightUnsigned(node, 32), 0x4530000000000000n | signs);
  const high = f.subtract(f.fromBits(highBits), offset);
  const lowBits = i.or(i.and(node, 0xffffffffn), 0x4330000000000000n);
  const low = f.subtract(f.fromBits(lowBits), 2 ** 52);
  const sum = f.add(high, low);
  if (!odd) return sum;
  const part = f.subtract(sum, high);
  const lost = f.add(f.subtract(high, f.subtract(sum, part)), f.subtract(low, part));
  return sticky(graph, sum, lost);
}

/** `sum` cut off towards zero where `lost` is left over, with an odd last place. */
function sticky(graph: Graph, sum: Node, lost: Node): Node {
  const f = new Floats(graph, sum.lane as "f32" | "f64");
  const i = new Integers(graph, f.integer);
  const bits = f.bits(sum);
  const inexact = f.notEqual(lost, 0);
  const beyond = f.less(f.multiply(f.copySign(1, sum), lost), 0);
  const cut = i.add(bits, i.and(beyond, -1));
  return f.fromBits(i.or(cut, i.and(inexact, 1)));
}

function floatToFloat(graph: Graph, to: Element, node: Node): Node {
  if (to === "f64") return node.lane === "f64" ? node : promote(graph, node);
  if (node.lane === "f32") return round(graph, to, node);
  return to === "f32" ? demote(graph, node) : round(graph, to, demoteOdd(graph, node));
}

/** Doubles as f32 that round to shorter floats as the doubles would. */
function demoteOdd(graph: Graph, node: Node): Node {
  const [f, single, i] = [new Floats(graph, "f64"), new Floats(graph, "f32"), new Integers(graph, "i32")];
  const nearest = demote(graph, node);
  const back = promote(graph, nearest);
  const beyond = graph.maskAs(f.greater(f.abs(back), f.abs(node)), "i32");
  const differs = graph.maskAs(f.notEqual(node, back), "i32");
  const cut = i.add(single.bits(nearest), beyond);
  const odd = i.or(cut, i.and(differs, 1));
  return graph.select(single.equal(nearest, nearest), single.fromBits(odd), nearest);
}

/** Towards zero; NaN is 0, out of range is the nearest end. */
function floatToInteger(graph: Graph, to: Element, node: Node): Node {
  const sign = isUnsigned(to) ? "u" : "s";
  if (bitWidth(to) === 64) {
    const double = node.lane === "f64" ? node : promote(graph, node);
    return graph.scalar(code(`i64.trunc_sat_f64_${sign}`), [double], "i64");
  }
  const narrowed = bitWidth(to) < 32;
  const wide =
    node.lane === "f32"
      ? graph.apply(`i32x4.trunc_sat_f32x4_${narrowed ? "s" : sign}`, [node])
      : joinHalves(graph, node, "i32", `i32x4.trunc_sat_f64x2_${narrowed ? "s" : sign}_zero`);
  if (!narrowed) return wide;
  const bits = bitWidth(to);
  const [low, high] = sign === "u" ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const i = new Integers(graph, "i32");
  return integerToInteger(graph, "i32", to, i.apply("min_s", i.apply("max_s", wide, low), high));
}

/** The same bits as another type of the same width; undefined where a loop has no such form. */
export function bitcast(graph: Graph, from: Element, to: Element, value: Value): Value | undefined {
  if (from === to) return value;
  if (isComplex(from) || isComplex(to) || from === "i1" || to === "i1") return undefined;
  if (bitWidth(from) !== bitWidth(to)) return undefined;
  if (bitWidth(to) < 8) return fit(graph, to, value as Node);
  const memory = encode(graph, from, value);
  const lane = laneOf(to);
  return decode(graph, to, laneBytes[lane] === laneBytes[memory.lane] ? graph.as(memory, lane) : memory);
}
