/** Row-major matrix products, batch by batch. */
import type { Slot } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import type { Kernel } from "./loop.ts";
import { multiply } from "./product.ts";

export interface MatmulSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** `c[b, i, j] = Σ a[b, i, p] × b[b, p, j]` in the arithmetic of `work`. */
export function matmul(
  work: "f32" | "f64" | "i32" | "i64",
  a: Slot,
  b: Slot,
  c: Slot,
  sizes: MatmulSizes,
): Kernel {
  if (work === "f32" || work === "f64") return floatKernel(work, a, b, c, sizes);
  const { batch, m, n, k } = sizes;
  const kernel = integerKernels[work] as (
    a: unknown,
    b: unknown,
    c: unknown,
    at: Offsets,
    sizes: MatmulSizes,
  ) => void;
  return () => {
    for (let i = 0; i < batch; i++) {
      kernel(a.data, b.data, c.data, { a: i * m * k, b: i * k * n, c: i * m * n }, sizes);
    }
  };
}

function floatKernel(
  work: "f32" | "f64",
  a: Slot,
  b: Slot,
  c: Slot,
  { batch, m, n, k }: MatmulSizes,
): Kernel {
  const [rowsOfA, rowsOfB, rowsOfC] = [positionsOf([m], [k]), positionsOf([k], [n]), positionsOf([m], [n])];
  const [columnsOfA, columns] = [positionsOf([k], [1]), positionsOf([n], [1])];
  return () => {
    const [left, right, result] = [a.data, b.data, c.data] as Float32Array[];
    for (let i = 0; i < batch; i++) {
      multiply({
        ...{ work, m, n, k },
        left: { data: left!, rows: rowsOfA, columns: columnsOfA, start: i * m * k },
        right: { data: right!, rows: rowsOfB, columns, start: i * k * n },
        result: { data: result!, rows: rowsOfC, columns, start: i * m * n },
      });
    }
  };
}

interface Offsets {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const integerKernels = { i32: multiplyI32, i64: multiplyI64 } as const;

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
