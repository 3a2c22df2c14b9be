/** Positions of elements in row-major storage: the index walkers of kernels that move or combine elements. */
import { sizeOf, stridesOf } from "../../model/types.ts";

/** Positions `start + index · strides` of all indices below `sizes`, in row-major order. */
export function offsetsOf(sizes: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(sizeOf(sizes));
  if (offsets.length === 0) return offsets;
  offsets[0] = start;
  let filled = 1;
  // The last dimension first: each further one repeats what is there, shifted.
  for (let d = sizes.length - 1; d >= 0; d--) {
    const block = filled;
    for (let i = 1; i < sizes[d]!; i++) {
      const shift = i * strides[d]!;
      for (let j = 0; j < block; j++) offsets[filled++] = offsets[j]! + shift;
    }
  }
  return offsets;
}

/** Positions of all indices over the given dimensions of a tensor, in the order of `dimensions`. */
export function offsetsOver(shape: readonly number[], dimensions: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  return offsetsOf(
    dimensions.map((d) => shape[d]!),
    dimensions.map((d) => strides[d]!),
  );
}

/** Index of a position in row-major order. */
export function indexOf(position: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  let rest = position;
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return index;
}

/** Moves `index` to the next one in row-major order; false after the last. */
export function advance(index: number[], sizes: readonly number[]): boolean {
  for (let d = sizes.length - 1; d >= 0; d--) {
    if (++index[d]! < sizes[d]!) return true;
    index[d] = 0;
  }
  return false;
}
