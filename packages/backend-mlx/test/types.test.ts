/** Element types that MLX does not compute with: narrow ones as storage, complex<f64> by its parts. */
import {
  allElements,
  type Element,
  floatCodec,
  type HostTensor,
  isSmallFloat,
  type SmallFloat,
} from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { runBoth, tensorOf } from "./harness.ts";

const module = (type: string, body: string) => `module { func.func @main${type} {\n${body}\n} }`;
const numbers = (tensor: HostTensor | undefined) => Array.from(tensor!.data as Float64Array, Number);

const narrowFloats = allElements.filter(
  (element): element is SmallFloat => isSmallFloat(element) && element !== "f16" && element !== "bf16",
);
const narrowIntegers: readonly Element[] = ["i2", "i4", "ui2", "ui4"];

/** Numbers around every value of the format and halfway between neighbours, and what lies beyond. */
function probes(element: SmallFloat): number[] {
  const values = [...floatCodec(element).values].filter(Number.isFinite).sort((a, b) => a - b);
  const between = values.slice(1).map((value, i) => (value + values[i]!) / 2);
  const near = [...values, ...between].flatMap((x) => [x, x * (1 + 2 ** -40), x * (1 - 2 ** -40)]);
  return [...near, 0, -0, Infinity, -Infinity, NaN, 1e300, -1e300, 5e-324, 2 ** -140];
}

describe.each(narrowFloats)("%s", (element) => {
  test("every bit pattern converts to its number", async () => {
    const patterns = Array.from({ length: 256 }, (_, i) => i);
    const text = module(
      `(%x: tensor<256x${element}>) -> tensor<256xf32>`,
      `%0 = stablehlo.convert %x : (tensor<256x${element}>) -> tensor<256xf32>
       return %0 : tensor<256xf32>`,
    );
    const { got } = await runBoth(text, [tensorOf(element, [256], patterns)]);
    expect(numbers(got[0])).toEqual([...floatCodec(element).values.subarray(0, 256)]);
  });

  test("a number converts to the nearest value", async () => {
    const values = probes(element);
    const n = values.length;
    const text = module(
      `(%x: tensor<${n}xf64>) -> tensor<${n}x${element}>`,
      `%0 = stablehlo.convert %x : (tensor<${n}xf64>) -> tensor<${n}x${element}>
       return %0 : tensor<${n}x${element}>`,
    );
    const { got, want } = await runBoth(text, [tensorOf("f64", [n], values)]);
    expect(numbers(got[0])).toEqual(numbers(want[0]));
  });
});

describe("arithmetic on narrow elements", () => {
  test.each([...narrowIntegers])("%s wraps like the evaluator's", async (element) => {
    const signed = element[0] === "i";
    const count = element.endsWith("2") ? 4 : 16;
    const values = Array.from({ length: count }, (_, i) => i - (signed ? count / 2 : 0));
    const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
    const n = pairs.length;
    const type = `tensor<${n}x${element}>`;
    const binary = ["add", "subtract", "multiply", "divide", "remainder", "maximum", "and", "xor"];
    const shifts = ["shift_left", "shift_right_logical", "shift_right_arithmetic"];
    const unary = ["negate", "not", "popcnt", "count_leading_zeros"];
    const names = [...binary, ...shifts, ...unary];
    const lines = names.map((name, i) =>
      unary.includes(name)
        ? `%r${i} = stablehlo.${name} %x : ${type}`
        : `%r${i} = stablehlo.${name} %x, %y : ${type}`,
    );
    const results = names.map(() => type).join(", ");
    const text = module(
      `(%x: ${type}, %y: ${type}) -> (${results})`,
      `${lines.join("\n")}\nreturn ${names.map((_, i) => `%r${i}`).join(", ")} : ${results}`,
    );
    const inputs = [0, 1].map((side) =>
      tensorOf(
        element,
        [n],
        pairs.map((pair) => pair[side]!),
      ),
    );
    const { got, want } = await runBoth(text, inputs);
    names.forEach((name, i) => {
      expect([name, numbers(got[i])]).toEqual([name, numbers(want[i])]);
    });
  });

  test("a sum of floats is rounded after each term", async () => {
    const text = module(
      "(%x: tensor<40xf8E4M3FN>) -> tensor<f8E4M3FN>",
      `%z = stablehlo.constant dense<0.0> : tensor<f8E4M3FN>
       %0 = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [0]
         : (tensor<40xf8E4M3FN>, tensor<f8E4M3FN>) -> tensor<f8E4M3FN>
       return %0 : tensor<f8E4M3FN>`,
    );
    const input = tensorOf(
      "f8E4M3FN",
      [40],
      Array.from({ length: 40 }, (_, i) => 40 + i),
    );
    const { got, want } = await runBoth(text, [input]);
    expect(numbers(got[0])).toEqual(numbers(want[0]));
  });
});

