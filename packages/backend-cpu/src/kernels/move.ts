/** Copies between slots at the borders of loops and branches. */
import { arena } from "../arena.ts";
import type { Move } from "../assign.ts";
import type { Slot } from "../slot.ts";
import { type Code, copyBytes, load, store } from "../wasm/code.ts";
import { addressOf } from "../wasm/nest.ts";
import type { Kernel } from "./loop.ts";

export function copyKernel(from: Slot, to: Slot): Kernel {
  return () => arena.copy(from.address, to.address, from.bytes);
}

export const movesCode = (moves: readonly Move[]): Code => moves.flatMap(moveCode);

/** Copying through the platform costs more than a few vectors. */
const fewBytes = 64;

/** Slots end at multiples of a cache line, so that whole vectors may be moved. */
function moveCode({ from, to }: Move): Code {
  if (from.bytes > fewBytes) return copyBytes(addressOf(to), addressOf(from), from.bytes);
  const vectors = Array.from({ length: Math.ceil(from.bytes / 16) }, (_, i) => 16 * i);
  return vectors.flatMap((at) =>
    store("v128.store", addressOf(to), load("v128.load", addressOf(from), at), at),
  );
}
