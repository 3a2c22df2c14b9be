/** Programs with dynamic dimensions, for arguments that are known: static, and with XLA:CPU's results. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  entryFunction,
  functionType,
  readModule,
  specialize,
  type TensorType,
  verify,
} from "../src/index.ts";
import { checkCorpus, checkExports, corpus, python } from "../tools/dynamic.ts";
import { bytesAt, namesIn, root } from "./data.ts";
import { describeData } from "./suite.ts";

/** Every so many of the corpus; `tsx packages/ir/tools/dynamic.ts` runs all of it. */
const stride = 16;

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

describeData("without an oracle", () => {
  const folder = "orig/jax_export_back_compat";
  const names = namesIn(folder, ".mlir").filter((name) => name.includes("dynamic"));
  test.each(names)("%s becomes static", (name) => {
    const module = verify(readModule(bytesAt(`${folder}/${name}.mlir`)).module!).module!;
    const inputs = (functionType(entryFunction(module)!).inputs as TensorType[]).map((type) => ({
      ...type,
      shape: type.shape.map((size) => (size < 0 ? 8 : size)),
    }));
    expect(specialize(module, inputs).diagnostics).toEqual([]);
  });
});
