/** StableHLO's enum attributes; values in the order of their VHLO codes (spec: the ops that use them). */
import { enumeration } from "../declare/kinds.ts";

export const comparisonDirection = enumeration("stablehlo.comparison_direction", [
  "EQ",
  "NE",
  "GE",
  "GT",
  "LE",
  "LT",
]);
export const comparisonType = enumeration("stablehlo.comparison_type", [
  "NOTYPE",
  "FLOAT",
  "TOTALORDER",
  "SIGNED",
  "UNSIGNED",
]);
export const customCallApiVersion = enumeration("stablehlo.custom_call_api_version", [
  "API_VERSION_UNSPECIFIED",
  "API_VERSION_ORIGINAL",
  "API_VERSION_STATUS_RETURNING",
  "API_VERSION_STATUS_RETURNING_UNIFIED",
  "API_VERSION_TYPED_FFI",
]);
export const fftType = enumeration("stablehlo.fft_type", ["FFT", "IFFT", "RFFT", "IRFFT"]);
export const precision = enumeration("stablehlo.precision", ["DEFAULT", "HIGH", "HIGHEST"]);
export const resultAccuracyMode = enumeration(
  "stablehlo.result_accuracy_mode",
  ["DEFAULT", "HIGHEST", "TOLERANCE"],
  true,
);
export const rngAlgorithm = enumeration("stablehlo.rng_algorithm", ["DEFAULT", "THREE_FRY", "PHILOX"]);
export const rngDistribution = enumeration("stablehlo.rng_distribution", ["UNIFORM", "NORMAL"]);
export const transpose = enumeration("stablehlo.transpose", [
  "TRANSPOSE_INVALID",
  "NO_TRANSPOSE",
  "TRANSPOSE",
  "ADJOINT",
]);

export const chloComparisonDirection = enumeration("chlo.comparison_direction", comparisonDirection.values);
export const chloComparisonType = enumeration("chlo.comparison_type", comparisonType.values);
export const chloPrecision = enumeration("chlo.precision", precision.values);
