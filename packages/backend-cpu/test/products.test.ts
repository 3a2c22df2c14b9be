/** Matrix products and convolutions mean what the evaluator means, for all ways in which operands may lie. */
import type { Element } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { agree, below, emitted, oneOf, type Random, randomOf, tensorOf, typeText } from "./agreement.ts";

const elements: readonly Element[] = ["f32", "f64", "bf16", "f16", "i8", "ui8", "i16", "i32", "ui32", "i64"];

/** Sizes on both sides of blocks, panels and the border below which products are not packed. */
const sizes = [0, 1, 2, 3, 5, 6, 7, 8, 9, 13, 24, 33];

function shuffled(random: Random, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** A dot_general of random roles, with operands as they are or as views: transposed, sliced, reversed, broadcast. */
function dotProgram(random: Random, element: Element, result: string) {
  const counts = [below(random, 2), below(random, 3), below(random, 3), below(random, 3)] as const;
  const [batch, rows, columns, steps] = counts.map((count) =>
    Array.from({ length: count }, () => oneOf(random, count > 1 ? sizes.slice(0, 7) : sizes)),
  ) as [number[], number[], number[], number[]];
  const side = (name: string, free: readonly number[]) => {
    const logical = [...batch, ...steps, ...free];
    const order = shuffled(random, logical.length);
    const shape = order.map((d) => logical[d]!);
    const places = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => order.indexOf(from + i));
    const stored = shape.map((size) => size + 2);
    const lines = [
      `%${name}s = stablehlo.slice %${name} [${stored.map((size) => `1:${size - 1}`).join(", ")}] : (${typeText(stored, element)}) -> ${typeText(shape, element)}`,
      `%${name}v = stablehlo.reverse %${name}s, dims = [${shape.length > 0 && random() < 0.3 ? 0 : ""}] : ${typeText(shape, element)}`,
    ];
    return {
      stored,
      free: order.filter((d) => d >= batch.length + steps.length).map((d) => logical[d]!),
      type: typeText(shape, element),
      lines:
        shape.length > 0
          ? lines
          : [
              `%${name}v = stablehlo.reshape %${name} : (${typeText([], element)}) -> ${typeText([], element)}`,
            ],
      batching: places(0, batch.length),
      contracting: places(batch.length, steps.length),
    };
  };
  const [a, b] = [side("a", rows), side("b", columns)];
  const out = typeText([...batch, ...a.free, ...b.free], result);
  const text = `func.func @main(%a: ${typeText(a.stored, element)}, %b: ${typeText(b.stored, element)}) -> ${out} {
${[...a.lines, ...b.lines].join("\n")}
%c = stablehlo.dot_general %av, %bv, batching_dims = [${a.batching}] x [${b.batching}], contracting_dims = [${a.contracting}] x [${b.contracting}] : (${a.type}, ${b.type}) -> ${out}
return %c : ${out}
}`;
  return { text, inputs: [tensorOf(random, a.stored, element), tensorOf(random, b.stored, element)] };
}

