/** Eigenvalues of Hermitian matrices and singular values, by Jacobi's rotations: short, and accurate to the last bits. */
import { add, type Complex, complexOf, conjugate, modulus, multiply, one, zero } from "../element/complex.ts";
import { householderProduct, householderQr, Matrix } from "./matrix.ts";
import { copyOf, hermitian, identity } from "./reflectors.ts";

interface Rotation {
  readonly cosine: number;
  readonly sine: number;
  /** Turns the second column so that the entry between both is real. */
  readonly phase: Complex;
}

/** The rotation that makes `[[alpha, between], [conj(between), beta]]` diagonal. */
function rotationOf(alpha: number, beta: number, between: Complex): Rotation {
  const size = modulus(between);
  const ratio = (beta - alpha) / (2 * size);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
  const cosine = 1 / Math.hypot(1, tangent);
  return { cosine, sine: tangent * cosine, phase: complexOf(between.re / size, between.im / size) };
}

const combine = (x: Complex, a: number, y: Complex, b: number): Complex =>
  complexOf(x.re * a + y.re * b, x.im * a + y.im * b);

function rotateColumns(m: Matrix, p: number, q: number, { cosine, sine, phase }: Rotation): void {
  for (let i = 0; i < m.rows; i++) {
    const x = m.at(i, p);
    const y = multiply(m.at(i, q), conjugate(phase));
    m.set(i, p, combine(x, cosine, y, -sine));
    m.set(i, q, combine(x, sine, y, cosine));
  }
}

function rotateRows(m: Matrix, p: number, q: number, { cosine, sine, phase }: Rotation): void {
  for (let j = 0; j < m.columns; j++) {
    const x = m.at(p, j);
    const y = multiply(m.at(q, j), phase);
    m.set(p, j, combine(x, cosine, y, -sine));
    m.set(q, j, combine(x, sine, y, cosine));
  }
}

const sweeps = 60;
const tiny = 2 ** -56;

function columnsInOrder(m: Matrix, order: readonly number[]): Matrix {
  const result = new Matrix(m.rows, order.length);
  order.forEach((from, to) => {
    for (let i = 0; i < m.rows; i++) result.set(i, to, m.at(i, from));
  });
  return result;
}

/** Ascending eigenvalues, and eigenvectors in columns. */
export function hermitianEigen(a: Matrix, lower: boolean): { values: number[]; vectors: Matrix } {
  const n = a.rows;
  const work = hermitian(a, lower);
  const vectors = identity(n);
  for (let sweep = 0, rotated = true; rotated && sweep < sweeps; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const between = work.at(p, q);
        const [alpha, beta] = [work.at(p, p).re, work.at(q, q).re];
        if (!(modulus(between) > tiny * Math.hypot(alpha, beta))) continue;
        const rotation = rotationOf(alpha, beta, between);
        rotateColumns(work, p, q, rotation);
        rotateRows(work, p, q, rotation);
        rotateColumns(vectors, p, q, rotation);
        rotated = true;
      }
    }
  }
  const diagonal = Array.from({ length: n }, (_, i) => work.at(i, i).re);
  const order = [...diagonal.keys()].sort((i, j) => diagonal[i]! - diagonal[j]!);
  return { values: order.map((i) => diagonal[i]!), vectors: columnsInOrder(vectors, order) };
}

export interface Svd {
  readonly values: number[];
  readonly u: Matrix;
  readonly vt: Matrix;
}

/** `a = u·diag(values)·vt`, values descending. `full`: square u and vt. */
export function svd(a: Matrix, full: boolean): Svd {
  if (a.rows < a.columns) {
    const { values, u, vt } = svd(adjoint(a), full);
    return { values, u: adjoint(vt), vt: adjoint(u) };
  }
  const work = copyOf(a);
  const v = identity(a.columns);
  orthogonalize(work, v);
  const norms = Array.from({ length: a.columns }, (_, j) => Math.sqrt(inner(work, j, j).re));
  const order = [...norms.keys()].sort((i, j) => norms[j]! - norms[i]!);
  const values = order.map((j) => norms[j]!);
  const u = completed(columnsInOrder(work, order), values, full ? a.rows : a.columns);
  return { values, u, vt: adjoint(columnsInOrder(v, order)) };
}

/** One-sided: rotates columns until they are orthogonal. */
function orthogonalize(work: Matrix, v: Matrix): void {
  for (let sweep = 0, rotated = true; rotated && sweep < sweeps; sweep++) {
    rotated = false;
    for (let p = 0; p < work.columns; p++) {
      for (let q = p + 1; q < work.columns; q++) {
        const between = inner(work, p, q);
        const [alpha, beta] = [inner(work, p, p).re, inner(work, q, q).re];
        if (!(modulus(between) > 2 ** -52 * Math.sqrt(alpha * beta)) || modulus(between) < 1e-300) continue;
        const rotation = rotationOf(alpha, beta, between);
        rotateColumns(work, p, q, rotation);
        rotateColumns(v, p, q, rotation);
        rotated = true;
      }
    }
  }
}

function inner(m: Matrix, p: number, q: number): Complex {
  let sum = zero;
  for (let i = 0; i < m.rows; i++) sum = add(sum, multiply(conjugate(m.at(i, p)), m.at(i, q)));
  return sum;
}

/** Columns divided by their lengths; those without one, and missing ones, by any that complete the basis. */
function completed(m: Matrix, lengths: readonly number[], columns: number): Matrix {
  const u = new Matrix(m.rows, columns);
  const threshold = (lengths[0] ?? 0) * 2 ** -50;
  const rank = lengths.filter((length) => length > threshold).length;
  for (let j = 0; j < rank; j++) {
    for (let i = 0; i < m.rows; i++) {
      const { re, im } = m.at(i, j);
      u.set(i, j, complexOf(re / lengths[j]!, im / lengths[j]!));
    }
  }
  if (rank === columns) return u;
  // The rest of an orthonormal basis: the columns of Q after those of what is there.
  const square = new Matrix(m.rows, m.rows);
  for (let i = 0; i < m.rows; i++) {
    for (let j = 0; j < rank; j++) square.set(i, j, u.at(i, j));
    for (let j = rank; j < m.rows; j++) square.set(i, j, i === j ? one : zero);
  }
  const { packed, taus } = householderQr(square);
  const q = householderProduct(packed, taus);
  for (let i = 0; i < m.rows; i++) for (let j = rank; j < columns; j++) u.set(i, j, q.at(i, j));
  return u;
}

export function adjoint(a: Matrix): Matrix {
  const result = new Matrix(a.columns, a.rows);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.columns; j++) result.set(j, i, conjugate(a.at(i, j)));
  return result;
}
