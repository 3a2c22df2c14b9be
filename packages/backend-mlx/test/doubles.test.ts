/** HLOOM_F64: what becomes of f64, never silently. */
import { Device } from "@hloom/backend";
import { afterEach, describe, expect, test } from "vitest";
import mlxBackend from "../src/index.ts";
import { tensorOf, verified } from "./harness.ts";

const text = `module {
  func.func private @third(%x: tensor<2xf64>) -> tensor<2xf64> {
    %three = stablehlo.constant dense<3.0> : tensor<2xf64>
    %0 = stablehlo.divide %x, %three : tensor<2xf64> loc("model.py":4:2)
    return %0 : tensor<2xf64>
  }
  func.func @main(%x: tensor<2xf64>, %y: tensor<2xf32>) -> (tensor<2xf64>, tensor<2xf32>) {
    %0 = func.call @third(%x) : (tensor<2xf64>) -> tensor<2xf64>
    %1 = stablehlo.negate %y : tensor<2xf32>
    return %0, %1 : tensor<2xf64>, tensor<2xf32>
  }
}`;

async function run(): Promise<{ values: number[]; warnings: string[] }> {
  const device = new Device(mlxBackend());
  const warnings: string[] = [];
  const executable = await device.compile(verified(text), { onWarning: (message) => warnings.push(message) });
  const inputs = [tensorOf("f64", [2], [1, 2]), tensorOf("f32", [2], [1, 2])];
  const results = executable.run(inputs.map((input) => device.upload(input)));
  const values = [...((await results[0]!.read()).data as Float64Array)];
  await device.close();
  return { values, warnings };
}

describe("HLOOM_F64", () => {
  afterEach(() => {
    delete process.env["HLOOM_F64"];
  });

  test("unset computes in f64 on a CPU", async () => {
    expect(await run()).toEqual({ values: [1 / 3, 2 / 3], warnings: [] });
  });

  test("downcast computes in f32, with a warning", async () => {
    process.env["HLOOM_F64"] = "downcast";
    const { values, warnings } = await run();
    expect(values).toEqual([Math.fround(1 / 3), Math.fround(2 / 3)]);
    expect(warnings).toEqual([expect.stringMatching(/compute in f32: HLOOM_F64=downcast/)]);
  });

  test("error names every operation", async () => {
    process.env["HLOOM_F64"] = "error";
    await expect(run()).rejects.toThrow(
      /stablehlo\.divide at model\.py:4:2: f64, which HLOOM_F64=error forbids/,
    );
  });

  test("anything else is refused", async () => {
    process.env["HLOOM_F64"] = "float";
    await expect(run()).rejects.toThrow(/HLOOM_F64 is "float"; it can be cpu, error or downcast/);
  });
});
