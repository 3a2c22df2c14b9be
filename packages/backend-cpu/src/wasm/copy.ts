/** Copies of elements from one walk to another, as bits: rows at once, else vectors, transposed in tiles. */
import { bytesPerElement } from "@hloom/ir";
import { type Access, mergeDimensions } from "../kernels/loop.ts";
import { type Code, copyBytes, type FunctionCode, type Local, load, store } from "./code.ts";
import { type Cursor, forAll, openCursor } from "./nest.ts";
import { sweepCode } from "./sweep.ts";
import { canTranspose, transposeCode } from "./transpose.ts";
import { Graph, type Integer } from "./vector.ts";

/** How far from their beginnings the walks of a copy start, in bytes that are computed. */
export interface Shift {
  readonly from?: Local;
  readonly to?: Local;
}

/** Copies the points of `shape`; both walks have arrays with elements of one size. */
export function copyCode(
  code: FunctionCode,
  shape: readonly number[],
  from: Access,
  to: Access,
  shift: Shift = {},
): Code {
  if (shape.includes(0)) return [];
  const source = openCursor(code, from, shift.from);
  const target = openCursor(code, to, shift.to);
  const begin = [...source.begin, ...target.begin];
  return [...begin, ...copyBetween(code, shape, source.cursor, target.cursor, bytesPerElement(to.element))];
}

/** Copies the points of `shape`, none of whose dimensions is 0, from one cursor on to another on. */
export function copyBetween(
  code: FunctionCode,
  shape: readonly number[],
  from: Cursor,
  to: Cursor,
  bytes: number,
): Code {
  const groups = mergeDimensions(shape, [from.strides, to.strides]);
  const sizes = groups.map((group) => group.reduce((size, d) => size * shape[d]!, 1));
  const merged = (cursor: Cursor): Cursor => ({
    ...cursor,
    strides: groups.map((group) => cursor.strides[group.at(-1)!]!),
  });
  return walkCode(code, sizes, merged(from), merged(to), bytes);
}

function walkCode(
  code: FunctionCode,
  sizes: readonly number[],
  from: Cursor,
  to: Cursor,
  bytes: number,
): Code {
  const last = sizes.length - 1;
  const outer = sizes.slice(0, -1).map((size, d) => [d, size] as const);
  if (last < 0) return moveBytes(to.pointer, from.pointer, bytes);
  if (from.strides[last] === bytes && to.strides[last] === bytes) {
    const move = ([one, other]: readonly Cursor[]) =>
      moveBytes(other!.pointer, one!.pointer, sizes[last]! * bytes);
    return forAll(code, outer, [from, to], move);
  }
  if (canTranspose(sizes, from, to, bytes)) return transposeCode(code, sizes, from, to, bytes, walkCode);
  const head: number[] = [];
  const leaf = new Graph({ fma: false }).leaf("element", laneOf[bytes]!, {
    uniform: from.strides[last] === 0,
    scale: bytes === 16 ? 2 : 1,
  });
  const loops = forAll(code, outer, [from, to], ([one, other]) =>
    sweepCode({
      function: code,
      head,
      dimension: last,
      count: sizes[last]!,
      batch: Math.max(1, 32 / bytes),
      reads: [{ leaf, cursor: one! }],
      writes: () => [{ node: leaf, cursor: other! }],
    }),
  );
  return [...head, ...loops];
}

const laneOf: Readonly<Record<number, Integer>> = { 1: "i8", 2: "i16", 4: "i32", 8: "i64", 16: "i64" };

/** The widest moves of so many bytes at most. */
const moves = [
  { bytes: 16, load: "v128.load", store: "v128.store" },
  { bytes: 8, load: "i64.load", store: "i64.store" },
  { bytes: 4, load: "i32.load", store: "i32.store" },
  { bytes: 2, load: "i32.load16_u", store: "i32.store16" },
  { bytes: 1, load: "i32.load8_u", store: "i32.store8" },
] as const;

/** Rows up to so many bytes are moved by instructions; longer ones by the platform, which takes a while to start. */
const shortRow = 128;

/** So many bytes from one address to another; the ranges do not overlap. */
function moveBytes(to: Local, from: Local, bytes: number): Code {
  if (bytes > shortRow) return copyBytes(to, from, bytes);
  const code: number[] = [];
  let at = 0;
  for (const move of moves) {
    for (; at + move.bytes <= bytes; at += move.bytes)
      code.push(...store(move.store, to, load(move.load, from, at), at));
  }
  return code;
}
