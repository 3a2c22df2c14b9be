/** Loops that share their rows, beside the evaluator: large enough that they are fused, of sizes that vectors do not divide. */
import { Device } from "@hloom/backend";
import { cpu } from "@hloom/backend-cpu";
import { evaluate, type HostTensor, readModule, sizeOf, verify } from "@hloom/ir";
import { expect, test } from "vitest";

const softmax = (rows: number, columns: number, element: string) => `
func.func @main(%x: tensor<${rows}x${columns}x${element}>) -> (tensor<${rows}x${columns}x${element}>, tensor<${rows}x${element}>) {
  %low = stablehlo.constant dense<${element === "f64" ? "0xFFF0000000000000" : "0xFF800000"}> : tensor<${element}>
  %zero = stablehlo.constant dense<0.0> : tensor<${element}>
  %max = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<${rows}x${columns}x${element}>, tensor<${element}>) -> tensor<${rows}x${element}>
  %m = stablehlo.broadcast_in_dim %max, dims = [0] : (tensor<${rows}x${element}>) -> tensor<${rows}x${columns}x${element}>
  %d = stablehlo.subtract %x, %m : tensor<${rows}x${columns}x${element}>
  %e = stablehlo.exponential %d : tensor<${rows}x${columns}x${element}>
  %sum = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<${rows}x${columns}x${element}>, tensor<${element}>) -> tensor<${rows}x${element}>
  %s = stablehlo.broadcast_in_dim %sum, dims = [0] : (tensor<${rows}x${element}>) -> tensor<${rows}x${columns}x${element}>
  %y = stablehlo.divide %e, %s : tensor<${rows}x${columns}x${element}>
  return %y, %sum : tensor<${rows}x${columns}x${element}>, tensor<${rows}x${element}>
}`;

/** Reads each row from its end, and the next row's beginning nowhere. */
const reversed = `
func.func @main(%x: tensor<70x3x41xf32>) -> tensor<70x3x41xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.negate %x : tensor<70x3x41xf32>
  %sum = stablehlo.reduce(%n init: %zero) applies stablehlo.add across dimensions = [1, 2] : (tensor<70x3x41xf32>, tensor<f32>) -> tensor<70xf32>
  %r = stablehlo.reverse %n, dims = [0, 2] : tensor<70x3x41xf32>
  %s = stablehlo.broadcast_in_dim %sum, dims = [0] : (tensor<70xf32>) -> tensor<70x3x41xf32>
  %y = stablehlo.multiply %r, %s : tensor<70x3x41xf32>
  return %y : tensor<70x3x41xf32>
}`;

/** Sums in another order differ by a unit in the last place for each term at most; those of sixteenths are exact. */
const bound = 2051 * 2 ** -24;

async function compare(text: string): Promise<string> {
  const { module } = verify(readModule(text).module!);
  let plan = "";
  const device = new Device(cpu());
  const program = await device.compile(module!, {
    onStage: ({ name, text }) => {
      if (name === "emit") plan = text();
    },
  });
  const inputs = program.signature.inputs.map((type): HostTensor => {
    const numbers = Array.from(
      { length: sizeOf(type.shape) },
      (_, i) => Math.round(Math.sin(i * 12.9898) * 48) / 16,
    );
    const data = type.element === "f64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
    return { type: type as HostTensor["type"], data };
  });
  const expected = evaluate(module!, inputs) as readonly HostTensor[];
  const results = program.run(inputs.map((input) => device.upload(input)));
  for (const [i, result] of results.entries()) {
    const { data } = await result.read();
    expected[i]!.data.forEach((value, at) => {
      expect(Math.abs(Number(data[at]) - Number(value))).toBeLessThanOrEqual(
        bound * Math.max(1, Math.abs(Number(value))),
      );
    });
  }
  program.close();
  return plan;
}

for (const [rows, columns, element] of [
  [64, 100, "f32"],
  [1000, 5, "f32"],
  [3, 2051, "f64"],
  [130, 33, "f32"],
] as const) {
  test(`softmax of ${rows} rows of ${columns} ${element}`, async () => {
    expect(await compare(softmax(rows, columns, element))).toContain(`rows of ${rows}`);
  });
}

test("rows in another order are not shared", async () => {
  expect(await compare(reversed)).not.toContain("rows of");
});
