/** Copies between slots at the borders of loops and branches. */
import type { Move } from "../assign.ts";
import type { Slot } from "../slot.ts";
import type { Kernel } from "./loop.ts";

export function movesKernel(moves: readonly Move[]): Kernel[] {
  return moves.map(({ from, to }) => copyKernel(from, to));
}

/** Starting `set` costs more than copying a few elements. */
const fewElements = 16;

export function copyKernel(from: Slot, to: Slot): Kernel {
  if (from.size <= fewElements) {
    return () => {
      const source = from.data;
      const target = to.data;
      for (let i = 0; i < source.length; i++) target[i] = source[i]!;
    };
  }
  return () => (to.data as Float32Array).set(from.data as Float32Array);
}
