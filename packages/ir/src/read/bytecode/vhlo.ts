/**
 * The binary forms of VHLO's attributes and types, read straight as the StableHLO ones they stand for: VHLO is a
 * versioned copy of StableHLO, and every attribute and type of every version has exactly one meaning there.
 */
import {
  type VhloAttribute,
  type VhloType,
  vhloAttributes,
  vhloElements,
  vhloTypes,
} from "../../declare/codes.ts";
import type { EnumKind } from "../../declare/kinds.ts";
import { type Attribute, booleanAttribute, type RecordAttribute } from "../../model/attributes.ts";
import {
  type ElementType,
  type FloatElement,
  type IntegerElement,
  isFloat,
  isSigned,
  scalar,
  type Type,
  token,
} from "../../model/types.ts";
import * as enums from "../../ops/enums.ts";
import { complexOf, dictionary, float, integer } from "./builtin.ts";
import { denseAttribute } from "./dense.ts";
import type { DialectEncoding } from "./entries.ts";
import type { EntryReader } from "./entry_reader.ts";

const typeNames = new Map<number, VhloType>(
  Object.entries(vhloTypes).map(([name, code]) => [code, name as VhloType]),
);

export const vhloEncoding: DialectEncoding = {
  attribute(reader, code) {
    const name = vhloAttributes[code];
    return name
      ? attributeReaders[name](reader)
      : reader.fail(`${code} is not the code of a VHLO attribute up to version 1.20.0`);
  },
  type(reader, code) {
    const element = vhloElements[code];
    if (element !== undefined) return scalar(element);
    const name = typeNames.get(code);
    return name
      ? typeReaders[name](reader)
      : reader.fail(`${code} is not the code of a VHLO type up to version 1.20.0`);
  },
};

const attributeReaders: Readonly<Record<VhloAttribute, (reader: EntryReader) => Attribute>> = {
  array: (reader) => ({ kind: "array", elements: reader.attributes() }),
  boolean: (reader) => {
    const value = reader.cursor.varint();
    return value <= 1 ? booleanAttribute(value === 1) : reader.fail(`${value} is not a boolean`);
  },
  comparisonDirection: enumeration(enums.comparisonDirection),
  comparisonType: enumeration(enums.comparisonType),
  customCallApiVersion: enumeration(enums.customCallApiVersion),
  dictionary: (reader) => dictionary(reader.list(() => [reader.text(), reader.attribute()])),
  fftType: enumeration(enums.fftType),
  float: (reader) => float(reader, reader.type()),
  integer: (reader) => integer(reader, reader.type()),
  outputOperandAlias: (reader) =>
    record("stablehlo.output_operand_alias", {
      output_tuple_indices: reader.numbers(),
      operand_index: reader.cursor.signed(),
      operand_tuple_indices: reader.numbers(),
    }),
  precision: enumeration(enums.precision),
  rngAlgorithm: enumeration(enums.rngAlgorithm),
  // The distributions are the only values that VHLO counts from one.
  rngDistribution: enumeration(enums.rngDistribution, 1),
  string: (reader) => ({ kind: "string", value: reader.string() }),
  tensor: (reader) => denseAttribute(reader, reader.type(), reader.blob()),
  transpose: enumeration(enums.transpose),
  type: (reader) => ({ kind: "type", type: reader.type() }),
  typeExtensions: (reader) => record("stablehlo.bounds", { bounds: reader.shape() }),
  resultAccuracyMode: enumeration(enums.resultAccuracyMode),
  resultAccuracy: (reader) =>
    record("stablehlo.result_accuracy", {
      atol: reader.double(),
      rtol: reader.double(),
      ulps: reader.cursor.signed(),
      mode: resultAccuracyMode(reader),
    }),
  subAxisInfo: (reader) =>
    record("stablehlo.sub_axis_info", { pre_size: reader.cursor.signed(), size: reader.cursor.signed() }),
  axisRef: (reader) => {
    const name = reader.text();
    const whole = reader.cursor.varint() === 0;
    return record(
      "stablehlo.axis_ref",
      whole ? { name } : { name, sub_axis_info: reader.record("stablehlo.sub_axis_info") },
    );
  },
  replicaGroupMeshAxes: (reader) => {
    const mesh = reader.attribute();
    return record("stablehlo.replica_group_mesh_axes", {
      mesh: mesh.kind === "string" ? { kind: "symbol", path: [mesh.value] } : mesh,
      axes: records(reader, "stablehlo.axis_ref"),
    });
  },
  meshAxis: (reader) => record("stablehlo.mesh_axis", { name: reader.text(), size: reader.cursor.signed() }),
  mesh: (reader) => {
    const axes = records(reader, "stablehlo.mesh_axis");
    const deviceIds = reader.optionalAttribute();
    return record("stablehlo.mesh", deviceIds ? { axes, device_ids: deviceIds } : { axes });
  },
};

