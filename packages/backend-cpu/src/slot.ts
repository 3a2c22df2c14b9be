/** Where a kernel finds a value: a place in the arena, which may change between runs. */
import { bytesPerElement, type HostTensor, type Storage, sizeOf } from "@hloom/ir";
import { arena, type Block } from "./arena.ts";

export type SlotKind =
  /** Bound to a caller's array for each run; never written. */
  | "argument"
  /** Like an argument, but the program may write to it. */
  | "donated"
  /** Filled while compiling; never written again. */
  | "constant"
  /** A part of the executable's own memory, shared with other slots that live at other times. */
  | "planned"
  /** Given a new array for each run, because a caller keeps it. */
  | "result"
  /** A kernel's own: memory that it keeps, or a part of another slot's. */
  | "own";

export class Slot {
  readonly id: number;
  readonly type: HostTensor["type"];
  readonly size: number;
  kind: SlotKind;
  /** Steps (positions in the plan) between which the value must stay. */
  start = 0;
  end = 0;
  /** Memory that belongs to the slot for good. */
  block: Block | undefined;
  /** Where generated code finds the address: a word of the program's table of addresses. */
  entry = 0;
  #address = 0;
  #view: Storage | undefined;

  constructor(id: number, type: HostTensor["type"], kind: SlotKind) {
    this.id = id;
    this.type = type;
    this.kind = kind;
    this.size = sizeOf(type.shape);
  }

  get bytes(): number {
    return this.size * bytesPerElement(this.type.element);
  }

  /** Where the value is, in bytes from the arena's beginning: from its binding on, while a run lasts. */
  get address(): number {
    return this.#address;
  }

  set address(address: number) {
    if (address === this.#address) return;
    this.#address = address;
    this.#view = undefined;
    if (this.entry > 0) arena.words[this.entry >>> 2] = address;
  }

  /** The value as an array of the moment: allocations may void it, so ask again for each use. */
  get data(): Storage {
    // An array over memory that has moved is empty.
    if (!this.#view || (this.#view.length === 0 && this.size > 0)) {
      this.#view = arena.view(this.type.element, this.#address, this.size);
    }
    return this.#view;
  }

  /** Gives the slot memory of its own. */
  own(): void {
    this.block ??= arena.allocate(this.bytes);
    this.address = this.block.address;
  }

  /** Says where generated code looks the address up. */
  list(entry: number): void {
    this.entry = entry;
    arena.words[entry >>> 2] = this.#address;
  }

  /** Whether a kernel may overwrite a value that nobody reads any more. */
  get writable(): boolean {
    return this.kind === "planned" || this.kind === "donated" || this.kind === "result";
  }
}

let scratchIds = -1;
let collected: Slot[] | undefined;

/** The scratch memory that `work` asks for: generated code knows no more than its address, so that others must keep it. */
export function collectScratch<T>(work: () => T): { readonly result: T; readonly scratch: readonly Slot[] } {
  const outer = collected;
  const mine: Slot[] = [];
  collected = mine;
  try {
    return { result: work(), scratch: mine };
  } finally {
    collected = outer;
  }
}

/** Memory of a kernel's own, kept between its runs; zero at first. */
export function scratch(element: HostTensor["type"]["element"], size: number): Slot {
  const slot = new Slot(scratchIds--, { kind: "tensor", shape: [size], element }, "own");
  slot.own();
  collected?.push(slot);
  new Uint8Array(arena.buffer).fill(0, slot.address, slot.address + slot.bytes);
  return slot;
}
