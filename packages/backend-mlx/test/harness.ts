/** Runs single ops and small tapes on the native runtime, with numbers in and out. */
import {
  allocate,
  bytesOf,
  type Element,
  evaluate,
  type HostTensor,
  readModule,
  sizeOf,
  type VerifiedModule,
  verify,
} from "@hloom/ir";
import { expect } from "vitest";
import mlxBackend, { compileToProgram } from "../src/index.ts";
import { NativeRuntime } from "../src/native.ts";
import type { OpName } from "../src/opcodes.ts";
import {
  encodeProgram,
  type ParameterValue,
  ProgramBuilder,
  type RegisterType,
  type TapeBuilder,
} from "../src/program.ts";

let opened: NativeRuntime | undefined;
export const runtime = () => (opened ??= new NativeRuntime());

export type Numbers = readonly (number | bigint)[];

export function tensorOf(element: Element, shape: readonly number[], values: Numbers): HostTensor {
  const data = allocate(element, sizeOf(shape));
  if (data.length !== values.length) throw new Error(`${values.length} values for ${data.length} slots`);
  const big = data instanceof BigInt64Array || data instanceof BigUint64Array;
  values.forEach((value, i) => {
    (data as unknown as (number | bigint)[])[i] = big ? BigInt(value) : Number(value);
  });
  return { type: { kind: "tensor", shape, element }, data };
}

export const f32 = (shape: readonly number[], values: Numbers) => tensorOf("f32", shape, values);
export const i32 = (shape: readonly number[], values: Numbers) => tensorOf("i32", shape, values);
export const t = (element: Element, ...shape: number[]): RegisterType => ({ element, shape });

export type Build = (main: TapeBuilder, inputs: number[], program: ProgramBuilder) => readonly number[];

/** Builds a program over the inputs' types, runs it, and reads the outputs. */
export async function runProgram(
  inputs: readonly HostTensor[],
  build: Build,
  donated: readonly number[] = [],
): Promise<HostTensor[]> {
  const program = new ProgramBuilder();
  const main = program.tape("main");
  const registers = inputs.map((host) => main.input(host.type));
  main.finish(build(main, registers, program));
  const loaded = runtime().load(encodeProgram(program.finish()));
  const buffers = inputs.map((host) => runtime().upload(host));
  const outputs = loaded.execute(buffers, donated);
  try {
    return await Promise.all(outputs.map((output) => output.read()));
  } finally {
    for (const handle of [...buffers, ...outputs, loaded]) handle.close();
  }
}

export async function runOp(
  op: OpName,
  inputs: readonly HostTensor[],
  results: readonly RegisterType[],
  parameters: Record<string, ParameterValue> = {},
): Promise<(number | bigint)[][]> {
  const outputs = await runProgram(inputs, (main, registers) =>
    main.emit(op, registers, results, parameters, `test.py:1 (${op})`),
  );
  return outputs.map(({ data }) => Array.from(data as ArrayLike<number | bigint>));
}

/** Results of a module, given as text, on the device and by the reference evaluator. */
export async function runBoth(
  text: string,
  inputs: readonly HostTensor[],
): Promise<{ got: readonly HostTensor[]; want: readonly HostTensor[] }> {
  const module = verified(text);
  const program = compileToProgram(module, mlxBackend().supports);
  const loaded = runtime().load(encodeProgram(program));
  const buffers = inputs.map((host) => runtime().upload(host));
  const outputs = loaded.execute(buffers);
  try {
    const got = await Promise.all(outputs.map((output) => output.read()));
    return { got, want: evaluate(module, inputs) as readonly HostTensor[] };
  } finally {
    for (const handle of [...buffers, ...outputs, loaded]) handle.close();
  }
}

export function verified(text: string): VerifiedModule {
  const { module, diagnostics } = readModule(text);
  const result = module && verify(module);
  if (!result?.module) throw new Error([...diagnostics, ...(result?.diagnostics ?? [])][0]?.message);
  return result.module;
}

/** A scalar tape of one op, as a body. */
export function bodyOf(
  program: ProgramBuilder,
  op: OpName,
  element: Element,
  result: Element = element,
  parameters: Record<string, ParameterValue> = {},
): number {
  const body = program.tape(op);
  const a = body.input(t(element));
  const b = body.input(t(element));
  body.finish([body.one(op, [a, b], t(result), parameters)]);
  return body.index;
}

export const scalarBytes = (element: Element, value: number | bigint) =>
  bytesOf(tensorOf(element, [], [value]).data);

export const range = (n: number, f: (i: number) => number = (i) => i) =>
  Array.from({ length: n }, (_, i) => f(i));
export const counted = (element: Element, ...shape: number[]) =>
  tensorOf(element, shape, range(sizeOf(shape)));
export const one = async (op: OpName, inputs: HostTensor[], result: ReturnType<typeof t>, parameters = {}) =>
  (await runOp(op, inputs, [result], parameters))[0]!;
export const close = (got: Numbers, want: Numbers, tolerance = 1e-5) => {
  expect(got.length).toBe(want.length);
  got.forEach(
    (value, i) =>
      Number(value) === Number(want[i]) ||
      expect(Math.abs(Number(value) - Number(want[i])), `${i}: ${value} for ${want[i]}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(Number(want[i]))),
      ),
  );
};

/** Multi-indices of a shape in row-major order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  const total = sizeOf(shape);
  for (let i = 0; i < total; i++) {
    let rest = i;
    const index = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    yield index;
  }
}
export const offset = (shape: readonly number[], index: readonly number[]) =>
  shape.reduce((at, n, d) => at * n + index[d]!, 0);
