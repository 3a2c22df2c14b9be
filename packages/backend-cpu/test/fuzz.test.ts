/** Random programs: the plan with its fused loops, shared memory and updates in place means what the evaluator means. */
import { signatureOf } from "@hloom/backend";
import { cpu } from "@hloom/backend-cpu";
import { allocate, evaluate, type HostTensor, isTensor, readModule, sizeOf, verify } from "@hloom/ir";
import { expect, test } from "vitest";
import { randomProgram } from "./programs.ts";
import { generator } from "./random.ts";

/** `HLOOM_FUZZ=10000 vitest run packages/backend-cpu/test/fuzz.test.ts` tries more; `HLOOM_SEED=7` one of them. */
const count = Number(process.env.HLOOM_FUZZ ?? 400);
const first = Number(process.env.HLOOM_SEED ?? 1);

function argumentsOf(types: readonly HostTensor["type"][], seed: number): HostTensor[] {
  const next = generator(seed);
  return types.map((type) => {
    const data = allocate(type.element, sizeOf(type.shape)) as Int32Array;
    return { type, data: data.map(() => Math.floor(next() * 12) - 4) };
  });
}

async function difference(seed: number): Promise<string | undefined> {
  const text = randomProgram(seed);
  const { module, diagnostics } = readModule(text);
  const verified = module && verify(module);
  if (!verified?.module) {
    const why = [...diagnostics, ...(verified?.diagnostics ?? [])][0]?.message;
    throw new Error(`seed ${seed} makes an invalid program: ${why}\n${text}`);
  }
  const args = argumentsOf(signatureOf(verified.module).inputs as HostTensor["type"][], seed);
  const expected = evaluate(
    verified.module,
    args.map((arg) => ({ ...arg, data: arg.data.slice() })),
  );
  const backend = cpu();
  const executable = await backend.compile(verified.module);
  // Twice: what a run leaves behind must not matter to the next.
  for (let run = 0; run < 2; run++) {
    const buffers = args.map((arg) => backend.upload(arg));
    const results = await Promise.all(executable.run(buffers).map((buffer) => buffer.read()));
    for (const [i, want] of expected.entries()) {
      const [got, wanted] = [String(results[i]!.data), isTensor(want) ? String(want.data) : ""];
      if (got !== wanted)
        return `seed ${seed}, run ${run}, result ${i}: ${got} instead of ${wanted}\n${text}`;
    }
  }
  return undefined;
}

test(`${count} random programs`, { timeout: 600_000 }, async () => {
  for (let seed = first; seed < first + (process.env.HLOOM_SEED ? 1 : count); seed++) {
    expect(await difference(seed)).toBeUndefined();
  }
});
