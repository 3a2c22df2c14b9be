/** The binary forms of Shardy's attributes, from their table of fields. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import { reductionOps, type SdyField, sdyDefaults, sdyEncodings, sdyRecords } from "../../ops/sdy_records.ts";
import type { DialectEncoding } from "./entries.ts";
import type { EntryReader } from "./entry_reader.ts";

export const sdyEncoding: DialectEncoding = {
  attribute(reader, code) {
    const encoding = sdyEncodings[code];
    if (!encoding) return reader.fail(`${code} is not the code of a known sdy attribute`);
    const fields: Record<string, unknown> = {};
    for (const name of Object.keys(sdyRecords[encoding.name])) {
      const kind = encoding.fields[name];
      const value = kind ? fieldReaders[kind](reader) : sdyDefaults[name];
      if (value !== undefined) fields[name] = value;
    }
    return { kind: "record", name: encoding.name, fields };
  },
  type: (reader, code) => reader.fail(`${code} is not the code of an sdy type: there are none`),
};

const fieldReaders: Readonly<Record<SdyField, (reader: EntryReader) => unknown>> = {
  string: (reader) => reader.string(),
  i64: (reader) => reader.cursor.signed(),
  i64s: (reader) => reader.numbers(),
  boolean: (reader) => reader.boolean(),
  optionalI64: (reader) => {
    const { value, flag } = reader.cursor.flagged();
    return flag ? value : undefined;
  },
  attribute: (reader) => reader.attribute(),
  optionalRecord: (reader) => {
    const attribute = reader.optionalAttribute();
    return attribute && recordOf(reader, attribute);
  },
  records: (reader) => reader.list(() => recordOf(reader, reader.attribute())),
  strings: (reader) => reader.list(() => reader.text()),
  reductionOp: (reader) => {
    const code = reader.cursor.signed();
    return reductionOps[code] ?? reader.fail(`${code} is not a reduction`);
  },
};

function recordOf(reader: EntryReader, attribute: Attribute): RecordAttribute {
  const isSdy = attribute.kind === "record" && Object.hasOwn(sdyRecords, attribute.name);
  return isSdy ? (attribute as RecordAttribute) : reader.fail("an sdy attribute is expected");
}
