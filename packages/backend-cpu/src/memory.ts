/** Fourth stage: slots that live at different times share the executable's memory. */
import { alignment, arena, type Block } from "./arena.ts";
import type { Slot } from "./slot.ts";

export interface Layout {
  readonly bytes: number;
  readonly offsets: ReadonlyMap<Slot, number>;
}

function bytesOf(slot: Slot): number {
  return Math.ceil(slot.bytes / alignment) * alignment;
}

/** Offsets by first fit in order of size: big arrays first, each at the lowest place free during its life. */
export function layOut(slots: readonly Slot[]): Layout {
  const placed: { slot: Slot; from: number; to: number }[] = [];
  const offsets = new Map<Slot, number>();
  let bytes = 0;
  const planned = slots.filter((slot) => slot.kind === "planned");
  for (const slot of planned.sort((a, b) => bytesOf(b) - bytesOf(a))) {
    const size = bytesOf(slot);
    let from = 0;
    // `placed` is kept in order of place.
    for (const other of placed) {
      const together = other.slot.start <= slot.end && slot.start <= other.slot.end;
      if (!together || other.to <= from) continue;
      if (other.from >= from + size) break;
      from = other.to;
    }
    offsets.set(slot, from);
    const at = placed.findIndex((other) => other.from > from);
    placed.splice(at < 0 ? placed.length : at, 0, { slot, from, to: from + size });
    bytes = Math.max(bytes, from + size);
  }
  return { bytes, offsets };
}

/** Gives planned slots their parts of one new block of memory. */
export function bindMemory({ bytes, offsets }: Layout): Block {
  const block = arena.allocate(bytes);
  for (const [slot, offset] of offsets) slot.address = block.address + offset;
  return block;
}
