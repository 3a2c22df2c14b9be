/** Row-major matrix products, batch by batch. */
import type { Slot } from "../slot.ts";
import type { Kernel } from "./loop.ts";

export interface MatmulSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** `c[b, i, j] = Σ a[b, i, k] × b[b, k, j]`, in single precision rounded at the end of each block of `k`. */
export function matmul(
  work: "f32" | "f64" | "i32" | "i64",
  a: Slot,
  b: Slot,
  c: Slot,
  sizes: MatmulSizes,
): Kernel {
  const { batch, m, n, k } = sizes;
  const kernel = kernels[work] as (
    a: unknown,
    b: unknown,
    c: unknown,
    at: Offsets,
    sizes: MatmulSizes,
  ) => void;
  return () => {
    for (let i = 0; i < batch; i++)
      kernel(a.data, b.data, c.data, { a: i * m * k, b: i * k * n, c: i * m * n }, sizes);
  };
}

interface Offsets {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const kernels = { f32: multiplyF32, f64: multiplyF64, i32: multiplyI32, i64: multiplyI64 } as const;

/** Products this small are computed in single precision throughout, as the specification does. */
const smallProduct = 1 << 16;

function multiplyF32(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  at: Offsets,
  sizes: MatmulSizes,
): void {
  const { m, n, k } = sizes;
  if (m * n * k <= smallProduct) return multiplySmall(a, b, c, at, sizes);
  const panel = new Float64Array(4 * k);
  for (let j = 0; j < n; j += 4) {
    const columns = Math.min(4, n - j);
    packColumns(b, at.b + j, n, k, columns, panel);
    for (let i = 0; i < m; i += 4)
      block(a, panel, c, at.a + i * k, at.c + i * n + j, n, k, Math.min(4, m - i), columns);
  }
}

function multiplySmall(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  at: Offsets,
  { m, n, k }: MatmulSizes,
): void {
  const { fround } = Math;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0, x = at.a + i * k, y = at.b + j; p < k; p++, y += n)
        sum = fround(sum + fround(a[x + p]! * b[y]!));
      c[at.c + i * n + j] = sum;
    }
  }
}

function packColumns(
  b: Float32Array | Float64Array,
  from: number,
  stride: number,
  k: number,
  columns: number,
  panel: Float64Array,
): void {
  for (let p = 0, at = from; p < k; p++, at += stride) {
    for (let q = 0; q < columns; q++) panel[4 * p + q] = b[at + q]!;
  }
}

/** A block of up to 4 × 4 results; rows beyond the last repeat it and are not stored. */
function block(
  a: Float32Array,
  panel: Float64Array,
  c: Float32Array,
  atA: number,
  atC: number,
  stride: number,
  k: number,
  rows: number,
  columns: number,
): void {
  const a1 = rows > 1 ? atA + k : atA;
  const a2 = rows > 2 ? atA + 2 * k : atA;
  const a3 = rows > 3 ? atA + 3 * k : atA;
  let c00 = 0,
    c01 = 0,
    c02 = 0,
    c03 = 0;
  let c10 = 0,
    c11 = 0,
    c12 = 0,
    c13 = 0;
  let c20 = 0,
    c21 = 0,
    c22 = 0,
    c23 = 0;
  let c30 = 0,
    c31 = 0,
    c32 = 0,
    c33 = 0;
  for (let p = 0; p < k; p++) {
    const b0 = panel[4 * p]!,
      b1 = panel[4 * p + 1]!,
      b2 = panel[4 * p + 2]!,
      b3 = panel[4 * p + 3]!;
    const x0 = a[atA + p]!;
    c00 += x0 * b0;
    c01 += x0 * b1;
    c02 += x0 * b2;
    c03 += x0 * b3;
    const x1 = a[a1 + p]!;
    c10 += x1 * b0;
    c11 += x1 * b1;
    c12 += x1 * b2;
    c13 += x1 * b3;
    const x2 = a[a2 + p]!;
    c20 += x2 * b0;
    c21 += x2 * b1;
    c22 += x2 * b2;
    c23 += x2 * b3;
    const x3 = a[a3 + p]!;
    c30 += x3 * b0;
    c31 += x3 * b1;
    c32 += x3 * b2;
    c33 += x3 * b3;
  }
  storeRow(c, atC, columns, c00, c01, c02, c03);
  if (rows > 1) storeRow(c, atC + stride, columns, c10, c11, c12, c13);
  if (rows > 2) storeRow(c, atC + 2 * stride, columns, c20, c21, c22, c23);
  if (rows > 3) storeRow(c, atC + 3 * stride, columns, c30, c31, c32, c33);
}

function storeRow(
  c: Float32Array,
  at: number,
  columns: number,
  x: number,
  y: number,
  z: number,
  w: number,
): void {
  c[at] = x;
  if (columns > 1) c[at + 1] = y;
  if (columns > 2) c[at + 2] = z;
  if (columns > 3) c[at + 3] = w;
}

/** Plain loops, the innermost along rows of `b` and `c`. */
function multiplyF64(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  at: Offsets,
  { m, n, k }: MatmulSizes,
): void {
  c.fill(0, at.c, at.c + m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[at.a + i * k + p]!;
      for (let j = 0, from = at.b + p * n, to = at.c + i * n; j < n; j++) c[to + j]! += x * b[from + j]!;
    }
  }
}

function multiplyI32(
  a: Int32Array,
  b: Int32Array,
  c: Int32Array,
  at: Offsets,
  { m, n, k }: MatmulSizes,
): void {
  c.fill(0, at.c, at.c + m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[at.a + i * k + p]!;
      for (let j = 0, from = at.b + p * n, to = at.c + i * n; j < n; j++)
        c[to + j]! += Math.imul(x, b[from + j]!);
    }
  }
}

function multiplyI64(
  a: BigInt64Array,
  b: BigInt64Array,
  c: BigInt64Array,
  at: Offsets,
  { m, n, k }: MatmulSizes,
): void {
  c.fill(0n, at.c, at.c + m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[at.a + i * k + p]!;
      for (let j = 0, from = at.b + p * n, to = at.c + i * n; j < n; j++) {
        c[to + j] = BigInt.asIntN(64, c[to + j]! + x * b[from + j]!);
      }
    }
  }
}
