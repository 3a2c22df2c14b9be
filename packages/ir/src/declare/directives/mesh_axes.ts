/** Replica groups by the axes of a mesh: `#stablehlo.replica_group_mesh_axes<mesh = @mesh, axes = […]>` and its parts. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import type { AssemblyReader, AssemblyWriter, RecordForm } from "../assembly.ts";

/** How the value of a field is read and written. */
interface Part {
  read(reader: AssemblyReader): unknown;
  write(writer: AssemblyWriter, value: unknown): void;
}

const string: Part = {
  read: (reader) => reader.string(),
  write: (writer, value) => writer.attribute({ kind: "string", value: value as string }),
};
const number: Part = {
  read: (reader) => reader.integer(),
  write: (writer, value) => writer.text(String(value)),
};
const attribute: Part = {
  read: (reader) => reader.attribute(),
  write: (writer, value) => writer.attribute(value as Attribute),
};
const attributes: Part = {
  read: (reader) => reader.list("[", "]", () => reader.attribute()),
  write: (writer, value) => writer.attribute({ kind: "array", elements: value as readonly Attribute[] }),
};
/** `(1)2`: the product of the sizes before the sub-axis, and its own size. */
const subAxis: Part = {
  read(reader) {
    reader.expect("(");
    const pre_size = reader.integer();
    reader.expect(")");
    return { kind: "record", name: "stablehlo.sub_axis_info", fields: { pre_size, size: reader.integer() } };
  },
  write(writer, value) {
    const { pre_size, size } = (value as RecordAttribute).fields;
    writer.text(`(${pre_size})${size}`);
  },
};

/** `name = value` for every field, in any order; `optional` ones may be left out. */
function form(parts: Readonly<Record<string, Part>>, optional: readonly string[] = []): RecordForm {
  return {
    parse(reader) {
      const fields: Record<string, unknown> = {};
      while (!reader.sees(">")) {
        const name = reader.keyword();
        const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
        if (!part || Object.hasOwn(fields, name)) return reader.fail(`'${name}' is not expected here`);
        reader.expect("=");
        fields[name] = part.read(reader);
        if (!reader.take(",")) break;
      }
      const missing = Object.keys(parts).find(
        (name) => !Object.hasOwn(fields, name) && !optional.includes(name),
      );
      return missing === undefined ? fields : reader.fail(`'${missing}' is missing`);
    },
    print(writer, fields) {
      const names = Object.keys(parts).filter((name) => fields[name] !== undefined);
      writer.list(names, (name) => {
        writer.text(`${name} = `);
        parts[name]!.write(writer, fields[name]);
      });
    },
  };
}

export const meshAxesForms: Readonly<Record<string, RecordForm>> = {
  "stablehlo.axis_ref": form({ name: string, sub_axis_info: subAxis }, ["sub_axis_info"]),
  "stablehlo.mesh_axis": form({ name: string, size: number }),
  "stablehlo.mesh": form({ axes: attributes, device_ids: attribute }, ["device_ids"]),
  "stablehlo.replica_group_mesh_axes": form({ mesh: attribute, axes: attributes }),
};
