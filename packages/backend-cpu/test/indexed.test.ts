/** Gathers and scatters mean what the evaluator means, with indices on both sides of all edges. */
import type { Element } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { agree, below, oneOf, type Random, randomOf, tensorOf, typeText } from "./agreement.ts";

interface Numbers {
  readonly array: readonly number[];
  readonly indices: readonly number[];
  readonly other: readonly number[];
  readonly sizes: readonly number[];
  readonly windowDimensions: readonly number[];
  readonly collapsed: readonly number[];
  readonly batching: readonly number[];
  readonly indicesBatching: readonly number[];
  readonly indexed: readonly number[];
  readonly indexVector: number;
}

/** Random roles of dimensions. With `whole`, windows extend over all of what they extend over. */
function randomNumbers(random: Random, whole: boolean): Numbers {
  const rank = 1 + below(random, 3);
  const array = Array.from({ length: rank }, () => 1 + below(random, oneOf(random, [3, 9])));
  const all = array.map((_, d) => d);
  const batching = rank > 1 && random() < 0.3 ? [0] : [];
  const indexed = all.filter((d) => !batching.includes(d) && random() < 0.7);
  const collapsed = indexed.filter(() => random() < 0.6);
  const single = [...collapsed, ...batching];
  const sizes = array.map((size, d) => {
    if (single.includes(d)) return 1;
    return whole && !indexed.includes(d) ? size : 1 + below(random, size);
  });
  const batch = [
    ...batching.map((d) => array[d]!),
    ...Array.from({ length: below(random, 3) }, () => below(random, 10)),
  ];
  const indexVector = below(random, batch.length + 1);
  const indices = [...batch.slice(0, indexVector), indexed.length, ...batch.slice(indexVector)];
  const indicesBatching = batching.map(() => (indexVector === 0 ? 1 : 0));
  const window = all.filter((d) => !single.includes(d)).map((d) => sizes[d]!);
  const places = Array.from({ length: batch.length + window.length }, (_, d) => d);
  while (places.length > window.length) places.splice(below(random, places.length), 1);
  const other: number[] = [];
  const [rest, inner] = [[...batch], [...window]];
  for (let d = 0; d < batch.length + window.length; d++)
    other.push(places.includes(d) ? inner.shift()! : rest.shift()!);
  return {
    array,
    indices,
    other,
    sizes,
    windowDimensions: places,
    collapsed,
    batching,
    indicesBatching,
    indexed,
    indexVector,
  };
}

const indexTypes: readonly Element[] = ["i32", "i64", "ui8", "i8", "ui32"];

const indexTensor = (random: Random, numbers: Numbers, element: Element) =>
  tensorOf(random, numbers.indices, element, () => below(random, 10) - (element.startsWith("u") ? 0 : 2));

describe("gather", () => {
  test.each(["f32", "f64", "bf16", "i8", "i64", "complex<f32>", "complex<f64>", "i1"] as const)(
    "of %s",
    (element) => {
      for (let seed = 0; seed < 100; seed++) {
        const random = randomOf(seed);
        const n = randomNumbers(random, random() < 0.5);
        const indexElement = oneOf(random, indexTypes);
        const [from, at, to] = [
          typeText(n.array, element),
          typeText(n.indices, indexElement),
          typeText(n.other, element),
        ];
        const text = `func.func @main(%a: ${from}, %i: ${at}) -> ${to} {
%r = "stablehlo.gather"(%a, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [${n.windowDimensions}], collapsed_slice_dims = [${n.collapsed}], operand_batching_dims = [${n.batching}], start_indices_batching_dims = [${n.indicesBatching}], start_index_map = [${n.indexed}], index_vector_dim = ${n.indexVector}>, slice_sizes = array<i64: ${n.sizes}>}> : (${from}, ${at}) -> ${to}
return %r : ${to}
}`;
        const value = element === "i1" ? () => below(random, 2) : undefined;
        const inputs = [tensorOf(random, n.array, element, value), indexTensor(random, n, indexElement)];
        expect(agree(text, inputs, 0)).toEqual([]);
      }
    },
  );
});

test.each([1, 2, 4, 6, 9, 64])("gather of one element from each of %d rows", (rows) => {
  const [from, at, to] = [typeText([rows, 5], "f32"), typeText([rows, 1], "i32"), typeText([rows], "f32")];
  const text = `func.func @main(%a: ${from}, %i: ${at}) -> ${to} {
%r = "stablehlo.gather"(%a, %i) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 1>}> : (${from}, ${at}) -> ${to}
return %r : ${to}
}`;
  const random = randomOf(rows);
  const inputs = [
    tensorOf(random, [rows, 5], "f32"),
    tensorOf(random, [rows, 1], "i32", () => below(random, 8) - 1),
  ];
  expect(agree(text, inputs, 0)).toEqual([]);
});

const bodies: Readonly<Record<string, string>> = {
  add: "%z = stablehlo.add %x, %y : T",
  maximum: "%z = stablehlo.maximum %x, %y : T",
  set: "%z = stablehlo.reshape %y : (T) -> T",
  "subtract the other way round": "%z = stablehlo.subtract %y, %x : T",
};

describe.each(Object.keys(bodies))("scatter with %s", (name) => {
  test.each(["f32", "f64", "bf16", "f16", "i8", "i32", "i64"] as const)("of %s", (element) => {
    for (let seed = 0; seed < 40; seed++) {
      const random = randomOf(seed);
      const n = randomNumbers(random, random() < 0.7);
      const indexElement = oneOf(random, indexTypes);
      const one = typeText([], element);
      const [whole, at, updates] = [
        typeText(n.array, element),
        typeText(n.indices, indexElement),
        typeText(n.other, element),
      ];
      const text = `func.func @main(%a: ${whole}, %i: ${at}, %u: ${updates}) -> ${whole} {
%r = "stablehlo.scatter"(%a, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [${n.windowDimensions}], inserted_window_dims = [${n.collapsed}], input_batching_dims = [${n.batching}], scatter_indices_batching_dims = [${n.indicesBatching}], scatter_dims_to_operand_dims = [${n.indexed}], index_vector_dim = ${n.indexVector}>}> ({
^bb0(%x: ${one}, %y: ${one}):
${bodies[name]!.replaceAll("T", one)}
stablehlo.return %z : ${one}
}) : (${whole}, ${at}, ${updates}) -> ${whole}
return %r : ${whole}
}`;
      const inputs = [
        tensorOf(random, n.array, element),
        indexTensor(random, n, indexElement),
        tensorOf(random, n.other, element),
      ];
      expect(agree(text, inputs, 0)).toEqual([]);
    }
  });
});
