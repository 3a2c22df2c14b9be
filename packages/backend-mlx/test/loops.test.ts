/** Loops are recorded and replayed in fixed memory: what could go wrong is that something is overwritten too early. */
import { describe, expect, it } from "vitest";
import type { RegisterType, TapeBuilder } from "../src/program.ts";
import { bodyOf, f32, i32, runProgram, scalarBytes, t } from "./harness.ts";

type State = readonly number[];

/** while (state[0] < limit) { state = [state[0] + 1, ...body(state)] } */
function loop(
  main: TapeBuilder,
  initial: State,
  types: readonly RegisterType[],
  limit: number,
  step: (body: TapeBuilder, state: State) => State,
): number[] {
  const { program } = main;
  const condition = program.tape("condition");
  const tested = types.map((type) => condition.input(type));
  const bound = condition.constant(t("i32"), scalarBytes("i32", limit));
  condition.finish([condition.one("compare", [tested[0]!, bound], t("i1"), { direction: "LT", total: 0 })]);
  const body = program.tape("body");
  const state = types.map((type) => body.input(type));
  const rest = step(body, state);
  const one = body.constant(t("i32"), scalarBytes("i32", 1));
  body.finish([body.one("add", [state[0]!, one], t("i32")), ...rest]);
  return main.emit("while", initial, types, { condition: condition.index, body: body.index });
}

const numbers = (tensor: { data: ArrayLike<unknown> } | undefined) => Array.from(tensor!.data, Number);
const vector = t("f32", 3);
const counter = t("i32");

