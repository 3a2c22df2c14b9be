/** Fourier transforms beside the evaluator's, which computes in double precision. */
import type { Element } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { agree, randomOf, tensorOf, typeText } from "./agreement.ts";

type Kind = "FFT" | "IFFT" | "RFFT" | "IRFFT";

/** Powers of two, smooth numbers, primes with and without steps of their own, and lengths that go in two steps. */
const lengths = [
  1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 16, 25, 30, 49, 97, 105, 128, 210, 1009, 1024, 1155, 2048,
];

function program(kind: Kind, shape: readonly number[], sizes: readonly number[], double: boolean) {
  const [real, complex]: readonly Element[] = double ? ["f64", "complex<f64>"] : ["f32", "complex<f32>"];
  const half = [...shape.slice(0, -1), Math.floor(shape.at(-1)! / 2) + 1];
  const [from, to] = {
    FFT: [
      [shape, complex],
      [shape, complex],
    ],
    IFFT: [
      [shape, complex],
      [shape, complex],
    ],
    RFFT: [
      [shape, real],
      [half, complex],
    ],
    IRFFT: [
      [half, complex],
      [shape, real],
    ],
  }[kind] as [[number[], Element], [number[], Element]];
  const [input, output] = [typeText(...from), typeText(...to)];
  const text = `func.func @main(%a: ${input}) -> ${output} {
%b = stablehlo.fft %a, type = ${kind}, length = [${sizes}] : (${input}) -> ${output}
return %b : ${output}
}`;
  const random = randomOf(shape.length + shape.at(-1)!);
  return { text, inputs: [tensorOf(random, ...from, () => random() - 0.5)] };
}

/** Of the largest element: a few roundings per step. */
const tolerances = { f32: 2e-6, f64: 4e-15 };

describe.each(["FFT", "IFFT", "RFFT", "IRFFT"] as const)("%s", (kind) => {
  test.each([false, true])("of one dimension, in double precision: %s", (double) => {
    for (const length of lengths) {
      for (const rows of length > 300 ? [1, 5] : [0, 1, 3, 9]) {
        const { text, inputs } = program(kind, [rows, length], [length], double);
        expect(agree(text, inputs, double ? tolerances.f64 : tolerances.f32)).toEqual([]);
      }
    }
  });

  test("each by itself: a large signal does not drown its neighbour", () => {
    for (const length of [2, 7, 8, 30]) {
      const { text, inputs } = program(kind, [9, length], [length], false);
      const data = inputs[0]!.data as Float32Array;
      for (let i = 0; i < data.length / 9; i++) data[i]! *= 1e20;
      const [type] = /(?<=-> )tensor<[^{]*>(?= \{)/.exec(text)!;
      const row = type.replace("9x", "1x");
      const columns = /x(\d+)x/.exec(type)![1];
      const second = `%c = stablehlo.slice %b [1:2, 0:${columns}] : (${type}) -> ${row}\nreturn %c : ${row}`;
      const ofSecond = text.replace(`-> ${type} {`, `-> ${row} {`).replace(/return .*/, second);
      agree(ofSecond, inputs, tolerances.f32);
    }
  });

  test("of several dimensions", () => {
    for (const shape of [
      [4, 6],
      [2, 5, 7],
      [3, 8, 9, 4],
      [33, 16],
    ]) {
      for (let count = 2; count <= Math.min(3, shape.length); count++) {
        const { text, inputs } = program(kind, shape, shape.slice(-count), false);
        expect(agree(text, inputs, tolerances.f32)).toEqual([]);
      }
    }
  });
});
