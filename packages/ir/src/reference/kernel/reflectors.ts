/** Factorizations by Householder reflectors, packed as LAPACK does: gehrd, sytrd and hetrd, geqp3. */
import {
  add,
  type Complex,
  complexOf,
  conjugate,
  divide,
  modulus,
  multiply,
  one,
  subtract,
  zero,
} from "../element/complex.ts";
import { Matrix } from "./matrix.ts";

export function copyOf(a: Matrix): Matrix {
  const copy = new Matrix(a.rows, a.columns);
  copy.re.set(a.re);
  copy.im.set(a.im);
  return copy;
}

interface Reflector {
  /** What remains of the vector: the first element, the others are zero. */
  readonly beta: number;
  readonly tau: Complex;
  /** With 1 in front. */
  readonly vector: readonly Complex[];
}

/** LAPACK's larfg: `(I - tau·v·vᴴ)ᴴ·x = beta·e₁`. */
function reflectorOf(x: readonly Complex[]): Reflector {
  const [alpha, ...rest] = x as [Complex, ...Complex[]];
  const below = Math.hypot(...rest.map(modulus));
  if (below === 0 && alpha.im === 0) return { beta: alpha.re, tau: zero, vector: [one, ...rest] };
  const beta = -Math.sign(alpha.re || 1) * Math.hypot(alpha.re, alpha.im, below);
  const scale = subtract(alpha, complexOf(beta, 0));
  const tau = complexOf((beta - alpha.re) / beta, -alpha.im / beta);
  return { beta, tau, vector: [one, ...rest.map((value) => divide(value, scale))] };
}

/** Rows `row…` of the columns from `column` to `end`, times `(I - tau·v·vᴴ)ᴴ` from the left. */
function fromLeft(a: Matrix, { tau, vector }: Reflector, row: number, column: number, end: number): void {
  for (let j = column; j < end; j++) {
    let sum = zero;
    vector.forEach((v, i) => {
      sum = add(sum, multiply(conjugate(v), a.at(row + i, j)));
    });
    const factor = multiply(conjugate(tau), sum);
    vector.forEach((v, i) => {
      a.set(row + i, j, subtract(a.at(row + i, j), multiply(v, factor)));
    });
  }
}

/** Columns `column…` of the rows from `row` to `end`, times `I - tau·v·vᴴ` from the right. */
function fromRight(a: Matrix, { tau, vector }: Reflector, column: number, row: number, end: number): void {
  for (let i = row; i < end; i++) {
    let sum = zero;
    vector.forEach((v, j) => {
      sum = add(sum, multiply(a.at(i, column + j), v));
    });
    const factor = multiply(sum, tau);
    vector.forEach((v, j) => {
      a.set(i, column + j, subtract(a.at(i, column + j), multiply(factor, conjugate(v))));
    });
  }
}

const column = (a: Matrix, j: number, from: number, end: number): Complex[] =>
  Array.from({ length: Math.max(0, end - from) }, (_, i) => a.at(from + i, j));

/** The Hessenberg form; below it the vectors of the reflectors. */
export function hessenberg(a: Matrix): { packed: Matrix; taus: Complex[]; q: Matrix } {
  const n = a.rows;
  const packed = copyOf(a);
  const q = identity(n);
  const taus: Complex[] = [];
  for (let k = 0; k + 1 < n; k++) {
    const reflector = reflectorOf(column(packed, k, k + 1, n));
    taus.push(reflector.tau);
    fromRight(packed, reflector, k + 1, 0, n);
    fromLeft(packed, reflector, k + 1, k + 1, n);
    fromRight(q, reflector, k + 1, 0, n);
    reflector.vector.forEach((v, i) => {
      packed.set(k + 1 + i, k, i === 0 ? complexOf(reflector.beta, 0) : v);
    });
  }
  return { packed, taus, q };
}

export interface Tridiagonal {
  readonly packed: Matrix;
  readonly diagonal: number[];
  readonly beside: number[];
  readonly taus: Complex[];
}

/** The tridiagonal form of the Hermitian matrix that one triangle of `a` holds; the other triangle stays as it is. */
export function tridiagonal(a: Matrix, lower: boolean): Tridiagonal {
  const n = a.rows;
  const packed = copyOf(a);
  const work = hermitian(a, lower);
  const beside = new Array<number>(Math.max(0, n - 1)).fill(0);
  const taus = new Array<Complex>(Math.max(0, n - 1)).fill(zero);
  for (let step = 0; step + 1 < n; step++) {
    // Upper: the last column first, its vector upwards from just above the diagonal.
    const k = lower ? step : n - 1 - step;
    const x = lower ? column(work, k, k + 1, n) : column(work, k, 0, k).reverse();
    const reflector = reflectorOf(x);
    const vector = lower ? reflector.vector : [...reflector.vector].reverse();
    const first = lower ? k + 1 : 0;
    const placed = { ...reflector, vector };
    fromLeft(work, placed, first, 0, n);
    fromRight(work, placed, first, 0, n);
    const place = lower ? k : k - 1;
    taus[place] = reflector.tau;
    beside[place] = reflector.beta;
    vector.forEach((v, i) => {
      packed.set(first + i, k, v);
    });
    packed.set(lower ? k + 1 : k - 1, k, complexOf(reflector.beta, 0));
  }
  const diagonal = Array.from({ length: n }, (_, i) => work.at(i, i).re);
  diagonal.forEach((value, i) => {
    packed.set(i, i, complexOf(value, 0));
  });
  return { packed, diagonal, beside, taus };
}

