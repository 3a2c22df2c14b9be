/** The outer layers of a bytecode file: header, sections, the string table, dialects, op names, entries, resources. */
import { bytecodeMagic, containerSince as since } from "../../declare/codes.ts";
import { bytesOfText } from "../../model/byte_string.ts";
import { Emitter } from "./emitter.ts";
import type { Part } from "./entries.ts";
import type { Numbering } from "./numbering.ts";

/** Strings by number, in the order of their first use. */
export class StringTable {
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size));
    return number;
  }

  /** Lengths first, in reverse order, each with the final zero byte. */
  section(): Emitter {
    const emitter = new Emitter();
    const strings = Array.from(this.#numbers.keys(), bytesOfText);
    emitter.varint(strings.length);
    for (const bytes of strings.toReversed()) emitter.varint(bytes.length + 1);
    for (const bytes of strings) {
      emitter.append(bytes);
      emitter.byte(0);
    }
    return emitter;
  }
}

/** What the sections have in common. */
export interface Context {
  readonly version: number;
  readonly numbering: Numbering;
  readonly strings: StringTable;
}

export function writeHeader(emitter: Emitter, version: number, producer: string): void {
  bytecodeMagic.forEach((byte) => emitter.byte(byte));
  emitter.varint(version);
  emitter.terminated(producer);
}

export function writeParts(emitter: Emitter, parts: readonly Part[], { numbering, strings }: Context): void {
  for (const part of parts) {
    switch (part.kind) {
      case "bytes":
        emitter.append(part.bytes);
        break;
      case "entry":
        if (part.spelling === "plain") emitter.varint(part.entry.number);
        else emitter.flagged(part.entry.number, true);
        break;
      case "string":
        emitter.varint(strings.numberOf(part.text));
        break;
      case "resource":
        emitter.varint(numbering.resources.get(part.key)!);
        break;
    }
  }
}

export function dialectSection({ version, numbering, strings }: Context): Emitter {
  const emitter = new Emitter();
  emitter.varint(numbering.dialects.size);
  for (const dialect of numbering.dialects.keys()) {
    // Neither VHLO nor sdy says its version: new forms have new codes.
    const name = strings.numberOf(dialect);
    if (version < since.dialectVersions) emitter.varint(name);
    else emitter.flagged(name, false);
  }
  if (version >= since.elidedArgumentLocations) emitter.varint(numbering.operationNames.length);
  writeByDialect(emitter, numbering, numbering.operationNames, ({ mnemonic }) => {
    const name = strings.numberOf(mnemonic);
    if (version < since.nativeProperties) emitter.varint(name);
    else emitter.flagged(name, true);
  });
  return emitter;
}

/** Runs of items of one dialect, each after the dialect's number and its length. */
function writeByDialect<T extends { readonly dialect: string }>(
  emitter: Emitter,
  { dialects }: Numbering,
  items: readonly T[],
  write: (item: T) => void,
): void {
  for (let from = 0; from < items.length; ) {
    const { dialect } = items[from]!;
    let end = from;
    while (items[end]?.dialect === dialect) end++;
    emitter.varint(dialects.get(dialect)!);
    emitter.varint(end - from);
    items.slice(from, end).forEach(write);
    from = end;
  }
}

/** Lengths of attributes and types, and what they are. */
export function entrySections(context: Context): { readonly offsets: Emitter; readonly entries: Emitter } {
  const { numbering } = context;
  const offsets = new Emitter();
  const entries = new Emitter();
  offsets.varint(numbering.attributes.length);
  offsets.varint(numbering.types.length);
  for (const table of [numbering.attributes, numbering.types]) {
    writeByDialect(offsets, numbering, table, ({ parts, custom }) => {
      const start = entries.size;
      writeParts(entries, parts, context);
      offsets.flagged(entries.size - start, custom);
    });
  }
  return { offsets, entries };
}

/** As much as any element needs. */
const resourceAlignment = 8;

/** Blobs of `dense_resource`, which belong to the builtin dialect; a key without a blob is only named. */
export function resourceSections(
  { numbering, strings }: Context,
  blobs: ReadonlyMap<string, Uint8Array>,
): { readonly offsets: Emitter; readonly resources: Emitter } {
  const offsets = new Emitter();
  const resources = new Emitter();
  // No resources of other tools.
  offsets.varint(0);
  if (numbering.resources.size === 0) return { offsets, resources };
  offsets.varint(numbering.dialects.get("builtin")!);
  offsets.varint(numbering.resources.size);
  for (const key of numbering.resources.keys()) {
    const start = resources.size;
    const blob = blobs.get(key);
    if (blob) {
      resources.varint(resourceAlignment);
      resources.varint(blob.length);
      resources.align(resourceAlignment);
      resources.append(blob);
    }
    offsets.varint(strings.numberOf(key));
    offsets.varint(resources.size - start);
    offsets.byte(0);
  }
  return { offsets, resources };
}