describe("dot_general", () => {
  test.each(elements)("of %s", (element) => {
    for (let seed = 0; seed < 25; seed++) {
      const { text, inputs } = dotProgram(randomOf(seed * 31 + element.length), element, element);
      expect(agree(text, inputs, 0)).toEqual([]);
    }
  });

  test.each([
    ["bf16", "f32"],
    ["i8", "i32"],
    ["ui8", "i64"],
    ["f16", "f64"],
  ] as const)("of %s summed in %s", (element, result) => {
    for (let seed = 0; seed < 10; seed++) {
      const { text, inputs } = dotProgram(randomOf(seed), element, result);
      expect(agree(text, inputs, 0)).toEqual([]);
    }
  });

  test.each(["complex<f32>", "complex<f64>"] as const)("of %s", (element) => {
    for (let seed = 0; seed < 25; seed++) {
      const { text, inputs } = dotProgram(randomOf(seed), element, element);
      agree(text, inputs, 0);
    }
  });

  /** Over several parts of the sum, of the rows and of the columns, some on several threads. */
  test.each([
    [1, 1100, 700],
    [2, 300, 600],
    [300, 1, 700],
    [150, 20, 300],
    [20, 1100, 260],
    [145, 9, 513],
    [1100, 9, 120],
    [1, 1500, 720],
    [1500, 1, 720],
  ])("of %d × %d, sums of %d", (m, n, k) => {
    for (const element of ["f32", "f64", "i32", "complex<f32>"] as const) {
      const [a, b, c] = [typeText([m, k], element), typeText([k, n], element), typeText([m, n], element)];
      const random = randomOf(m + n);
      const text = `func.func @main(%a: ${a}, %b: ${b}) -> ${c} {
%c = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (${a}, ${b}) -> ${c}
return %c : ${c}
}`;
      const inputs = [tensorOf(random, [m, k], element), tensorOf(random, [k, n], element)];
      expect(agree(text, inputs, 0)).toEqual([]);
    }
  });

  /** On both sides of vectors and of the columns that are read side by side. */
  test.each([
    [1, 1, 1],
    [1, 9, 7],
    [23, 1, 13],
    [64, 1, 24],
    [3, 17, 5],
    [2, 30, 31],
    [8, 8, 8],
  ])("of %d × %d, small sums of %d are rounded in order, however the operands lie", (m, n, k) => {
    for (const element of ["f32", "f64"] as const) {
      const random = randomOf(m + n + k);
      for (const left of [0, 1] as const) {
        for (const right of [0, 1] as const) {
          const shapes = [left === 0 ? [3, k, m] : [3, m, k], right === 0 ? [3, k, n] : [3, n, k]];
          const [a, b, c] = [...shapes, [3, m, n]].map((shape) => typeText(shape, element));
          const text = `func.func @main(%a: ${a}, %b: ${b}) -> ${c} {
%c = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [${left + 1}] x [${right + 1}] : (${a}, ${b}) -> ${c}
return %c : ${c}
}`;
          const inputs = shapes.map((shape) => tensorOf(random, shape, element, () => random() - 0.5));
          expect(agree(text, inputs, 0)).toEqual([]);
        }
      }
    }
  });

  test("in loops stay in the program's module", () => {
    const [matrix, vector] = [typeText([9, 9], "f32"), typeText([9], "f32")];
    const text = `func.func @main(%a: ${matrix}, %x: ${vector}) -> ${vector} {
%zero = stablehlo.constant dense<0> : tensor<i32>
%r:2 = stablehlo.while(%i = %zero, %y = %x) : tensor<i32>, ${vector}
cond {
  %end = stablehlo.constant dense<3> : tensor<i32>
  %more = stablehlo.compare LT, %i, %end, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
  stablehlo.return %more : tensor<i1>
} do {
  %one = stablehlo.constant dense<1> : tensor<i32>
  %next = stablehlo.add %i, %one : tensor<i32>
  %z = stablehlo.dot_general %a, %y, contracting_dims = [1] x [0] : (${matrix}, ${vector}) -> ${vector}
  stablehlo.return %next, %z : tensor<i32>, ${vector}
}
return %r#1 : ${vector}
}`;
    const random = randomOf(1);
    expect(agree(text, [tensorOf(random, [9, 9], "f32"), tensorOf(random, [9], "f32")], 0)).toEqual([]);
    expect(emitted(text)).not.toMatch(/JavaScript|evaluate/);
  });

  test("NaN and infinity reach what they touch and nothing else", () => {
    const random = randomOf(5);
    for (const [m, n, k] of [
      [3, 5, 9],
      [13, 17, 30],
      [1, 40, 200],
    ] as const) {
      const odd = () => oneOf(random, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Number.NaN, Infinity]);
      const a = tensorOf(random, [m, k], "f32", () => (random() < 0.02 ? odd() : 1));
      const b = tensorOf(random, [k, n], "f32");
      const types = [a, b].map(({ type }) => typeText(type.shape, "f32"));
      const c = typeText([m, n], "f32");
      const text = `func.func @main(%a: ${types[0]}, %b: ${types[1]}) -> ${c} {
%c = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (${types}) -> ${c}
return %c : ${c}
}`;
      expect(agree(text, [a, b], 0)).toEqual([]);
    }
  });
});

