/** Large loops on three threads give what one thread gives, however the work falls to them. */
import { Device } from "@hloom/backend";
import { bytesOf, type HostTensor, readModule, sizeOf, verify } from "@hloom/ir";
import { expect, test, vi } from "vitest";

vi.hoisted(() => {
  process.env.HLOOM_CPU_THREADS = "3";
});
const { cpu } = await import("@hloom/backend-cpu");

const rows = `
func.func @main(%x: tensor<511x700xf32>) -> (tensor<511x700xf32>, tensor<700xf32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sum = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<511x700xf32>, tensor<f32>) -> tensor<511xf32>
  %s = stablehlo.broadcast_in_dim %sum, dims = [0] : (tensor<511xf32>) -> tensor<511x700xf32>
  %d = stablehlo.subtract %x, %s : tensor<511x700xf32>
  %square = stablehlo.multiply %d, %d : tensor<511x700xf32>
  %norm = stablehlo.reduce(%square init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<511x700xf32>, tensor<f32>) -> tensor<511xf32>
  %n = stablehlo.broadcast_in_dim %norm, dims = [0] : (tensor<511xf32>) -> tensor<511x700xf32>
  %y = stablehlo.divide %d, %n : tensor<511x700xf32>
  %columns = stablehlo.reduce(%x init: %zero) applies stablehlo.maximum across dimensions = [0] : (tensor<511x700xf32>, tensor<f32>) -> tensor<700xf32>
  return %y, %columns : tensor<511x700xf32>, tensor<700xf32>
}`;

/** No number of threads divides it. */
const elements = `
func.func @main(%x: tensor<300007xf32>) -> tensor<300007xf32> {
  %e = stablehlo.exponential %x : tensor<300007xf32>
  %i = stablehlo.iota dim = 0 : tensor<300007xf32>
  %y = stablehlo.multiply %e, %i : tensor<300007xf32>
  return %y : tensor<300007xf32>
}`;

for (const [name, text] of Object.entries({ rows, elements })) {
  test(name, async () => {
    const device = new Device(cpu());
    const program = await device.compile(verify(readModule(text).module!).module!);
    const [type] = program.signature.inputs as readonly HostTensor["type"][];
    const data = Float32Array.from({ length: sizeOf(type!.shape) }, (_, i) => Math.fround(Math.sin(i) * 4));
    const input = device.upload({ type: type!, data });
    const run = async () => {
      const results = await Promise.all(program.run([input]).map((result) => result.read()));
      return Buffer.concat(results.map((result) => bytesOf(result.data)));
    };
    // Nobody else has started yet.
    const alone = await run();
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let i = 0; i < 100; i++) expect((await run()).equals(alone)).toBe(true);
    program.close();
  });
}
