/** Programs that jaxlib refuses, each with the code of our refusal; found by comparing verdicts (`tools/verdicts.ts`). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readText, verify } from "../src/index.ts";

const programs = readFileSync(join(import.meta.dirname, "fixtures/refused.mlir"), "utf8").split("// -----\n");

test.each(programs.map((text) => [/^\/\/ error: (.*)$/m.exec(text)![1]!, text]))("%s", (code, text) => {
  const read = readText(text);
  const { module, diagnostics } = read.module ? verify(read.module) : read;
  expect(module).toBeUndefined();
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
});
