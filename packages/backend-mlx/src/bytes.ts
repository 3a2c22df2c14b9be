/** Little-endian fields, written to a growing buffer and read with every bound checked. */

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }
  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  }
  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }
  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
  }
  i64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value, true);
  }
  f64(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value, true);
  }
  bytes(value: Uint8Array): void {
    const start = this.#grow(value.byteLength);
    this.#bytes.set(value, start);
  }
  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u32(bytes.byteLength);
    this.bytes(bytes);
  }
  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(size: number): number {
    const start = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.byteLength) {
      const bytes = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.byteLength));
      bytes.set(this.#bytes.subarray(0, start));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    return start;
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #error: (what: string) => Error;
  #at = 0;

  constructor(bytes: Uint8Array, error: (what: string) => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#error = error;
  }

  get done(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  u8 = (): number => this.#view.getUint8(this.#take(1));
  u16 = (): number => this.#view.getUint16(this.#take(2), true);
  u32 = (): number => this.#view.getUint32(this.#take(4), true);
  u64 = (): bigint => this.#view.getBigUint64(this.#take(8), true);
  i64 = (): bigint => this.#view.getBigInt64(this.#take(8), true);
  f64 = (): number => this.#view.getFloat64(this.#take(8), true);

  /** A view, not a copy. */
  bytes(size: number): Uint8Array {
    const start = this.#take(size);
    return this.#bytes.subarray(start, start + size);
  }
  text(): string {
    return new TextDecoder().decode(this.bytes(this.u32()));
  }
  sub(size: number): ByteReader {
    return new ByteReader(this.bytes(size), this.#error);
  }
  /** `smallest` bytes per item at least: a count that the rest cannot hold is refused before anything is allocated. */
  list<T>(smallest: number, read: () => T): T[] {
    const count = this.u32();
    if (count * smallest > this.#bytes.byteLength - this.#at) throw this.#error("a count exceeds the input");
    return Array.from({ length: count }, read);
  }

  #take(size: number): number {
    const start = this.#at;
    if (size > this.#bytes.byteLength - start) throw this.#error("truncated");
    this.#at = start + size;
    return start;
  }
}
