/** Matrix products whose left rows are read through tables of positions, as convolutions need them. */
import type { Slot } from "../slot.ts";
import type { Kernel } from "./loop.ts";

export interface GatheredProduct {
  readonly work: "f32" | "f64";
  readonly input: Slot;
  /** Row-major, one row per element of a window, one column per output feature. */
  readonly kernel: Slot;
  readonly output: Slot;
  /** Where each window begins in the input. */
  readonly rows: Int32Array;
  /** Where each element of a window lies from its beginning. */
  readonly inner: Int32Array;
  /** Where the result of each window goes. */
  readonly outRows: Int32Array;
  /** All columns of the kernel. */
  readonly columns: number;
  readonly outColumnStride: number;
  /** Which columns belong to which part of the input. */
  readonly groups: readonly { readonly input: number; readonly column: number; readonly columns: number }[];
}

/** Products this small are computed in single precision throughout, as the specification does. */
const smallProduct = 1 << 16;

export function multiplyGathered(product: GatheredProduct): Kernel {
  const { inner, groups } = product;
  if (product.work === "f32" && product.rows.length * inner.length * product.columns <= smallProduct) {
    return () => groups.forEach((group) => multiplySmall(product, group));
  }
  const panel = new Float64Array(4 * inner.length);
  return () => {
    for (const { input, column, columns } of groups) {
      for (let j = 0; j < columns; j += 4)
        multiplyColumns(product, panel, input, column + j, Math.min(4, columns - j));
    }
  };
}

function multiplySmall(product: GatheredProduct, group: GatheredProduct["groups"][number]): void {
  const { rows, inner, outRows, outColumnStride, columns: width } = product;
  const input = product.input.data as Float32Array;
  const kernel = product.kernel.data as Float32Array;
  const { fround } = Math;
  for (let i = 0; i < rows.length; i++) {
    const from = group.input + rows[i]!;
    for (let j = group.column; j < group.column + group.columns; j++) {
      let sum = 0;
      for (let p = 0; p < inner.length; p++)
        sum = fround(sum + fround(input[from + inner[p]!]! * kernel[p * width + j]!));
      product.output.data[outRows[i]! + j * outColumnStride] = sum;
    }
  }
}

function multiplyColumns(
  product: GatheredProduct,
  panel: Float64Array,
  base: number,
  column: number,
  columns: number,
): void {
  const { rows, inner, outRows, outColumnStride } = product;
  const input = product.input.data as Float32Array;
  const output = product.output.data as Float32Array;
  packColumns(product.kernel.data as Float32Array, column, product.columns, inner.length, columns, panel);
  const target = column * outColumnStride;
  for (let i = 0; i < rows.length; i += 4) {
    block(input, inner, panel, output, rows, outRows, i, base, target, outColumnStride, columns);
  }
}

function packColumns(
  kernel: Float32Array,
  from: number,
  stride: number,
  depth: number,
  columns: number,
  panel: Float64Array,
): void {
  for (let p = 0, at = from; p < depth; p++, at += stride) {
    for (let q = 0; q < 4; q++) panel[4 * p + q] = q < columns ? kernel[at + q]! : 0;
  }
}

/** Four windows by four features; windows beyond the last repeat it and are not stored. */
function block(
  input: Float32Array,
  inner: Int32Array,
  panel: Float64Array,
  output: Float32Array,
  rows: Int32Array,
  outRows: Int32Array,
  i: number,
  base: number,
  target: number,
  stride: number,
  columns: number,
): void {
  const count = Math.min(4, rows.length - i);
  const r0 = base + rows[i]!;
  const r1 = count > 1 ? base + rows[i + 1]! : r0;
  const r2 = count > 2 ? base + rows[i + 2]! : r0;
  const r3 = count > 3 ? base + rows[i + 3]! : r0;
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
  for (let p = 0; p < inner.length; p++) {
    const at = inner[p]!;
    const b0 = panel[4 * p]!,
      b1 = panel[4 * p + 1]!,
      b2 = panel[4 * p + 2]!,
      b3 = panel[4 * p + 3]!;
    const x0 = input[r0 + at]!;
    c00 += x0 * b0;
    c01 += x0 * b1;
    c02 += x0 * b2;
    c03 += x0 * b3;
    const x1 = input[r1 + at]!;
    c10 += x1 * b0;
    c11 += x1 * b1;
    c12 += x1 * b2;
    c13 += x1 * b3;
    const x2 = input[r2 + at]!;
    c20 += x2 * b0;
    c21 += x2 * b1;
    c22 += x2 * b2;
    c23 += x2 * b3;
    const x3 = input[r3 + at]!;
    c30 += x3 * b0;
    c31 += x3 * b1;
    c32 += x3 * b2;
    c33 += x3 * b3;
  }
  storeRow(output, outRows[i]! + target, stride, columns, c00, c01, c02, c03);
  if (count > 1) storeRow(output, outRows[i + 1]! + target, stride, columns, c10, c11, c12, c13);
  if (count > 2) storeRow(output, outRows[i + 2]! + target, stride, columns, c20, c21, c22, c23);
  if (count > 3) storeRow(output, outRows[i + 3]! + target, stride, columns, c30, c31, c32, c33);
}

function storeRow(
  c: Float32Array,
  at: number,
  stride: number,
  columns: number,
  x: number,
  y: number,
  z: number,
  w: number,
): void {
  c[at] = x;
  if (columns > 1) c[at + stride] = y;
  if (columns > 2) c[at + 2 * stride] = z;
  if (columns > 3) c[at + 3 * stride] = w;
}
