/** Values that may not be there yet. */
import type { Block } from "./arena.ts";

/** The value of a buffer. Its memory is free when the buffer is closed and no run needs it any more. */
export class Value {
  #block: Block | undefined;
  #failure: { readonly error: unknown } | undefined;
  #holders = 1;

  constructor(block?: Block) {
    this.#block = block;
  }

  set(block: Block): void {
    if (this.#holders > 0) this.#block = block;
    else block.free();
  }

  fail(error: unknown): void {
    this.#failure = { error };
  }

  get(): Block {
    if (this.#failure) throw this.#failure.error;
    if (!this.#block) throw new Error("the value was not computed");
    return this.#block;
  }

  retain(): void {
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    this.#block?.free();
    this.#block = undefined;
  }

  /** A run took the memory over: it may be a result's now. */
  consume(): void {
    this.#block = undefined;
  }
}
