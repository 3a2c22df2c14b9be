/** The pieces that encoded attributes and types are made of, whatever their dialect. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import type { Location } from "../../model/location.ts";
import { DYNAMIC, type ElementType, type Type } from "../../model/types.ts";
import { type Cursor, dynamicSize } from "./cursor.ts";
import type { Entries } from "./entries.ts";

export class EntryReader {
  readonly cursor: Cursor;
  private readonly entries: Entries;

  constructor(entries: Entries, cursor: Cursor) {
    this.entries = entries;
    this.cursor = cursor;
  }

  fail(message: string): never {
    return this.cursor.fail("entry", message);
  }

  list<T>(read: () => T): T[] {
    const items: T[] = [];
    const count = this.cursor.count();
    this.entries.grow(count, this.cursor);
    for (let left = count; left > 0; left--) items.push(read());
    return items;
  }

  attribute(): Attribute {
    return this.entries.nestedAttribute(this.cursor.varint(), this.cursor);
  }

  attributes(): Attribute[] {
    return this.list(() => this.attribute());
  }

  /** `index << 1 | present` */
  optionalAttribute(): Attribute | undefined {
    const { value, flag } = this.cursor.flagged();
    return flag ? this.entries.nestedAttribute(value, this.cursor) : undefined;
  }

  location(): Location {
    const attribute = this.attribute();
    return attribute.kind === "location" ? attribute.location : this.fail("a location is expected");
  }

  /** A string attribute's text. */
  text(): string {
    const attribute = this.attribute();
    return attribute.kind === "string" ? attribute.value : this.fail("a string attribute is expected");
  }

  record(name: string): RecordAttribute {
    return this.asRecord(this.attribute(), name);
  }

  optionalRecord(name: string): RecordAttribute | undefined {
    const attribute = this.optionalAttribute();
    return attribute && this.asRecord(attribute, name);
  }

  private asRecord(attribute: Attribute, name: string): RecordAttribute {
    const found = attribute.kind === "record" && attribute.name === name;
    return found ? attribute : this.fail(`an attribute #${name} is expected`);
  }

  /** A string by its index in the table. */
  string(): string {
    return this.entries.strings.at(this.cursor.varint(), this.cursor);
  }

  type(): Type {
    return this.entries.nestedType(this.cursor.varint(), this.cursor);
  }

  types(): Type[] {
    return this.list(() => this.type());
  }

  /** A type that can be the element of a tensor. */
  element(): ElementType {
    const type = this.type();
    return type.kind === "scalar" ? type.element : this.fail(`a ${type.kind} type cannot be an element`);
  }

  numbers(): number[] {
    return this.list(() => this.cursor.signed());
  }

  unsignedNumbers(): number[] {
    return this.list(() => this.cursor.varint());
  }

  /** Sizes of dimensions or bounds of them. */
  shape(): number[] {
    return this.list(() => {
      const size = this.cursor.signed();
      if (size >= 0) return size;
      return size === Number(dynamicSize) ? DYNAMIC : this.fail(`${size} is not the size of a dimension`);
    });
  }

  boolean(): boolean {
    const value = this.cursor.byte();
    return value <= 1 ? value === 1 : this.fail(`${value} is not a boolean`);
  }

  blob(): Uint8Array {
    return this.cursor.take(this.cursor.varint());
  }

  /** The low `width` bits, unsigned: up to 8 bits are a byte, up to 64 a signed varint, more are a list of words. */
  bits(width: number): bigint {
    if (width <= 8) return BigInt.asUintN(width, BigInt(this.cursor.byte()));
    if (width <= 64) return BigInt.asUintN(width, this.cursor.bigSigned());
    const words = this.list(() => this.cursor.bigSigned());
    const value = words.reduceRight((high, word) => (high << 64n) | BigInt.asUintN(64, word), 0n);
    return BigInt.asUintN(width, value);
  }

  /** A 64-bit float from its bit pattern. */
  double(): number {
    return new Float64Array(new BigUint64Array([this.bits(64)]).buffer)[0]!;
  }

  resource(): string {
    const index = this.cursor.varint();
    return this.entries.resourceKeys[index] ?? this.fail(`resource ${index} does not exist`);
  }
}
