/** Copies of elements from one walk to another, as bits: rows at once where both are contiguous. */
import { bytesPerElement } from "@hloom/ir";
import { type Access, mergeDimensions } from "../kernels/loop.ts";
import { type Code, copyBytes, type FunctionCode, type Local, load, store } from "./code.ts";
import { type Cursor, forAll, openCursor } from "./nest.ts";

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
export function moveBytes(to: Local, from: Local, bytes: number): Code {
  if (bytes > shortRow) return copyBytes(to, from, bytes);
  const code: number[] = [];
  let at = 0;
  for (const move of moves) {
    for (; at + move.bytes <= bytes; at += move.bytes)
      code.push(...store(move.store, to, load(move.load, from, at), at));
  }
  return code;
}

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
  const groups = mergeDimensions(shape, [from.strides, to.strides]);
  const sizes = groups.map((group) => group.reduce((size, d) => size * shape[d]!, 1));
  const merged = (access: Access): Access => ({
    ...access,
    strides: groups.map((group) => access.strides[group.at(-1)!]!),
  });
  const bytes = bytesPerElement(to.element);
  const source = openCursor(code, merged(from), shift.from);
  const target = openCursor(code, merged(to), shift.to);
  const last = sizes.length - 1;
  const contiguous = [source, target].every(({ cursor }) => cursor.strides[last] === bytes);
  const walked = contiguous ? sizes.slice(0, -1) : sizes;
  const atOnce = contiguous ? sizes[last]! * bytes : bytes;
  const dimensions = walked.map((size, d) => [d, size] as const);
  const move = ([one, other]: readonly Cursor[]) => moveBytes(other!.pointer, one!.pointer, atOnce);
  return [
    ...source.begin,
    ...target.begin,
    ...forAll(code, dimensions, [source.cursor, target.cursor], move),
  ];
}
