/** Tables of positions: where the points of a shape lie in an array. */
import { sizeOf } from "@hloom/ir";

/** `start + Σ index × stride` of all points of `shape`, in row-major order. */
export function positionsOf(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const all = new Int32Array(sizeOf(shape));
  if (all.length === 0) return all;
  all[0] = start;
  let filled = 1;
  shape.forEach((size, d) => {
    // Every point so far becomes a row; from the last on, so that none is overwritten before it is read.
    for (let i = filled - 1; i >= 0; i--) {
      const base = all[i]!;
      for (let j = size - 1; j >= 0; j--) all[i * size + j] = base + j * strides[d]!;
    }
    filled *= size;
  });
  return all;
}

/** Whether a table counts 0, 1, 2, … */
export function isConsecutive(positions: Int32Array): boolean {
  return positions.every((position, i) => position === i);
}
