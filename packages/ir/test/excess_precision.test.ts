/**
 * XLA:CPU keeps bf16 intermediates in f32 unless it is told not to. A bf16 language model then samples other tokens;
 * told not to, it samples those that the programs mean as they are written.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { entryFunction, functionType } from "../src/model/index.ts";
import { readText } from "../src/read/index.ts";
import { asTensor, prepare } from "../src/reference/index.ts";
import { valueType } from "../src/reference/tensor.ts";
import { verify } from "../src/verify/index.ts";
import { readNpz, tensorOfBytes } from "./npz.ts";

/** `$HLOOM_WORKLOADS`, or `workloads` in a folder `shared` beside the repository. */
const root = process.env.HLOOM_WORKLOADS ?? join(import.meta.dirname, "../../../../shared/workloads");

/** By jaxlib 0.10.2 with xla_allow_excess_precision=false. */
const tokens = [
  1, 64, 247, 8, 60, 53, 155, 221, 79, 127, 239, 107, 214, 223, 79, 98, 54, 90, 54, 13, 162, 9, 19, 5,
];

it.skipIf(!existsSync(root))("samples the tokens of XLA without excess precision", () => {
  const module = readText(readFileSync(join(root, "llama_generate.mlir"), "utf8")).module!;
  const arrays = readNpz(readFileSync(join(root, "llama_generate.npz")));
  const { inputs } = functionType(entryFunction(module)!);
  const args = inputs.map((type, i) => tensorOfBytes(arrays.get(`in${i}`)!, valueType(type)));
  const [sampled] = prepare(verify(module).module!)(...args);
  expect([...asTensor(sampled).data]).toEqual(tokens);
});