describe("complex<f64>", () => {
  const values = [1, 2, -3, 0.5, 0.25, -4, 7, -1, 2, 2, -0.5, 3];
  const input = tensorOf("complex<f64>", [6], values);
  const type = "tensor<6xcomplex<f64>>";
  const scalar = "tensor<complex<f64>>";

  test("travels through loops and calls", async () => {
    const text = `module {
      func.func private @square(%x: ${type}) -> ${type} {
        %0 = stablehlo.multiply %x, %x : ${type}
        return %0 : ${type}
      }
      func.func @main(%x: ${type}) -> (${type}, tensor<i32>) {
        %c = stablehlo.constant dense<0> : tensor<i32>
        %n = stablehlo.constant dense<3> : tensor<i32>
        %one = stablehlo.constant dense<1> : tensor<i32>
        %half = stablehlo.constant dense<(5.000000e-01,1.250000e-01)> : ${type}
        %0:2 = stablehlo.while(%i = %c, %a = %x) : tensor<i32>, ${type}
        cond {
          %p = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %p : tensor<i1>
        } do {
          %j = stablehlo.add %i, %one : tensor<i32>
          %s = func.call @square(%a) : (${type}) -> ${type}
          %b = stablehlo.multiply %s, %half : ${type}
          stablehlo.return %j, %b : tensor<i32>, ${type}
        }
        return %0#1, %0#0 : ${type}, tensor<i32>
      }
    }`;
    const { got, want } = await runBoth(text, [input]);
    expect(numbers(got[1])).toEqual(numbers(want[1]));
    numbers(got[0]).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers(want[0])[i]!, 10);
    });
  });

  test("sorts, reduces and scatters with bodies of its own", async () => {
    const text = module(
      `(%x: ${type}, %at: tensor<2x1xi32>, %u: tensor<2xcomplex<f64>>) -> (${type}, ${scalar}, ${type})`,
      `%0 = "stablehlo.sort"(%x) ({
       ^bb0(%a: ${scalar}, %b: ${scalar}):
         %p = stablehlo.real %a : (${scalar}) -> tensor<f64>
         %q = stablehlo.real %b : (${scalar}) -> tensor<f64>
         %c = stablehlo.compare LT, %p, %q : (tensor<f64>, tensor<f64>) -> tensor<i1>
         stablehlo.return %c : tensor<i1>
       }) {dimension = 0 : i64, is_stable = true} : (${type}) -> ${type}
       %one = stablehlo.constant dense<(1.000000e+00,0.000000e+00)> : ${scalar}
       %1 = stablehlo.reduce(%x init: %one) applies stablehlo.multiply across dimensions = [0]
         : (${type}, ${scalar}) -> ${scalar}
       %2 = "stablehlo.scatter"(%x, %at, %u) <{scatter_dimension_numbers = #stablehlo.scatter<
         inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
       ^bb0(%a: ${scalar}, %b: ${scalar}):
         %s = stablehlo.add %a, %b : ${scalar}
         stablehlo.return %s : ${scalar}
       }) : (${type}, tensor<2x1xi32>, tensor<2xcomplex<f64>>) -> ${type}
       return %0, %1, %2 : ${type}, ${scalar}, ${type}`,
    );
    const inputs = [input, tensorOf("i32", [2, 1], [4, 1]), tensorOf("complex<f64>", [2], [1, 1, -2, 5])];
    const { got, want } = await runBoth(text, inputs);
    expect(numbers(got[0])).toEqual(numbers(want[0]));
    expect(numbers(got[2])).toEqual(numbers(want[2]));
    numbers(got[1]).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers(want[1])[i]!, 10);
    });
  });

  test.each(["FFT", "IFFT"])("%s of lengths with several prime factors", async (kind) => {
    const shape = [2, 12, 35];
    const n = 2 * 12 * 35;
    const noise = Array.from({ length: 2 * n }, (_, i) => Math.sin(i * i));
    const text = module(
      `(%x: tensor<2x12x35xcomplex<f64>>) -> tensor<2x12x35xcomplex<f64>>`,
      `%0 = stablehlo.fft %x, type = ${kind}, length = [12, 35] : (tensor<2x12x35xcomplex<f64>>) -> tensor<2x12x35xcomplex<f64>>
       return %0 : tensor<2x12x35xcomplex<f64>>`,
    );
    const { got, want } = await runBoth(text, [tensorOf("complex<f64>", shape, noise)]);
    const largest = Math.max(...numbers(got[0]).map((value, i) => Math.abs(value - numbers(want[0])[i]!)));
    expect(largest).toBeLessThan(1e-12);
  });

  test("linear algebra is refused by name", () => {
    const matrix = "tensor<2x2xcomplex<f64>>";
    const text = module(
      `(%x: ${matrix}) -> ${matrix}`,
      `%0 = stablehlo.cholesky %x, lower = true : ${matrix}\nreturn %0 : ${matrix}`,
    );
    return expect(
      runBoth(text, [tensorOf("complex<f64>", [2, 2], [4, 0, 0, 0, 0, 0, 4, 0])]),
    ).rejects.toThrow(/stablehlo\.cholesky at .*linear algebra on complex<f64>/);
  });
});
