/** Schur form and eigenvectors of any square matrix, by QR iterations on its Hessenberg form. */
import {
  add,
  type Complex,
  complexOf,
  conjugate,
  divide,
  modulus,
  multiply,
  one,
  squareRoot,
  subtract,
  zero,
} from "../element/complex.ts";
import { Matrix } from "./matrix.ts";
import { hessenberg } from "./reflectors.ts";

export interface Schur {
  readonly form: Matrix;
  readonly vectors: Matrix;
}

/** Upper triangular for a complex matrix; for a real one with blocks of 2 × 2 for pairs of conjugate eigenvalues. */
export function schur(a: Matrix, real: boolean): Schur {
  const { packed: form, q: vectors } = hessenberg(a);
  for (let i = 2; i < a.rows; i++) for (let j = 0; j + 1 < i; j++) form.set(i, j, zero);
  if (real) iterateReal(form.re, vectors.re, a.rows);
  else iterateComplex({ form, vectors });
  return { form, vectors };
}

const epsilon = 2 ** -52;
const limit = 300;

/** Start of the block that ends at `end`: the last place above it with nothing below the diagonal. */
function blockStart(size: (i: number, j: number) => number, clear: (i: number) => void, end: number): number {
  for (let i = end; i > 0; i--) {
    const around = size(i - 1, i - 1) + size(i, i);
    if (size(i, i - 1) > epsilon * (around || 1)) continue;
    clear(i);
    return i;
  }
  return 0;
}

// Complex ----------------------------------------------------------------------------------------------------------

/** QR steps with shifts, each a chain of rotations of neighbouring rows and columns. */
function iterateComplex({ form, vectors }: Schur): void {
  const size = (i: number, j: number) => modulus(form.at(i, j));
  const clear = (i: number) => form.set(i, i - 1, zero);
  let tries = 0;
  for (let end = form.rows - 1; end > 0; ) {
    const start = blockStart(size, clear, end);
    if (start === end || tries > limit) {
      end--;
      tries = 0;
      continue;
    }
    const shift = ++tries % 10 === 0 ? complexOf(size(end, end - 1), 0) : nearEigenvalue(form, end);
    complexStep({ form, vectors }, start, end, shift);
  }
}

/** The eigenvalue of the last 2 × 2 block that is nearer to its last element. */
function nearEigenvalue(form: Matrix, end: number): Complex {
  const [a, b, c, d] = [
    form.at(end - 1, end - 1),
    form.at(end - 1, end),
    form.at(end, end - 1),
    form.at(end, end),
  ];
  const half = multiply(subtract(a, d), complexOf(0.5, 0));
  const root = squareRoot(add(multiply(half, half), multiply(b, c)));
  const first = add(add(d, half), root);
  const second = subtract(add(d, half), root);
  return modulus(subtract(first, d)) < modulus(subtract(second, d)) ? first : second;
}

function complexStep({ form, vectors }: Schur, start: number, end: number, shift: Complex): void {
  const n = form.rows;
  const move = (by: (x: Complex, y: Complex) => Complex) => {
    for (let i = start; i <= end; i++) form.set(i, i, by(form.at(i, i), shift));
  };
  move(subtract);
  const turns: { readonly c: Complex; readonly s: Complex }[] = [];
  for (let k = start; k < end; k++) {
    const [x, y] = [form.at(k, k), form.at(k + 1, k)];
    const length = complexOf(Math.hypot(x.re, x.im, y.re, y.im) || 1, 0);
    const turn = { c: divide(x, length), s: divide(y, length) };
    turns.push(turn);
    for (let j = k; j < n; j++) {
      const [p, q] = [form.at(k, j), form.at(k + 1, j)];
      form.set(k, j, add(multiply(conjugate(turn.c), p), multiply(conjugate(turn.s), q)));
      form.set(k + 1, j, subtract(multiply(turn.c, q), multiply(turn.s, p)));
    }
  }
  turns.forEach(({ c, s }, place) => {
    const k = start + place;
    for (const [m, rows] of [
      [form, Math.min(k + 2, end + 1)],
      [vectors, n],
    ] as const) {
      for (let i = 0; i < rows; i++) {
        const [p, q] = [m.at(i, k), m.at(i, k + 1)];
        m.set(i, k, add(multiply(p, c), multiply(q, s)));
        m.set(i, k + 1, subtract(multiply(q, conjugate(c)), multiply(p, conjugate(s))));
      }
    }
  });
  move(add);
}

