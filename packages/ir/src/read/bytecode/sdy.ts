/** The binary forms of Shardy's attributes, from their table of fields. */
import { reductionOps, type SdyField, sdyDefaults, sdyEncodings, sdyRecords } from "../../ops/sdy_records.ts";
import type { DialectEncoding } from "./entries.ts";
import type { EntryReader } from "./entry_reader.ts";

type FieldReader = (reader: EntryReader) => unknown;

export const sdyEncoding: DialectEncoding = {
  attribute(reader, code) {
    const known = readers[code];
    if (!known) return reader.fail(`${code} is not the code of a known sdy attribute`);
    const fields: Record<string, unknown> = {};
    for (const { field, read } of known.fields) {
      const value = read(reader);
      if (value !== undefined) fields[field] = value;
    }
    return { kind: "record", name: known.name, fields };
  },
  type: (reader, code) => reader.fail(`${code} is not the code of an sdy type: there are none`),
};

function readerOf(kind: SdyField): FieldReader {
  const [, mnemonic, many] = /^(\w+)(\[\]|\?)$/.exec(kind) ?? [];
  const name = `sdy.${mnemonic}`;
  if (many === "[]") return (reader) => reader.list(() => reader.record(name));
  if (many === "?") return (reader) => reader.optionalRecord(name);
  return fieldReaders[kind as PlainField];
}

type PlainField = Exclude<SdyField, `${string}[]` | `${string}?`>;

const fieldReaders: Readonly<Record<PlainField, FieldReader>> = {
  string: (reader) => reader.string(),
  i64: (reader) => reader.cursor.signed(),
  i64s: (reader) => reader.numbers(),
  boolean: (reader) => reader.boolean(),
  optionalI64: (reader) => {
    const { value, flag } = reader.cursor.flagged();
    return flag ? value : undefined;
  },
  // A mesh, or the symbol of one.
  attribute: (reader) => {
    const attribute = reader.attribute();
    const known =
      attribute.kind === "symbol" || (attribute.kind === "record" && attribute.name === "sdy.mesh");
    return known ? attribute : reader.fail("a mesh or the symbol of one is expected");
  },
  strings: (reader) => reader.list(() => reader.text()),
  reductionOp: (reader) => {
    const code = reader.cursor.signed();
    return reductionOps[code] ?? reader.fail(`${code} is not a reduction`);
  },
};

/** Per code: the record's name, and how each of its fields is read or what it is where the encoding lacks it. */
const readers = sdyEncodings.map(({ name, fields }) => ({
  name,
  fields: Object.keys(sdyRecords[name]).map((field) => {
    const kind = fields[field];
    return { field, read: kind === undefined ? () => sdyDefaults[field] : readerOf(kind) };
  }),
}));
