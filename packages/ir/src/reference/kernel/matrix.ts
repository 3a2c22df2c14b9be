/** Dense linear algebra on complex matrices in double precision; real ones have imaginary parts of zero. */

import { sizeOf } from "../../model/types.ts";
import {
  type Complex,
  complexOf,
  conjugate,
  divide,
  modulus,
  multiply,
  negate,
  subtract,
} from "../element/complex.ts";
import { kindOf, reader, writer } from "../element/work.ts";
import { type Tensor, zeros } from "../tensor.ts";

/** A matrix with rows in order. */
export class Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly re: Float64Array;
  readonly im: Float64Array;

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    this.re = new Float64Array(rows * columns);
    this.im = new Float64Array(rows * columns);
  }

  at(i: number, j: number): Complex {
    const position = i * this.columns + j;
    return complexOf(this.re[position]!, this.im[position]!);
  }

  set(i: number, j: number, { re, im }: Complex): void {
    const position = i * this.columns + j;
    this.re[position] = re;
    this.im[position] = im;
  }
}

/** The last two dimensions of a batch of matrices; vectors count as rows of one matrix. */
export function matrixSize({
  shape,
}: {
  readonly shape: readonly number[];
}): readonly [rows: number, columns: number] {
  return [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
}

export function batchCount({ type }: Tensor): number {
  return sizeOf(type.shape.slice(0, -2));
}

/** Matrix number `batch` of a tensor. */
export function readMatrix(tensor: Tensor, batch: number): Matrix {
  const [rows, columns] = matrixSize(tensor.type);
  const matrix = new Matrix(rows, columns);
  const read = reader(tensor);
  const complex = kindOf(tensor.type.element) === "complex";
  for (let i = 0; i < rows * columns; i++) {
    const value = read(batch * rows * columns + i);
    matrix.re[i] = complex ? (value as Complex).re : Number(value);
    matrix.im[i] = complex ? (value as Complex).im : 0;
  }
  return matrix;
}

export function writeMatrix(tensor: Tensor, batch: number, matrix: Matrix): void {
  const size = matrix.rows * matrix.columns;
  const write = writer(tensor);
  const complex = kindOf(tensor.type.element) === "complex";
  for (let i = 0; i < size; i++) {
    write(batch * size + i, complex ? complexOf(matrix.re[i]!, matrix.im[i]!) : matrix.re[i]!);
  }
}

/** Applies a function of matrices to each of a batch. */
export function mapMatrices(
  operands: readonly Tensor[],
  shape: readonly number[],
  apply: (...matrices: readonly Matrix[]) => Matrix,
): Tensor {
  const result = zeros(shape, operands[0]!.type.element);
  for (let batch = 0; batch < batchCount(operands[0]!); batch++) {
    writeMatrix(result, batch, apply(...operands.map((operand) => readMatrix(operand, batch))));
  }
  return result;
}

/** `L` with `a = L·Lᴴ`, or `U` with `a = Uᴴ·U`; only that triangle of `a` is read, the other one is zero. */
export function cholesky(a: Matrix, lower: boolean): Matrix {
  const n = a.rows;
  const result = new Matrix(n, n);
  const get = (i: number, j: number) => (lower ? result.at(i, j) : conjugate(result.at(j, i)));
  const set = (i: number, j: number, value: Complex) =>
    lower ? result.set(i, j, value) : result.set(j, i, conjugate(value));
  for (let j = 0; j < n; j++) {
    let diagonal = a.at(j, j).re;
    for (let k = 0; k < j; k++) {
      const { re, im } = get(j, k);
      diagonal -= re * re + im * im;
    }
    const root = Math.sqrt(diagonal);
    set(j, j, complexOf(root, 0));
    for (let i = j + 1; i < n; i++) {
      let sum = lower ? a.at(i, j) : conjugate(a.at(j, i));
      for (let k = 0; k < j; k++) sum = subtract(sum, multiply(get(i, k), conjugate(get(j, k))));
      set(i, j, complexOf(sum.re / root, sum.im / root));
    }
  }
  return result;
}

export interface TriangularSystem {
  readonly leftSide: boolean;
  readonly lower: boolean;
  readonly unitDiagonal: boolean;
  readonly transpose: "NO_TRANSPOSE" | "TRANSPOSE" | "ADJOINT";
}

/** `x` with `op(a)·x = b`, or `x·op(a) = b` when not on the left side, by substitution. */
export function triangularSolve(a: Matrix, b: Matrix, system: TriangularSystem): Matrix {
  const { leftSide, unitDiagonal, transpose } = system;
  const n = a.rows;
  const x = new Matrix(b.rows, b.columns);
  // x·op(a) = b is op(a)ᵀ·xᵀ = bᵀ: one transpose more, and b and x read across.
  const transposed = (transpose !== "NO_TRANSPOSE") !== !leftSide;
  const coefficient = (i: number, j: number) => {
    const value = transposed ? a.at(j, i) : a.at(i, j);
    return transpose === "ADJOINT" ? conjugate(value) : value;
  };
  const forward = system.lower !== transposed;
  const columns = leftSide ? b.columns : b.rows;
  const right = (i: number, c: number) => (leftSide ? b.at(i, c) : b.at(c, i));
  const known = (i: number, c: number) => (leftSide ? x.at(i, c) : x.at(c, i));
  for (let c = 0; c < columns; c++) {
    for (let step = 0; step < n; step++) {
      const i = forward ? step : n - 1 - step;
      let sum = right(i, c);
      for (let done = 0; done < step; done++) {
        const j = forward ? done : n - 1 - done;
        sum = subtract(sum, multiply(coefficient(i, j), known(j, c)));
      }
      const value = unitDiagonal ? sum : divide(sum, coefficient(i, i));
      if (leftSide) x.set(i, c, value);
      else x.set(c, i, value);
    }
  }
  return x;
}

/**
 * LAPACK's geqrf: R in the upper triangle, and below it the vectors of the reflectors `I - tau·v·vᴴ` whose product is Q.
 */
export function householderQr(a: Matrix): { packed: Matrix; taus: Complex[] } {
  const packed = new Matrix(a.rows, a.columns);
  packed.re.set(a.re);
  packed.im.set(a.im);
  const taus: Complex[] = [];
  for (let k = 0; k < Math.min(a.rows, a.columns); k++) {
    const tau = reflector(packed, k);
    taus.push(tau);
    applyReflector(packed, k, conjugate(tau));
  }
  return { packed, taus };
}

/** LAPACK's larfg for column `k`: leaves beta on the diagonal and the vector below it. */
function reflector(matrix: Matrix, k: number): Complex {
  let below = 0;
  for (let i = k + 1; i < matrix.rows; i++) below = Math.hypot(below, modulus(matrix.at(i, k)));
  const alpha = matrix.at(k, k);
  if (below === 0 && alpha.im === 0) return complexOf(0, 0);
  const beta = -Math.sign(alpha.re || 1) * Math.hypot(alpha.re, alpha.im, below);
  const scale = subtract(alpha, complexOf(beta, 0));
  for (let i = k + 1; i < matrix.rows; i++) matrix.set(i, k, divide(matrix.at(i, k), scale));
  matrix.set(k, k, complexOf(beta, 0));
  return complexOf((beta - alpha.re) / beta, -alpha.im / beta);
}

/** Multiplies the columns after `k` by `I - tau·v·vᴴ` from the left, with the vector of column `k`. */
function applyReflector(matrix: Matrix, k: number, tau: Complex): void {
  for (let j = k + 1; j < matrix.columns; j++) reflectColumn(matrix, j, matrix, k, tau);
}

function reflectColumn(target: Matrix, j: number, vectors: Matrix, k: number, tau: Complex): void {
  let product = target.at(k, j);
  for (let i = k + 1; i < vectors.rows; i++) {
    const term = multiply(conjugate(vectors.at(i, k)), target.at(i, j));
    product = complexOf(product.re + term.re, product.im + term.im);
  }
  const factor = multiply(negate(tau), product);
  const update = (i: number, change: Complex) => {
    const old = target.at(i, j);
    target.set(i, j, complexOf(old.re + change.re, old.im + change.im));
  };
  update(k, factor);
  for (let i = k + 1; i < vectors.rows; i++) update(i, multiply(factor, vectors.at(i, k)));
}

/** LAPACK's orgqr: the first `columns` columns of the product of the reflectors. */
export function householderProduct(packed: Matrix, taus: readonly Complex[]): Matrix {
  const q = new Matrix(packed.rows, packed.columns);
  for (let i = 0; i < Math.min(q.rows, q.columns); i++) q.set(i, i, complexOf(1, 0));
  for (let k = taus.length - 1; k >= 0; k--) {
    for (let j = 0; j < q.columns; j++) reflectColumn(q, j, packed, k, taus[k]!);
  }
  return q;
}
