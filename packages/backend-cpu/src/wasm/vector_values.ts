/**
 * How elements are held: in memory, and as lanes while a loop computes. 16-bit floats are computed as f32 that have
 * their precision, booleans as masks, complex numbers as two values.
 */
import { type Element, isComplex } from "@hloom/ir";
import { extend, type Graph, type Lane, type Node, pairs, part } from "./vector.ts";
import { Floats, Integers } from "./vector_lanes.ts";

/** Lanes of one value per element; complex numbers have two. */
export type Value = Node | readonly [Node, Node];

/** What memory holds, lane by lane; `lane` is also that of values, but for i1, bf16 and f16. */
interface Held {
  readonly memory: Lane;
  readonly lane: Lane;
}

const same = (lane: Lane): Held => ({ memory: lane, lane });

const held: Partial<Readonly<Record<Element, Held>>> = {
  i1: { memory: "i8", lane: "i8" },
  ...{ i2: same("i8"), i4: same("i8"), ui2: same("i8"), ui4: same("i8") },
  ...{ i8: same("i8"), i16: same("i16"), i32: same("i32"), i64: same("i64") },
  ...{ ui8: same("i8"), ui16: same("i16"), ui32: same("i32"), ui64: same("i64") },
  ...{ f32: same("f32"), f64: same("f64"), "complex<f32>": same("f32"), "complex<f64>": same("f64") },
  ...{ f16: { memory: "i16", lane: "f32" }, bf16: { memory: "i16", lane: "f32" } },
};

/** Whether loops compute on elements of this type. */
export const isVectorElement = (element: Element): boolean => element in held;

/** Lanes of values. */
export const laneOf = (element: Element): Lane => held[element]!.lane;

/** The leaf that a loop reads elements through: what memory holds, as `leaf` of a graph wants it. */
export function memoryOf(element: Element): { readonly lane: Lane; readonly scale: number } {
  return { lane: held[element]!.memory, scale: isComplex(element) ? 2 : 1 };
}

/** 16-bit floats that were in memory go back with the very bits that they had, also those of NaN. */
const origins = new WeakMap<Node, { readonly element: Element; readonly memory: Node }>();

/** Elements as memory holds them, as values. */
export function decode(graph: Graph, element: Element, memory: Node): Value {
  const value = decoded(graph, element, memory);
  if (element === "bf16" || element === "f16") origins.set(value as Node, { element, memory });
  return value;
}

function decoded(graph: Graph, element: Element, memory: Node): Value {
  switch (element) {
    case "i1":
      return new Integers(graph, "i8").apply("ne", memory, 0);
    case "bf16":
      return fromBf16(graph, memory);
    case "f16":
      return fromF16(graph, memory);
    case "complex<f32>":
    case "complex<f64>":
      return [part(graph, memory, 0), part(graph, memory, 1)];
    default:
      return memory;
  }
}

/** Values as memory holds them. */
export function encode(graph: Graph, element: Element, value: Value): Node {
  if (isComplex(element)) return pairs(graph, ...(value as readonly [Node, Node]));
  const node = value as Node;
  const origin = origins.get(node);
  if (origin?.element === element) return origin.memory;
  switch (element) {
    case "i1":
      return new Integers(graph, "i8").and(graph.maskAs(node, "i8"), 1);
    case "bf16":
      return toBf16(graph, node);
    case "f16":
      return toF16(graph, node);
    default:
      return node;
  }
}

/** The nearest value of `element` to f32 or f64 lanes; only 16-bit floats have fewer values than their lanes. */
export function round(graph: Graph, element: Element, value: Node): Node {
  if (element === "bf16") return roundBf16(graph, value);
  return element === "f16" ? roundF16(graph, value) : value;
}

function fromBf16(graph: Graph, memory: Node): Node {
  return graph.as(new Integers(graph, "i32").left(extend(graph, memory, false), 16), "f32");
}

function toBf16(graph: Graph, value: Node): Node {
  const bits = graph.as(roundBf16(graph, value), "i32");
  return graph.join("i16x8.narrow_i32x4_u", new Integers(graph, "i32").rightUnsigned(bits, 16), "i16");
}

/** To the even of the nearest where half of the last place is left over; NaN becomes the quiet one of its sign. */
function roundBf16(graph: Graph, value: Node): Node {
  const [f, i] = [new Floats(graph, "f32"), new Integers(graph, "i32")];
  const bits = f.bits(value);
  const odd = i.and(i.rightUnsigned(bits, 16), 1);
  const rounded = i.and(i.add(i.add(bits, 0x7fff), odd), 0xffff0000 | 0);
  const quiet = i.or(i.and(bits, 0xff800000 | 0), 0x7fc00000);
  return f.fromBits(graph.select(f.equal(value, value), rounded, quiet));
}

const smallestNormalF16 = 2 ** -14;
/** From here on values round to infinity. */
const overflowF16 = 65520;

/** f16's exponents are 112 less than f32's: the product with 2^112 is exact and makes subnormals normal. */
function fromF16(graph: Graph, memory: Node): Node {
  const [f, i] = [new Floats(graph, "f32"), new Integers(graph, "i32")];
  const wide = extend(graph, memory, false);
  const shifted = i.left(i.and(wide, 0x7fff), 13);
  const size = f.bits(f.multiply(f.fromBits(shifted), 2 ** 112));
  const special = i.apply("ge_s", shifted, 0x7c00 << 13);
  const all = i.or(size, i.and(special, 0x7f800000));
  return f.fromBits(i.or(all, i.left(i.and(wide, 0x8000), 16)));
}

/** The parts of rounding: `size` is rounded, `value` is not. */
function roundF16(graph: Graph, value: Node): Node {
  const [f, i] = [new Floats(graph, "f32"), new Integers(graph, "i32")];
  const size = f.abs(value);
  const bits = f.bits(size);
  const odd = i.and(i.rightUnsigned(bits, 13), 1);
  const normal = f.fromBits(i.and(i.add(i.add(bits, 0xfff), odd), ~0x1fff));
  // Where 1/2 has its last place, 2^-24, subnormals have theirs.
  const subnormal = f.subtract(f.add(size, 0.5), 0.5);
  const finite = f.select(f.less(size, smallestNormalF16), subnormal, normal);
  const rounded = f.select(f.greaterEqual(size, overflowF16), Infinity, finite);
  return f.select(f.equal(value, value), f.copySign(rounded, value), value);
}

function toF16(graph: Graph, value: Node): Node {
  const [f, i] = [new Floats(graph, "f32"), new Integers(graph, "i32")];
  const bits = f.bits(roundF16(graph, value));
  const size = f.fromBits(i.and(bits, 0x7fffffff));
  const normal = i.rightUnsigned(i.subtract(f.bits(size), 112 << 23), 13);
  const subnormal = i.subtract(f.bits(f.add(size, 0.5)), 126 << 23);
  const finite = graph.select(f.less(size, smallestNormalF16), subnormal, normal);
  const infinite = graph.select(f.equal(size, Infinity), i.of(0x7c00), finite);
  const pattern = graph.select(f.equal(size, size), infinite, i.of(0x7e00));
  const all = i.or(pattern, i.and(i.rightUnsigned(bits, 16), 0x8000));
  return graph.join("i16x8.narrow_i32x4_u", all, "i16");
}
