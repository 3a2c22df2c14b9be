/** Products of matrices wherever their elements are: which way each is computed, and its tables. */
import { arena, scratchEntry } from "../arena.ts";
import { type Slot, scratch } from "../slot.ts";
import { threads } from "../threads.ts";
import { blockColumns, blockRows } from "../wasm/block.ts";
import { type Code, fillBytes, load } from "../wasm/code.ts";
import { bytesOf, type Work } from "../wasm/lanes.ts";
import { addressOf } from "../wasm/nest.ts";
import { batchCode, scratchBytes, type Way } from "../wasm/product.ts";
import type { Program } from "../wasm/program.ts";

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

/** The code of a product, in the program's module. */
export function productCode(product: Product, program: Program): Code {
  const { way, of } = planOf(product);
  const { left, right, result, work } = of;
  const [m, n, k, batch] = [
    left.rows.length,
    right.columns.length,
    left.columns.length,
    left.starts.length,
  ] as const;
  if (m * n * batch === 0) return [];
  if (k === 0) return fillBytes(addressOf(result.slot), 0, result.slot.bytes);
  const table = tablesOf(bytesOf[work]);
  const place = ({ starts, rows, columns }: Matrices) => ({
    ...{ starts: table.of(starts), rows: table.of(rows), columns: table.of(columns) },
  });
  const [l, r, c] = [place(left), place(right), place(result)] as const;
  const runs = table.bytes(runsOf(work, right.columns, result.columns));
  const leftRuns = isInRuns(left.columns, 16 / bytesOf[work]) ? 1 : 0;
  const { rounds, ...parts } = partsOf(way, work, batch, m, n, k);
  const large = batch * m * n * k >= worthThreads;
  const scratchEach = scratchBytes(work);
  arena.scratch(scratchEach * (large ? threads.count : 1));
  const at = table.slot.address;
  const values = {
    ...{ left: addressOf(left.slot), leftRows: at + l.rows, leftColumns: at + l.columns },
    ...{ right: addressOf(right.slot), rightRows: at + r.rows, rightColumns: at + r.columns },
    ...{ result: addressOf(result.slot), resultRows: at + c.rows, resultColumns: at + c.columns },
    ...{ leftStarts: at + l.starts, rightStarts: at + r.starts, resultStarts: at + c.starts },
    ...{ leftRuns, runs: at + runs, m, n, k, ...parts },
    ...{ scratch: load("i32.load", scratchEntry), scratchEach },
  };
  return batchCode(program, { way, work, fused: !isSmall(m, n, k), of: values, rounds, large });
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
  if (!isRun(left.columns) || !isRun(right.rows)) return undefined;
  return isSmall(left.rows.length, right.columns.length, right.rows.length) ? "columns" : "dots";
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
