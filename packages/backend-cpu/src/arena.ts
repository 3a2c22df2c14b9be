/**
 * The one WebAssembly memory of the process: values, working memory and scratch of all programs are blocks of it, so
 * that generated code reaches every array by its address. It grows up to the 4 GiB that 32-bit addresses reach and is
 * shared where the platform allows.
 */
import {
  bytesOf,
  bytesPerElement,
  type Element,
  type HostTensor,
  type Storage,
  sizeOf,
  viewOf,
} from "@hloom/ir";

/** The part of the standard interface that is used; its types come with browsers only. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared?: boolean;
  }) => Memory;
};

interface Memory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

const pageBytes = 65536;
/** 4 GiB; a platform that cannot reserve so much gets the largest half, quarter, … that it can. */
const mostPages = 65536;
/** Blocks begin at multiples of a cache line, so that any element is aligned. */
export const alignment = 64;
/** The first bytes are nobody's, so that no block has the address 0; as many behind the last block may be read. */
const margin = 64;
/** Where generated code finds the address of scratch: a word of the first bytes. */
export const scratchEntry = 4;

/** A part of the arena that its holder owns: it is free again after `free`, or when the holder is forgotten. */
export class Block {
  readonly address: number;
  readonly bytes: number;
  readonly #arena: Arena;
  #held = true;

  constructor(arena: Arena, address: number, bytes: number) {
    this.#arena = arena;
    this.address = address;
    this.bytes = bytes;
    forgotten.register(this, { arena, address, bytes }, this);
  }

  free(): void {
    if (!this.#held) return;
    this.#held = false;
    forgotten.unregister(this);
    this.#arena.release(this.address, this.bytes);
  }
}

interface Forgotten {
  readonly arena: Arena;
  readonly address: number;
  readonly bytes: number;
}

const forgotten = new FinalizationRegistry<Forgotten>(({ arena, address, bytes }) =>
  arena.release(address, bytes),
);

interface Gap {
  readonly from: number;
  readonly to: number;
}

const roundUp = (bytes: number): number => Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

export class Arena {
  readonly memory: Memory;
  /** Whether other threads may see it. */
  readonly shared: boolean;
  readonly maximumPages: number;
  /** The whole memory as 32-bit words. */
  words: Int32Array;
  /** Free parts below `#end`, by address; no two touch. */
  readonly #gaps: Gap[] = [];
  #end = margin;
  #scratch: Block | undefined;

  constructor() {
    this.shared = typeof SharedArrayBuffer === "function";
    let maximum = mostPages;
    let memory = reserve(maximum, this.shared);
    while (!memory && maximum > 16) memory = reserve((maximum >>= 1), this.shared);
    if (!memory) throw new Error("this platform gives no WebAssembly memory");
    this.memory = memory;
    this.maximumPages = maximum;
    this.words = new Int32Array(memory.buffer);
  }

  /** The whole memory. A later allocation may void it: ask again instead of keeping it. */
  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  /**
   * A block of at least `bytes`, with rubbish in it. Whole vectors may be read past its end, not written.
   * Throws RESOURCE_EXHAUSTED when 32-bit addresses have no room for it.
   */
  allocate(bytes: number): Block {
    const size = roundUp(bytes);
    return new Block(this, this.#place(size), size);
  }

  /**
   * Address of at least `bytes` for the kernel that runs now: the next kernel that asks gets the same. There will never
   * be less again, but it may move: generated code asks while it is written, and reads `scratchEntry` when it runs.
   */
  scratch(bytes: number): number {
    if (!this.#scratch || this.#scratch.bytes < bytes) {
      this.#scratch?.free();
      this.#scratch = this.allocate(bytes);
      this.words[scratchEntry >> 2] = this.#scratch.address;
    }
    return this.#scratch.address;
  }

  /** The array of `size` elements at an address; a later allocation may void it. */
  view(element: Element, address: number, size: number): Storage {
    return viewOf(element, new Uint8Array(this.buffer, address, size * bytesPerElement(element)));
  }

  tensor(type: HostTensor["type"], { address }: Block): HostTensor {
    return { type, data: this.view(type.element, address, sizeOf(type.shape)) };
  }

  /** A copy in the arena. */
  hold({ data }: HostTensor): Block {
    const block = this.allocate(data.byteLength);
    this.fill(block, data);
    return block;
  }

  fill(block: Block, data: Storage): void {
    new Uint8Array(this.buffer).set(bytesOf(data), block.address);
  }

  copy(from: number, to: number, bytes: number): void {
    new Uint8Array(this.buffer).copyWithin(to, from, from + bytes);
  }

  clear(address: number, bytes: number): void {
    new Uint8Array(this.buffer, address, bytes).fill(0);
  }

  /** For {@link Block.free}. */
  release(from: number, bytes: number): void {
    let to = from + bytes;
    let at = this.#gaps.length;
    while (at > 0 && this.#gaps[at - 1]!.from > from) at--;
    const below = this.#gaps[at - 1];
    const above = this.#gaps[at];
    const joinsBelow = below?.to === from;
    const joinsAbove = above?.from === to;
    if (joinsBelow) from = below.from;
    if (joinsAbove) to = above.to;
    const first = joinsBelow ? at - 1 : at;
    this.#gaps.splice(first, (joinsBelow ? 1 : 0) + (joinsAbove ? 1 : 0), { from, to });
    if (to === this.#end) {
      this.#end = this.#gaps.pop()!.from;
    }
  }

  /** The smallest gap that fits, else the end. */
  #place(size: number): number {
    let best = -1;
    let bestSize = Infinity;
    for (let i = 0; i < this.#gaps.length; i++) {
      const { from, to } = this.#gaps[i]!;
      if (to - from < size || to - from >= bestSize) continue;
      best = i;
      bestSize = to - from;
      if (bestSize === size) break;
    }
    if (best < 0) return this.#extend(size);
    const { from, to } = this.#gaps[best]!;
    if (bestSize === size) this.#gaps.splice(best, 1);
    else this.#gaps[best] = { from: from + size, to };
    return from;
  }

  #extend(size: number): number {
    const from = this.#end;
    const missing = from + size + margin - this.memory.buffer.byteLength;
    if (missing > 0) this.#grow(Math.ceil(missing / pageBytes), size);
    this.#end = from + size;
    return from;
  }

  #grow(pages: number, size: number): void {
    const now = this.memory.buffer.byteLength / pageBytes;
    const most = this.maximumPages - now;
    try {
      if (pages > most) throw new RangeError("beyond the maximum");
      // More than asked for, in proportion: growing costs a system call.
      this.memory.grow(Math.min(most, Math.max(pages, now >> 3)));
      this.words = new Int32Array(this.buffer);
    } catch {
      throw new Error(
        `RESOURCE_EXHAUSTED: no room for an array of ${size} bytes: ${this.#end - margin - this.#unused()} bytes of at most ` +
          `${this.maximumPages * pageBytes} are in use; close buffers that are not needed, or use smaller arrays`,
      );
    }
  }

  #unused(): number {
    return this.#gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  }
}

function reserve(maximum: number, shared: boolean): Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: 16, maximum, shared });
  } catch {
    return undefined;
  }
}

export const arena = new Arena();
