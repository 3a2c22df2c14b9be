/** Enums that VHLO has binary forms of, by the names of their codes. */
import type { VhloAttribute } from "../declare/codes.ts";
import type { EnumKind } from "../declare/kinds.ts";
import * as enums from "./enums.ts";

export interface VhloEnum {
  readonly kind: EnumKind<string>;
  /** The number of the first value. */
  readonly first: number;
}

type EnumAttribute = Extract<
  VhloAttribute,
  | "comparisonDirection"
  | "comparisonType"
  | "customCallApiVersion"
  | "fftType"
  | "precision"
  | "rngAlgorithm"
  | "rngDistribution"
  | "transpose"
  | "resultAccuracyMode"
>;

const fromZero = (kind: EnumKind<string>): VhloEnum => ({ kind, first: 0 });

export const vhloEnums: Readonly<Record<EnumAttribute, VhloEnum>> = {
  comparisonDirection: fromZero(enums.comparisonDirection),
  comparisonType: fromZero(enums.comparisonType),
  customCallApiVersion: fromZero(enums.customCallApiVersion),
  fftType: fromZero(enums.fftType),
  precision: fromZero(enums.precision),
  rngAlgorithm: fromZero(enums.rngAlgorithm),
  // The distributions are the only values that VHLO counts from one.
  rngDistribution: { kind: enums.rngDistribution, first: 1 },
  transpose: fromZero(enums.transpose),
  resultAccuracyMode: fromZero(enums.resultAccuracyMode),
};
