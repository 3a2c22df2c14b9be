/** The binary forms of VHLO's attributes and types, straight from the StableHLO ones that they stand for. */
import {
  type VhloAttribute,
  type VhloType,
  vhloAttributes,
  vhloAttributesSince,
  vhloElements,
  vhloTypes,
  vhloTypesSince,
} from "../../declare/codes.ts";
import { booleanArray, i64Array } from "../../declare/kinds.ts";
import type { RecordField } from "../../declare/record_kinds.ts";
import type { Version } from "../../declare/version.ts";
import type { VhloGap } from "../../declare/vhlo.ts";
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import { DiagnosticError, error } from "../../model/diagnostic.ts";
import {
  type ElementType,
  isComplex,
  isUnsigned,
  type QuantizedElement,
  realElement,
  type Type,
} from "../../model/types.ts";
import { resultAccuracyMode } from "../../ops/enums.ts";
import * as records from "../../ops/records.ts";
import { vhloEnums } from "../../ops/vhlo_enums.ts";
import { attributeText, typeText } from "../text.ts";
import { denseBytes } from "./dense.ts";
import type { EntryWriter } from "./entry_writer.ts";
import { floatWidth, integerWidth } from "./integers.ts";

/** Whether VHLO has a form of the attribute, and what that form needs. */
export type VhloForm = { readonly written: false } | { readonly written: true; readonly needs?: VhloGap };

const none: VhloForm = { written: false };
const plain: VhloForm = { written: true };

/** Leaves with what cannot be said; the writer adds the operation. */
function refuse(message: string): never {
  throw new DiagnosticError(error("bytecode/no-vhlo-form", message));
}

function attributeCode(writer: EntryWriter, name: VhloAttribute): VhloForm {
  writer.varint(vhloAttributes.indexOf(name));
  return form(vhloAttributesSince[name], `an attribute of kind ${name}`);
}

function form(since: Version | undefined, feature: string): VhloForm {
  return since ? { written: true, needs: { feature, since } } : plain;
}

/** Attributes without a form of VHLO's stay what they are, as StableHLO leaves those of other dialects. */
export function writeVhloAttribute(writer: EntryWriter, attribute: Attribute): VhloForm {
  switch (attribute.kind) {
    case "array":
      attributeCode(writer, "array");
      writer.attributes(attribute.elements);
      return plain;
    case "dictionary":
      attributeCode(writer, "dictionary");
      writer.list(sortedEntries(attribute.entries), ([name, value]) => {
        writer.text(name);
        writer.attribute(value);
      });
      return plain;
    case "string":
      if (attribute.type)
        return refuse(`the string ${attributeText(attribute)} has a type, which VHLO's have not`);
      attributeCode(writer, "string");
      writer.string(attribute.value);
      return plain;
    case "symbol":
      if (attribute.path.length > 1) return none;
      attributeCode(writer, "string");
      writer.string(attribute.path[0]!);
      return plain;
    case "type":
      attributeCode(writer, "type");
      writer.type(attribute.type);
      return plain;
    case "integer":
      return integer(writer, attribute);
    case "float": {
      const width = attribute.type.kind === "scalar" ? floatWidth(attribute.type.element) : undefined;
      if (width === undefined) return none;
      attributeCode(writer, "float");
      writer.type(attribute.type);
      writer.bits(attribute.bits, width);
      return plain;
    }
    case "denseArray": {
      const kind =
        attribute.element === "i64" ? i64Array : attribute.element === "i1" ? booleanArray : undefined;
      const dense = kind?.vhlo?.write(attribute, "values").values;
      return dense ? writeVhloAttribute(writer, dense) : none;
    }
    case "dense":
      attributeCode(writer, "tensor");
      writer.type(attribute.type);
      writer.blob(denseBytes(attribute));
      return plain;
    case "enum":
      return enumeration(writer, attribute.name, attribute.value);
    case "record": {
      const write = recordWriters.get(attribute.name);
      return write ? write(writer, attribute) : none;
    }
    case "unit":
    case "denseString":
    case "resource":
    case "location":
    case "foreign":
      return none;
  }
}