describe("loops", () => {
  it("swap what they carry", async () => {
    for (const times of [4, 5]) {
      const [, a, b] = await runProgram(
        [i32([], [0]), f32([3], [1, 2, 3]), f32([3], [4, 5, 6])],
        (main, inputs) => loop(main, inputs, [counter, vector, vector], times, (_, [, a, b]) => [b!, a!]),
      );
      expect([numbers(a), numbers(b)]).toEqual(
        times === 4
          ? [
              [1, 2, 3],
              [4, 5, 6],
            ]
          : [
              [4, 5, 6],
              [1, 2, 3],
            ],
      );
    }
  });

  it("update in place what nobody else needs, and copy what somebody does", async () => {
    const [, buffer, old] = await runProgram(
      [i32([], [0]), f32([3], [0, 0, 0]), f32([3], [9, 9, 9])],
      (main, inputs) =>
        loop(main, inputs, [counter, vector, vector], 3, (body, [i, buffer]) => {
          const value = body.one("reshape", [body.one("convert", [i!], t("f32"))], t("f32", 1));
          const next = body.one("dynamic_update_slice", [buffer!, value, i!], vector);
          const again = body.one(
            "dynamic_update_slice",
            [next, value, body.constant(counter, scalarBytes("i32", 0))],
            vector,
          );
          // `buffer` is needed after both updates.
          return [again, body.one("add", [buffer!, next], vector)];
        }),
    );
    expect(numbers(buffer)).toEqual([2, 1, 2]);
    expect(numbers(old)).toEqual([2, 2, 2]);
  });

  it("hand a transposed state on", async () => {
    const square = t("f32", 2, 2);
    const [, x] = await runProgram([i32([], [0]), f32([2, 2], [1, 2, 3, 4])], (main, inputs) =>
      loop(main, inputs, [counter, square], 3, (body, [, x]) => [
        body.one("transpose", [x!], square, { permutation: [1, 0] }),
      ]),
    );
    expect(numbers(x)).toEqual([1, 3, 2, 4]);
  });

  it("leave what they hand on unchanged, and constants as they are", async () => {
    const build = async () => {
      const [, a, b, c] = await runProgram(
        [i32([], [0]), f32([3], [1, 1, 1]), f32([3], [5, 6, 7]), i32([1, 1], [1])],
        (main, inputs) =>
          loop(main, inputs, [counter, vector, vector, t("i32", 1, 1)], 4, (body, [, a, b, at]) => {
            const constant = body.constant(vector, new Uint8Array(Float32Array.of(1, 2, 3).buffer));
            const update = body.constant(t("f32", 1), scalarBytes("f32", 10));
            const scattered = body.one("scatter", [constant, at!, update], vector, {
              update_window_dims: [],
              inserted_window_dims: [0],
              input_batching_dims: [],
              scatter_indices_batching_dims: [],
              scatter_dims_to_operand_dims: [0],
              index_vector_dim: 1,
              mode: "add",
            });
            return [body.one("add", [a!, scattered], vector), b!, at!];
          }),
      );
      return [numbers(a), numbers(b), numbers(c)];
    };
    expect(await build()).toEqual([[5, 49, 13], [5, 6, 7], [1]]);
  });

  it("nest, and branch", async () => {
    const [, total] = await runProgram([i32([], [0]), f32([], [0])], (main, inputs) =>
      loop(main, inputs, [counter, t("f32")], 4, (body, [i, total]) => {
        const zero = body.constant(counter, scalarBytes("i32", 0));
        const [, inner] = loop(body, [zero, total!], [counter, t("f32")], 3, (inner, [, sum]) => [
          inner.one("add", [sum!, inner.constant(t("f32"), scalarBytes("f32", 1))], t("f32")),
        ]);
        const branches = [100, 1000].map((value) => {
          const branch = body.program.tape(`plus ${value}`);
          const x = branch.input(t("f32"));
          branch.finish([
            branch.one("add", [x, branch.constant(t("f32"), scalarBytes("f32", value))], t("f32")),
          ]);
          return branch.index;
        });
        return [body.one("case", [i!, inner!], t("f32"), { branches })];
      }),
    );
    expect(numbers(total)).toEqual([4 * 3 + 100 + 3 * 1000]);
  });

  it("run reductions, sorts and products", async () => {
    const square = t("f32", 2, 2);
    const [, m, sorted] = await runProgram(
      [i32([], [0]), f32([2, 2], [0, 1, 1, 0]), f32([3], [3, 1, 2])],
      (main, inputs) =>
        loop(main, inputs, [counter, square, vector], 3, (body, [, m, x]) => {
          const product = body.one("matmul", [m!, m!], square);
          const sum = body.one("sum", [x!], t("f32"), { axes: [0] });
          const zero = body.constant(t("f32"), scalarBytes("f32", 0));
          const largest = body.one("reduce", [x!, zero], t("f32"), {
            axes: [0],
            body: bodyOf(body.program, "maximum", "f32"),
          });
          const next = body.one("subtract", [body.one("subtract", [x!, sum], vector), largest], vector);
          return [
            product,
            body.one("sort", [next], vector, { axis: 0, keys: 1, descending: 1, order: "number" }),
          ];
        }),
    );
    expect(numbers(m)).toEqual([1, 0, 0, 1]);
    let x = [3, 1, 2];
    for (let i = 0; i < 3; i++) {
      const shift = x.reduce((a, b) => a + b) + Math.max(0, ...x);
      x = x.map((v) => v - shift).sort((a, b) => b - a);
    }
    expect(numbers(sorted)).toEqual(x);
  });

  it("give the same when they run again", async () => {
    const inputs = [i32([], [0]), f32([3], [1, 2, 3])];
    for (let i = 0; i < 3; i++) {
      const [, x] = await runProgram(inputs, (main, registers) =>
        loop(main, registers, [counter, vector], 2, (body, [, x]) => [
          body.one("multiply", [x!, x!], vector),
        ]),
      );
      expect(numbers(x)).toEqual([1, 16, 81]);
    }
  });

  it("carry nothing, halves and large arrays", async () => {
    const n = 3_000_000;
    const [, none, half, large] = await runProgram(
      [i32([], [0]), f32([0], []), f32([2], [1, 2]), f32([n], new Array(n).fill(1))],
      (main, [i, none, x, large]) => {
        const narrow = main.one("convert", [x!], t("bf16", 2));
        const out = loop(
          main,
          [i!, none!, narrow, large!],
          [counter, t("f32", 0), t("bf16", 2), t("f32", n)],
          3,
          (body, [, none, h, large]) => [
            body.one("negate", [none!], t("f32", 0)),
            body.one("add", [h!, h!], t("bf16", 2)),
            body.one("add", [large!, large!], t("f32", n)),
          ],
        );
        return [out[0]!, out[1]!, main.one("convert", [out[2]!], t("f32", 2)), out[3]!];
      },
    );
    expect([numbers(none), numbers(half), large!.data[n - 1]]).toEqual([[], [8, 16], 8]);
  });
});
