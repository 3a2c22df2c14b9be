/** Convolutions: `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]` and `window = {stride = [2, 2], pad = [[1, 1], [0, 0]]}`. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import {
  type AssemblyReader,
  type AssemblyWriter,
  attributeOf,
  type Directive,
  type RecordForm,
  setAttribute,
} from "../assembly.ts";
import { booleanArray, i64Array, i64Pairs, integersOf } from "../kinds.ts";

type Fields = RecordAttribute["fields"];

/** The three lists of the notation: which letters stand for which fields, and where the spatial dimensions go. */
const lists = [
  {
    letters: { b: "input_batch_dimension", f: "input_feature_dimension" },
    spatial: "input_spatial_dimensions",
  },
  {
    letters: { i: "kernel_input_feature_dimension", o: "kernel_output_feature_dimension" },
    spatial: "kernel_spatial_dimensions",
  },
  {
    letters: { b: "output_batch_dimension", f: "output_feature_dimension" },
    spatial: "output_spatial_dimensions",
  },
] as const;
type List = (typeof lists)[number];

/** `#stablehlo.conv<…>`; `raw` before a plain list of fields allows what the notation cannot say. */
export const convForm: RecordForm = {
  parse(reader) {
    return reader.take("raw") ? readRaw(reader) : readDimensions(reader);
  },
  print: writeDimensions,
};

export const ConvolutionDimensions: Directive = {
  parse(reader, op, numbers) {
    setAttribute(op, numbers!, { kind: "record", name: "stablehlo.conv", fields: readDimensions(reader) });
  },
  print(writer, op, numbers) {
    const attribute = attributeOf(op, numbers!);
    if (attribute?.kind === "record") writeDimensions(writer, attribute.fields);
  },
};

function readDimensions(reader: AssemblyReader): Fields {
  const fields: Record<string, unknown> = {};
  lists.forEach((list, i) => {
    if (i > 0) reader.expect(i === 1 ? "x" : "->");
    readList(reader, list, fields);
  });
  return fields;
}

function readList(reader: AssemblyReader, list: List, fields: Record<string, unknown>): void {
  const letters: Readonly<Record<string, string>> = list.letters;
  const places = new Map<number, number>();
  let place = 0;
  reader.list("[", "]", () => {
    const dimension = reader.takeInteger();
    if (dimension !== undefined) {
      if (dimension < 0) reader.fail(`Unexpected dimension ${dimension}`);
      if (places.has(dimension)) reader.fail(`Duplicate entries for spatial dimension ${dimension}`);
      places.set(dimension, place++);
      return;
    }
    const letter = reader.keyword();
    const field = letters[letter];
    if (letter.length !== 1) reader.fail(`Unexpected keyword ${letter}`);
    if (!field || field in fields) {
      const open = Object.keys(letters).filter((key) => !(letters[key]! in fields));
      reader.fail(`Unexpected dimension ${letter}, expecting ${open.join(", ")}`);
    }
    fields[field] = place++;
  });
  const missing = Object.keys(letters).filter((letter) => !(letters[letter]! in fields));
  if (missing.length > 0) reader.fail(`Expected dimensions ${missing.join(", ")} not specified`);
  const spatial = Array.from({ length: Math.max(-1, ...places.keys()) + 1 }, (_, i) => places.get(i));
  const absent = Array.from(spatial.keys()).filter((i) => spatial[i] === undefined);
  if (absent.length > 0) {
    reader.fail(`Expected spatial dimensions ${absent.slice(0, 10).join(", ")} not specified`);
  }
  fields[list.spatial] = spatial;
}

function readRaw(reader: AssemblyReader): Fields {
  const fields: Record<string, unknown> = {};
  for (const { letters, spatial } of lists) {
    for (const field of Object.values(letters)) fields[field] = 0;
    fields[spatial] = [];
  }
  while (!reader.sees(">")) {
    const name = reader.keyword();
    if (!Object.hasOwn(fields, name)) reader.fail(`'${name}' is no field of convolution dimension numbers`);
    reader.expect("=");
    fields[name] = reader.sees("[") ? reader.list("[", "]", () => reader.integer()) : reader.integer();
    if (!reader.take(",")) break;
  }
  return fields;
}

function writeDimensions(writer: AssemblyWriter, fields: Fields): void {
  lists.forEach((list, i) => {
    if (i > 0) writer.text(i === 1 ? "x" : "->");
    const dimensions: string[] = [];
    for (const [letter, field] of Object.entries(list.letters)) dimensions[fields[field] as number] = letter;
    (fields[list.spatial] as readonly number[]).forEach((dimension, j) => {
      dimensions[dimension] = String(j);
    });
    // Numbers that are out of range are left out: what is printed need not have been verified.
    const rank = Object.keys(list.letters).length + (fields[list.spatial] as readonly number[]).length;
    writer.text(`[${Array.from({ length: rank }, (_, i) => dimensions[i] ?? "?").join(", ")}]`);
  });
}

/** Parts of `window = {…}` in the order of the directive's parameters. */
const parts = ["stride", "pad", "lhs_dilate", "rhs_dilate", "reverse"];

export const WindowAttributes: Directive = {
  parse(reader, op, ...parameters) {
    for (let name = reader.takeKeyword(); name !== undefined; name = reader.takeKeyword()) {
      const parameter = parameters[parts.indexOf(name)];
      if (!parameter || op.attributes.has(parameter.name)) return reader.fail(`Unexpected keyword ${name}`);
      reader.expect("=");
      setAttribute(op, parameter, readWindow(reader, name));
      if (!reader.take(",")) break;
    }
  },
  print(writer, op, ...parameters) {
    const present = parts
      .map((name, i) => ({ name, attribute: attributeOf(op, parameters[i]!) }))
      .filter((part) => part.attribute !== undefined);
    writer.list(present, ({ name, attribute }) => {
      writer.text(`${name} = [`);
      const values = integersOf(attribute!) ?? [];
      const rows = name === "pad" ? pairsOf(values).map(([low, high]) => `[${low}, ${high}]`) : values;
      writer.text(`${(name === "reverse" ? values.map((value) => value !== 0) : rows).join(", ")}]`);
    });
  },
};

function pairsOf(values: readonly number[]): (readonly [number, number])[] {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}

function readWindow(reader: AssemblyReader, name: string): Attribute {
  if (name === "pad") {
    const rows = reader.list("[", "]", () => {
      const row = reader.list("[", "]", () => reader.integer());
      if (row.length !== 2) reader.fail(`Expected array with 2 elements, got ${row.length} elements instead`);
      return row;
    });
    return i64Pairs.encode(rows);
  }
  if (name !== "reverse") return i64Array.encode(reader.list("[", "]", () => reader.integer()));
  const flag = () => (reader.take("true") ? true : reader.take("false") ? false : reader.integer() !== 0);
  return booleanArray.encode(reader.list("[", "]", flag));
}
