/** What the chapters share: programs from text, generated values, comparison with the reference evaluator. */
import {
  allocate,
  bytesOf,
  type Element,
  evaluate,
  floatCodec,
  type HostTensor,
  isComplex,
  isFloat,
  isSmallFloat,
  isTensor,
  readModule,
  type Storage,
  sizeOf,
  tensor,
  typeText,
  type VerifiedModule,
  verify,
} from "@hloom/ir";
import type { Device } from "../src/device.ts";
import { signatureOf } from "../src/signature.ts";

export type HostType = HostTensor["type"];

export function hostType(shape: readonly number[], element: Element): HostType {
  return tensor(shape, element) as HostType;
}

/** A program of the kit; a mistake in it is the kit's own. */
export function program(source: string | Uint8Array): VerifiedModule {
  const { module, diagnostics } = readModule(source);
  if (!module) throw new Error(`the kit's program does not parse: ${diagnostics[0]?.message}`);
  const result = verify(module);
  if (!result.module) throw new Error(`the kit's program does not verify: ${result.diagnostics[0]?.message}`);
  return result.module;
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ordinary values of moderate size; `special` adds zeros of both signs, infinities, NaN, and the ends of the range. */
export function valuesOf(type: HostType, seed: number, special = false): HostTensor {
  const next = generator(seed * 7919 + 97);
  const data = allocate(type.element, sizeOf(type.shape));
  for (let i = 0; i < data.length; i++)
    store(data, i, type.element, special ? specials[i] : undefined, next());
  return { type, data };
}

const specials = [0, -0, 1, -1, Infinity, -Infinity, Number.NaN, 0.5, -2.5, 1.5, 3, 100];

function store(data: Storage, i: number, element: Element, given: number | undefined, random: number): void {
  if (isFloat(element) || isComplex(element)) {
    const value = given ?? random * 4 - 2;
    data[i] = isSmallFloat(element) ? floatCodec(element).encode(value) : value;
    return;
  }
  if (element === "i1") {
    data[i] = random < 0.5 ? 0 : 1;
    return;
  }
  const unsigned = element[0] === "u";
  const narrow = /i[24]$/.test(element);
  const integer = Math.floor(random * (narrow ? 2 : 12)) - (unsigned ? 0 : narrow ? 1 : 6);
  const value =
    given !== undefined && Number.isFinite(given) && !narrow
      ? Math.trunc(given) + (unsigned ? 3 : 0)
      : integer;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
  else data[i] = value;
}

/** Runs a program on a device. */
export async function runOn(
  device: Device,
  module: VerifiedModule,
  args: readonly HostTensor[],
): Promise<HostTensor[]> {
  const executable = await device.compile(module, { excessPrecision: false });
  const inputs = args.map((arg) => device.upload(arg));
  const outputs = executable.run(inputs);
  const results = await Promise.all(outputs.map((buffer) => buffer.read()));
  const donated = new Set(executable.signature.donated);
  for (const buffer of [...inputs.filter((_, i) => !donated.has(i)), ...outputs]) buffer.close();
  executable.close();
  return results;
}

/** Runs a program on generated arguments and compares with what the reference evaluator gives. */
export async function agrees(
  device: Device,
  module: VerifiedModule,
  options: { exact?: boolean; special?: boolean } = {},
): Promise<void> {
  const types = signatureOf(module).inputs as readonly HostType[];
  const args = types.map((type, i) => valuesOf(type, i + 1, options.special));
  const actual = await runOn(device, module, args);
  const expected = evaluate(
    module,
    args.map((arg) => ({ ...arg, data: arg.data.slice() })),
  );
  expected.forEach((want, i) => {
    if (isTensor(want)) sameTensor(actual[i], want, `result ${i}`, options.exact ?? false);
  });
}

/** Relative differences that two right implementations may have, and absolute ones near zero. */
const tolerances: readonly (readonly [test: RegExp, relative: number, absolute: number])[] = [
  [/f64/, 1e-12, 1e-14],
  [/^(complex<)?f32/, 1e-5, 1e-6],
  [/^f16/, 4e-3, 1e-3],
  [/^bf16/, 3e-2, 1e-2],
  [/^f[468]/, 0.3, 0.1],
];

/** Throws unless `actual` is `expected`: its bytes when `exact`, else within the tolerance of its element type. */
export function sameTensor(
  actual: HostTensor | undefined,
  expected: HostTensor,
  what: string,
  exact: boolean,
): void {
  if (!actual) throw new Error(`${what} is missing`);
  if (typeText(actual.type) !== typeText(expected.type)) {
    throw new Error(`${what} is ${typeText(actual.type)} instead of ${typeText(expected.type)}`);
  }
  const { element } = expected.type;
  const [a, b] = [numbers(actual), numbers(expected)];
  const [, relative, absolute] = tolerances.find(([test]) => test.test(element)) ?? [/./, 0, 0];
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (Object.is(x, y) || x === y) continue;
    const allowed = exact ? 0 : relative * Math.abs(Number(y)) + absolute;
    if (typeof y === "number" && Math.abs(Number(x) - y) <= allowed) continue;
    throw new Error(`${what}: element ${i} of ${typeText(expected.type)} is ${x} instead of ${y}`);
  }
  if (a.length !== b.length) throw new Error(`${what} has ${a.length} elements instead of ${b.length}`);
}

function numbers({ type, data }: HostTensor): ArrayLike<number | bigint> {
  if (!isSmallFloat(type.element)) return data;
  const { values } = floatCodec(type.element);
  return Array.from(bytesOf(data).length === 0 ? [] : (data as Uint16Array), (bits) => values[bits]!);
}

/** Throws unless `action` fails, with a message that says `about` what. */
export async function fails(what: string, about: RegExp, action: () => unknown): Promise<void> {
  let message: string;
  try {
    await action();
    message = "";
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    if (about.test(message)) return;
    throw new Error(`${what} fails with "${message}", which does not say what is wrong`);
  }
  throw new Error(`${what} is accepted`);
}