/** A convolution of random layout, window, padding, dilation and groups. */
function convolutionProgram(random: Random, element: Element) {
  const rank = 1 + below(random, 3);
  const spatial = Array.from({ length: rank }, () => 1 + below(random, rank === 3 ? 4 : 9));
  const window = spatial.map(() => 1 + below(random, 3));
  const [featureGroups, batchGroups] = oneOf(random, [
    [1, 1],
    [2, 1],
    [3, 1],
    [1, 2],
  ] as const);
  const [batch, channels] = [batchGroups * (1 + below(random, 2)), featureGroups * (1 + below(random, 4))];
  const features = featureGroups * batchGroups * (1 + below(random, 5));
  const each = (high: number, low = 1) => spatial.map(() => low + below(random, high));
  const [stride, inner, outer] = [each(2), each(2), each(2)];
  const padding = spatial.map(() => [below(random, 4) - 1, below(random, 4) - 1] as const);
  const reversed = spatial.map(() => random() < 0.3);
  const out = spatial.map((size, i) => {
    const total = (size - 1) * inner[i]! + 1 + padding[i]![0] + padding[i]![1];
    const reach = (window[i]! - 1) * outer[i]! + 1;
    return total < reach ? 0 : Math.floor((total - reach) / stride[i]!) + 1;
  });
  const layout = (
    first: string,
    second: string,
    sizes: readonly [number, number],
    others: readonly number[],
  ) => {
    const names = [first, second, ...others.map((_, i) => String(i))];
    const all = [...sizes, ...others];
    const order = shuffled(random, all.length);
    return { names: `[${order.map((d) => names[d]).join(", ")}]`, shape: order.map((d) => all[d]!) };
  };
  const lhs = layout("b", "f", [batch, channels], spatial);
  const rhs = layout("i", "o", [channels / featureGroups, features], window);
  const result = layout("b", "f", [batch / batchGroups, features], out);
  const types = [lhs, rhs, result].map(({ shape }) => typeText(shape, element));
  const settings = [
    `stride = [${stride}]`,
    `pad = [${padding.map((pair) => `[${pair.join(", ")}]`).join(", ")}]`,
    `lhs_dilate = [${inner}]`,
    `rhs_dilate = [${outer}]`,
    `reverse = [${reversed}]`,
  ];
  const text = `func.func @main(%a: ${types[0]}, %b: ${types[1]}) -> ${types[2]} {
%c = stablehlo.convolution(%a, %b) dim_numbers = ${lhs.names}x${rhs.names}->${result.names}, window = {${settings.join(", ")}} {batch_group_count = ${batchGroups} : i64, feature_group_count = ${featureGroups} : i64} : (${types[0]}, ${types[1]}) -> ${types[2]}
return %c : ${types[2]}
}`;
  return { text, inputs: [tensorOf(random, lhs.shape, element), tensorOf(random, rhs.shape, element)] };
}

describe("convolution", () => {
  test.each(["f32", "f64", "bf16", "f16", "i32", "i8", "i64"] as const)("of %s", (element) => {
    for (let seed = 0; seed < 40; seed++) {
      const { text, inputs } = convolutionProgram(randomOf(seed * 7 + 1), element);
      expect(agree(text, inputs, 0)).toEqual([]);
    }
  });

  test("of complex numbers is left to the evaluator", () => {
    const { text, inputs } = convolutionProgram(randomOf(3), "complex<f32>");
    expect(agree(text, inputs, 0)).toEqual(["stablehlo.convolution"]);
  });
});
