/** Shardy's notation: `#sdy.sharding<@mesh, [{"x", ?}p1, {}], replicated={"y":(2)4}>`, sharding rules, region bodies. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import {
  type AssemblyReader,
  type AssemblyWriter,
  attributeOf,
  type Directive,
  entryBlock,
  type RecordForm,
  type RegionArgument,
  regionOf,
  setAttribute,
} from "../assembly.ts";

import { propagationEdges } from "./propagation.ts";

type Fields = RecordAttribute["fields"];
type Records = readonly RecordAttribute[];
type Pair<T> = readonly [
  parse: (reader: AssemblyReader) => T,
  print: (writer: AssemblyWriter, value: T) => void,
];

function record(name: string, fields: Fields): RecordAttribute {
  return { kind: "record", name: `sdy.${name}`, fields };
}

/** A record written between the parts of another, without `<` and `>`. */
function nested(name: string, form: RecordForm): Pair<RecordAttribute> {
  return [(reader) => record(name, form.parse(reader)), (writer, value) => form.print(writer, value.fields)];
}

function writeList(
  writer: AssemblyWriter,
  open: string,
  items: Records,
  [, print]: Pair<RecordAttribute>,
  close: string,
) {
  writer.text(open);
  writer.list(items, (item) => print(writer, item));
  writer.text(close);
}

// Axes and meshes ----------------------------------------------------------------------------------------------

const meshAxis = nested("mesh_axis", {
  parse(reader) {
    const name = reader.string();
    reader.expect("=");
    return { name, size: reader.integer() };
  },
  print(writer, { name, size }) {
    writer.attribute({ kind: "string", value: name as string });
    writer.text(`=${size}`);
  },
});

const axisRefForm: RecordForm = {
  parse(reader) {
    const name = reader.string();
    if (!reader.take(":")) return { name };
    reader.expect("(");
    const pre_size = reader.integer();
    reader.expect(")");
    return { name, sub_axis_info: record("sub_axis_info", { pre_size, size: reader.integer() }) };
  },
  print(writer, { name, sub_axis_info }) {
    writer.attribute({ kind: "string", value: name as string });
    const part = (sub_axis_info as RecordAttribute | undefined)?.fields;
    if (part) writer.text(`:(${part.pre_size})${part.size}`);
  },
};
const axisRef = nested("axis_ref", axisRefForm);

const countOf = (axes: Records) => axes.reduce((product, { fields }) => product * (fields.size as number), 1);

const mesh: RecordForm = {
  parse(reader) {
    const axes = reader.list("[", "]", () => meshAxis[0](reader));
    if (!reader.take(",")) return { axes, device_ids: [] };
    reader.expect("device_ids");
    reader.expect("=");
    const ids = reader.list("[", "]", () => reader.integer());
    // Shardy drops ids in their usual order; without axes the one id is all there is to say.
    const usual = axes.length > 0 && ids.length === countOf(axes) && ids.every((id, i) => id === i);
    return { axes, device_ids: usual ? [] : ids };
  },
  print(writer, { axes, device_ids }) {
    writeList(writer, "[", axes as Records, meshAxis, "]");
    const ids = device_ids as readonly number[];
    if (ids.length > 0) writer.text(`, device_ids=[${ids.join(", ")}]`);
  },
  problem: problemOfMesh,
};

/** Axes have sizes and different names; devices are a permutation of as many as these make. */
function problemOfMesh(fields: Fields): string | undefined {
  const axes = (fields.axes as Records).map((axis) => axis.fields as { name: string; size: number });
  const ids = fields.device_ids as readonly number[];
  const small = axes.find(({ size }) => size < 1);
  if (small) return `the axis "${small.name}" has the size ${small.size}`;
  if (ids.some((id) => id < 0)) return "a device has a negative number";
  if (axes.length === 0) return ids.length > 1 ? "a mesh without axes has one device" : undefined;
  if (new Set(axes.map(({ name }) => name)).size < axes.length)
    return "two axes of a mesh have the same name";
  if (ids.length === 0) return undefined;
  const count = axes.reduce((product, { size }) => product * size, 1);
  const sorted = [...ids].sort((a, b) => a - b);
  return ids.length === count && sorted.every((id, i) => id === i)
    ? undefined
    : `the devices of a mesh are 0 to ${count - 1} in some order, each once`;
}

