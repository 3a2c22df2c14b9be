/** The inner loop of matrix products: a block of 6 rows by two vectors that stays in registers, in WebAssembly SIMD. */
import { assemble, op, type WasmFunction } from "./assembler.ts";

export const blockRows = 6;

/** How many columns a block has: two vectors. */
export const blockColumns = { f32: 8, f64: 4 } as const;

export type Float = keyof typeof blockColumns;

/**
 * `block(a, b, c, k, rowBytes, accumulate)`: adds to (or sets) the block at `c` the products of `k` packed columns of
 * `a` (6 elements each) with `k` packed rows of `b`. Products are added in order, each step rounded, as the
 * specification's arithmetic does; a fused multiply-add would be faster and differ.
 */
export type BlockKernel = (
  a: number,
  b: number,
  c: number,
  k: number,
  rowBytes: number,
  accumulate: 0 | 1,
) => void;

const [a, b, c, k, rowBytes, accumulate] = [0, 1, 2, 3, 4, 5] as const;
const parameters = 6;
const sums = (row: number, half: number): number => parameters + 2 * row + half;
const right = (half: number): number => parameters + 2 * blockRows + half;
const left = parameters + 2 * blockRows + 2;
const rows = Array.from({ length: blockRows }, (_, row) => row);
const halves = [0, 1];

interface Lanes {
  readonly bytes: number;
  readonly splat: (offset: number) => number[];
  readonly add: readonly number[];
  readonly multiply: readonly number[];
}

const lanes: Readonly<Record<Float, Lanes>> = {
  f32: { bytes: 4, splat: op.splatLoad32, add: op.f32x4Add, multiply: op.f32x4Multiply },
  f64: { bytes: 8, splat: op.splatLoad64, add: op.f64x2Add, multiply: op.f64x2Multiply },
};

function blockFunction(name: Float): WasmFunction {
  const { bytes, splat, add, multiply } = lanes[name];
  const advance = (pointer: number, by: readonly number[]) => [
    ...op.get(pointer),
    ...by,
    ...op.i32Add,
    ...op.set(pointer),
  ];
  /** Goes through the rows of the block in memory; `c` ends behind it. */
  const eachRow = (body: (row: number) => number[]) =>
    rows.flatMap((row) => [...body(row), ...advance(c, op.get(rowBytes))]);
  const loadRow = (row: number) =>
    halves.flatMap((half) => [...op.get(c), ...op.vectorLoad(16 * half), ...op.set(sums(row, half))]);
  const storeRow = (row: number) =>
    halves.flatMap((half) => [...op.get(c), ...op.get(sums(row, half)), ...op.vectorStore(16 * half)]);
  const back = rows.flatMap(() => [...op.get(c), ...op.get(rowBytes), ...op.i32Subtract, ...op.set(c)]);
  const product = (row: number, half: number) => [
    ...op.get(sums(row, half)),
    ...op.get(left),
    ...op.get(right(half)),
    ...multiply,
    ...add,
    ...op.set(sums(row, half)),
  ];
  const step = [
    ...halves.flatMap((half) => [...op.get(b), ...op.vectorLoad(16 * half), ...op.set(right(half))]),
    ...rows.flatMap((row) => [
      ...op.get(a),
      ...splat(row * bytes),
      ...op.set(left),
      ...halves.flatMap((half) => product(row, half)),
    ]),
    ...advance(a, op.i32Constant(blockRows * bytes)),
    ...advance(b, op.i32Constant(32)),
  ];
  const countDown = [...op.get(k), ...op.i32Constant(1), ...op.i32Subtract, ...op.tee(k), ...op.branchIf(0)];
  return {
    name,
    parameters,
    locals: [[2 * blockRows + 3, "v128"]],
    body: [
      ...[...op.get(accumulate), ...op.if, ...eachRow(loadRow), ...back, ...op.end],
      ...[...op.loop, ...step, ...countDown, ...op.end],
      ...eachRow(storeRow),
    ],
  };
}

/** The part of the standard interface that is used; its types come with browsers only. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** Memory that kernels compute in; it grows and is never given back. */
export interface Workspace {
  readonly kernels: Readonly<Record<Float, BlockKernel>>;
  /** The memory, at least `bytes` of it. Views of it are void after the next call. */
  readonly reserve: (bytes: number) => ArrayBuffer;
}

let workspace: Workspace | undefined;

export function openWorkspace(): Workspace {
  workspace ??= makeWorkspace();
  return workspace;
}

const pageBytes = 65536;

function makeWorkspace(): Workspace {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  // Synchronous: an await on asynchronous compilation would not keep the process alive.
  const module = new WebAssembly.Module(
    assemble([blockFunction("f32"), blockFunction("f64")], { shared: false, maximumPages: 65536 }),
  );
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    kernels: exports as Workspace["kernels"],
    reserve(bytes) {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
      return memory.buffer;
    },
  };
}
