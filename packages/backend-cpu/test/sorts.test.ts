/** Sorts mean what the evaluator means: by digits where the comparator is an order by keys, by merging elsewhere. */
import type { Element, HostTensor } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { agree, below, oneOf, type Random, randomOf, tensorOf, typeText } from "./agreement.ts";

interface Comparator {
  readonly name: string;
  readonly elements: readonly Element[];
  /** Statements that give `%less`, on `%x0`, `%y0`, `%x1`, `%y1`, …. */
  readonly body: (elements: readonly Element[]) => string;
  /** What it computes of infinities would be NaN of either sign. */
  readonly finite?: true;
}

const kindOf = (element: Element): string => {
  if (element.includes("f")) return "TOTALORDER";
  return element.startsWith("ui") || element === "i1" ? "UNSIGNED" : "SIGNED";
};

function compare(name: string, direction: string, a: string, b: string, element: Element): string {
  const type = typeText([], element);
  return `${name} = stablehlo.compare ${direction}, ${a}, ${b}, ${kindOf(element)} : (${type}, ${type}) -> tensor<i1>`;
}

/** As JAX orders floats: zeros are equal, and so are NaNs, which come last. */
function canonical(name: string, element: Element): string {
  const type = typeText([], element);
  return `%zero${name} = stablehlo.constant dense<0.0> : ${type}
%is_zero${name} = stablehlo.compare EQ, %${name}, %zero${name}, FLOAT : (${type}, ${type}) -> tensor<i1>
%plain${name} = stablehlo.select %is_zero${name}, %zero${name}, %${name} : tensor<i1>, ${type}
%nan${name} = stablehlo.constant dense<0x${{ f32: "7FC00000", f64: "7FF8000000000000", bf16: "7FC0", f16: "7E00" }[element as string]}> : ${type}
%is_nan${name} = stablehlo.compare NE, %${name}, %${name}, FLOAT : (${type}, ${type}) -> tensor<i1>
%key${name} = stablehlo.select %is_nan${name}, %nan${name}, %plain${name} : tensor<i1>, ${type}`;
}

const plain = (direction: "LT" | "GT" | "GE", elements: readonly Element[]): Comparator => ({
  name: `${direction} of ${elements}`,
  elements,
  body: ([element]) => compare("%less", direction, "%x0", "%y0", element!),
});

const likeJax = (elements: readonly Element[]): Comparator => ({
  name: `JAX's of ${elements}`,
  elements,
  body: ([element]) =>
    [
      canonical("x0", element!),
      canonical("y0", element!),
      compare("%less", "LT", "%keyx0", "%keyy0", element!),
    ].join("\n"),
});

const lexicographic: Comparator = {
  name: "first the one, then the other",
  elements: ["ui8", "f32", "i64"],
  body: () =>
    [
      compare("%first", "GT", "%x0", "%y0", "ui8"),
      compare("%same", "EQ", "%x0", "%y0", "ui8"),
      compare("%second", "LT", "%x2", "%y2", "i64"),
      "%both = stablehlo.and %same, %second : tensor<i1>",
      "%less = stablehlo.or %first, %both : tensor<i1>",
    ].join("\n"),
};

/** No order by one operand's keys: distances between two. */
const byDifference: Comparator = {
  name: "by the difference of two operands",
  elements: ["f32", "f32"],
  finite: true,
  body: () =>
    `%dx = stablehlo.subtract %x0, %x1 : tensor<f32>
%dy = stablehlo.subtract %y0, %y1 : tensor<f32>
${compare("%less", "LT", "%dx", "%dy", "f32")}`,
};

const comparators: readonly Comparator[] = [
  ...(["f32", "f64", "bf16", "f16", "i8", "ui8", "i16", "i32", "ui32", "i64", "ui64"] as const).map(
    (element) => plain("LT", [element]),
  ),
  plain("GT", ["f32", "i32"]),
  plain("GT", ["i64"]),
  plain("GE", ["i32"]),
  ...(["f32", "f64", "bf16", "f16"] as const).map((element) => likeJax([element])),
  likeJax(["f32", "i64"]),
  lexicographic,
  byDifference,
];