const axisList: Pair<Records> = [
  (reader) => reader.list("{", "}", () => axisRef[0](reader)),
  (writer, axes) => writeList(writer, "{", axes, axisRef, "}"),
];

// Shardings ----------------------------------------------------------------------------------------------------

const dimensionSharding = nested("dimension_sharding", {
  parse(reader) {
    const axes: RecordAttribute[] = [];
    let is_closed = true;
    reader.expect("{");
    while (!reader.take("}")) {
      if (axes.length > 0) reader.expect(",");
      if (reader.take("?")) {
        is_closed = false;
        reader.expect("}");
        break;
      }
      axes.push(axisRef[0](reader));
    }
    const word = reader.takeKeyword();
    if (word === undefined) return { axes, is_closed };
    if (!/^p\d+$/.test(word)) reader.fail(`expecting priority in format 'p<number>', got: ${word}`);
    if (/^p0\d/.test(word)) reader.fail(`priorities with leading zeros are not allowed, got: ${word}`);
    return { axes, is_closed, priority: Number(word.slice(1)) };
  },
  print(writer, { axes, is_closed, priority }) {
    writeList(writer, "{", axes as Records, axisRef, "");
    if (!is_closed) writer.text((axes as Records).length > 0 ? ", ?" : "?");
    writer.text(priority === undefined ? "}" : `}p${priority}`);
  },
});

const sharding: RecordForm = {
  parse(reader) {
    let mesh_or_ref: Attribute;
    if (reader.take("mesh")) {
      reader.expect("<");
      mesh_or_ref = record("mesh", mesh.parse(reader));
      reader.expect(">");
    } else {
      mesh_or_ref = { kind: "symbol", path: [reader.symbolName()] };
    }
    reader.expect(",");
    const dim_shardings = reader.list("[", "]", () => dimensionSharding[0](reader));
    const fields: Record<string, unknown> = { mesh_or_ref, dim_shardings };
    while (reader.take(",")) readAxes(reader, fields);
    return { replicated_axes: [], unreduced_axes: [], reduction_op: "sum", ...fields };
  },
  print(writer, fields) {
    const mesh_or_ref = fields.mesh_or_ref as Attribute;
    if (mesh_or_ref.kind === "record") {
      writer.text("mesh<");
      mesh.print(writer, mesh_or_ref.fields);
      writer.text(">");
    } else {
      writer.attribute(mesh_or_ref);
    }
    writeList(writer, ", [", fields.dim_shardings as Records, dimensionSharding, "]");
    const reduction = fields.reduction_op === "sum" ? "" : fields.reduction_op;
    for (const [key, name] of [
      ["replicated_axes", "replicated="],
      ["unreduced_axes", `unreduced=${reduction}`],
    ] as const) {
      const axes = fields[key] as Records;
      if (axes.length === 0) continue;
      writer.text(`, ${name}`);
      axisList[1](writer, axes);
    }
  },
};

function readAxes(reader: AssemblyReader, fields: Record<string, unknown>): void {
  if (!("replicated_axes" in fields) && reader.take("replicated")) {
    reader.expect("=");
    fields.replicated_axes = axisList[0](reader);
  } else if (!("unreduced_axes" in fields) && reader.take("unreduced")) {
    reader.take("=");
    fields.reduction_op = ["sum", "max", "min"].find((word) => reader.take(word)) ?? "sum";
    fields.unreduced_axes = axisList[0](reader);
  } else {
    reader.fail("failed to parse Sdy_TensorSharding, expected valid named axis list after comma");
  }
}