// Real -------------------------------------------------------------------------------------------------------------

/** Francis' double steps (Golub and Van Loan, algorithm 7.5.1). Row-major, n × n. */
function iterateReal(h: Float64Array, z: Float64Array, n: number): void {
  const size = (i: number, j: number) => Math.abs(h[i * n + j]!);
  const clear = (i: number) => {
    h[i * n + i - 1] = 0;
  };
  let tries = 0;
  for (let end = n - 1; end > 0; ) {
    const start = blockStart(size, clear, end);
    if (end - start < 2 || tries > limit) {
      if (start === end - 1) standardize(h, z, n, start);
      end -= start === end - 1 ? 2 : 1;
      tries = 0;
      continue;
    }
    doubleStep(h, z, n, start, end, ++tries % 10 === 0);
  }
}

function doubleStep(
  h: Float64Array,
  z: Float64Array,
  n: number,
  start: number,
  end: number,
  exceptional: boolean,
): void {
  const at = (i: number, j: number) => h[i * n + j]!;
  const odd = Math.abs(at(end, end - 1)) + Math.abs(at(end - 1, end - 2));
  const sum = exceptional ? 1.5 * odd : at(end - 1, end - 1) + at(end, end);
  const product = exceptional
    ? odd * odd
    : at(end - 1, end - 1) * at(end, end) - at(end - 1, end) * at(end, end - 1);
  let x =
    at(start, start) ** 2 + at(start, start + 1) * at(start + 1, start) - sum * at(start, start) + product;
  let y = at(start + 1, start) * (at(start, start) + at(start + 1, start + 1) - sum);
  let last = at(start + 1, start) * at(start + 2, start + 1);
  for (let k = start; k < end; k++) {
    const vector = k + 1 < end ? [x, y, last] : [x, y];
    reflect(h, z, n, vector, k, Math.max(k - 1, 0), Math.min(k + 4, end + 1));
    if (k > start) for (let i = 1; i < vector.length; i++) h[(k + i) * n + k - 1] = 0;
    x = at(k + 1, k);
    y = k + 2 <= end ? at(k + 2, k) : 0;
    last = k + 3 <= end ? at(k + 3, k) : 0;
  }
}

/** Makes `vector` a multiple of e₁ by a reflection of rows and columns `first…`. */
function reflect(
  h: Float64Array,
  z: Float64Array,
  n: number,
  vector: readonly number[],
  first: number,
  column: number,
  rows: number,
): void {
  const length = Math.hypot(...vector);
  if (length === 0) return;
  const v = [...vector];
  v[0]! += vector[0]! < 0 ? -length : length;
  const scale = 2 / v.reduce((total, value) => total + value * value, 0);
  for (let j = column; j < n; j++) {
    const sum = scale * v.reduce((total, value, i) => total + value * h[(first + i) * n + j]!, 0);
    for (const [i, value] of v.entries()) h[(first + i) * n + j]! -= sum * value;
  }
  for (const [m, count] of [
    [h, rows],
    [z, n],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const sum = scale * v.reduce((total, value, j) => total + value * m[i * n + first + j]!, 0);
      for (const [j, value] of v.entries()) m[i * n + first + j]! -= sum * value;
    }
  }
}

/** LAPACK's lanv2: a block with real eigenvalues becomes triangular, one with a pair gets equal diagonal elements. */
function standardize(h: Float64Array, z: Float64Array, n: number, k: number): void {
  const [a, b, c, d] = [h[k * n + k]!, h[k * n + k + 1]!, h[(k + 1) * n + k]!, h[(k + 1) * n + k + 1]!];
  if (c === 0) return;
  const [cosine, sine, triangular] = b === 0 ? ([0, 1, true] as const) : turnOf(a, b, c, d);
  for (let j = 0; j < n; j++) {
    const [x, y] = [h[k * n + j]!, h[(k + 1) * n + j]!];
    h[k * n + j] = cosine * x + sine * y;
    h[(k + 1) * n + j] = cosine * y - sine * x;
  }
  for (const m of [h, z]) {
    for (let i = 0; i < n; i++) {
      const [x, y] = [m[i * n + k]!, m[i * n + k + 1]!];
      m[i * n + k] = cosine * x + sine * y;
      m[i * n + k + 1] = cosine * y - sine * x;
    }
  }
  if (triangular) h[(k + 1) * n + k] = 0;
  else h[(k + 1) * n + k + 1] = h[k * n + k]!;
}

