/** Windows over arrays (pooling, running sums, gradients of pooling) mean what the evaluator means. */
import type { Element } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { agree, below, oneOf, type Random, randomOf, tensorOf, typeText } from "./agreement.ts";

interface Windows {
  readonly shape: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly base: readonly number[];
  readonly dilation: readonly number[];
  readonly result: readonly number[];
}

function randomWindows(random: Random, plain: boolean): Windows {
  const rank = 1 + below(random, 4);
  const shape = Array.from({ length: rank }, () =>
    random() < 0.05 ? 0 : 1 + below(random, rank > 2 ? 6 : 20),
  );
  const each = (high: number) => shape.map(() => 1 + below(random, high));
  const [window, strides, base, dilation] = [
    each(3),
    each(3),
    plain ? shape.map(() => 1) : each(2),
    plain ? shape.map(() => 1) : each(2),
  ];
  const padding = shape.map(
    () => [below(random, plain ? 2 : 4) - (plain ? 0 : 1), below(random, 2)] as const,
  );
  const result = shape.map((size, d) => {
    const total = (size === 0 ? 0 : (size - 1) * base[d]! + 1) + padding[d]![0] + padding[d]![1];
    const reach = (window[d]! - 1) * dilation[d]! + 1;
    return total < reach || total <= 0 ? 0 : Math.floor((total - reach) / strides[d]!) + 1;
  });
  return { shape, window, strides, padding, base, dilation, result };
}

const attributes = ({ window, strides, padding, base, dilation }: Windows, dilated: boolean): string =>
  [
    `window_dimensions = array<i64: ${window}>`,
    `window_strides = array<i64: ${strides}>`,
    ...(dilated
      ? [`base_dilations = array<i64: ${base}>`, `window_dilations = array<i64: ${dilation}>`]
      : []),
    `padding = dense<[${padding.map((pair) => `[${pair}]`).join(", ")}]> : tensor<${window.length}x2xi64>`,
  ].join(", ");

function reduceWindowProgram(windows: Windows, element: Element, op: string, init: string): string {
  const [from, to, one] = [windows.shape, windows.result, []].map((shape) => typeText(shape, element));
  return `func.func @main(%a: ${from}) -> ${to} {
%i = stablehlo.constant dense<${init}> : ${one}
%r = "stablehlo.reduce_window"(%a, %i) <{${attributes(windows, true)}}> ({
^bb0(%x: ${one}, %y: ${one}):
%z = stablehlo.${op} %x, %y : ${one}
stablehlo.return %z : ${one}
}) : (${from}, ${one}) -> ${to}
return %r : ${to}
}`;
}

const bodies = [
  ["f32", "add", "0.0"],
  ["f32", "maximum", "0xFF800000"],
  ["f64", "minimum", "0.5"],
  ["bf16", "add", "0.0"],
  ["f16", "maximum", "1.0"],
  ["i32", "add", "0"],
  ["i8", "maximum", "-128"],
  ["ui8", "minimum", "255"],
  ["i64", "multiply", "1"],
  ["complex<f32>", "add", "(0.0, 0.0)"],
] as const satisfies readonly (readonly [Element, string, string])[];

describe("reduce_window", () => {
  test.each(bodies)("%s %s", (element, op, init) => {
    for (let seed = 0; seed < 40; seed++) {
      const random = randomOf(seed);
      const windows = randomWindows(random, false);
      const input = tensorOf(random, windows.shape, element);
      expect(agree(reduceWindowProgram(windows, element, op, init), [input], 0)).toEqual([]);
    }
  });

  test.each(bodies)("running %s %s", (element, op, init) => {
    for (const backwards of [false, true]) {
      for (const [shape, axis] of [
        [[9], 0],
        [[7, 13], 1],
        [[3, 50], 1],
        [[40, 11], 0],
        [[2, 6, 3], 1],
      ] as const) {
        const size = shape[axis]!;
        const only = <T>(value: T, other: T): T[] => shape.map((_, d) => (d === axis ? value : other));
        const windows: Windows = {
          shape,
          window: only(size, 1),
          strides: shape.map(() => 1),
          padding: only<readonly [number, number]>(backwards ? [0, size - 1] : [size - 1, 0], [0, 0]),
          base: shape.map(() => 1),
          dilation: shape.map(() => 1),
          result: shape,
        };
        const random = randomOf(size);
        const input = tensorOf(random, shape, element, () => below(random, 4));
        expect(agree(reduceWindowProgram(windows, element, op, init), [input], 0)).toEqual([]);
      }
    }
  });

  test("of two operands at once", () => {
    const text = `func.func @main(%a: tensor<7x9xf32>, %b: tensor<7x9xi32>) -> (tensor<3x4xf32>, tensor<3x4xi32>) {
%low = stablehlo.constant dense<0xFF800000> : tensor<f32>
%zero = stablehlo.constant dense<0> : tensor<i32>
%r:2 = "stablehlo.reduce_window"(%a, %b, %low, %zero) <{window_dimensions = array<i64: 2, 3>, window_strides = array<i64: 2, 2>}> ({
^bb0(%x: tensor<f32>, %i: tensor<i32>, %y: tensor<f32>, %j: tensor<i32>):
%more = stablehlo.compare GE, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
%v = stablehlo.select %more, %x, %y : tensor<i1>, tensor<f32>
%k = stablehlo.select %more, %i, %j : tensor<i1>, tensor<i32>
stablehlo.return %v, %k : tensor<f32>, tensor<i32>
}) : (tensor<7x9xf32>, tensor<7x9xi32>, tensor<f32>, tensor<i32>) -> (tensor<3x4xf32>, tensor<3x4xi32>)
return %r#0, %r#1 : tensor<3x4xf32>, tensor<3x4xi32>
}`;
    const random = randomOf(3);
    expect(agree(text, [tensorOf(random, [7, 9], "f32"), tensorOf(random, [7, 9], "i32")], 0)).toEqual([]);
  });
});

describe("select_and_scatter", () => {
  test.each(["f32", "f64", "bf16", "i32"] as const)("of %s", (element) => {
    for (let seed = 0; seed < 30; seed++) {
      const random = randomOf(seed);
      const windows = randomWindows(random, true);
      if (windows.result.includes(0)) continue;
      const direction = oneOf(random, ["GE", "GT", "LE"]);
      const [whole, part, one] = [windows.shape, windows.result, []].map((shape) => typeText(shape, element));
      const text = `func.func @main(%a: ${whole}, %s: ${part}, %i: ${one}) -> ${whole} {
%r = "stablehlo.select_and_scatter"(%a, %s, %i) <{${attributes(windows, false)}}> ({
^bb0(%x: ${one}, %y: ${one}):
%c = stablehlo.compare ${direction}, %x, %y : (${one}, ${one}) -> tensor<i1>
stablehlo.return %c : tensor<i1>
}, {
^bb0(%x: ${one}, %y: ${one}):
%z = stablehlo.add %x, %y : ${one}
stablehlo.return %z : ${one}
}) : (${whole}, ${part}, ${one}) -> ${whole}
return %r : ${whole}
}`;
      const inputs = [windows.shape, windows.result, []].map((shape) => tensorOf(random, shape, element));
      expect(agree(text, inputs, 0)).toEqual([]);
    }
  });
});
