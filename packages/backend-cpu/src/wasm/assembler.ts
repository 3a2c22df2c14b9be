/** Just enough of WebAssembly's binary format to write kernels: functions of integers over one imported memory. */

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const more = value > 0x7f;
    bytes.push((value & 0x7f) | (more ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const name = (text: string): number[] => [...unsigned(text.length), ...new TextEncoder().encode(text)];
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

const i32Type = 0x7f;
const v128Type = 0x7b;

/** Instructions, by their names in the specification. A memory argument is an alignment of 1 and an offset. */
export const op = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  branchIf: (depth: number): number[] => [0x0d, ...unsigned(depth)],
  get: (local: number): number[] => [0x20, ...unsigned(local)],
  set: (local: number): number[] => [0x21, ...unsigned(local)],
  tee: (local: number): number[] => [0x22, ...unsigned(local)],
  i32Constant: (value: number): number[] => [0x41, ...signed(value)],
  i32Add: [0x6a],
  i32Subtract: [0x6b],
  vectorLoad: (offset: number): number[] => [...simd(0x00), 0, ...unsigned(offset)],
  splatLoad32: (offset: number): number[] => [...simd(0x09), 0, ...unsigned(offset)],
  splatLoad64: (offset: number): number[] => [...simd(0x0a), 0, ...unsigned(offset)],
  vectorStore: (offset: number): number[] => [...simd(0x0b), 0, ...unsigned(offset)],
  f32x4Add: simd(0xe4),
  f32x4Multiply: simd(0xe6),
  f64x2Add: simd(0xf0),
  f64x2Multiply: simd(0xf2),
} as const;

function simd(code: number): number[] {
  return [0xfd, ...unsigned(code)];
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    const done = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

export interface WasmFunction {
  readonly name: string;
  /** All are 32-bit integers; there is no result. */
  readonly parameters: number;
  /** Further locals, all vectors, after the parameters. */
  readonly vectors: number;
  readonly body: readonly number[];
}

/** The bytes of a module that imports `env.memory` and exports `functions`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vector(Array(parameters).fill([i32Type])), 0]);
  const codes = functions.map(({ vectors, body }) => {
    const locals = vector([[...unsigned(vectors), v128Type]]);
    const code = [...locals, ...body, ...op.end];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...name("env"), ...name("memory"), 0x02, 0x00, 0]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map((one, i) => [...name(one.name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(codes)),
  ]);
}
