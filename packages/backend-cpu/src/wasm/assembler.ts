/** Just enough of WebAssembly's binary format to write kernels: functions over one imported memory. */

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

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

export interface WasmFunction {
  /** Exported under this name; absent: only other functions of the module call it. */
  readonly name?: string;
  /** How many parameters, all 32-bit integers, or their types. */
  readonly parameters: number | readonly ValueType[];
  readonly results?: readonly ValueType[];
  /** Further locals after the parameters, in order: how many of which type. */
  readonly locals: readonly (readonly [count: number, type: ValueType])[];
  readonly body: readonly number[];
}

/** The imported memory: `shared` and `pages` (its maximum) must be those of the memory that is passed. */
export interface MemoryImport {
  readonly shared: boolean;
  readonly maximumPages: number;
}

const typesOf = (types: readonly ValueType[]) => vector(types.map((type) => [typeCodes[type]]));

function signatureOf({ parameters, results = [] }: Pick<WasmFunction, "parameters" | "results">): number[] {
  const types = typeof parameters === "number" ? Array<ValueType>(parameters).fill("i32") : parameters;
  return [0x60, ...typesOf(types), ...typesOf(results)];
}

/** A function that a module gets from outside; those come before its own ones. */
export type FunctionImport = Pick<WasmFunction, "parameters" | "results"> & { readonly name: string };

/** The bytes of a module that imports `env.memory` and `env.NAME` of `imports`, and exports the named `functions`. */
export function assemble(
  functions: readonly WasmFunction[],
  { shared, maximumPages }: MemoryImport,
  imports: readonly FunctionImport[] = [],
): Uint8Array<ArrayBuffer> {
  const types = new Map<string, number>();
  const typeOf = (one: Pick<WasmFunction, "parameters" | "results">) => {
    const key = signatureOf(one).join();
    if (!types.has(key)) types.set(key, types.size);
    return types.get(key)!;
  };
  const typeIndices = functions.map(typeOf);
  const imported = imports.map((one) => [...name("env"), ...name(one.name), 0x00, ...unsigned(typeOf(one))]);
  const codes = functions.map(({ locals, body }) => {
    const head = vector(locals.map(([count, type]) => [...unsigned(count), typeCodes[type]]));
    return [unsigned(head.length + body.length + 1), head, body, op.end];
  });
  const exported = functions.flatMap((one, i) =>
    one.name === undefined ? [] : [[...name(one.name), 0x00, ...unsigned(imports.length + i)]],
  );
  const memory = [shared ? 0x03 : 0x01, 0, ...unsigned(maximumPages)];
  const code = codes.flat();
  const codeBytes = code.reduce((sum, part) => sum + part.length, 0);
  const count = unsigned(codes.length);
  return concatenated([
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, vector([...types.keys()].map((key) => key.split(",").map(Number)))),
    section(2, vector([[...name("env"), ...name("memory"), 0x02, ...memory], ...imported])),
    section(3, vector(typeIndices.map(unsigned))),
    section(7, vector(exported)),
    [10, ...unsigned(count.length + codeBytes), ...count],
    ...code,
  ]);
}

function concatenated(parts: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
