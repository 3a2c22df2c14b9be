/** The inherent attributes of ops, written since bytecode version 5 without their names. */
import { containerSince as since } from "../../declare/codes.ts";
import type { Attribute, Attributes } from "../../model/attributes.ts";
import type { Container, OperationName } from "./container.ts";
import { Cursor } from "./cursor.ts";
import type { Entries } from "./entries.ts";
import { entriesOf, type OperationRules } from "./operations.ts";

export class Properties {
  private readonly version: number;
  private readonly entries: Entries;
  private readonly rules: OperationRules;
  private readonly items: readonly Cursor[];
  /** How much printing each item would visit, known once it was read. */
  private readonly weights: Float64Array;
  private weight = 0;

  constructor(container: Container, entries: Entries, rules: OperationRules) {
    this.version = container.version;
    this.entries = entries;
    this.rules = rules;
    this.items = split(container.sections.get("properties"));
    this.weights = new Float64Array(this.items.length);
  }

  get size(): number {
    return this.items.length;
  }

  weightOf(index: number): number {
    return this.weights[index] ?? 1;
  }

  read(index: number, operation: OperationName, from: Cursor): Attributes {
    const item = this.items[index];
    if (!item) from.fail("properties", `properties ${index} of ${this.items.length} do not exist`);
    const cursor = new Cursor(item.bytes, item.at, item.end);
    this.weight = 1;
    const attributes = operation.registered ? this.fields(cursor, operation.name) : this.dictionary(cursor);
    this.weights[index] = this.weight;
    if (!cursor.done) {
      cursor.fail("properties", `${cursor.remaining} bytes follow the properties of '${operation.name}'`);
    }
    return attributes;
  }

  private attribute(index: number, cursor: Cursor): Attribute {
    const attribute = this.entries.attribute(index, cursor);
    this.weight += this.entries.weightOf(index);
    return attribute;
  }

  private dictionary(cursor: Cursor): Attributes {
    return entriesOf(this.attribute(cursor.varint(), cursor), cursor);
  }

  private fields(cursor: Cursor, name: string): Attributes {
    const fields = this.rules.properties(name);
    if (!fields) return this.unnamed(cursor);
    const attributes: [string, Attribute][] = [];
    for (const { name: field, optional } of fields) {
      // Shardy has added optional attributes to ops without giving them a new version; they come last.
      if (optional && cursor.done) continue;
      if (field === "operandSegmentSizes" || field === "resultSegmentSizes") {
        const sizes = this.segmentSizes(cursor);
        if (sizes) attributes.push([field, sizes]);
        continue;
      }
      const { value, flag } = optional ? cursor.flagged() : { value: cursor.varint(), flag: true };
      if (flag) attributes.push([field, this.attribute(value, cursor)]);
    }
    return Object.fromEntries(attributes);
  }

  /** Properties of an op without a declaration: numbered, as required ones. */
  private unnamed(cursor: Cursor): Attributes {
    const attributes: [string, Attribute][] = [];
    while (!cursor.done)
      attributes.push([`property${attributes.length}`, this.attribute(cursor.varint(), cursor)]);
    return Object.fromEntries(attributes);
  }

  /** An array attribute before version 6, then a list of numbers, sparse when most are zero. */
  private segmentSizes(cursor: Cursor): Attribute | undefined {
    if (this.version < since.segmentSizesInProperties) return this.attribute(cursor.varint(), cursor);
    const { value: count, flag: sparse } = cursor.flagged();
    if (count > cursor.remaining)
      cursor.fail("count", `${count} sizes cannot follow in ${cursor.remaining} bytes`);
    if (count === 0) return undefined;
    const values: bigint[] = [];
    if (!sparse) {
      for (let i = 0; i < count; i++) values.push(BigInt(cursor.varint()));
    } else {
      const indexBits = cursor.varint();
      if (indexBits > 8) cursor.fail("properties", "a sparse list of sizes is too long");
      for (let i = 0; i < count; i++) {
        const word = cursor.varint();
        const index = word % 2 ** indexBits;
        while (values.length <= index) values.push(0n);
        values[index] = BigInt(Math.floor(word / 2 ** indexBits));
      }
    }
    return { kind: "denseArray", element: "i32", values };
  }
}

/** The section: how many, then each with its length. */
function split(section: Cursor | undefined): Cursor[] {
  const items: Cursor[] = [];
  if (!section) return items;
  for (let left = section.count(); left > 0; left--) items.push(section.slice(section.varint()));
  if (!section.done) section.fail("properties", `${section.remaining} bytes follow the last properties`);
  return items;
}
