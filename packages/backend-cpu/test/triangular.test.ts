/** Cholesky factors and triangular solutions beside the evaluator's, which computes in double precision. */
import type { HostTensor } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { agree, type Random, randomOf, tensorOf, typeText } from "./agreement.ts";

const tolerances = { f32: 1e-5, f64: 1e-13 } as const;
const elements = ["f32", "f64"] as const;

/** Matrices with a large diagonal: positive definite ones, as far as one triangle says. */
function matrices(random: Random, batch: number, n: number, element: "f32" | "f64"): HostTensor {
  let at = 0;
  return tensorOf(random, [batch, n, n], element, () => {
    const [i, j] = [Math.floor(at / n) % n, at % n];
    at++;
    return i === j ? 2 + random() : (random() - 0.5) / Math.sqrt(n);
  });
}

describe.each(elements)("of %s", (element) => {
  test.each(["true", "false"])("cholesky, lower = %s", (lower) => {
    for (const n of [16, 17, 33, 64, 100]) {
      const type = typeText([2, n, n], element);
      const text = `func.func @main(%a: ${type}) -> ${type} {
%r = stablehlo.cholesky %a, lower = ${lower} : ${type}
return %r : ${type}
}`;
      expect(agree(text, [matrices(randomOf(n), 2, n, element)], tolerances[element])).toEqual([]);
    }
  });

  test("cholesky of what is not positive definite is NaN from there on", () => {
    const type = typeText([20, 20], element);
    const text = `func.func @main(%a: ${type}) -> ${type} {
%r = stablehlo.cholesky %a, lower = true : ${type}
return %r : ${type}
}`;
    const input = tensorOf(randomOf(1), [20, 20], element, () => 1);
    (input.data as Float64Array)[7 * 20 + 7] = -3;
    expect(agree(text, [input], tolerances[element])).toEqual([]);
  });

  for (const left of ["true", "false"]) {
    for (const transpose of ["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"]) {
      test.each([
        ["true", "false"],
        ["true", "true"],
        ["false", "false"],
        ["false", "true"],
      ])(`triangular_solve, left side ${left}, ${transpose}, lower %s, unit %s`, (lower, unit) => {
        for (const [n, others] of [
          [16, 1],
          [20, 7],
          [33, 40],
          [65, 9],
        ] as const) {
          const right = left === "true" ? [2, n, others] : [2, others, n];
          const [a, b] = [typeText([2, n, n], element), typeText(right, element)];
          const text = `func.func @main(%a: ${a}, %b: ${b}) -> ${b} {
%r = "stablehlo.triangular_solve"(%a, %b) <{left_side = ${left}, lower = ${lower}, unit_diagonal = ${unit}, transpose_a = #stablehlo<transpose ${transpose}>}> : (${a}, ${b}) -> ${b}
return %r : ${b}
}`;
          const random = randomOf(n);
          const inputs = [matrices(random, 2, n, element), tensorOf(random, right, element)];
          expect(agree(text, inputs, tolerances[element])).toEqual([]);
        }
      });
    }
  }
});
