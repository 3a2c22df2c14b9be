/** Recognising what a region computes, so that known bodies take MLX's own kernels. */
import {
  bodyOf,
  definingOperation,
  type OpDefinition,
  type Operation,
  type Region,
  type Value,
} from "@hloom/ir";
import { mlx } from "../dialect.ts";
import { definedBy, splatBytes, typeOf } from "./lowering.ts";

/** Name of the only operation of a body that combines its two arguments (in either order) and returns the result. */
export function combinerOf(region: Region): string | undefined {
  const block = bodyOf(region);
  const [combine, terminator] = block.operations;
  if (block.operations.length !== 2 || block.arguments.length !== 2 || !combine || !terminator)
    return undefined;
  const [a, b] = block.arguments;
  const [x, y] = combine.operands;
  const both = combine.operands.length === 2 && ((x === a && y === b) || (x === b && y === a));
  const returned = terminator.operands.length === 1 && terminator.operands[0] === combine.results[0];
  return both && returned ? combine.name : undefined;
}

/** Position of the argument that a body returns unchanged, when it does nothing else. */
export function returnedArgument(region: Region): number | undefined {
  const block = bodyOf(region);
  const terminator = block.operations[0];
  if (block.operations.length !== 1 || terminator?.operands.length !== 1) return undefined;
  const position = block.arguments.indexOf(terminator.operands[0]!);
  return position < 0 ? undefined : position;
}

/** A combiner that MLX reduces with natively. */
export interface Combiner {
  readonly reduce: OpDefinition;
  readonly window?: OpDefinition;
  readonly cumulative?: OpDefinition;
  readonly combine: OpDefinition;
  readonly scatter?: string;
  /** Whether `bytes`, one element in the host layout, leaves every value unchanged under the combiner. */
  readonly isIdentity: (element: string, bytes: Uint8Array) => boolean;
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

/** One element in the host layout as a number; undefined for elements that no identity is known of. */
export function numberOf(element: string, bytes: Uint8Array): number | bigint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (element) {
    case "i1":
    case "ui8":
      return view.getUint8(0);
    case "i8":
      return view.getInt8(0);
    case "i16":
      return view.getInt16(0, true);
    case "ui16":
      return view.getUint16(0, true);
    case "i32":
      return view.getInt32(0, true);
    case "ui32":
      return view.getUint32(0, true);
    case "i64":
      return view.getBigInt64(0, true);
    case "ui64":
      return view.getBigUint64(0, true);
    case "f32":
      return view.getFloat32(0, true);
    case "f64":
      return view.getFloat64(0, true);
    // The upper half of an f32.
    case "bf16":
      return new Float32Array(new Uint32Array([view.getUint16(0, true) << 16]).buffer)[0];
    case "f16":
      return { 15360: 1, 31744: Infinity, 64512: -Infinity }[view.getUint16(0, true)];
    default:
      return undefined;
  }
}

/** Lowest and highest values of the integer types; floats have the infinities. */
export function extremes(element: string): readonly [number | bigint, number | bigint] {
  if (element === "i1") return [0, 1];
  if (!/^u?i/.test(element)) return [-Infinity, Infinity];
  const bits = Number(/\d+/.exec(element)![0]);
  const unsigned = element[0] === "u";
  const low = unsigned ? 0n : -(2n ** BigInt(bits - 1));
  const high = 2n ** BigInt(unsigned ? bits : bits - 1) - 1n;
  return bits === 64 ? [low, high] : [Number(low), Number(high)];
}

/** By the name of the body's operation; bodies are lowered before the operation that holds them. */
export const combiners: Readonly<Record<string, Combiner>> = {
  "mlx.add": {
    reduce: mlx.sum,
    window: mlx.windowSum,
    cumulative: mlx.cumsum,
    combine: mlx.add,
    scatter: "add",
    isIdentity: (_, bytes) => isZero(bytes),
  },
  "mlx.multiply": {
    reduce: mlx.prod,
    window: mlx.windowProd,
    cumulative: mlx.cumprod,
    combine: mlx.multiply,
    scatter: "multiply",
    isIdentity: (element, bytes) => Number(numberOf(element, bytes)) === 1,
  },
  "mlx.maximum": {
    reduce: mlx.max,
    window: mlx.windowMax,
    cumulative: mlx.cummax,
    combine: mlx.maximum,
    scatter: "maximum",
    isIdentity: (element, bytes) => numberOf(element, bytes) === extremes(element)[0],
  },
  "mlx.minimum": {
    reduce: mlx.min,
    window: mlx.windowMin,
    cumulative: mlx.cummin,
    combine: mlx.minimum,
    scatter: "minimum",
    isIdentity: (element, bytes) => numberOf(element, bytes) === extremes(element)[1],
  },
  "mlx.bitwise_and": {
    reduce: mlx.all,
    combine: mlx.bitwiseAnd,
    isIdentity: (element, bytes) => bytes.every((byte) => byte === (element === "i1" ? 1 : 0xff)),
  },
  "mlx.bitwise_or": { reduce: mlx.anyOf, combine: mlx.bitwiseOr, isIdentity: (_, bytes) => isZero(bytes) },
};

