/** Programs with dynamic dimensions, for arguments that are known: static, and with XLA:CPU's results. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkCorpus, checkExports, corpus, python } from "../tools/dynamic.ts";
import { namesIn, root } from "./data.ts";

/** Every so many of the corpus; `tsx packages/ir/tools/dynamic.ts` runs all of it. */
const stride = 8;

describe.skipIf(!existsSync(python) || !existsSync(root))("against XLA:CPU (needs .hloom/python)", () => {
  test("a sample of StableHLO's shape-polymorphic programs", () => {
    const names = namesIn(corpus, ".mlir").filter((_, i) => i % stride === 0);
    const outcomes = checkCorpus(names);
    expect(outcomes.length).toBeGreaterThan(names.length * 0.9);
    expect(outcomes.filter(({ problem }) => problem)).toEqual([]);
  });

  test("what JAX exports", () => {
    expect(checkExports().filter(({ problem }) => problem)).toEqual([]);
  });
});
