/** The binary forms of Shardy's attributes, from their table of fields. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import { reductionOps, type SdyField, sdyDefaults, sdyEncodings } from "../../ops/sdy_records.ts";
import type { EntryWriter } from "./entry_writer.ts";

/** False for a record that has no binary form. */
export function writeSdyAttribute(writer: EntryWriter, record: RecordAttribute): boolean {
  const code = encodingOf(record);
  if (code < 0) return false;
  writer.varint(code);
  for (const [field, kind] of Object.entries(sdyEncodings[code]!.fields)) {
    writeField(writer, kind, record.fields[field]);
  }
  return true;
}

/** The oldest form that has all that the record says: the newer ones are not known to older readers. */
function encodingOf(record: RecordAttribute): number {
  const late = hasUnreducedAxes(record);
  return sdyEncodings.findIndex(
    ({ name, fields }, code) =>
      name === record.name &&
      // The second form of a list of shardings differs only in that they have unreduced axes.
      (name === "sdy.sharding_per_value" ? code > firstPerValue === late : saysAll(record, fields)),
  );
}

const firstPerValue = sdyEncodings.findIndex(({ name }) => name === "sdy.sharding_per_value");

function saysAll({ fields: values }: RecordAttribute, fields: Readonly<Record<string, SdyField>>): boolean {
  return Object.entries(values).every(
    ([field, value]) => Object.hasOwn(fields, field) || isDefault(field, value),
  );
}

function isDefault(field: string, value: unknown): boolean {
  const usual = sdyDefaults[field];
  return Array.isArray(usual) ? Array.isArray(value) && value.length === 0 : value === usual;
}

function hasUnreducedAxes({ fields }: RecordAttribute): boolean {
  const shardings = (fields.shardings ?? []) as readonly RecordAttribute[];
  return shardings.some((sharding) => !isDefault("unreduced_axes", sharding.fields.unreduced_axes ?? []));
}

function writeField(writer: EntryWriter, kind: SdyField, value: unknown): void {
  if (kind.endsWith("[]")) writer.attributes(value as readonly Attribute[]);
  else if (kind.endsWith("?")) writer.optionalAttribute(value as Attribute | undefined);
  else fieldWriters[kind as PlainField](writer, value);
}

type PlainField = Exclude<SdyField, `${string}[]` | `${string}?`>;

const fieldWriters: Readonly<Record<PlainField, (writer: EntryWriter, value: unknown) => void>> = {
  string: (writer, value) => writer.string(value as string),
  i64: (writer, value) => writer.signed(value as number),
  i64s: (writer, value) => writer.numbers(value as readonly number[]),
  boolean: (writer, value) => writer.boolean(value as boolean),
  optionalI64: (writer, value) => writer.flagged((value as number | undefined) ?? 0, value !== undefined),
  attribute: (writer, value) => writer.attribute(value as Attribute),
  strings: (writer, value) => writer.list(value as readonly string[], (text) => writer.text(text)),
  reductionOp: (writer, value) => writer.signed(reductionOps.indexOf(value as (typeof reductionOps)[number])),
};
