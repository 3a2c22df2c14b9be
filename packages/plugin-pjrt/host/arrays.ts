/**
 * The arrays of a hosted backend, by the plugin's numbers. The file that both processes share has every value; what the
 * backend made or was given lately stays with it too, so that a loop does not copy its state in and out of the file.
 */
import type { Backend, Buffer } from "@hloom/backend";
import { byteLength, type HostTensor } from "@hloom/ir";
import { readArray, writeArray } from "./memory.ts";
import type { ArrayReference } from "./protocol.ts";

type Type = HostTensor["type"];

/** Bytes that stay with the backend beside the file; the oldest leave first. */
const limit = 2 ** 30;

export class Arrays {
  readonly #backend: Backend;
  readonly #resident = new Map<number, Buffer>();
  #bytes = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The value as the backend's buffer. With the number 0 it is the caller's to close. */
  input(type: Type, [id, offset]: ArrayReference): Buffer {
    const known = this.#resident.get(id);
    if (known) return known;
    const buffer = this.#backend.upload(readArray(type, offset));
    if (id !== 0) this.#keep(id, buffer);
    return buffer;
  }

  /** Waits for the value and writes it where the plugin reads it. */
  async output(buffer: Buffer, [id, offset]: ArrayReference): Promise<void> {
    try {
      writeArray(await buffer.read(), offset);
    } catch (error) {
      buffer.close();
      throw error;
    }
    this.#keep(id, buffer);
  }

  /** The plugin has let go of these, or a run consumed them. */
  forget(ids: Iterable<number>): void {
    for (const id of ids) {
      const buffer = this.#resident.get(id);
      if (!buffer) continue;
      this.#resident.delete(id);
      this.#bytes -= byteLength(buffer.type);
      buffer.close();
    }
  }

  #keep(id: number, buffer: Buffer): void {
    this.#resident.set(id, buffer);
    this.#bytes += byteLength(buffer.type);
  }

  /** Between runs, when no run needs what leaves. */
  trim(): void {
    for (const id of this.#resident.keys()) {
      if (this.#bytes <= limit) return;
      this.forget([id]);
    }
  }
}
