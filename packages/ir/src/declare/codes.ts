/**
 * The numbers that MLIR bytecode gives to attributes and types, by dialect: the one list for reader and writer.
 * A number, once given, keeps its meaning forever; new forms get new numbers.
 */
import type { ElementType } from "../model/types.ts";

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
