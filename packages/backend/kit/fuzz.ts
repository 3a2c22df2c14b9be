/**
 * Chapter "fuzz": generated programs of what the backend says that it runs, whole numbers only: exact, so that any
 * difference from the reference evaluator is a mistake. `hloom fuzz` tries all element types.
 */
import { type Element, type HostTensor, smith, typeText, writeText } from "@hloom/ir";
import { UnsupportedError } from "../src/backend.ts";
import type { Device } from "../src/device.ts";
import { isMistake, tryOn } from "./agreement/index.ts";
import type { KitCase } from "./types.ts";

const whole: readonly Element[] = ["i32", "i1"];

/** One case per seed, from `first` on. */
export function fuzzCases(first: number, count: number): KitCase[] {
  return Array.from({ length: count }, (_, i): KitCase => {
    const seed = first + i;
    return { name: `fuzz/seed ${seed}`, run: (device) => check(seed, device) };
  });
}

async function check(seed: number, device: Device): Promise<void> {
  const { ops, elements } = device.supports;
  const sample = smith.generateSample(seed, {
    ops: smith.repeatableOps.filter(({ name }) => ops.has(name) || name === "func.call"),
    elements: whole.filter((element) => elements.has(element)),
    donated: 0.3,
  });
  const trial = await tryOn(device, sample);
  if (trial.outcome === "unsupported")
    throw new UnsupportedError(device.name, [{ op: "module", reason: trial.problem!, location: "unknown" }]);
  if (!isMistake(trial)) return;
  const small = await smith.shrink(sample, async (smaller) => isMistake(await tryOn(device, smaller)));
  const { problem } = await tryOn(device, small);
  throw new Error([problem, writeText(small.module), ...small.args.map(argumentText)].join("\n"));
}

const argumentText = ({ type, data }: HostTensor, i: number) =>
  `argument ${i}: ${typeText(type)} = [${data}]`;
