/** Operations that go to the reference evaluator: named, right, and refused where they have to be. */
import { Device } from "@hloom/backend";
import { evaluate, type HostTensor } from "@hloom/ir";
import { afterEach, describe, expect, test } from "vitest";
import mlxBackend from "../src/index.ts";
import { f32, i32, tensorOf, verified } from "./harness.ts";

const cases: Readonly<Record<string, { text: string; inputs: readonly HostTensor[]; names: RegExp }>> = {
  "an operation that MLX does not have": {
    text: `module { func.func @main(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>) -> tensor<2x2xf32> {
      %0 = stablehlo.negate %a : tensor<2x3xf32>
      %1 = "stablehlo.einsum"(%0, %b) {einsum_config = "ij,jk->ik"} : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32> loc("model.py":7:3)
      %2 = stablehlo.negate %1 : tensor<2x2xf32>
      return %2 : tensor<2x2xf32>
    } }`,
    inputs: [f32([2, 3], [1, 2, 3, 4, 5, 6]), f32([3, 2], [1, 0, 2, -1, 3, 1])],
    names: /stablehlo\.einsum at model\.py:7:3/,
  },
  "a body that uses values from outside": {
    text: `module { func.func @main(%x: tensor<4xi32>, %m: tensor<i32>) -> tensor<i32> {
      %z = stablehlo.constant dense<0> : tensor<i32>
      %0 = stablehlo.reduce(%x init: %z) across dimensions = [0] : (tensor<4xi32>, tensor<i32>) -> tensor<i32>
       reducer(%a: tensor<i32>, %b: tensor<i32>) {
        %s = stablehlo.add %a, %b : tensor<i32>
        %r = stablehlo.remainder %s, %m : tensor<i32>
        stablehlo.return %r : tensor<i32>
      }
      return %0 : tensor<i32>
    } }`,
    inputs: [i32([4], [5, 6, 7, 8]), i32([], [7])],
    names: /stablehlo\.reduce/,
  },
  "a body that computes on arrays": {
    text: `module { func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %0 = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
      ^bb0(%a: tensor<f32>):
        %z = stablehlo.constant dense<0.0> : tensor<f32>
        %b = stablehlo.broadcast_in_dim %a, dims = [] : (tensor<f32>) -> tensor<4xf32>
        %s = stablehlo.reduce(%b init: %z) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
        stablehlo.return %s : tensor<f32>
      }) : (tensor<3xf32>) -> tensor<3xf32>
      return %0 : tensor<3xf32>
    } }`,
    inputs: [f32([3], [1, 2, 3])],
    names: /stablehlo\.map/,
  },
  "linear algebra on complex<f64>": {
    text: `module { func.func @main(%a: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
      %0 = stablehlo.cholesky %a, lower = true : tensor<2x2xcomplex<f64>>
      %1 = stablehlo.multiply %0, %0 : tensor<2x2xcomplex<f64>>
      return %1 : tensor<2x2xcomplex<f64>>
    } }`,
    inputs: [tensorOf("complex<f64>", [2, 2], [4, 0, 0, 2, 0, -2, 10, 0])],
    names: /stablehlo\.cholesky/,
  },
};

afterEach(() => {
  delete process.env["HLOOM_STRICT"];
});

describe.each(Object.entries(cases))("%s", (_, { text, inputs, names }) => {
  test("gives the evaluator's results, with one warning", async () => {
    const module = verified(text);
    const device = new Device(mlxBackend());
    const warnings: string[] = [];
    const executable = await device.compile(module, { onWarning: (message) => warnings.push(message) });
    const results = executable.run(inputs.map((input) => device.upload(input)));
    const got = await Promise.all(results.map((result) => result.read()));
    await device.close();
    expect(warnings).toEqual([expect.stringMatching(names)]);
    const want = evaluate(module, inputs) as readonly HostTensor[];
    expect(got.map(({ data }) => [...(data as Float32Array)])).toEqual(
      want.map(({ data }) => [...(data as Float32Array)]),
    );
  });

  test("is refused by HLOOM_STRICT=1, and for JAX", async () => {
    const backend = mlxBackend();
    expect(() => backend.native!.translate(verified(text))).toThrow(names);
    process.env["HLOOM_STRICT"] = "1";
    await expect(backend.compile(verified(text))).rejects.toThrow(/HLOOM_STRICT=1/);
    await backend.close?.();
  });
});

test("an operation of the evaluator that fails is an error of the result", async () => {
  const device = new Device(mlxBackend());
  const text = `module { func.func @main(%a: tensor<2x3xf32>) -> tensor<2xf32> {
    %0 = "stablehlo.unary_einsum"(%a) {einsum_config = "ij->i"} : (tensor<2x3xf32>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  } }`;
  const executable = await device.compile(verified(text));
  const [result] = executable.run([device.upload(f32([2, 3], [1, 2, 3, 4, 5, 6]))]);
  await result!.ready();
  expect([...((await result!.read()).data as Float32Array)]).toEqual([6, 15]);
  await device.close();
});
