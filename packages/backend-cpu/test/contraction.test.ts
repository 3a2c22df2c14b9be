/** Rounding inside a fused loop: as XLA's code generators do it, against numbers that show the difference. */
import { Device } from "@hloom/backend";
import { type HostTensor, readModule, type VerifiedModule, verify } from "@hloom/ir";
import { expect, test } from "vitest";
import cpuBackend from "../src/index.ts";

function verified(text: string): VerifiedModule {
  const result = verify(readModule(text).module!);
  if (!result.module) throw new Error(result.diagnostics[0]?.message);
  return result.module;
}

const f32 = (value: number): HostTensor => ({
  type: { kind: "tensor", shape: [1], element: "f32" },
  data: Float32Array.of(value),
});

async function run(body: string, ...inputs: number[]): Promise<number> {
  const device = new Device(await cpuBackend());
  const args = inputs.map((_, i) => `%a${i}: tensor<1xf32>`).join(", ");
  const program = await device.compile(verified(`func.func @main(${args}) -> tensor<1xf32> {\n${body}\n}`));
  const [result] = program.run(inputs.map((value) => device.upload(f32(value))));
  const { data } = await result!.read();
  await device.close();
  return Number(data[0]);
}

// (1 + ε)² = 1 + 2ε + ε²: rounding the product first loses ε².
const above = 1 + 2 ** -23;
const product = "%p = stablehlo.multiply %a0, %a0 : tensor<1xf32>";

test("a product that one difference uses is rounded with it", async () => {
  const body = `${product}\n%d = stablehlo.subtract %p, %a1 : tensor<1xf32>\nreturn %d : tensor<1xf32>`;
  expect(await run(body, above, 1 + 2 ** -22)).toBe(2 ** -46);
});

test("a product that is used twice has its own rounding", async () => {
  const body = `${product}\n%d = stablehlo.subtract %p, %a1 : tensor<1xf32>\n%s = stablehlo.multiply %d, %p : tensor<1xf32>\nreturn %s : tensor<1xf32>`;
  expect(await run(body, above, 1 + 2 ** -22)).toBe(0);
});
