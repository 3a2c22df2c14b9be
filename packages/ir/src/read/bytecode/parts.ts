/** What the encodings of VHLO's and StableHLO's attributes have in common: enums and records by their declarations. */
import type { EnumKind } from "../../declare/kinds.ts";
import type { RecordField, RecordKind } from "../../declare/record_kinds.ts";
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import { resultAccuracyMode } from "../../ops/enums.ts";
import type { EntryReader } from "./entry_reader.ts";

/** An enum by number; `first` is the number of its first value. */
export function enumReader(kind: EnumKind<string>, first = 0): (reader: EntryReader) => Attribute {
  return (reader) => {
    const code = reader.cursor.varint();
    const value = kind.values[code - first];
    return value === undefined
      ? reader.fail(`${code} is not a value of ${kind.enumName}`)
      : kind.encode(value);
  };
}

const fieldReaders: Readonly<Record<RecordField, (reader: EntryReader) => unknown>> = {
  i64: (reader) => reader.cursor.signed(),
  i64s: (reader) => reader.numbers(),
  boolean: (reader) => reader.boolean(),
  type: (reader) => reader.type(),
  f64: (reader) => reader.double(),
  string: (reader) => reader.string(),
};

/** A record whose fields follow each other in the order of their declaration. */
export function recordReader({
  recordName,
  fields,
}: Pick<RecordKind<Readonly<Record<string, RecordField>>>, "recordName" | "fields">): (
  reader: EntryReader,
) => Attribute {
  return (reader) => {
    const values = Object.entries(fields).map(
      ([name, field]) => [name, fieldReaders[field](reader)] as const,
    );
    return record(recordName, Object.fromEntries(values));
  };
}

export function record(name: string, fields: Readonly<Record<string, unknown>>): RecordAttribute {
  return { kind: "record", name, fields };
}

/** An array attribute of records of one kind. */
export function recordArray(reader: EntryReader, name: string): RecordAttribute[] {
  const attribute = reader.attribute();
  if (attribute.kind !== "array") return reader.fail(`an array of #${name} is expected`);
  return attribute.elements.map((element) =>
    element.kind === "record" && element.name === name
      ? element
      : reader.fail(`an attribute #${name} is expected`),
  );
}

/** The mode is an attribute of its own. */
export function resultAccuracy(reader: EntryReader): Attribute {
  const [atol, rtol, ulps] = [reader.double(), reader.double(), reader.cursor.signed()];
  const mode = resultAccuracyMode.decode(reader.attribute());
  return record("stablehlo.result_accuracy", {
    atol,
    rtol,
    ulps,
    mode: mode ?? reader.fail("a mode is expected"),
  });
}

export function typeExtensions(reader: EntryReader): Attribute {
  return record("stablehlo.bounds", { bounds: reader.shape() });
}
