/** Collects the parts of an encoded attribute or type, whatever its dialect: the mirror of the reader's EntryReader. */

import type { VhloGap } from "../../declare/vhlo.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { Location } from "../../model/location.ts";
import { DYNAMIC, type ElementType, type Type } from "../../model/types.ts";
import { Emitter } from "./emitter.ts";
import { type Encoded, laterOf, type Part } from "./entries.ts";

/** Finds the entries of nested attributes and types. */
export interface Nested {
  attribute(attribute: Attribute): Encoded;
  type(type: Type): Encoded;
  location(location: Location): Encoded;
}

/** What MLIR writes for a dimension of unknown size: the smallest 64-bit integer. */
const dynamicSize = -(2n ** 63n);

export class EntryWriter {
  readonly #parts: Part[] = [];
  #needs: VhloGap | undefined;
  readonly #nested: Nested;
  #pending = new Emitter();

  constructor(nested: Nested) {
    this.#nested = nested;
  }

  /** The latest that the nested entries need. */
  get needs(): VhloGap | undefined {
    return this.#needs;
  }

  finish(): readonly Part[] {
    this.#flush();
    return this.#parts;
  }

  #flush(): void {
    if (this.#pending.size === 0) return;
    this.#parts.push({ kind: "bytes", bytes: this.#pending.bytes });
    this.#pending = new Emitter();
  }

  #reference(part: Part): void {
    this.#flush();
    this.#parts.push(part);
  }

  varint(value: number): void {
    this.#pending.varint(value);
  }

  flagged(value: number, flag: boolean): void {
    this.#pending.flagged(value, flag);
  }

  signed(value: number | bigint): void {
    this.#pending.signed(BigInt(value));
  }

  boolean(value: boolean): void {
    this.#pending.byte(value ? 1 : 0);
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.varint(items.length);
    items.forEach(write);
  }

  encoded({ entry, needs }: Encoded, spelling: "plain" | "present" = "plain"): void {
    this.#needs = laterOf(this.#needs, needs);
    this.#reference({ kind: "entry", entry, spelling });
  }

  attribute(attribute: Attribute): void {
    this.encoded(this.#nested.attribute(attribute));
  }

  attributes(attributes: readonly Attribute[]): void {
    this.list(attributes, (attribute) => this.attribute(attribute));
  }

  /** `index << 1 | present` */
  optionalAttribute(attribute: Attribute | undefined): void {
    if (!attribute) return this.varint(0);
    this.encoded(this.#nested.attribute(attribute), "present");
  }

  location(location: Location): void {
    this.encoded(this.#nested.location(location));
  }

  /** As a string attribute. */
  text(value: string): void {
    this.attribute({ kind: "string", value });
  }

  /** By its place in the table of strings. */
  string(text: string): void {
    this.#reference({ kind: "string", text });
  }

  resource(key: string): void {
    this.#reference({ kind: "resource", key });
  }

  type(type: Type): void {
    this.encoded(this.#nested.type(type));
  }

  types(types: readonly Type[]): void {
    this.list(types, (type) => this.type(type));
  }

  element(element: ElementType): void {
    this.type({ kind: "scalar", element });
  }

  numbers(numbers: readonly number[]): void {
    this.list(numbers, (number) => this.signed(number));
  }

  /** Sizes of dimensions or bounds of them. */
  shape(sizes: readonly number[]): void {
    this.list(sizes, (size) => this.signed(size === DYNAMIC ? dynamicSize : size));
  }

  blob(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#pending.append(bytes);
  }

  /** Text in place of a dialect's own form. */
  assembly(text: string): void {
    this.#pending.terminated(text);
  }

  /** The low `width` bits: up to 8 bits are a byte, up to 64 a signed varint, more are a list of words. */
  bits(value: bigint, width: number): void {
    const bits = BigInt.asUintN(width, value);
    if (width <= 8) return this.#pending.byte(Number(bits));
    if (width <= 64) return this.signed(BigInt.asIntN(64, bits));
    const words: bigint[] = [];
    for (let rest = bits; rest > 0n; rest >>= 64n) words.push(BigInt.asIntN(64, rest));
    if (words.length === 0) words.push(0n);
    this.list(words, (word) => this.signed(word));
  }

  /** A 64-bit float as its bit pattern. */
  double(value: number): void {
    this.bits(new BigUint64Array(new Float64Array([value]).buffer)[0]!, 64);
  }
}
