/** The inner loop of matrix products: a block of 6 rows that stays in registers, and how edges are stored. */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  count,
  FunctionCode,
  increase,
  load,
  repeat,
  set,
  store,
  times,
  when,
  wordsOf,
} from "./code.ts";
import { bytesOf, type Lanes, loadVector, type Work } from "./lanes.ts";
import { requestedWide } from "./wide.ts";

export const blockRows = 6;
const rows = Array.from({ length: blockRows }, (_, row) => row);

/** Bytes of a row of the block: two vectors of the widest kind that the processor's registers take. */
export const blockBytes = (): number => (requestedWide()?.enabled ? 64 : 32);
export const blockColumns = (work: Work): number => blockBytes() / bytesOf[work];

/**
 * `block(a, b, c, offsets, k, accumulate)`: sets (or adds to) six rows at `c + offsets[row]` the products of `k` packed
 * columns of `a` with `k` packed rows of `b`, added in order.
 */
export function blockFunction(lanes: Lanes): WasmFunction {
  const code = new FunctionCode();
  const { a, b, c, offsets, k, accumulate } = code.parameters("a", "b", "c", "offsets", "k", "accumulate");
  const at = code.local();
  const vectors = Array.from({ length: blockBytes() / 16 }, (_, vector) => vector);
  const sums = rows.map(() => code.locals(vectors.length, "v128"));
  const right = code.locals(vectors.length, "v128");
  const left = code.local("v128");
  const rowAt = (row: number) => set(at, add(c, load("i32.load", offsets, 4 * row)));
  const step = [
    ...vectors.flatMap((vector) => set(right[vector]!, loadVector(b, 16 * vector))),
    ...rows.flatMap((row) => [
      ...set(left, load(lanes.splatLoad, a, row * lanes.bytes)),
      ...vectors.flatMap((vector) =>
        set(sums[row]![vector]!, lanes.multiplyAdd(sums[row]![vector]!, left, right[vector]!)),
      ),
    ]),
    ...increase(a, blockRows * lanes.bytes),
    ...increase(b, blockBytes()),
    ...increase(k, -1),
    // V8 joins vectors to wider ones only if none but the sums seem to be needed in the next round.
    ...[...right, left].flatMap((local) => set(local, wordsOf(0, 0, 0, 0))),
  ];
  const begin = rows.flatMap((row) => [
    ...rowAt(row),
    ...vectors.flatMap((vector) => set(sums[row]![vector]!, loadVector(at, 16 * vector))),
  ]);
  const end = rows.flatMap((row) => [
    ...rowAt(row),
    ...vectors.flatMap((vector) => store("v128.store", at, sums[row]![vector]!, 16 * vector)),
  ]);
  return code.finish(undefined, [...when(accumulate, begin), ...repeat(step, apply("i32.ne", k, 0)), ...end]);
}

/**
 * `storeTile(tile, c, offsets, columns, height, width, accumulate)`: element (i, j) of a block goes to (or is added to)
 * `c + offsets[i] + columns[j]`.
 */
export function storeTileFunction(lanes: Lanes): WasmFunction {
  const code = new FunctionCode();
  const names = ["tile", "c", "offsets", "columns", "height", "width", "accumulate"] as const;
  const { tile, c, offsets, columns, height, width, accumulate } = code.parameters(...names);
  const [i, j, row, at] = [code.local(), code.local(), code.local(), code.local()];
  const one = load(lanes.load, add(tile, times(j, lanes.bytes)));
  const both = lanes.addOne(load(lanes.load, at), one);
  const column = load("i32.load", add(columns, times(j, 4)));
  return code.finish(
    undefined,
    count(i, height, 1, [
      ...set(row, add(c, load("i32.load", add(offsets, times(i, 4))))),
      ...count(j, width, 1, [
        ...set(at, add(row, column)),
        ...when(accumulate, store(lanes.store, at, both), store(lanes.store, at, one)),
      ]),
      ...increase(tile, blockBytes()),
    ]),
  );
}
