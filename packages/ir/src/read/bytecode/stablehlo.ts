/**
 * The binary forms of StableHLO's own attributes and types, and of CHLO's. Portable artifacts have VHLO's instead; these are what
 * MLIR's tools write when they are not asked for a portable artifact.
 */
import { type StablehloAttribute, stablehloAttributes, stablehloTypes } from "../../declare/codes.ts";
import type { Attribute } from "../../model/attributes.ts";
import { token } from "../../model/types.ts";
import * as enums from "../../ops/enums.ts";
import * as records from "../../ops/records.ts";
import type { DialectEncoding } from "./entries.ts";
import type { EntryReader } from "./entry_reader.ts";
import { enumReader, record, recordArray, recordReader, resultAccuracy, typeExtensions } from "./parts.ts";

export const stablehloEncoding: DialectEncoding = {
  attribute(reader, code) {
    const name = stablehloAttributes[code];
    return name
      ? attributeReaders[name](reader)
      : reader.fail(`${code} is not the code of a StableHLO attribute`);
  },
  type(reader, code) {
    const name = stablehloTypes[code];
    if (!name) return reader.fail(`${code} is not the code of a StableHLO type`);
    return name === "token" ? token : { kind: "future", types: reader.types() };
  },
};

const attributeReaders: Readonly<Record<StablehloAttribute, (reader: EntryReader) => Attribute>> = {
  channelHandle: recordReader(records.channelHandle),
  comparisonDirection: enumReader(enums.comparisonDirection),
  comparisonType: enumReader(enums.comparisonType),
  convDimensionNumbers: recordReader(records.convDimensionNumbers),
  dotDimensionNumbers: recordReader(records.dotDimensionNumbers),
  fftType: enumReader(enums.fftType),
  gatherDimensionNumbers: recordReader(records.gatherDimensionNumbers),
  precision: enumReader(enums.precision),
  rngAlgorithm: enumReader(enums.rngAlgorithm),
  rngDistribution: enumReader(enums.rngDistribution, 1),
  scatterDimensionNumbers: recordReader(records.scatterDimensionNumbers),
  transpose: enumReader(enums.transpose),
  typeExtensions,
  outputOperandAlias: recordReader(records.outputOperandAlias),
  dotAlgorithm: recordReader(records.dotAlgorithm),
  resultAccuracyMode: enumReader(enums.resultAccuracyMode),
  resultAccuracy,
  replicaGroupMeshAxes: (reader) =>
    record("stablehlo.replica_group_mesh_axes", {
      mesh: reader.attribute(),
      axes: reader.list(() => reader.record("stablehlo.axis_ref")),
    }),
  subAxisInfo: (reader) =>
    record("stablehlo.sub_axis_info", { pre_size: reader.cursor.signed(), size: reader.cursor.signed() }),
  axisRef: (reader) => {
    const name = reader.string();
    const part = reader.boolean() ? { sub_axis_info: reader.record("stablehlo.sub_axis_info") } : {};
    return record("stablehlo.axis_ref", { name, ...part });
  },
  meshAxis: (reader) =>
    record("stablehlo.mesh_axis", { name: reader.string(), size: reader.cursor.signed() }),
  mesh: (reader) => {
    const axes = recordArray(reader, "stablehlo.mesh_axis");
    return record("stablehlo.mesh", reader.boolean() ? { axes, device_ids: reader.attribute() } : { axes });
  },
};

/** CHLO has binary forms of two enums; its other attributes are assembly text. */
const chloReaders = [enumReader(enums.chloComparisonDirection), enumReader(enums.chloComparisonType)];

export const chloEncoding: DialectEncoding = {
  attribute(reader, code) {
    const read = chloReaders[code];
    return read ? read(reader) : reader.fail(`${code} is not the code of a CHLO attribute`);
  },
  type: (reader, code) => reader.fail(`${code} is not the code of a CHLO type: there are none`),
};
