/** Growing bytes, and the integer spellings of MLIR bytecode: the mirror of the reader's cursor. */
import type { SectionName } from "../../declare/codes.ts";
import { sectionIds } from "../../declare/codes.ts";
import { bytesOfText } from "../../model/byte_string.ts";

/** What MLIR fills gaps with. */
const padding = 0xcb;

export class Emitter {
  #bytes = new Uint8Array(64);
  #size = 0;
  /** The largest alignment of a part, which the start of all of it needs too. */
  #alignment = 1;

  get size(): number {
    return this.#size;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#size++] = value;
  }

  patch(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  /** One byte says by its trailing zeros how many follow, seven bits each. */
  varint(value: number): void {
    if (value < 0x80) return this.byte(value * 2 + 1);
    if (value >= 2 ** 28) return this.bigVarint(BigInt(value));
    const following = value < 2 ** 14 ? 1 : value < 2 ** 21 ? 2 : 3;
    let word = (value * 2 + 1) * 2 ** following;
    for (let left = following; left >= 0; left--) {
      this.byte(word % 256);
      word = Math.floor(word / 256);
    }
  }

  bigVarint(value: bigint): void {
    let following = 0;
    while (following < 8 && value >> BigInt(7 * (following + 1)) !== 0n) following++;
    // Nine bytes start with a zero and hold the number as it is.
    let word = following === 8 ? value << 8n : ((value << 1n) | 1n) << BigInt(following);
    for (let left = following; left >= 0; left--) {
      this.byte(Number(word & 0xffn));
      word >>= 8n;
    }
  }

  /** A varint whose lowest bit is a flag of its own. */
  flagged(value: number, flag: boolean): void {
    this.varint(value * 2 + (flag ? 1 : 0));
  }

  /** The sign in the lowest bit. */
  signed(value: bigint): void {
    this.bigVarint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  terminated(text: string): void {
    this.append(bytesOfText(text));
    this.byte(0);
  }

  align(alignment: number): void {
    this.#alignment = Math.max(this.#alignment, alignment);
    while (this.#size % alignment !== 0) this.byte(padding);
  }

  /** `id | aligned << 7`, length, perhaps an alignment with its padding, data. */
  section(name: SectionName, data: Emitter): void {
    const aligned = data.#alignment > 1;
    this.byte(sectionIds[name] | (aligned ? 0x80 : 0));
    this.varint(data.size);
    if (aligned) {
      this.varint(data.#alignment);
      this.align(data.#alignment);
    }
    this.append(data.bytes);
  }

  #reserve(count: number): void {
    const needed = this.#size + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
