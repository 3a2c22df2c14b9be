/** Packing: operands of matrix products in the order in which blocks read them, zeros beyond their edges. */
import type { WasmFunction } from "./assembler.ts";
import { blockBytes, blockColumns, blockRows } from "./block.ts";
import {
  add,
  apply,
  type Code,
  count,
  countTo,
  FunctionCode,
  fillBytes,
  increase,
  type Local,
  load,
  set,
  shuffle,
  store,
  times,
  when,
} from "./code.ts";
import { type Lanes, loadVector } from "./lanes.ts";

const rows = Array.from({ length: blockRows }, (_, row) => row);

/**
 * `packLeft(to, from, offsets, columns, inside, steps, runs)`: six rows, which begin at `from + offsets[row]`, column by
 * column; rows from `inside` on are zero. With `runs` columns are neighbours as many at a time as a vector has elements,
 * and `steps` is a multiple of that.
 */
export function packLeftFunction(lanes: Lanes): WasmFunction {
  const { bytes, load: loadOne, store: storeOne } = lanes;
  const code = new FunctionCode();
  const names = ["to", "from", "offsets", "columns", "inside", "steps", "runs"] as const;
  const { to, from, offsets, columns, inside, steps, runs } = code.parameters(...names);
  const [end, at, row, target, column] = [
    code.local(),
    code.local(),
    code.local(),
    code.local(),
    code.local(),
  ];
  const pointers = code.locals(blockRows);
  const held = code.locals(blockRows, "v128");
  const size = blockRows * bytes;
  const vectors = countTo(to, end, size * lanes.count, [
    ...set(column, load("i32.load", columns)),
    ...rows.flatMap((r) => set(held[r]!, loadVector(add(pointers[r]!, column)))),
    ...transposed(held, lanes.count).flatMap((vector, i) => store("v128.store", to, vector, 16 * i)),
    ...increase(columns, 4 * lanes.count),
  ]);
  const singles = countTo(to, end, size, [
    ...set(column, load("i32.load", columns)),
    ...rows.flatMap((r) => store(storeOne, to, load(loadOne, add(pointers[r]!, column)), r * bytes)),
    ...increase(columns, 4),
  ]);
  const whole = [
    ...rows.flatMap((r) => set(pointers[r]!, add(from, load("i32.load", offsets, 4 * r)))),
    ...when(runs, vectors, singles),
  ];
  const partial = [
    ...fillBytes(to, 0, subtractBytes(end, to)),
    ...count(row, inside, 1, [
      ...set(at, add(from, load("i32.load", add(offsets, times(row, 4))))),
      ...set(target, add(to, times(row, bytes))),
      ...set(column, columns),
      ...countTo(target, end, size, [
        ...store(storeOne, target, load(loadOne, add(at, load("i32.load", column)))),
        ...increase(column, 4),
      ]),
    ]),
  ];
  return code.finish(undefined, [
    ...set(end, add(to, times(steps, size))),
    ...when(apply("i32.eq", inside, blockRows), whole, partial),
  ]);
}

/** Six rows of a vector each as columns of six elements: pairs of rows are interleaved, then put side by side. */
function transposed(held: readonly Local[], count: 2 | 4): Code[] {
  const size = 16 / count;
  const bytesFrom = (...elements: readonly number[]) =>
    elements.flatMap((element) => Array.from({ length: size }, (_, byte) => element * size + byte));
  const pair = (first: number, low: boolean) => {
    const elements = count === 2 ? (low ? [0, 2] : [1, 3]) : low ? [0, 4, 1, 5] : [2, 6, 3, 7];
    return shuffle(held[first]!, held[first + 1]!, bytesFrom(...elements));
  };
  if (count === 2) return [true, false].flatMap((low) => [0, 2, 4].map((first) => pair(first, low)));
  return [true, false].flatMap((low) => [
    shuffle(pair(0, low), pair(2, low), bytesFrom(0, 1, 4, 5)),
    shuffle(pair(4, low), pair(0, low), bytesFrom(0, 1, 6, 7)),
    shuffle(pair(2, low), pair(4, low), bytesFrom(2, 3, 6, 7)),
  ]);
}

const subtractBytes = (end: Parameters<typeof add>[0], from: Parameters<typeof add>[0]) =>
  apply("i32.sub", end, from);

/**
 * `packRight(to, from, offsets, columns, run, inside, steps)`: the columns of a block, row after row; rows begin at
 * `from + offsets[row]`, columns from `inside` on are zero. With `run` the columns are neighbours in memory, and none
 * is missing.
 */
export function packRightFunction(lanes: Lanes): WasmFunction {
  const { bytes, load: loadOne, store: storeOne } = lanes;
  const code = new FunctionCode();
  const names = ["to", "from", "offsets", "columns", "run", "inside", "steps"] as const;
  const { to, from, offsets, columns, run, inside, steps } = code.parameters(...names);
  const [end, at, q, target, row] = [code.local(), code.local(), code.local(), code.local(), code.local()];
  const wide = blockColumns(lanes.scalar);
  const pointers = code.locals(wide);
  const each = Array.from({ length: wide }, (_, column) => column);
  const vectors = Array.from({ length: blockBytes() / 16 }, (_, vector) => 16 * vector);
  const whole = [
    ...set(from, add(from, load("i32.load", columns))),
    ...countTo(to, end, blockBytes(), [
      ...set(at, add(from, load("i32.load", offsets))),
      ...vectors.flatMap((offset) => store("v128.store", to, loadVector(at, offset), offset)),
      ...increase(offsets, 4),
    ]),
  ];
  const scattered = [
    ...each.flatMap((column) => set(pointers[column]!, add(from, load("i32.load", columns, 4 * column)))),
    ...countTo(to, end, blockBytes(), [
      ...set(row, load("i32.load", offsets)),
      ...each.flatMap((column) =>
        store(storeOne, to, load(loadOne, add(pointers[column]!, row)), column * bytes),
      ),
      ...increase(offsets, 4),
    ]),
  ];
  const partial = [
    ...fillBytes(to, 0, subtractBytes(end, to)),
    ...count(q, inside, 1, [
      ...set(at, add(from, load("i32.load", add(columns, times(q, 4))))),
      ...set(target, add(to, times(q, bytes))),
      ...set(row, offsets),
      ...countTo(target, end, blockBytes(), [
        ...store(storeOne, target, load(loadOne, add(at, load("i32.load", row)))),
        ...increase(row, 4),
      ]),
    ]),
  ];
  const isFull = apply("i32.eq", inside, wide);
  return code.finish(undefined, [
    ...set(end, add(to, times(steps, blockBytes()))),
    ...when(run, whole, when(isFull, scattered, partial)),
  ]);
}
