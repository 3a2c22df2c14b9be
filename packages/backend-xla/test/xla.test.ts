/** Samples of what `hloom fuzz --backend cpu xla` and `pnpm --filter @hloom/backend-xla functions` do in full. */
import { Device } from "@hloom/backend";
import { isMistake, tryOn } from "@hloom/backend/kit";
import { cpu } from "@hloom/backend-cpu";
import { smith } from "@hloom/ir";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import xla, { isAvailable } from "../src/index.ts";
import { Oracle } from "../src/oracle.ts";
import { type Bench, functionCases, functions, generatedCases, operations } from "./functions.ts";

describe.skipIf(!isAvailable())("against XLA:CPU (needs .hloom/python)", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = { xla: new Device(xla()), cpu: new Device(await cpu()), oracle: new Oracle() };
  });
  afterAll(async () => {
    await bench.xla.close();
    bench.oracle.close();
  });

  test("generated programs", async () => {
    const mistakes: string[] = [];
    let compared = 0;
    for (let seed = 0; seed < 30; seed++) {
      const sample = smith.generateSample(seed, { ops: smith.repeatableOps });
      const trial = await tryOn(bench.xla, sample);
      if (trial.outcome === "same" || trial.outcome === "rounding") compared++;
      if (isMistake(trial))
        mistakes.push(`hloom fuzz --backend xla --seed ${seed} --count 1: ${trial.problem}`);
    }
    expect(mistakes).toEqual([]);
    expect(compared).toBeGreaterThan(20);
  });

  const sample = operations.filter((_, i) => i % 3 === 0);
  test.each(sample.map((definition) => [definition.name, definition] as const))(
    "%s",
    async (_, definition) => {
      expect(await generatedCases(definition, 1, bench)).toMatchObject({ cases: 1, problems: [] });
    },
  );

  test.each(Object.keys(functions))("%s", async (name) => {
    expect(await functionCases(name, 1, bench)).toMatchObject({ cases: 1, problems: [] });
  });
});
