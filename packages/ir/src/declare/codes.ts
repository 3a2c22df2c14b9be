/**
 * The numbers that MLIR bytecode gives to attributes and types, by dialect: the one list for reader and writer.
 * A number, once given, keeps its meaning forever; new forms get new numbers.
 */
import type { ElementType } from "../model/types.ts";
import type { Version } from "./version.ts";

/** The first bytes of a file: "ML\xefR". */
export const bytecodeMagic: readonly number[] = [0x4d, 0x4c, 0xef, 0x52];

/** The newest layout of the container; StableHLO 1.20 writes it too. */
export const newestBytecodeVersion = 6;

/** Changes of the container, by the version that brought them. */
export const containerSince = {
  dialectVersions: 1,
  isolatedRegionsInSections: 2,
  useListOrders: 3,
  elidedArgumentLocations: 4,
  nativeProperties: 5,
  segmentSizesInProperties: 6,
} as const;

/** Sections of the container. */
export const sectionIds = {
  strings: 0,
  dialects: 1,
  entries: 2,
  entryOffsets: 3,
  operations: 4,
  resources: 5,
  resourceOffsets: 6,
  dialectVersion: 7,
  properties: 8,
} as const;
export type SectionName = keyof typeof sectionIds;

/** Bits that say which parts of an operation follow. */
export const operationParts = {
  attributes: 1,
  results: 2,
  operands: 4,
  successors: 8,
  regions: 16,
  useListOrders: 32,
  properties: 64,
} as const;

/** Builtin attributes; the place in the list is the code. */
export const builtinAttributes = [
  "array",
  "dictionary",
  "string",
  "typedString",
  "flatSymbol",
  "symbol",
  "type",
  "unit",
  "integer",
  "float",
  "callLocation",
  "fileLocation",
  "fusedLocation",
  "fusedLocationWithMetadata",
  "nameLocation",
  "unknownLocation",
  "denseResource",
  "denseArray",
  "dense",
  "denseString",
  "sparse",
  "distinct",
  "fileRangeLocation",
] as const;
export type BuiltinAttribute = (typeof builtinAttributes)[number];

/** Builtin types. Writers of 2024 and before spell the floats of 8 bits and less as text. */
export const builtinTypes = [
  "integer",
  "index",
  "function",
  "bf16",
  "f16",
  "f32",
  "f64",
  "f80",
  "f128",
  "complex",
  "memref",
  "memrefInSpace",
  "none",
  "tensor",
  "tensorWithEncoding",
  "tuple",
  "unrankedMemref",
  "unrankedMemrefInSpace",
  "unranked",
  "vector",
  "scalableVector",
  "tf32",
  "f8E5M2",
  "f8E4M3",
  "f8E4M3FN",
  "f8E5M2FNUZ",
  "f8E4M3FNUZ",
  "f8E4M3B11FNUZ",
  "f8E3M4",
  "f4E2M1FN",
  "f6E2M3FN",
  "f6E3M2FN",
  "f8E8M0FNU",
] as const;
export type BuiltinType = (typeof builtinTypes)[number];

/** VHLO attributes by code; 0 was retired before the first stable version. */
export const vhloAttributes = [
  undefined,
  "array",
  "boolean",
  "comparisonDirection",
  "comparisonType",
  "customCallApiVersion",
  "dictionary",
  "fftType",
  "float",
  "integer",
  "outputOperandAlias",
  "precision",
  "rngAlgorithm",
  "rngDistribution",
  "string",
  "tensor",
  "transpose",
  "type",
  "typeExtensions",
  "resultAccuracyMode",
  "resultAccuracy",
  "subAxisInfo",
  "axisRef",
  "replicaGroupMeshAxes",
  "meshAxis",
  "mesh",
] as const;
export type VhloAttribute = Exclude<(typeof vhloAttributes)[number], undefined>;

/** VHLO types that have parts, by code. */
export const vhloTypes = {
  complex: 1,
  function: 8,
  tensor: 20,
  tensorWithEncoding: 21,
  token: 22,
  tuple: 23,
  quantized: 24,
  unranked: 25,
  witness: 26,
  quantizedPerAxis: 30,
  none: 33,
  buffer: 41,
  future: 42,
} as const;
export type VhloType = keyof typeof vhloTypes;

/** VHLO types that are elements, by code. Signless integers of StableHLO are `si…` in VHLO. */
export const vhloElements: Readonly<Record<number, ElementType>> = {
  0: "i1",
  2: "bf16",
  3: "f16",
  4: "f32",
  5: "f64",
  6: "f8E4M3FN",
  7: "f8E5M2",
  9: { kind: "foreign", text: "index" },
  10: "i4",
  11: "i8",
  12: "i16",
  13: "i32",
  14: "i64",
  15: "ui4",
  16: "ui8",
  17: "ui16",
  18: "ui32",
  19: "ui64",
  27: "f8E4M3FNUZ",
  28: "f8E5M2FNUZ",
  29: "f8E4M3B11FNUZ",
  31: "i2",
  32: "ui2",
  34: { kind: "foreign", text: "tf32" },
  35: "f8E4M3",
  36: "f8E3M4",
  37: "f4E2M1FN",
  38: "f6E2M3FN",
  39: "f6E3M2FN",
  40: "f8E8M0FNU",
};

/** VHLO versions that brought types later than the first stable one. */
export const vhloTypesSince: Readonly<Record<string, Version>> = {
  f8E4M3FNUZ: "0.10.0",
  f8E5M2FNUZ: "0.10.0",
  f8E4M3B11FNUZ: "0.11.0",
  quantizedPerAxis: "0.18.0",
  i2: "1.2.0",
  ui2: "1.2.0",
  none: "1.6.0",
  tf32: "1.6.0",
  f8E4M3: "1.7.0",
  f8E3M4: "1.7.0",
  f4E2M1FN: "1.8.0",
  f6E2M3FN: "1.8.0",
  f6E3M2FN: "1.8.0",
  f8E8M0FNU: "1.8.0",
  buffer: "1.13.0",
  future: "1.15.0",
};

/** VHLO versions that brought attributes later than the first stable one. */
export const vhloAttributesSince: Readonly<Partial<Record<VhloAttribute, Version>>> = {
  resultAccuracyMode: "1.9.0",
  resultAccuracy: "1.9.0",
  subAxisInfo: "1.16.0",
  axisRef: "1.16.0",
  replicaGroupMeshAxes: "1.16.0",
  meshAxis: "1.16.0",
  mesh: "1.16.0",
};

/** StableHLO's own attributes by code, outside of portable artifacts; 0 was retired early. */
export const stablehloAttributes = [
  undefined,
  "channelHandle",
  "comparisonDirection",
  "comparisonType",
  "convDimensionNumbers",
  "dotDimensionNumbers",
  "fftType",
  "gatherDimensionNumbers",
  "precision",
  "rngAlgorithm",
  "rngDistribution",
  "scatterDimensionNumbers",
  "transpose",
  "typeExtensions",
  "outputOperandAlias",
  "dotAlgorithm",
  "resultAccuracyMode",
  "resultAccuracy",
  "replicaGroupMeshAxes",
  "subAxisInfo",
  "axisRef",
  "meshAxis",
  "mesh",
] as const;
export type StablehloAttribute = Exclude<(typeof stablehloAttributes)[number], undefined>;

export const stablehloTypes = ["token", "future"] as const;
