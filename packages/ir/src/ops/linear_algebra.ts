/** Linear algebra and Fourier transforms (spec: cholesky, triangular_solve, fft). */
import { defaulted, defineOp, floatsOrComplexes } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { fftType, transpose } from "./enums.ts";

export const cholesky = defineOp("stablehlo.cholesky", {
  since: "0.9.0",
  summary: "Cholesky factors of a batch of symmetric or Hermitian positive definite matrices.",
  operands: { a: floatsOrComplexes },
  attributes: { lower: defaulted(kinds.boolean, false) },
  results: { result: floatsOrComplexes },
  format: "$a (`,` `lower` `=` $lower^)? attr-dict `:` custom<SameOperandsAndResultType>(type($a), type($result))",
});

export const triangularSolve = defineOp("stablehlo.triangular_solve", {
  since: "0.9.0",
  summary: "Solves `op(a) x = b` or `x op(a) = b` for a batch of triangular matrices `a`.",
  operands: { a: floatsOrComplexes, b: floatsOrComplexes },
  attributes: {
    left_side: kinds.boolean,
    lower: kinds.boolean,
    unit_diagonal: kinds.boolean,
    transpose_a: transpose,
  },
  results: { result: floatsOrComplexes },
});

export const fft = defineOp("stablehlo.fft", {
  since: "0.9.0",
  summary: "Fourier transforms over the last dimensions, forward or inverse, complex or real.",
  operands: { operand: floatsOrComplexes },
  attributes: { fft_type: fftType, fft_length: kinds.i64Array },
  results: { result: floatsOrComplexes },
  format: `$operand \`,\` \`type\` \`=\` $fft_type \`,\` \`length\` \`=\` $fft_length
    attr-dict \`:\` functional-type(operands, results)`,
});
