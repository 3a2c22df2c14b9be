/** Loop nests in WebAssembly: addresses that move with the loops, and the loops themselves. */
import { bytesPerElement } from "@hloom/ir";
import type { Access } from "../kernels/loop.ts";
import type { Slot } from "../slot.ts";
import {
  add,
  apply,
  type Code,
  type FunctionCode,
  increase,
  type Local,
  load,
  type Operand,
  repeat,
  set,
  subtract,
  times,
  value,
} from "./code.ts";

/** Where an access is while its loops are written. */
export interface Cursor {
  readonly access: Access;
  /** Between neighbours along each dimension: bytes, or positions where the access has no array. */
  readonly strides: readonly number[];
  /** The address of the first element under the loops that are open, or its position. */
  readonly pointer: Local;
}

/** The address of a slot at the moment. */
export function addressOf({ entry, address }: Slot): Code {
  return entry > 0 ? load("i32.load", entry) : value(address);
}

/** Puts a cursor on the first point of an access; `shift` moves it by so many bytes. */
export function openCursor(
  code: FunctionCode,
  access: Access,
  shift?: Operand,
): { cursor: Cursor; begin: Code } {
  const { slot, element, offset, strides } = access;
  const pointer = code.local();
  if (!slot) return { cursor: { access, strides, pointer }, begin: set(pointer, offset) };
  const bytes = bytesPerElement(element);
  const base = addressOf(slot);
  const start = offset === 0 ? base : add(base, offset * bytes);
  return {
    cursor: { access, strides: strides.map((stride) => stride * bytes), pointer },
    begin: set(pointer, shift === undefined ? start : add(start, shift)),
  };
}

/** `count` points along one dimension: `body` is written once, on cursors that move by `step` points each time. */
export function forEach(
  code: FunctionCode,
  dimension: number,
  count: number,
  cursors: readonly Cursor[],
  body: (moved: readonly Cursor[]) => Code,
  step = 1,
): Code {
  if (count === 0) return [];
  if (count === 1) return body(cursors);
  const counter = code.local();
  const moving = cursors.filter(({ strides }) => strides[dimension] !== 0);
  const pointers = new Map(moving.map((cursor) => [cursor, code.local()]));
  const moved = cursors.map((cursor) => ({ ...cursor, pointer: pointers.get(cursor) ?? cursor.pointer }));
  return [
    ...moving.flatMap((cursor) => set(pointers.get(cursor)!, cursor.pointer)),
    ...set(counter, count),
    ...repeat(
      [
        ...body(moved),
        ...moving.flatMap((cursor) => increase(pointers.get(cursor)!, step * cursor.strides[dimension]!)),
        ...increase(counter, -1),
      ],
      apply("i32.ne", counter, 0),
    ),
  ];
}

/** Cursors on a later point. */
export function movedBy(
  code: FunctionCode,
  dimension: number,
  points: number,
  cursors: readonly Cursor[],
): { readonly cursors: readonly Cursor[]; readonly begin: Code } {
  const moved = cursors.map((cursor) => ({ ...cursor, pointer: code.local() }));
  const begin = cursors.flatMap(({ pointer, strides }, i) =>
    set(moved[i]!.pointer, add(pointer, points * strides[dimension]!)),
  );
  return { cursors: moved, begin };
}

/** `forEach` from one point to another, both of which are known when the code runs: at least one point. */
export function forRange(
  code: FunctionCode,
  dimension: number,
  [from, to]: readonly [Local, Local],
  cursors: readonly Cursor[],
  body: (moved: readonly Cursor[]) => Code,
): Code {
  const counter = code.local();
  const moved = cursors.map((cursor) => ({ ...cursor, pointer: code.local() }));
  return [
    ...cursors.flatMap(({ pointer, strides }, i) =>
      set(moved[i]!.pointer, add(pointer, times(from, strides[dimension]!))),
    ),
    ...set(counter, subtract(to, from)),
    ...repeat(
      [
        ...body(moved),
        ...moved.flatMap(({ pointer, strides }) => increase(pointer, strides[dimension]!)),
        ...increase(counter, -1),
      ],
      apply("i32.ne", counter, 0),
    ),
  ];
}

/** `forEach` over several dimensions, the first outermost. */
export function forAll(
  code: FunctionCode,
  dimensions: readonly (readonly [dimension: number, count: number])[],
  cursors: readonly Cursor[],
  body: (moved: readonly Cursor[]) => Code,
): Code {
  const [first, ...rest] = dimensions;
  if (!first) return body(cursors);
  return forEach(code, first[0], first[1], cursors, (moved) => forAll(code, rest, moved, body));
}