export function sortedEntries<T>(entries: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function integer(writer: EntryWriter, attribute: Attribute & { readonly kind: "integer" }): VhloForm {
  const element = attribute.type.kind === "scalar" ? attribute.type.element : undefined;
  if (element === "i1") {
    attributeCode(writer, "boolean");
    writer.varint(attribute.value === 0n ? 0 : 1);
    return plain;
  }
  const width = element && integerWidth(element);
  if (width === undefined) return none;
  // StableHLO's own tools end abruptly on these.
  if (width < 4) return refuse(`the number ${attributeText(attribute)} has no form in VHLO`);
  attributeCode(writer, "integer");
  writer.type(attribute.type);
  writer.bits(attribute.value, width);
  return plain;
}

const enumCodes = new Map(
  Object.entries(vhloEnums).map(([name, { kind, first }]) => [
    kind.enumName,
    { name: name as keyof typeof vhloEnums, values: kind.values, first },
  ]),
);

function enumeration(writer: EntryWriter, name: string, value: string): VhloForm {
  const known = enumCodes.get(name);
  const index = known?.values.indexOf(value) ?? -1;
  if (!known || index < 0) return none;
  const form = attributeCode(writer, known.name);
  writer.varint(index + known.first);
  return form;
}

type RecordWriter = (writer: EntryWriter, record: RecordAttribute) => VhloForm;

const fieldWriters: Readonly<Record<RecordField, (writer: EntryWriter, value: unknown) => void>> = {
  i64: (writer, value) => writer.signed(value as number),
  i64s: (writer, value) => writer.numbers(value as readonly number[]),
  boolean: (writer, value) => writer.boolean(value as boolean),
  type: (writer, value) => writer.type(value as Type),
  f64: (writer, value) => writer.double(value as number),
  string: (writer, value) => writer.string(value as string),
};

const subAxisInfo = (record: RecordAttribute) => record.fields.sub_axis_info as RecordAttribute | undefined;
const list = (elements: unknown): Attribute => ({
  kind: "array",
  elements: elements as readonly RecordAttribute[],
});

const recordWriters: ReadonlyMap<string, RecordWriter> = new Map<string, RecordWriter>([
  [
    records.outputOperandAlias.recordName,
    (writer, { fields }) => {
      const form = attributeCode(writer, "outputOperandAlias");
      for (const [name, field] of Object.entries(records.outputOperandAlias.fields))
        fieldWriters[field](writer, fields[name]);
      return form;
    },
  ],
  [
    records.typeExtensions.recordName,
    (writer, { fields }) => {
      const form = attributeCode(writer, "typeExtensions");
      writer.shape(fields.bounds as readonly number[]);
      return form;
    },
  ],
  [
    records.resultAccuracy.recordName,
    (writer, { fields }) => {
      const form = attributeCode(writer, "resultAccuracy");
      writer.double(fields.atol as number);
      writer.double(fields.rtol as number);
      writer.signed(fields.ulps as number);
      writer.attribute(resultAccuracyMode.encode(fields.mode as "DEFAULT"));
      return form;
    },
  ],
  [
    "stablehlo.sub_axis_info",
    (writer, { fields }) => {
      const form = attributeCode(writer, "subAxisInfo");
      writer.signed(fields.pre_size as number);
      writer.signed(fields.size as number);
      return form;
    },
  ],
  [
    "stablehlo.axis_ref",
    (writer, record) => {
      const form = attributeCode(writer, "axisRef");
      const part = subAxisInfo(record);
      writer.text(record.fields.name as string);
      writer.varint(part ? 1 : 0);
      if (part) writer.attribute(part);
      return form;
    },
  ],
  [
    "stablehlo.replica_group_mesh_axes",
    (writer, { fields }) => {
      const form = attributeCode(writer, "replicaGroupMeshAxes");
      writer.attribute(fields.mesh as Attribute);
      writer.attribute(list(fields.axes));
      return form;
    },
  ],
  [
    "stablehlo.mesh_axis",
    (writer, { fields }) => {
      const form = attributeCode(writer, "meshAxis");
      writer.text(fields.name as string);
      writer.signed(fields.size as number);
      return form;
    },
  ],
  [
    "stablehlo.mesh",
    (writer, { fields }) => {
      const form = attributeCode(writer, "mesh");
      writer.attribute(list(fields.axes));
      writer.optionalAttribute(fields.device_ids as Attribute | undefined);
      return form;
    },
  ],
]);

// Types --------------------------------------------------------------------------------------------------------

const elementCodes = new Map(
  Object.entries(vhloElements).map(([code, element]) => [
    typeof element === "string" ? element : element.kind === "foreign" ? element.text : "",
    Number(code),
  ]),
);

function typeCode(writer: EntryWriter, name: VhloType): VhloForm {
  writer.varint(vhloTypes[name]);
  return form(vhloTypesSince[name], `the type ${name}`);
}

export function writeVhloType(writer: EntryWriter, type: Type): VhloForm {
  switch (type.kind) {
    case "scalar":
      return element(writer, type.element);
    case "tensor":
      typeCode(writer, type.encoding ? "tensorWithEncoding" : "tensor");
      if (type.encoding) writer.attribute(encodingOf(type.encoding, type));
      writer.shape(type.shape);
      writer.element(type.element);
      return plain;
    case "unranked":
      typeCode(writer, "unranked");
      writer.element(type.element);
      return plain;
    case "memref": {
      const form = typeCode(writer, "buffer");
      writer.shape(type.shape);
      writer.element(type.element);
      return form;
    }
    case "token":
    case "none":
      return typeCode(writer, type.kind);
    case "tuple":
    case "future": {
      const form = typeCode(writer, type.kind);
      writer.types(type.types);
      return form;
    }
    case "function":
      typeCode(writer, "function");
      writer.types(type.inputs);
      writer.types(type.results);
      return plain;
    case "foreign":
      return type.text === "shape.witness" ? typeCode(writer, "witness") : none;
    case "vector":
      return refuse(`the type ${typeText(type)} has no form in VHLO`);
  }
}

function encodingOf(encoding: Attribute, type: Type): Attribute {
  const known = encoding.kind === "record" && encoding.name === records.typeExtensions.recordName;
  return known ? encoding : refuse(`the encoding of the type ${typeText(type)} has no form in VHLO`);
}

function element(writer: EntryWriter, element: ElementType): VhloForm {
  if (typeof element === "object" && element.kind === "quantized") return quantized(writer, element);
  const name = typeof element === "string" ? element : element.text;
  const code = elementCodes.get(name);
  if (code !== undefined) {
    writer.varint(code);
    return form(vhloTypesSince[name], `the element type ${name}`);
  }
  if (!isComplex(element)) return refuse(`the type ${name} has no form in VHLO`);
  typeCode(writer, "complex");
  writer.element(realElement(element));
  return plain;
}

/** The lowest bit of the flags says that the storage is signed. */
function quantized(writer: EntryWriter, element: QuantizedElement): VhloForm {
  const { axis, scales, zeroPoints } = element;
  const result = typeCode(writer, axis === undefined ? "quantized" : "quantizedPerAxis");
  writer.varint(isUnsigned(element.storage) ? 0 : 1);
  writer.element(element.signless ? (element.storage.replace("ui", "i") as ElementType) : element.storage);
  writer.element(element.expressed);
  const range = () => {
    writer.signed(element.storageMin);
    writer.signed(element.storageMax);
  };
  if (axis === undefined) {
    writer.double(scales[0]!);
    writer.signed(zeroPoints[0]!);
    range();
  } else {
    writer.varint(axis);
    range();
    writer.list(scales, (scale) => writer.double(scale));
    writer.list(zeroPoints, (zeroPoint) => writer.signed(zeroPoint));
  }
  return result;
}
