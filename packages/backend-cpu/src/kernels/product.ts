/** Products of matrices wherever their elements are: which way each is computed, and its tables. */
import { arena } from "../arena.ts";
import { type Slot, scratch } from "../slot.ts";
import { threads } from "../threads.ts";
import { blockColumns, blockRows } from "../wasm/block.ts";
import { bytesOf, type Work } from "../wasm/lanes.ts";
import { batchParameters, productsOf, scratchBytes, type Way } from "../wasm/product.ts";
import type { Kernel } from "./loop.ts";

/** Matrices of one batch: element (i, j) of matrix b is at `starts[b] + rows[i] + columns[j]` of the slot. */
export interface Matrices {
  readonly slot: Slot;
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** `result[b][i, j] = Σ left[b][i, p] × right[b][p, j]`; all three are arrays of `work`, or of the same bits. */
export interface Product {
  readonly work: Work;
  readonly left: Matrices;
  readonly right: Matrices;
  readonly result: Matrices;
}

const smallProduct = 4096;

/** Products that take no time: each step is rounded, as the evaluator does. Others may skip roundings and reorder sums. */
export const isSmall = (m: number, n: number, k: number): boolean => m * n * k <= smallProduct;

export function productKernel(product: Product): Kernel {
  const { way, of } = planOf(product);
  const { left, right, result, work } = of;
  const [m, n, k, batch] = [
    left.rows.length,
    right.columns.length,
    left.columns.length,
    left.starts.length,
  ] as const;
  if (m * n * batch === 0) return () => {};
  if (k === 0) return () => arena.clear(result.slot.address, result.slot.bytes);
  const table = tablesOf(bytesOf[work]);
  const starts = [left, right, result].map((matrices) => table.of(matrices.starts));
  const [l, r, c] = [left, right, result].map(({ rows, columns }) => [table.of(rows), table.of(columns)]);
  const runs = table.bytes(runsOf(work, right.columns, result.columns));
  const leftRuns = isInRuns(left.columns, 16 / bytesOf[work]) ? 1 : 0;
  const { rounds, ...parts } = partsOf(way, work, batch, m, n, k);
  const [l0, r0, c0] = starts as [number, number, number];
  const [l1, l2, r1, r2, c1, c2] = [...l!, ...r!, ...c!] as [number, number, number, number, number, number];
  const scratchEach = scratchBytes(work);
  const record = table.words(batchParameters.length);
  const tables = table.slot;
  const at = tables.address;
  const values: Readonly<Record<(typeof batchParameters)[number], number>> = {
    ...{ left: 0, leftRows: at + l1, leftColumns: at + l2, leftStarts: at + l0, leftRuns },
    ...{ right: 0, rightRows: at + r1, rightColumns: at + r2, rightStarts: at + r0, runs: at + runs },
    ...{ result: 0, resultRows: at + c1, resultColumns: at + c2, resultStarts: at + c0 },
    ...{ m, n, k, ...parts, scratch: 0, scratchEach },
  };
  arena.words.set(
    batchParameters.map((name) => values[name]),
    (at + record) >> 2,
  );
  const products = productsOf(work, !isSmall(m, n, k));
  const large = batch * m * n * k >= worthThreads;
  const scratchSize = scratchEach * (large ? threads.count : 1);
  const [a, b, to] = [left.slot, right.slot, result.slot];
  const place = (name: (typeof batchParameters)[number]) => record + 4 * batchParameters.indexOf(name);
  const [leftAt, rightAt, resultAt, scratchAt] = [
    place("left"),
    place("right"),
    place("result"),
    place("scratch"),
  ];
  // Small products are called often: all but four words of the record is written already.
  return () => {
    const { address } = tables;
    const room = arena.scratch(scratchSize);
    const { words } = arena;
    words[(address + leftAt) >> 2] = a.address;
    words[(address + rightAt) >> 2] = b.address;
    words[(address + resultAt) >> 2] = to.address;
    words[(address + scratchAt) >> 2] = room;
    words[products.current >> 2] = address + record;
    products.run(way, rounds, large);
  };
}

/** From so many multiplications on several threads are worth their start. */
const worthThreads = 1 << 20;
/** Parts of one product, so that threads that begin late find some left, and packing is not done too often. */
const mostParts = 8;

/** The parts of each product of a batch: of its rows or its columns, whichever are more, in whole blocks. */
function partsOf(way: Way, work: Work, batch: number, m: number, n: number, k: number) {
  const whole = { rowParts: 1, rowsEach: m, columnParts: 1, columnsEach: n };
  if (batch >= mostParts || batch * m * n * k < worthThreads) return { ...whole, rounds: batch };
  const each = (size: number, unit: number) => Math.ceil(size / mostParts / unit) * unit;
  if (way === "packed" && m >= n) {
    const rowsEach = each(m, blockRows);
    const rowParts = Math.ceil(m / rowsEach);
    return { ...whole, rowParts, rowsEach, rounds: batch * rowParts };
  }
  const columnsEach = each(n, blockColumns(work));
  const columnParts = Math.ceil(n / columnsEach);
  return { ...whole, columnParts, columnsEach, rounds: batch * columnParts };
}

/** Below so many rows a matrix is not worth packing. */
const thin = 4;

/** The product, or the same one with all matrices transposed, and the best way for it. */
function planOf(product: Product): { way: Way; of: Product } {
  const { left, right, result } = product;
  const transposed = { ...product, left: turned(right), right: turned(left), result: turned(result) };
  for (const form of [product, transposed]) {
    const way = thinWay(form);
    if (way) return { way, of: form };
  }
  return { way: "packed", of: !isRun(result.columns) && isRun(result.rows) ? transposed : product };
}

const turned = (matrices: Matrices): Matrices => ({
  ...matrices,
  rows: matrices.columns,
  columns: matrices.rows,
});

function thinWay({ left, right, result }: Product): Way | undefined {
  if (left.rows.length >= thin) return undefined;
  if (isRun(right.columns) && isRun(result.columns)) return "rows";
  if (isSmall(left.rows.length, right.columns.length, right.rows.length)) return undefined;
  return isRun(left.columns) && isRun(right.rows) ? "dots" : undefined;
}

/** Whether positions are neighbours in memory. */
function isRun(positions: Int32Array, from = 0, to = positions.length): boolean {
  for (let i = from + 1; i < to; i++) if (positions[i] !== positions[from]! + i - from) return false;
  return true;
}

/** Whether positions are neighbours `length` at a time; a rest at the end may lie anywhere. */
function isInRuns(positions: Int32Array, length: number): boolean {
  for (let from = 0; from + length <= positions.length; from += length)
    if (!isRun(positions, from, from + length)) return false;
  return true;
}

/** For each block of columns, 1 when it is full of neighbours in the right operand, plus 2 when in the result. */
function runsOf(work: Work, right: Int32Array, result: Int32Array): Uint8Array {
  const wide = blockColumns(work);
  return Uint8Array.from({ length: Math.ceil(right.length / wide) }, (_, block) => {
    const [from, to] = [block * wide, (block + 1) * wide];
    if (to > right.length) return 0;
    return (isRun(right, from, to) ? 1 : 0) + (isRun(result, from, to) ? 2 : 0);
  });
}

/** Collects tables in one piece of memory; it is theirs once the first of them is asked for its place. */
function tablesOf(elementBytes: number) {
  const parts: Int32Array[] = [];
  const places = new Map<Int32Array, number>();
  let size = 0;
  let made: Slot | undefined;
  const append = (words: Int32Array) => {
    const at = size * 4;
    parts.push(words);
    size += words.length;
    return at;
  };
  return {
    /** Where the positions will be, in bytes from the slot's address, as offsets in bytes. */
    of(positions: Int32Array): number {
      let at = places.get(positions);
      if (at === undefined) {
        at = append(positions.map((position) => position * elementBytes));
        places.set(positions, at);
      }
      return at;
    },
    /** Room for so many words. */
    words: (count: number): number => append(new Int32Array(count)),
    bytes(values: Uint8Array): number {
      const words = new Int32Array(Math.ceil(values.length / 4));
      new Uint8Array(words.buffer).set(values);
      return append(words);
    },
    get slot(): Slot {
      if (!made) {
        made = scratch("i32", size);
        let at = 0;
        for (const part of parts) {
          (made.data as Int32Array).set(part, at);
          at += part.length;
        }
      }
      return made;
    },
  };
}