function turnOf(a: number, b: number, c: number, d: number): readonly [number, number, boolean] {
  const half = (a - d) / 2;
  const larger = Math.max(Math.abs(b), Math.abs(c));
  const smaller = Math.min(Math.abs(b), Math.abs(c)) * Math.sign(b) * Math.sign(c);
  const scale = Math.max(Math.abs(half), larger);
  const square = (half / scale) * half + (larger / scale) * smaller;
  if (square >= 4 * epsilon) {
    const root = half + (half < 0 ? -1 : 1) * Math.sqrt(scale) * Math.sqrt(square);
    const length = Math.hypot(c, root);
    return [root / length, c / length, true];
  }
  const sigma = b + c;
  const length = Math.hypot(sigma, a - d);
  const cosine = Math.sqrt((1 + Math.abs(sigma) / length) / 2);
  return [cosine, -(half / (length * cosine)) * (sigma < 0 ? -1 : 1), false];
}

// Eigenvectors -----------------------------------------------------------------------------------------------------

/** Eigenvalues, and eigenvectors of length 1 in columns: right ones `a·v = λ·v`, left ones `uᴴ·a = λ·uᴴ`. */
export function eigen(a: Matrix, real: boolean): { values: Complex[]; left: Matrix; right: Matrix } {
  const { form, vectors } = schur(a, real);
  if (real) iterateComplex({ form, vectors });
  const n = a.rows;
  const values = Array.from({ length: n }, (_, i) => form.at(i, i));
  const left = new Matrix(n, n);
  const right = new Matrix(n, n);
  for (let k = 0; k < n; k++) {
    setColumn(right, k, rightVector(form, k), vectors);
    setColumn(left, k, leftVector(form, k), vectors);
  }
  return { values, left, right };
}

/** `x - y`, but never zero: a perturbation in the last bit, as LAPACK does it. */
function difference(form: Matrix, i: number, k: number): Complex {
  const value = subtract(form.at(i, i), form.at(k, k));
  const least = epsilon * Math.max(modulus(form.at(k, k)), Number.MIN_VALUE / epsilon);
  return modulus(value) < least ? complexOf(least, 0) : value;
}

function rightVector(form: Matrix, k: number): Complex[] {
  const x = new Array<Complex>(form.rows).fill(zero);
  x[k] = one;
  for (let i = k - 1; i >= 0; i--) {
    let sum = zero;
    for (let j = i + 1; j <= k; j++) sum = subtract(sum, multiply(form.at(i, j), x[j]!));
    x[i] = divide(sum, difference(form, i, k));
  }
  return x;
}

function leftVector(form: Matrix, k: number): Complex[] {
  const y = new Array<Complex>(form.rows).fill(zero);
  y[k] = one;
  for (let i = k + 1; i < form.rows; i++) {
    let sum = zero;
    for (let j = k; j < i; j++) sum = subtract(sum, multiply(conjugate(y[j]!), form.at(j, i)));
    y[i] = conjugate(divide(sum, difference(form, i, k)));
  }
  return y;
}

/** The vector in the original basis, of length 1, its largest component real. */
function setColumn(target: Matrix, k: number, x: readonly Complex[], basis: Matrix): void {
  const n = basis.rows;
  const column = Array.from({ length: n }, (_, i) =>
    x.reduce((sum, value, j) => add(sum, multiply(basis.at(i, j), value)), zero),
  );
  const length = Math.hypot(...column.map(modulus));
  const largest = column.reduce((best, value) => (modulus(value) > modulus(best) ? value : best), zero);
  const isReal = column.every(({ im }) => im === 0);
  const turn =
    isReal || modulus(largest) === 0 ? one : divide(conjugate(largest), complexOf(modulus(largest), 0));
  column.forEach((value, i) => {
    target.set(i, k, multiply(divide(value, complexOf(length || 1, 0)), turn));
  });
}
