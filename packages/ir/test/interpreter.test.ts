/** How programs run: calls, captures, limits, errors. What operations mean is in the fixtures beside them. */
import { describe, expect, it } from "vitest";
import { readText } from "../src/read/index.ts";
import { asTensor, EvaluateError, type EvaluateOptions, prepare, tensorOf } from "../src/reference/index.ts";
import { verify } from "../src/verify/index.ts";

function program(text: string, options?: EvaluateOptions) {
  const { module, diagnostics } = readText(text);
  const result = module && verify(module);
  if (!result?.module)
    throw new Error((result?.diagnostics ?? diagnostics).map(({ message }) => message).join("; "));
  return prepare(result.module, options);
}

const integer = (value: number) => tensorOf([], "i32", Int32Array.of(value));
const numberOf = (results: readonly unknown[]) => Number(asTensor(results[0] as never).data[0]);

const counting = `
func.func @main(%limit: tensor<i32>) -> tensor<i32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %0:2 = stablehlo.while(%i = %zero, %sum = %zero) : tensor<i32>, tensor<i32>
  cond {
    %1 = stablehlo.compare LT, %i, %limit, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  } do {
    %1 = stablehlo.add %i, %one : tensor<i32>
    %2 = func.call @add(%sum, %1) : (tensor<i32>, tensor<i32>) -> tensor<i32>
    stablehlo.return %1, %2 : tensor<i32>, tensor<i32>
  }
  return %0#1 : tensor<i32>
}
func.func private @add(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> {
  %0 = stablehlo.add %a, %b : tensor<i32>
  return %0 : tensor<i32>
}`;

describe("evaluate", () => {
  it("runs loops with captures and calls, again and again", () => {
    const sum = program(counting);
    expect(numberOf(sum(integer(10)))).toBe(55);
    expect(numberOf(sum(integer(4)))).toBe(10);
    expect(numberOf(sum.call("add", [integer(2), integer(3)]))).toBe(5);
  });

  it("runs a hundred thousand iterations in a blink", () => {
    const start = performance.now();
    // 1 + … + 100000 = 5000050000, which wraps.
    expect(numberOf(program(counting)(integer(100_000)))).toBe(5000050000 - 2 ** 32);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("stops at the limit of steps", () => {
    expect(() => program(counting, { maxSteps: 1000 })(integer(1_000_000))).toThrow(
      /more than 1000 operations/,
    );
  });

  it("stops a program that calls itself", () => {
    const text = `
      func.func @main() -> tensor<i32> {
        %0 = func.call @main() : () -> tensor<i32>
        return %0 : tensor<i32>
      }`;
    expect(() => program(text)()).toThrow(/calls nest deeper/);
  });

  it("reads constants that are kept apart", () => {
    const text = `
      func.func @main() -> tensor<2xi32> {
        %0 = stablehlo.constant dense_resource<blob> : tensor<2xi32>
        return %0 : tensor<2xi32>
      }
      {-# dialect_resources: { builtin: { blob: "0x040000000100000002000000" } } #-}`;
    expect([...asTensor(program(text)()[0]).data]).toEqual([1, 2]);
  });

  it("refuses arguments that the function does not take", () => {
    const sum = program(counting);
    expect(() => sum()).toThrow("@main takes 1 arguments, not 0");
    expect(() => sum(tensorOf([], "f32", Float32Array.of(1)))).toThrow(
      "argument 0 of @main is a tensor of f32",
    );
    expect(() => sum(tensorOf([2], "i32", Int32Array.of(1, 2)))).toThrow("shape [2]");
  });

  it("names the operation and its place in an error", () => {
    const text = `
      func.func @main() {
        func.call @main2() : () -> () loc("model.py":42:7)
        return
      }
      func.func private @main2()`;
    let error: unknown;
    try {
      program(text)();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(EvaluateError);
    expect(String(error)).toContain("func.call at model.py:42:7");
  });

  it("throws for a failed check unless someone listens", () => {
    const text = `
      func.func @main() {
        %0 = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
        check.expect_eq_const %0, dense<[1, 3]> : tensor<2xi32>
        return
      }`;
    expect(() => program(text)()).toThrow(
      /element 1 differs: 2 \(actual\), 3 \(expected\); 1 of 2 are wrong/,
    );
    const failures: (string | undefined)[] = [];
    program(text, { onCheck: ({ failure }) => failures.push(failure) })();
    expect(failures).toHaveLength(1);
  });
});
