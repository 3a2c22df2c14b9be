/** Rows of elements in the order of their keys, digit by digit. */
import { arena } from "../arena.ts";
import type { Slot } from "../slot.ts";
import { radix } from "../wasm/radix.ts";
import { type Key, keyWriter, wordsIn } from "./order.ts";

/** Addresses of working memory. */
export type Room = Readonly<
  Record<"counts" | "keys" | "spareKeys" | "items" | "spareItems" | "words", number>
>;

/** From so many keys on larger digits pay: fewer rounds, but larger tables. */
const manyKeys = 4096;

/** For rows of `n` elements that are `step` apart; `sources` are the operands that keys speak of. */
export function orderByDigits(sources: readonly Slot[], n: number, step: number, keys: readonly Key[]) {
  const writers = keys.map((key) => ({ operand: key.operand, words: wordsIn(key), write: keyWriter(key) }));
  const bits = n < manyKeys ? 8 : 11;
  const wordCount = writers.reduce((sum, { words }) => sum + words, 0);
  const { sort, pick } = radix();
  return {
    /** Working memory for one kernel. */
    room(): Room {
      const counts = arena.scratch(4 * (2 ** bits + n * (4 + wordCount)));
      const keysAt = counts + 4 * 2 ** bits;
      const part = (i: number) => keysAt + 4 * n * i;
      return {
        ...{ counts, keys: keysAt, spareKeys: part(1), items: part(2), spareItems: part(3), words: part(4) },
      };
    },
    /** The keys of the row that begins at element `start`; tells whether its elements are what the keys stand for. */
    writeKeys(start: number, room: Room): boolean {
      let place = room.words >> 2;
      let same = true;
      for (const { operand, words, write } of writers) {
        const { data } = sources[operand]!;
        same = write(data, start, step, n, arena.words, place, place + n) && same;
        place += words * n;
      }
      return same;
    },
    /** Sorts the words of a single key. */
    sortKeys(room: Room): void {
      sort(room.words, room.spareKeys, 0, 0, n, room.counts, bits, 0);
    },
    /** Positions of the row's elements in sorted order. */
    order(room: Room): Int32Array {
      const items = new Int32Array(arena.buffer, room.items, n);
      for (let i = 0; i < n; i++) items[i] = i;
      for (let w = wordCount - 1; w >= 0; w--) {
        pick(room.words + 4 * n * w, room.items, room.items + 4 * n, room.keys);
        sort(room.keys, room.spareKeys, room.items, room.spareItems, n, room.counts, bits, 1);
      }
      return items;
    },
  };
}
