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
import { type Attribute, booleanAttribute } from "../../model/attributes.ts";
import {
  bitWidth,
  type IntegerElement,
  isFloat,
  isSigned,
  isUnsigned,
  type QuantizedElement,
  scalar,
  type Type,
  token,
} from "../../model/types.ts";
import * as shared from "../../ops/records.ts";
import { vhloEnums } from "../../ops/vhlo_enums.ts";
import { complexOf, dictionary, float, integer } from "./builtin.ts";
import { denseAttribute } from "./dense.ts";
import type { DialectEncoding } from "./entries.ts";
import type { EntryReader } from "./entry_reader.ts";
import { enumReader, record, recordArray, recordReader, resultAccuracy, typeExtensions } from "./parts.ts";

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

const enumReaders = Object.fromEntries(
  Object.entries(vhloEnums).map(([name, { kind, first }]) => [name, enumReader(kind, first)]),
) as Readonly<Record<keyof typeof vhloEnums, (reader: EntryReader) => Attribute>>;

const attributeReaders: Readonly<Record<VhloAttribute, (reader: EntryReader) => Attribute>> = {
  ...enumReaders,
  array: (reader) => ({ kind: "array", elements: reader.attributes() }),
  boolean: (reader) => {
    const value = reader.cursor.varint();
    return value <= 1 ? booleanAttribute(value === 1) : reader.fail(`${value} is not a boolean`);
  },
  dictionary: (reader) => dictionary(reader.list(() => [reader.text(), reader.attribute()])),
  float: (reader) => float(reader, reader.type()),
  integer: (reader) => integer(reader, reader.type()),
  outputOperandAlias: recordReader(shared.outputOperandAlias),
  string: (reader) => ({ kind: "string", value: reader.string() }),
  tensor: (reader) => denseAttribute(reader, reader.type(), reader.blob()),
  type: (reader) => ({ kind: "type", type: reader.type() }),
  typeExtensions,
  resultAccuracy,
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
      axes: recordArray(reader, "stablehlo.axis_ref"),
    });
  },
  meshAxis: (reader) => record("stablehlo.mesh_axis", { name: reader.text(), size: reader.cursor.signed() }),
  mesh: (reader) => {
    const axes = recordArray(reader, "stablehlo.mesh_axis");
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
    const parts = quantizedParts(reader);
    const scales = [reader.double()];
    const zeroPoints = [reader.cursor.bigSigned()];
    const [storageMin, storageMax] = [reader.cursor.bigSigned(), reader.cursor.bigSigned()];
    return scalar({ kind: "quantized", ...parts, storageMin, storageMax, scales, zeroPoints });
  },
  unranked: (reader) => ({ kind: "unranked", element: reader.element() }),
  witness: () => ({ kind: "foreign", text: "shape.witness" }),
  quantizedPerAxis: (reader) => {
    const parts = quantizedParts(reader);
    const axis = reader.cursor.varint();
    const [storageMin, storageMax] = [reader.cursor.bigSigned(), reader.cursor.bigSigned()];
    const scales = reader.list(() => reader.double());
    const zeroPoints = reader.list(() => reader.cursor.bigSigned());
    return scalar({ kind: "quantized", ...parts, storageMin, storageMax, axis, scales, zeroPoints });
  },
  none: () => ({ kind: "none" }),
  buffer: (reader) => ({ kind: "memref", shape: reader.shape(), element: reader.element() }),
  future: (reader) => ({ kind: "future", types: reader.types() }),
};

/** Flags, of which the lowest bit says that the storage is signed, and the two types. */
function quantizedParts(reader: EntryReader): Pick<QuantizedElement, "storage" | "signless" | "expressed"> {
  const signed = reader.cursor.varint() % 2 === 1;
  const storage = reader.element();
  const expressed = reader.element();
  if (!isFloat(expressed)) return reader.fail("a quantized type expresses floats");
  if (!isSigned(storage) && !isUnsigned(storage)) {
    return reader.fail("a quantized type is stored as integers");
  }
  const width = bitWidth(storage);
  if (signed) return { storage: `i${width}` as IntegerElement, expressed };
  const signless = isSigned(storage);
  return { storage: `ui${width}` as IntegerElement, ...(signless && { signless }), expressed };
}
