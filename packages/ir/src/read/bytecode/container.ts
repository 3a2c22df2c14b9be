/** The outer layers of an MLIR bytecode file: header, sections, the string table, dialects and op names. */
import {
  bytecodeMagic,
  newestBytecodeVersion,
  type SectionName,
  sectionIds,
  containerSince as since,
} from "../../declare/codes.ts";
import { textOfBytes } from "../../model/byte_string.ts";
import { Cursor } from "./cursor.ts";

const sectionNames = Object.keys(sectionIds) as SectionName[];

export interface Header {
  readonly version: number;
  readonly producer: string;
}

export interface OperationName {
  /** Full name, `vhlo.add_v1`. */
  readonly name: string;
  /** Whether the writer knew the op; if not, its properties are one dictionary. True before version 5. */
  readonly registered: boolean;
}

/** What the sections share: names by index. */
export interface Container extends Header {
  readonly strings: StringTable;
  readonly dialects: readonly string[];
  readonly operations: readonly OperationName[];
  readonly sections: ReadonlyMap<SectionName, Cursor>;
}

export function readContainer(bytes: Uint8Array): Container {
  const cursor = new Cursor(bytes);
  const header = readHeader(cursor);
  const sections = readSections(cursor);
  const strings = new StringTable(required(sections, "strings", cursor));
  const { dialects, operations } = readDialects(
    required(sections, "dialects", cursor),
    header.version,
    strings,
  );
  return { ...header, strings, dialects, operations, sections };
}

function readHeader(cursor: Cursor): Header {
  for (const byte of bytecodeMagic) {
    if (cursor.byte() !== byte) cursor.fail("magic", "the bytes do not start with 'ML\\xefR'");
  }
  const version = cursor.varint();
  const producer = cursor.terminated();
  if (version > newestBytecodeVersion) {
    const notes = [`written by ${producer}`];
    cursor.fail(
      "newer-version",
      `the bytecode has version ${version}, versions up to ${newestBytecodeVersion} are known`,
      notes,
    );
  }
  return { version, producer };
}

function readSections(cursor: Cursor): Map<SectionName, Cursor> {
  const sections = new Map<SectionName, Cursor>();
  while (!cursor.done) {
    const start = cursor.at;
    const { name, data } = readSection(cursor);
    if (sections.has(name)) cursor.fail("section", `the section of ${name}, at byte ${start}, came before`);
    sections.set(name, data);
  }
  return sections;
}

/** `id | aligned << 7`, length, perhaps an alignment with its padding, data. */
export function readSection(cursor: Cursor): { readonly name: SectionName; readonly data: Cursor } {
  const head = cursor.byte();
  const name = sectionNames.find((candidate) => sectionIds[candidate] === (head & 0x7f));
  if (!name) return cursor.fail("section", `${head & 0x7f} is not a section's number`);
  const length = cursor.varint();
  if (head & 0x80) cursor.align(cursor.varint());
  return { name, data: cursor.slice(length) };
}

export function required(
  sections: ReadonlyMap<SectionName, Cursor>,
  name: SectionName,
  cursor: Cursor,
): Cursor {
  const section = sections.get(name);
  return section ?? cursor.fail("section", `the section of ${name} is missing`);
}

/** Strings by index, decoded when asked for. Lengths come first, in reverse order, each with the final zero byte. */
export class StringTable {
  private readonly bytes: Uint8Array;
  /** Where each string starts; one more for the end of the last. */
  private readonly starts: Uint32Array;
  private readonly decoded: (string | undefined)[];

  constructor(section: Cursor) {
    this.bytes = section.bytes;
    const count = section.count();
    this.starts = new Uint32Array(count + 1);
    this.starts[count] = section.end;
    for (let i = count - 1, end = section.end; i >= 0; i--) {
      const length = section.varint();
      if (length < 1 || length > end - section.at)
        section.fail("string", `a string of ${length} bytes does not fit`);
      this.starts[i] = end -= length;
    }
    if ((this.starts[0] ?? section.end) !== section.at)
      section.fail("string", "the strings leave bytes unused");
    this.decoded = new Array<string | undefined>(count);
  }

  get size(): number {
    return this.decoded.length;
  }

  at(index: number, cursor: Cursor): string {
    if (index >= this.decoded.length) {
      cursor.fail("string", `string ${index} of ${this.decoded.length} does not exist`);
    }
    const end = this.starts[index + 1]! - 1;
    if (this.bytes[end] !== 0) cursor.fail("string", `string ${index} has no zero byte at its end`);
    return (this.decoded[index] ??= textOfBytes(this.bytes.subarray(this.starts[index]!, end)));
  }
}

function readDialects(cursor: Cursor, version: number, strings: StringTable) {
  const dialects: string[] = [];
  for (let left = cursor.count(); left > 0; left--) {
    if (version < since.dialectVersions) {
      dialects.push(strings.at(cursor.varint(), cursor));
      continue;
    }
    const { value, flag: versioned } = cursor.flagged();
    dialects.push(strings.at(value, cursor));
    // No encoding of VHLO or sdy that we know depends on the dialect's version: new forms have new codes.
    if (versioned && readSection(cursor).name !== "dialectVersion")
      cursor.fail("section", "a dialect's version is expected");
  }
  if (version >= since.elidedArgumentLocations) cursor.varint();
  const operations: OperationName[] = [];
  forEachOfDialect(cursor, dialects, (dialect) => {
    const { value, flag } =
      version < since.nativeProperties ? { value: cursor.varint(), flag: true } : cursor.flagged();
    operations.push({ name: `${dialect}.${strings.at(value, cursor)}`, registered: flag });
  });
  return { dialects, operations };
}

/** Entries grouped by dialect, until `done` or the end of the section. */
export function forEachOfDialect(
  cursor: Cursor,
  dialects: readonly string[],
  read: (dialect: string) => void,
  done: () => boolean = () => cursor.done,
): void {
  while (!done()) {
    const index = cursor.varint();
    const dialect = dialects[index];
    if (dialect === undefined)
      cursor.fail("dialect", `dialect ${index} of ${dialects.length} does not exist`);
    for (let left = cursor.count(); left > 0; left--) read(dialect);
  }
}