const typeReaders: Readonly<Record<VhloType, (reader: EntryReader) => Type>> = {
  complex: (reader) => scalar(complexOf(reader.element())),
  function: (reader) => ({ kind: "function", inputs: reader.types(), results: reader.types() }),
  tensor: (reader) => ({ kind: "tensor", shape: reader.shape(), element: reader.element() }),
  tensorWithEncoding: (reader) => {
    const encoding = reader.attribute();
    return { kind: "tensor", shape: reader.shape(), element: reader.element(), encoding };
  },
  token: () => token,
  tuple: (reader) => ({ kind: "tuple", types: reader.types() }),
  quantized: (reader) => {
    const { storage, expressed } = quantizedParts(reader);
    const scales = [reader.double()];
    const zeroPoints = [reader.cursor.bigSigned()];
    const [storageMin, storageMax] = [reader.cursor.bigSigned(), reader.cursor.bigSigned()];
    return scalar({ kind: "quantized", storage, storageMin, storageMax, expressed, scales, zeroPoints });
  },
  unranked: (reader) => ({ kind: "unranked", element: reader.element() }),
  witness: () => ({ kind: "foreign", text: "shape.witness" }),
  quantizedPerAxis: (reader) => {
    const { storage, expressed } = quantizedParts(reader);
    const axis = reader.cursor.varint();
    const [storageMin, storageMax] = [reader.cursor.bigSigned(), reader.cursor.bigSigned()];
    const scales = reader.list(() => reader.double());
    const zeroPoints = reader.list(() => reader.cursor.bigSigned());
    return scalar({
      kind: "quantized",
      storage,
      storageMin,
      storageMax,
      expressed,
      axis,
      scales,
      zeroPoints,
    });
  },
  none: () => ({ kind: "none" }),
  buffer: (reader) => ({ kind: "memref", shape: reader.shape(), element: reader.element() }),
  future: (reader) => ({ kind: "future", types: reader.types() }),
};

function enumeration(kind: EnumKind<string>, first = 0): (reader: EntryReader) => Attribute {
  return (reader) => {
    const code = reader.cursor.varint();
    const value = kind.values[code - first];
    return value === undefined
      ? reader.fail(`${code} is not a value of ${kind.enumName}`)
      : kind.encode(value);
  };
}

function record(name: string, fields: Readonly<Record<string, unknown>>): RecordAttribute {
  return { kind: "record", name, fields };
}

function records(reader: EntryReader, name: string): RecordAttribute[] {
  const attribute = reader.attribute();
  if (attribute.kind !== "array") return reader.fail(`an array of #${name} is expected`);
  return attribute.elements.map((element) =>
    element.kind === "record" && element.name === name
      ? element
      : reader.fail(`an attribute #${name} is expected`),
  );
}

function resultAccuracyMode(reader: EntryReader): string {
  const mode = reader.attribute();
  return enums.resultAccuracyMode.decode(mode) ?? reader.fail("a mode of result accuracy is expected");
}

/** Flags, of which the lowest bit says that the storage is signed, and the two types. */
function quantizedParts(reader: EntryReader): { storage: IntegerElement; expressed: FloatElement } {
  const signed = reader.cursor.varint() % 2 === 1;
  const storage = reader.element();
  const expressed = reader.element();
  if (!isFloat(expressed)) return reader.fail("a quantized type expresses floats");
  return { storage: storageElement(reader, storage, signed), expressed };
}

function storageElement(reader: EntryReader, element: ElementType, signed: boolean): IntegerElement {
  if (!isSigned(element) && !(typeof element === "string" && element.startsWith("ui"))) {
    return reader.fail("a quantized type is stored as integers");
  }
  const width = /\d+/.exec(element as string)![0];
  return `${signed ? "i" : "ui"}${width}` as IntegerElement;
}