/** The Hermitian matrix that one triangle holds. */
export function hermitian(a: Matrix, lower: boolean): Matrix {
  const result = new Matrix(a.rows, a.rows);
  for (let i = 0; i < a.rows; i++) {
    result.set(i, i, complexOf(a.at(i, i).re, 0));
    for (let j = 0; j < i; j++) {
      const value = lower ? a.at(i, j) : conjugate(a.at(j, i));
      result.set(i, j, value);
      result.set(j, i, conjugate(value));
    }
  }
  return result;
}

export function identity(n: number): Matrix {
  const result = new Matrix(n, n);
  for (let i = 0; i < n; i++) result.set(i, i, one);
  return result;
}

/** QR with the largest remaining column first. `fixed[j]` ≠ 0: the column goes to the front. Pivots count from 1. */
export function pivotedQr(
  a: Matrix,
  fixed: readonly number[],
): { packed: Matrix; taus: Complex[]; pivots: number[] } {
  const order = [...fixed.keys()].sort((i, j) => Number(fixed[j] !== 0) - Number(fixed[i] !== 0));
  const leading = fixed.filter((value) => value !== 0).length;
  const packed = new Matrix(a.rows, a.columns);
  order.forEach((from, to) => {
    for (let i = 0; i < a.rows; i++) packed.set(i, to, a.at(i, from));
  });
  const pivots = order.map((j) => j + 1);
  const taus: Complex[] = [];
  for (let k = 0; k < Math.min(a.rows, a.columns); k++) {
    if (k >= leading) exchange(packed, pivots, k, largestColumn(packed, k));
    const reflector = reflectorOf(column(packed, k, k, a.rows));
    taus.push(reflector.tau);
    fromLeft(packed, reflector, k, k + 1, a.columns);
    reflector.vector.forEach((v, i) => {
      packed.set(k + i, k, i === 0 ? complexOf(reflector.beta, 0) : v);
    });
  }
  return { packed, taus, pivots };
}

function largestColumn(a: Matrix, k: number): number {
  let best = k;
  let norm = -1;
  for (let j = k; j < a.columns; j++) {
    const size = Math.hypot(...column(a, j, k, a.rows).map(modulus));
    if (size > norm) [best, norm] = [j, size];
  }
  return best;
}

function exchange(a: Matrix, pivots: number[], j: number, k: number): void {
  [pivots[j], pivots[k]] = [pivots[k]!, pivots[j]!];
  for (let i = 0; i < a.rows; i++) {
    const value = a.at(i, j);
    a.set(i, j, a.at(i, k));
    a.set(i, k, value);
  }
}

/** LU with partial pivoting: both factors in one matrix, and the row that was exchanged with each. */
export function lu(a: Matrix): { packed: Matrix; pivots: number[]; permutation: number[] } {
  const packed = copyOf(a);
  const permutation = Array.from({ length: a.rows }, (_, i) => i);
  const pivots: number[] = [];
  const size = ({ re, im }: Complex) => Math.abs(re) + Math.abs(im);
  for (let k = 0; k < Math.min(a.rows, a.columns); k++) {
    let best = k;
    for (let i = k + 1; i < a.rows; i++) if (size(packed.at(i, k)) > size(packed.at(best, k))) best = i;
    pivots.push(best);
    [permutation[k], permutation[best]] = [permutation[best]!, permutation[k]!];
    for (let j = 0; j < a.columns && best !== k; j++) {
      const value = packed.at(k, j);
      packed.set(k, j, packed.at(best, j));
      packed.set(best, j, value);
    }
    const head = packed.at(k, k);
    if (head.re === 0 && head.im === 0) continue;
    for (let i = k + 1; i < a.rows; i++) {
      const factor = divide(packed.at(i, k), head);
      packed.set(i, k, factor);
      for (let j = k + 1; j < a.columns; j++) {
        packed.set(i, j, subtract(packed.at(i, j), multiply(factor, packed.at(k, j))));
      }
    }
  }
  return { packed, pivots, permutation };
}
