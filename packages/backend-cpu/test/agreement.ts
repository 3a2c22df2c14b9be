/** Programs of one operation, by their kernel and by the reference evaluator. */
import {
  type Element,
  evaluate,
  floatCodec,
  type HostTensor,
  readModule,
  sizeOf,
  verify,
  viewOf,
} from "@hloom/ir";
import { expect } from "vitest";
import { arena } from "../src/arena.ts";
import { makePlan } from "../src/plan.ts";

/** Numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Random = ReturnType<typeof randomOf>;

export const below = (random: Random, end: number): number => Math.floor(random() * end);
export const oneOf = <T>(random: Random, choices: readonly T[]): T => choices[below(random, choices.length)]!;

/** `tensor<2x3xf32>`. */
export const typeText = (shape: readonly number[], element: string): string =>
  `tensor<${[...shape, element].join("x")}>`;

const components: Readonly<Record<string, Element>> = { "complex<f32>": "f32", "complex<f64>": "f64" };

/** Small whole numbers and, of floats, quarters: sums of their products are exact. `value` may draw something else. */
export function tensorOf(
  random: Random,
  shape: readonly number[],
  element: Element,
  value: () => number = () => below(random, 17) - (element.startsWith("ui") ? 0 : 8),
): HostTensor {
  const parts = components[element] ?? element;
  const size = sizeOf(shape) * (parts === element ? 1 : 2);
  const numbers = Array.from({ length: size }, value);
  return { type: { kind: "tensor", shape, element }, data: dataOf(parts, numbers) };
}

function dataOf(element: Element, numbers: readonly number[]): HostTensor["data"] {
  if (element === "bf16" || element === "f16") return Uint16Array.from(numbers, floatCodec(element).encode);
  const bits = Number(/\d+$/.exec(element)![0]);
  const data = viewOf(element, new Uint8Array(numbers.length * Math.ceil(bits / 8)));
  numbers.forEach((x, i) => {
    data[i] = (data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(x) : x) as never;
  });
  return data;
}

function planned(text: string) {
  const { module, diagnostics } = readModule(text);
  const verified = module && verify(module);
  if (!verified?.module) throw new Error(`${(verified?.diagnostics ?? diagnostics)[0]?.message}\n${text}`);
  let steps = "";
  const plan = makePlan(verified.module, {
    onStage: ({ name, text: print }) => {
      if (name === "emit") steps = print();
    },
  });
  return { module: verified.module, plan, steps };
}

/** What runs each step of a program. */
export function emitted(text: string): string {
  const { plan, steps } = planned(text);
  plan.close();
  return steps;
}

/**
 * Expects equal results up to `tolerance`, a part of the largest element. Returns the operations that were left to the
 * evaluator.
 */
export function agree(text: string, inputs: readonly HostTensor[], tolerance: number): string[] {
  const { module, plan, steps } = planned(text);
  const blocks = inputs.map((input) => arena.hold(input));
  const results = plan.run(blocks);
  const expected = evaluate(module, inputs) as readonly HostTensor[];
  results.forEach((block, i) => {
    const { data } = arena.tensor(expected[i]!.type, block);
    const off = distance(data, expected[i]!.data, expected[i]!.type.element);
    expect(off, `result ${i} of\n${text}`).toBeLessThanOrEqual(tolerance);
  });
  for (const block of [...results, ...blocks]) block.free();
  plan.close();
  return steps
    .split("\n")
    .filter((line) => line.includes("by evaluate"))
    .map((line) => /\w+\.\w+/.exec(line)![0]);
}

/** The largest difference as a part of the largest expected element; infinite where a NaN or an infinity is not met. */
function distance(actual: HostTensor["data"], expected: HostTensor["data"], element: string): number {
  const short = element === "bf16" || element === "f16" ? floatCodec(element).values : undefined;
  const number = (x: number | bigint): number => short?.[Number(x)] ?? Number(x);
  let largest = 0;
  let off = 0;
  expected.forEach((value, i) => {
    const [a, b] = [number(actual[i]!), number(value)];
    if (Object.is(a, b) || (a === b && a !== 0)) return;
    off = Math.max(off, Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Infinity);
  });
  expected.forEach((value) => {
    const size = Math.abs(number(value));
    if (Number.isFinite(size)) largest = Math.max(largest, size);
  });
  return off === 0 ? 0 : off / Math.max(largest, Number.MIN_VALUE);
}
