/** Products of matrices of floats: packed into blocks in WebAssembly's memory, multiplied there, and stored. */
import { blockColumns, blockRows, type Float, openWorkspace } from "../wasm/block.ts";

/** `result[i, j] = Σ left[i, p] × right[p, j]`, wherever the elements are. */
export interface Product {
  readonly work: Float;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly left: Elements;
  readonly right: Elements;
  readonly result: Elements;
}

/** A matrix in an array: element (i, j) is at `rows[i] + columns[j]`. */
export interface Elements {
  /** The array of the moment. */
  readonly data: Floats;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** Added to all positions. */
  readonly start: number;
}

type Floats = Float32Array | Float64Array;

/** So many steps of the sum are done for all blocks before the next ones: what is packed then fits in the caches. */
const depth = 256;
/** Products this small are not worth packing. */
const smallProduct = 4096;

export function multiply(product: Product): void {
  const { m, n, k } = product;
  if (m * n * k <= smallProduct) multiplySmall(product);
  else multiplyBlocks(product);
}

function multiplySmall({ work, m, n, k, left, right, result }: Product): void {
  const round = work === "f32" ? Math.fround : (x: number) => x;
  for (let i = 0; i < m; i++) {
    const row = left.start + left.rows[i]!;
    for (let j = 0; j < n; j++) {
      const column = right.start + right.columns[j]!;
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum = round(sum + round(left.data[row + left.columns[p]!]! * right.data[column + right.rows[p]!]!));
      }
      result.data[result.start + result.rows[i]! + result.columns[j]!] = sum;
    }
  }
}

function multiplyBlocks(product: Product): void {
  const { work, m, n, k } = product;
  const { kernels, reserve } = openWorkspace();
  const kernel = kernels[work];
  const columns = blockColumns[work];
  const bytes = work === "f32" ? 4 : 8;
  const down = Math.ceil(m / blockRows);
  const across = Math.ceil(n / columns);
  // Three parts of the memory: all of the result, a slice of the right matrix, a block row of the left one.
  const resultSize = down * blockRows * across * columns;
  const rightSize = across * columns * Math.min(k, depth);
  const buffer = reserve((resultSize + rightSize + blockRows * Math.min(k, depth)) * bytes);
  const memory = work === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
  const rowBytes = across * columns * bytes;
  const rightAt = resultSize;
  const leftAt = resultSize + rightSize;
  for (let from = 0; from < k; from += depth) {
    const steps = Math.min(depth, k - from);
    packRight(product, memory, rightAt, from, steps, columns);
    for (let i = 0; i < down; i++) {
      packLeft(product, memory, leftAt, i * blockRows, from, steps);
      for (let j = 0; j < across; j++) {
        const target = i * blockRows * rowBytes + j * columns * bytes;
        kernel(
          leftAt * bytes,
          (rightAt + j * columns * steps) * bytes,
          target,
          steps,
          rowBytes,
          from > 0 ? 1 : 0,
        );
      }
    }
  }
  unpack(product, memory, across * columns);
}

/** Blocks of columns, each with its rows one after the other; columns beyond the last are zero. */
function packRight(
  { n, right }: Product,
  memory: Floats,
  at: number,
  from: number,
  steps: number,
  width: number,
): void {
  const { data, rows, columns, start } = right;
  for (let j = 0; j < n; j += width) {
    const inside = Math.min(width, n - j);
    for (let p = 0; p < steps; p++) {
      const row = start + rows[from + p]!;
      for (let q = 0; q < inside; q++) memory[at + q] = data[row + columns[j + q]!]!;
      for (let q = inside; q < width; q++) memory[at + q] = 0;
      at += width;
    }
  }
}

/** One block of rows, column by column; rows beyond the last are zero. */
function packLeft(
  { m, left }: Product,
  memory: Floats,
  at: number,
  i: number,
  from: number,
  steps: number,
): void {
  const { data, rows, columns, start } = left;
  const inside = Math.min(blockRows, m - i);
  for (let r = 0; r < inside; r++) {
    const row = start + rows[i + r]!;
    for (let p = 0, to = at + r; p < steps; p++, to += blockRows)
      memory[to] = data[row + columns[from + p]!]!;
  }
  for (let r = inside; r < blockRows; r++) {
    for (let p = 0, to = at + r; p < steps; p++, to += blockRows) memory[to] = 0;
  }
}

function unpack({ m, n, result }: Product, memory: Floats, width: number): void {
  const { data, rows, columns, start } = result;
  for (let i = 0; i < m; i++) {
    const row = start + rows[i]!;
    for (let j = 0, from = i * width; j < n; j++, from++) data[row + columns[j]!] = memory[from]!;
  }
}
