/** How structured attributes are written: `<name = value, …>` derived from their fields, or a form of their own. */
import type { RecordAttribute } from "../../model/attributes.ts";
import { type Attribute, enumAttribute, stringAttribute } from "../../model/attributes.ts";
import type { Type } from "../../model/types.ts";
import type { AssemblyReader, AssemblyWriter, RecordForm } from "../assembly.ts";
import { f64 } from "../kinds.ts";
import type { RecordField, RecordKind } from "../record_kinds.ts";
import { problemOfAlgorithm } from "./dot_algorithms.ts";
import { meshAxesForms } from "./mesh_axes.ts";
import { shardingForms } from "./sharding.ts";
import { convForm } from "./window.ts";

type Fields = RecordAttribute["fields"];

/** A form, and whether it stands without `<` and `>` around it. */
export type NamedForm = RecordForm & { readonly bare?: boolean };

const zero: Record<RecordField, unknown> = {
  i64: 0,
  i64s: [],
  boolean: false,
  type: undefined,
  f64: 0,
  string: "",
};

/** `<a = [1], b = 2>` in any order; fields that are left out are zero or empty. */
export function structForm(kind: RecordKind<Readonly<Record<string, RecordField>>>): RecordForm {
  const names = Object.keys(kind.fields);
  const problem = problems[kind.recordName];
  return {
    ...(problem && { problem }),
    parse(reader) {
      const fields: Record<string, unknown> = {};
      while (!reader.sees(">")) {
        const name = names.find((candidate) => reader.take(candidate));
        if (name === undefined)
          return reader.fail(`expected one of: ${names.map((n) => `\`${n}\``).join(", ")}`);
        if (Object.hasOwn(fields, name)) reader.fail(`duplicated \`${name}\` entry`);
        reader.expect("=");
        fields[name] = readField(reader, kind.fields[name]!);
        if (!reader.take(",")) break;
      }
      for (const name of names) {
        if (Object.hasOwn(fields, name)) continue;
        const value = zero[kind.fields[name]!];
        if (!kind.sparse || value === undefined) reader.fail(`'${kind.recordName}' lacks '${name}'`);
        fields[name] = value;
      }
      return fields;
    },
    print(writer, fields) {
      const shown = kind.sparse ? names.filter((name) => !isZero(fields[name])) : names;
      writer.list(shown, (name) => {
        writer.text(`${name} = `);
        writeField(writer, kind.fields[name]!, fields[name]);
      });
    },
  };
}

function isZero(value: unknown): boolean {
  return value === 0 || (Array.isArray(value) && value.length === 0);
}

function readField(reader: AssemblyReader, field: RecordField): unknown {
  switch (field) {
    case "i64":
      return reader.integer();
    case "i64s":
      return reader.list("[", "]", () => readSize(reader));
    case "boolean":
      if (reader.take("true")) return true;
      reader.expect("false");
      return false;
    case "type":
      return reader.type();
    case "f64":
      return f64.decode(reader.attribute(f64.syntax));
    case "string":
      return reader.string();
  }
}

function writeField(writer: AssemblyWriter, field: RecordField, value: unknown): void {
  switch (field) {
    case "i64":
    case "boolean":
      return writer.text(String(value));
    case "i64s":
      return writer.text(`[${(value as readonly number[]).map(sizeText).join(", ")}]`);
    case "type":
      return writer.type(value as Type);
    case "f64":
      return writer.attribute(f64.encode(value as number), f64.syntax);
    case "string":
      return writer.attribute(stringAttribute(value as string));
  }
}

/** Records whose fields must fit together. */
const problems: Readonly<Record<string, (fields: Fields) => string | undefined>> = {
  "stablehlo.dot_algorithm": problemOfAlgorithm,
};

/** A dimension size, `?` for one that is not known. */
function readSize(reader: AssemblyReader): number {
  return reader.take("?") ? -1 : reader.integer();
}

function sizeText(size: number): string {
  return size < 0 ? "?" : String(size);
}

/** `#stablehlo.bounds<?, 5>` */
const bounds: RecordForm = {
  parse(reader) {
    const sizes: number[] = [];
    while (!reader.sees(">")) {
      sizes.push(readSize(reader));
      if (!reader.take(",")) break;
    }
    return { bounds: sizes };
  },
  print: (writer, fields) => writer.text((fields.bounds as readonly number[]).map(sizeText).join(", ")),
};

const modeName = "stablehlo.result_accuracy_mode";

/** `#stablehlo.result_accuracy<atol = 1.0e-5, ulps = 2, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>` */
const resultAccuracy: RecordForm = {
  parse(reader) {
    const fields: Record<string, unknown> = { atol: 0, rtol: 0, ulps: 0, mode: "DEFAULT" };
    while (!reader.sees(">")) {
      const name = reader.keyword();
      if (!Object.hasOwn(fields, name)) reader.fail(`'${name}' is no field of a result accuracy`);
      reader.expect("=");
      fields[name] = name === "mode" ? modeOf(reader) : readField(reader, name === "ulps" ? "i64" : "f64");
      if (!reader.take(",")) break;
    }
    return fields;
  },
  print(writer, fields: Fields) {
    for (const name of ["atol", "rtol", "ulps"] as const) {
      if (fields[name] === 0) continue;
      writer.text(`${name} = `);
      writeField(writer, name === "ulps" ? "i64" : "f64", fields[name]);
      writer.text(", ");
    }
    writer.text("mode = ");
    writer.attribute(enumAttribute(modeName, fields.mode as string));
  },
  problem({ atol, rtol, ulps, mode }) {
    const tolerances = [atol, rtol, ulps] as readonly number[];
    if (tolerances.some((tolerance) => tolerance < 0 || Object.is(tolerance, -0)))
      return "a tolerance of a result accuracy is negative";
    const unused = mode !== "TOLERANCE" && tolerances.some((tolerance) => tolerance !== 0);
    return unused ? `a result accuracy of mode ${mode} has tolerances` : undefined;
  },
};

function modeOf(reader: AssemblyReader): string {
  const mode: Attribute = reader.attribute();
  return mode.kind === "enum" && mode.name === modeName
    ? mode.value
    : reader.fail("expected a result accuracy mode");
}

/** Forms that do not follow from a record's fields. */
export const recordForms: Readonly<Record<string, NamedForm>> = {
  ...shardingForms,
  ...meshAxesForms,
  "stablehlo.conv": convForm,
  "stablehlo.bounds": bounds,
  "stablehlo.result_accuracy": resultAccuracy,
};
