/**
 * Kernels of backend cpu beside XLA:CPU, in turns: `taskset -c 0 tsx --conditions=@hloom/source
 * packages/backend-cpu/tools/kernels.ts [words of names…]`. Prints how many times as fast as XLA:CPU, the median over
 * the rounds of the ratio of best times, and how far results are apart, as a part of the largest element.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { floatCodec, type HostTensor, readModule, verify, viewOf } from "@hloom/ir";
import { arena } from "../src/arena.ts";
import { makePlan } from "../src/plan.ts";
import { requestedWide } from "../src/wasm/wide.ts";

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");
const rounds = 5;
const milliseconds = 120;

interface Prepared {
  readonly text: string;
  /** Base64 of the arrays' bytes. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const server = spawn(python, [join(import.meta.dirname, "kernels.py")], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, JAX_PLATFORMS: "cpu" },
});
const lines = createInterface({ input: server.stdout });

async function ask<T>(request: object): Promise<T> {
  server.stdin.write(`${JSON.stringify(request)}\n`);
  const [line] = (await once(lines, "line")) as [string];
  return JSON.parse(line) as T;
}

function tensorOf(text: string, type: HostTensor["type"]): HostTensor {
  return { type, data: viewOf(type.element, new Uint8Array(Buffer.from(text, "base64"))) };
}

function numbersOf({ type: { element }, data }: HostTensor): number[] {
  const short = element === "f16" || element === "bf16" ? floatCodec(element).values : undefined;
  return Array.from(data as ArrayLike<number>, (value) => short?.[value] ?? Number(value));
}

function distance(actual: HostTensor, expected: HostTensor): number {
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  let [off, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    off = Math.max(off, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return off / (largest || 1);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function compare(name: string): Promise<void> {
  const { text, inputs, outputs } = await ask<Prepared>({ do: "prepare", name });
  const module = verify(readModule(text).module!).module!;
  let steps = "";
  const plan = makePlan(module, {
    onStage: ({ name: stage, text: print }) => {
      if (stage === "plan") steps = print();
    },
  });
  const types = plan.signature as unknown as Record<"inputs" | "outputs", HostTensor["type"][]>;
  const blocks = inputs.map((input, i) => arena.hold(tensorOf(input, types.inputs[i]!)));
  const expected = outputs.map((output, i) => tensorOf(output, types.outputs[i]!));
  const run = () => {
    const began = performance.now();
    const results = plan.run(blocks);
    const took = performance.now() - began;
    for (const result of results) result.free();
    return took;
  };
  const results = plan.run(blocks);
  const off = Math.max(
    ...results.map((block, i) => distance(arena.tensor(types.outputs[i]!, block), expected[i]!)),
  );
  for (const result of results) result.free();
  const ratios: number[] = [];
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    let ours = Infinity;
    const began = performance.now();
    do ours = Math.min(ours, run());
    while (performance.now() - began < milliseconds);
    const theirs = await ask<number>({ do: "time", name, milliseconds });
    ratios.push(theirs / ours);
    best = Math.min(best, ours);
  }
  const note = steps.includes("by evaluate") ? " (evaluated)" : "";
  plan.close();
  for (const block of blocks) block.free();
  console.log(
    `${name.padEnd(24)} ${median(ratios).toFixed(2)}  ${best.toFixed(3)} ms  off ${off.toExponential(1)}${note}`,
  );
}

if (requestedWide()?.enabled === false) throw new Error("no wide vectors here");
const names = await ask<string[]>({ do: "list" });
const wanted = process.argv.slice(2);
for (const name of names)
  if (wanted.length === 0 || wanted.some((word) => name.includes(word))) await compare(name);
server.kill();
