/** More random programs than the kit tries: fused loops, shared memory and updates in place mean what the evaluator means. */
import { conform, tableText } from "@hloom/backend/kit";
import { cpu } from "@hloom/backend-cpu";
import { expect, test } from "vitest";

/** `HLOOM_FUZZ=10000 vitest run packages/backend-cpu/test/fuzz.test.ts` tries more; `HLOOM_SEED=7` begins elsewhere. */
const count = Number(process.env.HLOOM_FUZZ ?? 400);
const first = Number(process.env.HLOOM_SEED ?? 101);

test(`${count} random programs`, { timeout: 600_000 }, async () => {
  const table = await conform(cpu, { filter: "fuzz", seeds: { first, count } });
  expect(table.ok, tableText(table)).toBe(true);
});