function sortProgram(shape: readonly number[], dimension: number, { elements, body }: Comparator): string {
  const types = elements.map((element) => typeText(shape, element));
  const names = (prefix: string) => elements.map((_, i) => `%${prefix}${i}`).join(", ");
  const parameters = elements
    .flatMap((element, i) => [`%x${i}: ${typeText([], element)}`, `%y${i}: ${typeText([], element)}`])
    .join(", ");
  const result = elements.length === 1 ? "%r" : `%r:${elements.length}`;
  const results = elements.map((_, i) => (elements.length === 1 ? "%r" : `%r#${i}`)).join(", ");
  return `func.func @main(${types.map((type, i) => `%a${i}: ${type}`).join(", ")}) -> (${types.join(", ")}) {
${result} = "stablehlo.sort"(${names("a")}) ({
^bb0(${parameters}):
${body(elements)}
stablehlo.return %less : tensor<i1>
}) {dimension = ${dimension} : i64, is_stable = true} : (${types.join(", ")}) -> (${types.join(", ")})
return ${results} : ${types.join(", ")}
}`;
}

/** Few different values, so that many are equal; among floats also both zeros, NaN and infinities. */
function drawn(random: Random, shape: readonly number[], element: Element, finite?: boolean): HostTensor {
  const special = finite ? [0] : [0, -0, Number.NaN, Infinity, -Infinity];
  const isFloat = element.includes("f");
  const unsigned = element.startsWith("ui");
  return tensorOf(random, shape, element, () => {
    if (isFloat && random() < 0.1) return oneOf(random, special);
    const size = element.endsWith("8") ? 100 : random() < 0.5 ? 10 : 30_000;
    return below(random, size) - (unsigned ? 0 : Math.floor(size / 2));
  });
}

describe("sort", () => {
  test.each(comparators)("$name", (comparator) => {
    const shapes: readonly (readonly [readonly number[], number])[] = [
      [[0], 0],
      [[1], 0],
      [[7], 0],
      [[500], 0],
      [[3, 300], 1],
      [[300, 3], 0],
      [[2, 200, 2], 1],
      [[5000], 0],
    ];
    shapes.forEach(([shape, dimension], seed) => {
      const random = randomOf(seed);
      const inputs = comparator.elements.map((element) => drawn(random, shape, element, comparator.finite));
      expect(agree(sortProgram(shape, dimension, comparator), inputs, 0)).toEqual([]);
    });
  });

  test("values without special ones are read back from their keys", () => {
    const random = randomOf(1);
    for (const element of ["f32", "i32", "ui32"] as const) {
      const input = tensorOf(random, [6000], element, () => below(random, 1 << 20));
      expect(agree(sortProgram([6000], 0, plain("GT", [element])), [input], 0)).toEqual([]);
    }
  });
});

describe("top_k", () => {
  test.each(["f32", "f64", "bf16", "f16", "i8", "ui8", "i32", "ui32", "i64"] as const)("of %s", (element) => {
    for (const [shape, k] of [
      [[0, 4], 2],
      [[5], 0],
      [[1], 1],
      [[3, 40], 7],
      [[2, 2, 300], 300],
      [[1000], 129],
      [[2, 5000], 10],
    ] as const) {
      const to = [...shape.slice(0, -1), k];
      const types = [typeText(shape, element), typeText(to, element), typeText(to, "i32")] as const;
      const text = `func.func @main(%a: ${types[0]}) -> (${types[1]}, ${types[2]}) {
%v, %i = chlo.top_k(%a, k = ${k}) : ${types[0]} -> (${types[1]}, ${types[2]})
return %v, %i : ${types[1]}, ${types[2]}
}`;
      expect(agree(text, [drawn(randomOf(k), shape, element)], 0)).toEqual([]);
    }
  });
});
