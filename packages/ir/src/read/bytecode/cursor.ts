/** A bounds-checked position in the bytes of an artifact, and the integer spellings of MLIR bytecode. */
import { textOfBytes } from "../../model/byte_string.ts";
import { DiagnosticError, error } from "../../model/diagnostic.ts";

/** Leaves the reader with a diagnostic at a byte; `readBytecode` turns it into a value. */
export function fail(code: string, message: string, offset: number, notes?: readonly string[]): never {
  throw new DiagnosticError(error(`bytecode/${code}`, message, notes ? { offset, notes } : { offset }));
}

/** Where the zero bit pattern 1, 10, 100, … of a varint's first byte ends, i.e. how many bytes follow it. */
const followingBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0 ? 8 : 31 - Math.clz32(byte & -byte),
);

export class Cursor {
  /** The whole artifact; offsets in diagnostics and alignment count from its first byte. */
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  fail(code: string, message: string, notes?: readonly string[]): never {
    fail(code, message, this.at, notes);
  }

  byte(): number {
    if (this.at >= this.end) this.fail("truncated", "the data ends where a byte should follow");
    return this.bytes[this.at++]!;
  }

  /** A view of the next `length` bytes, not a copy. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) {
      this.fail("truncated", `the data ends where ${length} bytes should follow, ${this.remaining} are left`);
    }
    const from = this.at;
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  /** A cursor over the next `length` bytes, which this one skips. */
  slice(length: number): Cursor {
    const from = this.at;
    this.take(length);
    return new Cursor(this.bytes, from, this.at);
  }

  align(alignment: number): void {
    if (alignment < 1 || alignment > 1 << 20 || (alignment & (alignment - 1)) !== 0) {
      this.fail("alignment", `${alignment} is not a power of two up to 2^20`);
    }
    this.take((alignment - (this.at % alignment)) % alignment);
  }

  /** An unsigned varint that must be a safe integer: sizes, indices, counts, enum codes. */
  varint(): number {
    const start = this.at;
    const first = this.byte();
    if (first & 1) return first >> 1;
    const following = followingBytes[first]!;
    if (following <= 3) {
      let value = first;
      for (let i = 1, scale = 256; i <= following; i++, scale *= 256) value += this.byte() * scale;
      return Math.floor(value / (1 << (following + 1)));
    }
    this.at = start;
    const value = this.bigVarint();
    if (value > Number.MAX_SAFE_INTEGER)
      fail("number-too-large", `${value} is too large for a size or an index`, start);
    return Number(value);
  }

  /** An unsigned varint of up to 64 bits: one byte says by its trailing zeros how many follow. */
  bigVarint(): bigint {
    const first = this.byte();
    const following = followingBytes[first]!;
    const bytes = this.take(following);
    let value = 0n;
    for (let i = following - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return following === 8 ? value : ((value << 8n) | BigInt(first)) >> BigInt(following + 1);
  }

  /** A varint whose lowest bit is a flag of its own. */
  flagged(): { readonly value: number; readonly flag: boolean } {
    const word = this.varint();
    return { value: Math.floor(word / 2), flag: word % 2 === 1 };
  }

  /** A zigzag varint: the sign in the lowest bit. */
  bigSigned(): bigint {
    const word = this.bigVarint();
    return (word >> 1n) ^ -(word & 1n);
  }

  signed(): number {
    const start = this.at;
    const first = this.byte();
    if (first & 1) {
      const word = first >> 1;
      return (word >> 1) ^ -(word & 1);
    }
    this.at = start;
    const value = this.bigSigned();
    // The one 64-bit number that programs do contain is the size of a dynamic dimension.
    if (value < -Number.MAX_SAFE_INTEGER && value !== dynamicSize) {
      fail("number-too-large", `${value} is too small for a size or an index`, start);
    }
    if (value > Number.MAX_SAFE_INTEGER)
      fail("number-too-large", `${value} is too large for a size or an index`, start);
    return Number(value);
  }

  /** How many items follow; each takes a byte at least, so that a count can never ask for more memory than the input has. */
  count(): number {
    const start = this.at;
    const count = this.varint();
    if (count > this.remaining) {
      fail("count", `${count} items cannot follow in ${this.remaining} bytes`, start);
    }
    return count;
  }

  /** UTF-8 up to and including a zero byte. */
  terminated(): string {
    const stop = this.bytes.indexOf(0, this.at);
    if (stop < 0 || stop >= this.end) this.fail("truncated", "a string without its zero byte");
    const text = textOfBytes(this.bytes.subarray(this.at, stop));
    this.at = stop + 1;
    return text;
  }
}

/** What MLIR writes for a dimension of unknown size: the smallest 64-bit integer. */
export const dynamicSize = -(2n ** 63n);