const strippedSharding: Pair<RecordAttribute> = [
  (reader) => {
    reader.expect("<");
    const fields = sharding.parse(reader);
    reader.expect(">");
    return record("sharding", fields);
  },
  (writer, value) => {
    writer.text("<");
    sharding.print(writer, value.fields);
    writer.text(">");
  },
];

const shardingPerValue: RecordForm = {
  parse: (reader) => ({ shardings: reader.list("[", "]", () => strippedSharding[0](reader)) }),
  print: (writer, { shardings }) => writeList(writer, "[", shardings as Records, strippedSharding, "]"),
};

// Sharding rules -----------------------------------------------------------------------------------------------

/** Factors are called i to z, then z_1, z_2, …; `z` itself is factor 17. */
const lastLetter = 17;

function factorName(factor: number): string {
  return factor <= lastLetter ? String.fromCharCode("i".charCodeAt(0) + factor) : `z_${factor - lastLetter}`;
}

function factorsIn(reader: AssemblyReader, word: string): number[] {
  const factors: number[] = [];
  for (const [symbol, number] of word.matchAll(/z_([1-9]\d*)|[i-z]|./gy)) {
    if (number !== undefined) factors.push(Number(number) + lastLetter);
    else if (/[i-z]/.test(symbol)) factors.push(symbol.charCodeAt(0) - "i".charCodeAt(0));
    else reader.fail(`expecting symbol from 'i' to 'z'. Received: '${symbol}'`);
  }
  return factors;
}

const dimMapping = nested("dim_mapping", {
  parse: (reader) => ({ factor_indices: factorsIn(reader, reader.takeKeyword() ?? "") }),
  print: (writer, { factor_indices }) =>
    writer.text((factor_indices as readonly number[]).map(factorName).join("")),
});

const tensorMapping = nested("tensor_mapping", {
  parse: (reader) => ({ dim_mappings: reader.list("[", "]", () => dimMapping[0](reader)) }),
  print: (writer, { dim_mappings }) => writeList(writer, "[", dim_mappings as Records, dimMapping, "]"),
});

const factorGroups = ["reduction", "need_replication", "permutation", "blocked_propagation"] as const;

const shardingRule: RecordForm = {
  parse(reader) {
    const operand_mappings = readMappings(reader);
    reader.expect("->");
    const result_mappings = readMappings(reader);
    const fields: Record<string, unknown> = {
      factor_sizes: reader.sees("{") ? readFactorSizes(reader) : [],
      operand_mappings,
      result_mappings,
    };
    for (const group of factorGroups) {
      const present = reader.take(group);
      if (present) reader.expect("=");
      fields[`${group}_factors`] = present
        ? reader.list("{", "}", () => factorsIn(reader, reader.keyword())[0]!)
        : [];
    }
    const custom = reader.take(",");
    if (custom) reader.expect("custom");
    return { ...fields, is_custom_rule: custom };
  },
  print(writer, fields) {
    writeList(writer, "(", fields.operand_mappings as Records, tensorMapping, ")->");
    writeList(writer, "(", fields.result_mappings as Records, tensorMapping, ")");
    const sizes = fields.factor_sizes as readonly number[];
    if (sizes.length > 0) writer.text(` {${sizes.map((size, i) => `${factorName(i)}=${size}`).join(", ")}}`);
    for (const group of factorGroups) {
      const factors = fields[`${group}_factors`] as readonly number[];
      if (factors.length > 0) writer.text(` ${group}={${factors.map(factorName).join(", ")}}`);
    }
    if (fields.is_custom_rule) writer.text(", custom");
  },
};

/** `([i, j], [j])`, one of them at least. */
function readMappings(reader: AssemblyReader): RecordAttribute[] {
  const mappings = reader.list("(", ")", () => tensorMapping[0](reader));
  return mappings.length > 0 ? mappings : reader.fail("expected '[', the mapping of a value");
}

