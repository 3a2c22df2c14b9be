/**
 * Small programs that met bugs of MLX or of its GPU back ends, as users and other projects reported them. `hloom doctor` runs
 * them on the user's machine and says which idioms to switch off.
 */
import type { Canary } from "@hloom/backend";
import { idioms } from "./rules/idioms/index.ts";

const main = (type: string, body: string) => `module {\n  func.func @main${type} {\n${body}\n  }\n}`;
const row = "tensor<4x33xf32>";

/** A sum of many arrays: fused kernels of more than 31 buffers were wrong on Metal. */
function manyOperands(): string {
  const names = Array.from({ length: 40 }, (_, i) => `%a${i}`);
  const lines = names
    .slice(1)
    .map((name, i) => `%s${i} = stablehlo.add ${i === 0 ? "%a0" : `%s${i - 1}`}, ${name} : tensor<7xf32>`);
  const types = names.map((name) => `${name}: tensor<7xf32>`).join(", ");
  return main(`(${types}) -> tensor<7xf32>`, `${lines.join("\n")}\nreturn %s38 : tensor<7xf32>`);
}

/** An idiom is its own canary: what MLX or the runtime has as one operation, against the program as it is written. */
const ofIdioms: readonly Canary[] = idioms
  .filter(({ example }) => !example.includes("mlx."))
  .map(({ name, example }) => ({
    name: `idiom ${name}`,
    bug: "the operation of the runtime differs from what it stands for",
    text: example,
    rules: [name],
  }));

export const canaries: readonly Canary[] = [
  ...ofIdioms,
  {
    name: "reversed times a number",
    bug: "a reversed array times a scalar was zero",
    text: main(
      "(%x: tensor<8xf32>) -> tensor<8xf32>",
      `%two = stablehlo.constant dense<2.0> : tensor<8xf32>
       %0 = stablehlo.reverse %x, dims = [0] : tensor<8xf32>
       %1 = stablehlo.multiply %0, %two : tensor<8xf32>
       return %1 : tensor<8xf32>`,
    ),
  },
  { name: "forty operands", bug: "fused kernels of more than 31 buffers were wrong", text: manyOperands() },
  {
    name: "infinite constants",
    bug: "constants that are not finite became garbage in compiled code",
    text: main(
      "(%x: tensor<5xf32>) -> tensor<5xf32>",
      `%low = stablehlo.constant dense<0xFF800000> : tensor<5xf32>
       %zero = stablehlo.constant dense<0.0> : tensor<5xf32>
       %0 = stablehlo.compare GT, %x, %zero : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xi1>
       %1 = stablehlo.select %0, %x, %low : tensor<5xi1>, tensor<5xf32>
       return %1 : tensor<5xf32>`,
    ),
  },
  {
    name: "updates of a loop",
    bug: "offsets of dynamic slices that are computed on the device were overwritten too early",
    text: main(
      "(%x: tensor<16xf32>) -> tensor<16xf32>",
      `%zero = stablehlo.constant dense<0> : tensor<i32>
       %one = stablehlo.constant dense<1> : tensor<i32>
       %n = stablehlo.constant dense<16> : tensor<i32>
       %0:2 = stablehlo.while(%i = %zero, %a = %x) : tensor<i32>, tensor<16xf32>
       cond {
         %p = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
         stablehlo.return %p : tensor<i1>
       } do {
         %v = stablehlo.dynamic_slice %a, %i, sizes = [1] : (tensor<16xf32>, tensor<i32>) -> tensor<1xf32>
         %w = stablehlo.add %v, %v : tensor<1xf32>
         %b = stablehlo.dynamic_update_slice %a, %w, %i : (tensor<16xf32>, tensor<1xf32>, tensor<i32>) -> tensor<16xf32>
         %j = stablehlo.add %i, %one : tensor<i32>
         stablehlo.return %j, %b : tensor<i32>, tensor<16xf32>
       }
       return %0#1 : tensor<16xf32>`,
    ),
  },
  {
    name: "scattered sums",
    bug: "compiled scatter-add dropped updates of the same place",
    text: main(
      "(%x: tensor<4xf32>, %u: tensor<12xf32>) -> tensor<4xf32>",
      `%at = stablehlo.constant dense<[[0],[1],[2],[3],[0],[1],[2],[3],[0],[0],[0],[1]]> : tensor<12x1xi32>
       %0 = "stablehlo.scatter"(%x, %at, %u) <{scatter_dimension_numbers = #stablehlo.scatter<
         inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
       ^bb0(%a: tensor<f32>, %b: tensor<f32>):
         %s = stablehlo.add %a, %b : tensor<f32>
         stablehlo.return %s : tensor<f32>
       }) : (tensor<4xf32>, tensor<12x1xi32>, tensor<12xf32>) -> tensor<4xf32>
       return %0 : tensor<4xf32>`,
    ),
  },
  {
    name: "strided reduction",
    bug: "reductions of transposed arrays were wrong",
    text: main(
      `(%x: ${row}) -> tensor<33xf32>`,
      `%zero = stablehlo.constant dense<0.0> : tensor<f32>
       %0 = stablehlo.transpose %x, dims = [1, 0] : (${row}) -> tensor<33x4xf32>
       %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<33x4xf32>, tensor<f32>) -> tensor<33xf32>
       return %1 : tensor<33xf32>`,
    ),
  },
  {
    name: "products of nothing",
    bug: "a matrix product over an empty dimension crashed",
    text: main(
      "(%a: tensor<3x0xf32>, %b: tensor<0x2xf32>) -> tensor<3x2xf32>",
      `%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<3x0xf32>, tensor<0x2xf32>) -> tensor<3x2xf32>
       return %0 : tensor<3x2xf32>`,
    ),
  },
  {
    name: "root of a complex number",
    bug: "the square root of complex numbers cancelled",
    text: main(
      "(%x: tensor<3xcomplex<f32>>) -> tensor<3xcomplex<f32>>",
      `%0 = stablehlo.sqrt %x : tensor<3xcomplex<f32>>
       return %0 : tensor<3xcomplex<f32>>`,
    ),
  },
  {
    name: "transform of length one",
    bug: "real Fourier transforms of length one failed",
    text: main(
      "(%x: tensor<4x1xf32>) -> tensor<4x1xcomplex<f32>>",
      `%0 = stablehlo.fft %x, type = RFFT, length = [1] : (tensor<4x1xf32>) -> tensor<4x1xcomplex<f32>>
       return %0 : tensor<4x1xcomplex<f32>>`,
    ),
  },
];
