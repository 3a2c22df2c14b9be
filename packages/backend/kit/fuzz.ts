/** Chapter "fuzz": random programs of integers, so that any difference from the reference evaluator is a mistake. */
import { evaluate, isTensor } from "@hloom/ir";
import { signatureOf } from "../src/signature.ts";
import { randomProgram } from "./random_programs.ts";
import { type HostType, program, sameTensor, valuesOf } from "./support.ts";
import type { KitCase } from "./types.ts";

/** One case per seed, from `first` on. */
export function fuzzCases(first: number, count: number): KitCase[] {
  return Array.from({ length: count }, (_, i): KitCase => {
    const seed = first + i;
    return { name: `fuzz/seed ${seed}`, run: (device) => check(seed, device) };
  });
}

async function check(seed: number, device: Parameters<KitCase["run"]>[0]): Promise<void> {
  const text = randomProgram(seed);
  const module = program(text);
  const types = signatureOf(module).inputs as readonly HostType[];
  const args = types.map((type, i) => valuesOf(type, seed + i));
  const expected = evaluate(
    module,
    args.map((arg) => ({ ...arg, data: arg.data.slice() })),
  );
  const executable = await device.compile(module, { excessPrecision: false });
  // Twice: what a run leaves behind must not matter to the next.
  for (const run of ["first", "second"]) {
    const outputs = executable.run(args.map((arg) => device.upload(arg)));
    const results = await Promise.all(outputs.map((output) => output.read()));
    expected.forEach((want, i) => {
      if (!isTensor(want)) return;
      try {
        sameTensor(results[i], want, `result ${i} of the ${run} run`, true);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${text}`);
      }
    });
    for (const output of outputs) output.close();
  }
  executable.close();
}
