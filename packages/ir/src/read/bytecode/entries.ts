/**
 * Attributes and types by index. Each is decoded when first asked for and kept: half of a JAX module's entries are
 * source locations, and most entries have many users.
 */
import type { Attribute } from "../../model/attributes.ts";
import type { Location } from "../../model/location.ts";
import type { Type } from "../../model/types.ts";
import { type Container, forEachOfDialect, required } from "./container.ts";
import { Cursor, fail } from "./cursor.ts";
import { EntryReader } from "./entry_reader.ts";

/** How the entries of a dialect are spelled. */
export interface DialectEncoding {
  attribute(reader: EntryReader, code: number): Attribute;
  type(reader: EntryReader, code: number): Type;
}

export interface EntryDecoders {
  readonly dialects: Readonly<Record<string, DialectEncoding>>;
  /** Entries without a binary form are kept as their assembly text. */
  attributeOfText(text: string, offset: number): Attribute;
  typeOfText(text: string, offset: number): Type;
}

/** Entries inside entries: JAX's call stacks are the deepest that occur, a hundred or so. */
const maximalDepth = 512;
/** Parts of one entry, counted with repetition: what printing it would visit. A shared part can make this explode. */
const maximalWeight = 2 ** 21;

/** One of the two tables: where each entry is, and what it was found to be. */
class Table<T> {
  readonly what: "attribute" | "type";
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Index of the dialect's name; negative (`~index`) for assembly text. */
  readonly dialects: Int32Array;
  readonly values: (T | undefined)[];
  readonly weights: Float64Array;
  filled = 0;

  constructor(what: "attribute" | "type", size: number) {
    this.what = what;
    this.starts = new Uint32Array(size);
    this.ends = new Uint32Array(size);
    this.dialects = new Int32Array(size);
    this.values = new Array<T | undefined>(size);
    this.weights = new Float64Array(size);
  }

  get size(): number {
    return this.values.length;
  }
}

/** `weights` of an entry that is being decoded: an entry cannot contain itself. */
const open = -1;

export class Entries {
  readonly resourceKeys: readonly string[];
  readonly strings: Container["strings"];
  private readonly container: Container;
  private readonly decoders: EntryDecoders;
  private readonly bytes: Uint8Array;
  private readonly attributes: Table<Attribute>;
  private readonly types: Table<Type>;
  private depth = 0;
  /** Weight of the entry being decoded so far. */
  private weight = 0;

  constructor(container: Container, decoders: EntryDecoders, resourceKeys: readonly string[], end: Cursor) {
    this.container = container;
    this.strings = container.strings;
    this.decoders = decoders;
    this.resourceKeys = resourceKeys;
    const offsets = required(container.sections, "entryOffsets", end);
    const data = required(container.sections, "entries", end);
    this.bytes = data.bytes;
    const attributeCount = offsets.count();
    const typeCount = offsets.count();
    this.attributes = new Table<Attribute>("attribute", attributeCount);
    this.types = new Table<Type>("type", typeCount);
    this.locate(this.attributes, offsets, data);
    this.locate(this.types, offsets, data);
    if (!data.done) data.fail("entry", `${data.remaining} bytes follow the last entry`);
  }

  private locate(table: Table<unknown>, offsets: Cursor, data: Cursor): void {
    const full = () => table.filled >= table.size;
    forEachOfDialect(
      offsets,
      this.container.dialects,
      (dialect) => {
        if (full()) offsets.fail("entry", `more ${table.what}s are listed than the ${table.size} announced`);
        const { value: length, flag: custom } = offsets.flagged();
        const index = table.filled++;
        const known = this.container.dialects.indexOf(dialect);
        table.starts[index] = data.at;
        data.take(length);
        table.ends[index] = data.at;
        table.dialects[index] = custom ? known : ~known;
      },
      full,
    );
  }

  get attributeCount(): number {
    return this.attributes.size;
  }

  get typeCount(): number {
    return this.types.size;
  }

  /** The attribute at `index`; `cursor` says where it was asked for. */
  attribute(index: number, cursor: Cursor): Attribute {
    return this.attributes.values[index] ?? this.decode(this.attributes, index, cursor);
  }

  type(index: number, cursor: Cursor): Type {
    return this.types.values[index] ?? this.decode(this.types, index, cursor);
  }

  location(index: number, cursor: Cursor): Location {
    const attribute = this.attribute(index, cursor);
    if (attribute.kind !== "location") return cursor.fail("entry", `attribute ${index} should be a location`);
    return attribute.location;
  }

  /** How much printing the attribute would visit; known once it was decoded. */
  weightOf(index: number): number {
    return this.attributes.weights[index] ?? 1;
  }

  typeWeightOf(index: number): number {
    return this.types.weights[index] ?? 1;
  }

  /** The attribute as a part of another entry. */
  nestedAttribute(index: number, cursor: Cursor): Attribute {
    const value = this.attribute(index, cursor);
    this.grow(this.attributes.weights[index]!, cursor);
    return value;
  }

  nestedType(index: number, cursor: Cursor): Type {
    const value = this.type(index, cursor);
    this.grow(this.types.weights[index]!, cursor);
    return value;
  }

  grow(weight: number, cursor: Cursor): void {
    this.weight += weight;
    if (this.weight > maximalWeight) {
      cursor.fail(
        "too-large",
        `an entry has more than ${maximalWeight} parts when shared parts are written out`,
      );
    }
  }

  private decode<T extends Attribute | Type>(table: Table<T>, index: number, from: Cursor): T {
    if (index >= table.size) from.fail("entry", `${table.what} ${index} of ${table.size} does not exist`);
    if (table.weights[index] === open) from.fail("entry", `${table.what} ${index} contains itself`);
    if (this.depth >= maximalDepth) from.fail("too-deep", `entries are nested deeper than ${maximalDepth}`);
    const outer = this.weight;
    table.weights[index] = open;
    this.depth++;
    this.weight = 1;
    const value = this.read(table, index);
    this.depth--;
    table.values[index] = value;
    table.weights[index] = this.weight;
    this.weight = outer;
    return value;
  }

  private read<T extends Attribute | Type>(table: Table<T>, index: number): T {
    const cursor = new Cursor(this.bytes, table.starts[index]!, table.ends[index]!);
    const dialectIndex = table.dialects[index]!;
    const isAttribute = (table as Table<Attribute | Type>) === this.attributes;
    if (dialectIndex < 0) {
      const offset = cursor.at;
      const text = cursor.terminated();
      this.finish(cursor, table.what);
      return (
        isAttribute ? this.decoders.attributeOfText(text, offset) : this.decoders.typeOfText(text, offset)
      ) as T;
    }
    const dialect = this.container.dialects[dialectIndex]!;
    const encoding = Object.hasOwn(this.decoders.dialects, dialect)
      ? this.decoders.dialects[dialect]
      : undefined;
    if (!encoding)
      fail("unknown-dialect", `no binary form of "${dialect}" ${table.what}s is known`, cursor.at);
    const reader = new EntryReader(this, cursor);
    const code = cursor.varint();
    const value = isAttribute ? encoding.attribute(reader, code) : encoding.type(reader, code);
    this.finish(cursor, table.what);
    return value as T;
  }

  private finish(cursor: Cursor, what: string): void {
    if (!cursor.done) cursor.fail("entry", `${cursor.remaining} bytes follow the end of this ${what}`);
  }
}