function readFactorSizes(reader: AssemblyReader): number[] {
  let expected = 0;
  return reader.list("{", "}", () => {
    const word = reader.keyword();
    const wanted = factorName(expected++);
    if (word !== wanted) {
      reader.fail(
        `expecting factor indices to be ordered like an iota ([0,1,2,...], e.g. {i=#, j=#, ...}). Expecting factor index symbol '${wanted}', received: '${word}'`,
      );
    }
    reader.expect("=");
    return reader.integer();
  });
}

// Lists of axes, for the collectives ---------------------------------------------------------------------------

const axisRefList = nested("axis_ref_list", {
  parse: (reader) => ({ value: axisList[0](reader) }),
  print: (writer, { value }) => axisList[1](writer, value as Records),
});

const allToAllParam = nested("all_to_all_param", {
  parse(reader) {
    const axes = axisList[0](reader);
    reader.expect(":");
    const src_dim = reader.integer();
    reader.expect("->");
    return { axes, src_dim, tgt_dim: reader.integer() };
  },
  print(writer, { axes, src_dim, tgt_dim }) {
    axisList[1](writer, axes as Records);
    writer.text(`: ${src_dim}->${tgt_dim}`);
  },
});

function listForm(item: Pair<RecordAttribute>): RecordForm {
  return {
    parse: (reader) => ({ value: reader.list("[", "]", () => item[0](reader)) }),
    print: (writer, { value }) => writeList(writer, "[", value as Records, item, "]"),
  };
}

const manualAxes: RecordForm = {
  parse: (reader) => ({ value: reader.list("{", "}", () => reader.string()) }),
  print(writer, { value }) {
    writer.text("{");
    writer.list(value as readonly string[], (name) => writer.attribute({ kind: "string", value: name }));
    writer.text("}");
  },
};

/** Forms by record; those that are `bare` have no `<` and `>` around them. */
export const shardingForms: Readonly<Record<string, RecordForm & { readonly bare?: boolean }>> = {
  "sdy.mesh": mesh,
  "sdy.sharding": sharding,
  "sdy.sharding_per_value": shardingPerValue,
  "sdy.propagation_edges": propagationEdges({ parse: axisRef[0], print: axisRef[1] }),
  "sdy.op_sharding_rule": shardingRule,
  "sdy.manual_axes": { ...manualAxes, bare: true },
  "sdy.axis_ref": { ...axisRefForm, bare: true },
  "sdy.axis_ref_list": {
    parse: (reader) => axisRefList[0](reader).fields,
    print: (writer, fields) => axisRefList[1](writer, record("axis_ref_list", fields)),
    bare: true,
  },
  "sdy.list_of_axis_ref_lists": { ...listForm(axisRefList), bare: true },
  "sdy.all_to_all_param_list": { ...listForm(allToAllParam), bare: true },
};

// Directives ---------------------------------------------------------------------------------------------------

/** `[<@mesh, [{"x"}]>, …]` without the name of the attribute. */
export const StrippedTensorShardingPerValueAttr: Directive = {
  parse(reader, op, shardings) {
    setAttribute(op, shardings!, record("sharding_per_value", shardingPerValue.parse(reader)));
  },
  print(writer, op, shardings) {
    const attribute = attributeOf(op, shardings!);
    if (attribute?.kind === "record") shardingPerValue.print(writer, attribute.fields);
  },
};

/** `(%arg0: tensor<f32>) {…}`: the arguments stand before the region, not in a block label. */
export const SingleBlockRegionNoBlockId: Directive = {
  parse(reader, op, body) {
    const args = reader.list("(", ")", (): RegionArgument => {
      const name = reader.argumentName();
      reader.expect(":");
      const type = reader.type();
      const location = reader.location();
      return { name, type, ...(location && { location }) };
    });
    op.regions[body!.index] = [reader.region(op.definition, args)];
  },
  print(writer, op, body) {
    const region = regionOf(op, body!);
    writer.text("(");
    writer.list(entryBlock(region)?.arguments ?? [], (argument) => writer.argument(argument));
    writer.text(") ");
    writer.region(region, false);
  },
};