/** The combiner of a lowered body, when MLX has it. */
export function knownCombiner(region: Region): Combiner | undefined {
  const name = combinerOf(region);
  return name === undefined ? undefined : combiners[name];
}

export function isIdentity(combiner: Combiner, initial: Value | undefined): boolean {
  const splat = splatBytes(initial);
  return (
    splat !== undefined &&
    typeof splat.element === "string" &&
    combiner.isIdentity(splat.element, splat.bytes)
  );
}

/** Ascending or descending order of one key, as JAX's sort comparators write it. */
export interface KeyOrder {
  /** Which operand pair is compared: 0 for the first two arguments. */
  readonly key: number;
  readonly descending: boolean;
  /** `total`: IEEE total order as it is; `number`: zeros equal and NaNs one, as JAX canonicalises them before comparing. */
  readonly order: "total" | "number";
}

export function keyOrderOf(comparator: Region): KeyOrder | undefined {
  const block = bodyOf(comparator);
  const compare = definingOperation(block.operations.at(-1)!.operands[0]!);
  if (compare?.name !== "mlx.compare") return undefined;
  const direction = compare.attributes.direction;
  if (direction?.kind !== "string" || !["LT", "GT"].includes(direction.value)) return undefined;
  const [left, right] = compare.operands.map((value) => canonicalised(value));
  if (!left || !right || left.canonical !== right.canonical) return undefined;
  const [a, b] = [block.arguments.indexOf(left.value), block.arguments.indexOf(right.value)];
  const swapped = b === a - 1;
  if (a < 0 || b < 0 || Math.floor(a / 2) !== Math.floor(b / 2) || a === b) return undefined;
  const descending = (direction.value === "GT") !== swapped;
  const element = typeOf(left.value).element;
  const isFloat = typeof element === "string" && /^b?f/.test(element);
  const total = compare.attributes.total;
  const isTotal = total?.kind === "integer" && total.value === 1n;
  // A plain float comparison is no total order: NaN is unordered, which only the general sort honours.
  if (isFloat && !isTotal) return undefined;
  return { key: Math.floor(a / 2), descending, order: left.canonical ? "number" : "total" };
}

/**
 * JAX maps -0 to 0 and every NaN to one NaN before it compares in total order:
 * select(x != x, NaN, select(x == 0, 0, x)). Returns x and whether it was wrapped so.
 */
function canonicalised(value: Value): { readonly value: Value; readonly canonical: boolean } {
  const withoutNan = selectedUnless(value, (test, x) => isCompare(test, "NE", x, x));
  const inner = withoutNan ?? value;
  const withoutZero = selectedUnless(inner, (test, x) => isCompare(test, "EQ", x, undefined));
  if (!withoutNan && !withoutZero) return { value, canonical: false };
  return { value: withoutZero ?? inner, canonical: withoutNan !== undefined && withoutZero !== undefined };
}

/** `x` when `value` is select(test(…), constant, x); the test may look at x or at what x canonicalises. */
function selectedUnless(value: Value, isTest: (test: Operation, x: Value) => boolean): Value | undefined {
  const select = definedBy(value, "mlx.select");
  const test = select && definingOperation(select.operands[0]!);
  const kept = select?.operands[2];
  if (!select || !test || !kept || !splatBytes(select.operands[1])) return undefined;
  const candidates = [kept, definedBy(kept, "mlx.select")?.operands[2]].filter((x) => x !== undefined);
  return candidates.some((x) => isTest(test, x)) ? kept : undefined;
}

function isCompare(test: Operation, direction: string, left: Value, right: Value | undefined): boolean {
  const named = test.attributes.direction;
  if (test.name !== "mlx.compare" || named?.kind !== "string" || named.value !== direction) return false;
  if (test.operands[0] !== left) return false;
  return right === undefined ? splatBytes(test.operands[1]) !== undefined : test.operands[1] === right;
}
