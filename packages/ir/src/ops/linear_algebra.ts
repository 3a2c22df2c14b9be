/** Linear algebra and Fourier transforms (spec: cholesky, triangular_solve, fft). */
import { defaulted, defineOp, floatsOrComplexes } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { DYNAMIC, isComplex, realElement, type TensorType, tensor } from "../model/types.ts";
import { fft as transform } from "../reference/kernel/fourier.ts";
import { cholesky as factor, mapMatrices, triangularSolve as solve } from "../reference/kernel/matrix.ts";
import { boundsOf, withBounds } from "./bounds.ts";
import { fftType, transpose } from "./enums.ts";
import { compatibleDimension, compatibleElement, compatibleShape, withShape } from "./inference.ts";

const isSquare = ({ shape }: TensorType) =>
  shape.length < 2 || compatibleDimension(shape.at(-1)!, shape.at(-2)!);

/** Terms of the spectrum of a real signal that determine the others. */
const halved = (size: number) => (size === 0 ? 0 : Math.floor(size / 2) + 1);

export const cholesky = defineOp("stablehlo.cholesky", {
  since: "0.9.0",
  summary: "Cholesky factors of a batch of symmetric or Hermitian positive definite matrices.",
  operands: { a: floatsOrComplexes },
  attributes: { lower: defaulted(kinds.boolean, false) },
  results: { result: floatsOrComplexes },
  format:
    "$a (`,` `lower` `=` $lower^)? attr-dict `:` custom<SameOperandsAndResultType>(type($a), type($result))",
  constraints: {
    C2: ["`a` has at least two dimensions", ({ a }) => a.shape.length >= 2],
    C3: ["the last two dimensions of `a` are the same", ({ a }) => isSquare(a)],
  },
  infer: ({ a }) => [a],
  evaluate: ({ a, lower }) => mapMatrices([a], a.type.shape, (matrix) => factor(matrix!, lower)),
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
  constraints: {
    C1: ["`a` and `b` have the same element type", ({ a, b }) => compatibleElement(a.element, b.element)],
    C2: [
      "`a` and `b` have the same number of dimensions, at least two",
      ({ a, b }) => a.shape.length >= 2 && a.shape.length === b.shape.length,
    ],
    C3: [
      "`a` is square, with the batch dimensions of `b` and the dimension that `left_side` tells",
      ({ a, b, left_side }) =>
        isSquare(a) &&
        compatibleDimension(a.shape.at(-1)!, b.shape.at(left_side ? -2 : -1)!) &&
        compatibleShape(withShape(a, a.shape.slice(0, -2)), withShape(b, b.shape.slice(0, -2))),
    ],
    I6: ["`transpose_a` is valid", ({ transpose_a }) => transpose_a !== "TRANSPOSE_INVALID"],
  },
  infer: ({ b }) => [b],
  evaluate: ({ a, b, left_side, lower, unit_diagonal, transpose_a }) => {
    const transposition = transpose_a === "TRANSPOSE_INVALID" ? "NO_TRANSPOSE" : transpose_a;
    const system = {
      leftSide: left_side,
      lower,
      unitDiagonal: unit_diagonal,
      transpose: transposition,
    } as const;
    return mapMatrices([a, b], b.type.shape, (matrix, right) => solve(matrix!, right!, system));
  },
});

export const fft = defineOp("stablehlo.fft", {
  since: "0.9.0",
  summary: "Fourier transforms over the last dimensions, forward or inverse, complex or real.",
  operands: { operand: floatsOrComplexes },
  attributes: { fft_type: fftType, fft_length: kinds.i64Array },
  results: { result: floatsOrComplexes },
  format: `$operand \`,\` \`type\` \`=\` $fft_type \`,\` \`length\` \`=\` $fft_length
    attr-dict \`:\` functional-type(operands, results)`,
  constraints: {
    C3: [
      "`fft_length` has one to three sizes",
      ({ fft_length }) => fft_length.length >= 1 && fft_length.length <= 3,
    ],
    C1: [
      "`fft_length` has at most as many sizes as `operand` has dimensions",
      ({ operand, fft_length }) => fft_length.length <= operand.shape.length,
    ],
    C2: [
      "`operand` is of f32 or f64 for RFFT and complex otherwise",
      ({ operand: { element }, fft_type }) =>
        fft_type === "RFFT" ? element === "f32" || element === "f64" : isComplex(element),
    ],
    C4: [
      "`fft_length` is the size of the last dimensions of the real side, where there is one",
      ({ operand, result, fft_type, fft_length }) => {
        if (fft_type !== "RFFT" && fft_type !== "IRFFT") return true;
        const real = fft_type === "IRFFT" ? result : operand;
        const sizes = real.shape.slice(-fft_length.length);
        return fft_length.every((length, i) => compatibleDimension(sizes[i]!, length));
      },
    ],
    C5: [
      "for IRFFT the last dimension of `operand` holds half of `fft_length`",
      ({ operand, fft_type, fft_length }) =>
        fft_type !== "IRFFT" || compatibleDimension(operand.shape.at(-1)!, halved(fft_length.at(-1)!)),
    ],
  },
  infer({ operand, fft_type, fft_length }) {
    const { element, shape } = operand;
    const toComplex = fft_type === "RFFT";
    const toReal = fft_type === "IRFFT";
    if (!toComplex && !toReal) return [operand];
    const length = fft_length.at(-1)!;
    const last = toReal ? length : length === 0 ? shape.at(-1)! : halved(length);
    const complex = element === "f64" || element === "complex<f64>" ? "complex<f64>" : "complex<f32>";
    const bounds = boundsOf(operand);
    const type = tensor(shape.with(-1, last), toReal ? realElement(complex) : complex);
    return [withBounds(type, bounds.length > 0 ? bounds.with(-1, DYNAMIC) : [], operand.encoding)];
  },
  evaluate: ({ operand, fft_type, fft_length }) => {
    const sizes = operand.type.shape.slice(-fft_length.length);
    const isWhole = fft_type === "IRFFT" || sizes.every((size, d) => size === fft_length[d]);
    // Spec, fft C5; StableHLO's verifier lets other lengths pass.
    if (!isWhole) throw new TypeError(`lengths [${fft_length}] are not defined for sizes [${sizes}]`);
    return transform(operand, fft_type, fft_length);
  },
});
