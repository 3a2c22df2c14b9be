import { type Element, type HostTensor, sizeOf } from "@hloom/ir";
import { describe, expect, it } from "vitest";
import type { OpName } from "../src/opcodes.ts";
import { bodyOf, f32, i32, type Numbers, runOp, runProgram, scalarBytes, t, tensorOf } from "./harness.ts";

const range = (n: number, f: (i: number) => number = (i) => i) => Array.from({ length: n }, (_, i) => f(i));
const counted = (element: Element, ...shape: number[]) => tensorOf(element, shape, range(sizeOf(shape)));
const one = async (op: OpName, inputs: HostTensor[], result: ReturnType<typeof t>, parameters = {}) =>
  (await runOp(op, inputs, [result], parameters))[0]!;
const close = (got: Numbers, want: Numbers, tolerance = 1e-5) => {
  expect(got.length).toBe(want.length);
  got.forEach(
    (value, i) =>
      Number(value) === Number(want[i]) ||
      expect(Math.abs(Number(value) - Number(want[i])), `${i}: ${value} for ${want[i]}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(Number(want[i]))),
      ),
  );
};

/** Multi-indices of a shape in row-major order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const total = sizeOf(shape);
  for (let i = 0; i < total; i++) {
    let rest = i;
    const index = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    yield index;
  }
}
const offset = (shape: readonly number[], index: readonly number[]) =>
  shape.reduce((at, n, d) => at * n + index[d]!, 0);

describe("shape ops", () => {
  it("transposes, reshapes, broadcasts, flips", async () => {
    const x = counted("f32", 2, 3);
    expect(await one("transpose", [x], t("f32", 3, 2), { permutation: [1, 0] })).toEqual([0, 3, 1, 4, 2, 5]);
    expect(await one("reshape", [x], t("f32", 6))).toEqual(range(6));
    expect(await one("broadcast_in_dim", [f32([2], [7, 8])], t("f32", 2, 2, 1), { dimensions: [1] })).toEqual(
      [7, 8, 7, 8],
    );
    expect(await one("broadcast_in_dim", [x], t("f32", 3, 2), { dimensions: [1, 0] })).toEqual([
      0, 3, 1, 4, 2, 5,
    ]);
    expect(await one("flip", [x], t("f32", 2, 3), { axes: [0, 1] })).toEqual([5, 4, 3, 2, 1, 0]);
  });

  it("concatenates, also empty parts", async () => {
    expect(
      await one("concatenate", [i32([1, 2], [1, 2]), i32([0, 2], []), i32([1, 2], [3, 4])], t("i32", 2, 2), {
        axis: 0,
      }),
    ).toEqual([1, 2, 3, 4]);
  });

  it("slices with strides, and refuses to slice outside", async () => {
    expect(
      await one("slice", [counted("i32", 10)], t("i32", 3), { start: [1], limit: [8], strides: [3] }),
    ).toEqual([1, 4, 7]);
    await expect(
      one("slice", [counted("i32", 10)], t("i32", 3), { start: [1], limit: [11], strides: [3] }),
    ).rejects.toThrow(/outside/);
  });

  for (const [low, high, interior] of [
    [1, 2, 0],
    [0, 0, 2],
    [-1, 1, 0],
    [1, -2, 1],
    [-2, -2, 3],
    [-9, 12, 0],
    [2, 0, 1],
  ] as const) {
    it(`pads by ${low}, ${high}, interior ${interior}`, async () => {
      const n = 4;
      const size = low + high + n + (n - 1) * interior;
      const want = range(size, () => -1);
      for (let i = 0; i < n; i++)
        if (want[low + i * (interior + 1)] !== undefined) want[low + i * (interior + 1)] = i;
      const parameters = { low: [low], high: [high], interior: [interior] };
      expect(await one("pad", [counted("f32", n), f32([], [-1])], t("f32", size), parameters)).toEqual(
        want.slice(0, size),
      );
    });
  }

  it("pads nothing", async () => {
    expect(
      await one("pad", [f32([0], []), f32([], [5])], t("f32", 3), { low: [1], high: [2], interior: [0] }),
    ).toEqual([5, 5, 5]);
  });

  it("counts along an axis in every type", async () => {
    for (const element of ["i8", "ui16", "i32", "i64", "f32", "f64"] as const) {
      expect((await one("iota", [], t(element, 2, 3), { axis: 1 })).map(Number)).toEqual([0, 1, 2, 0, 1, 2]);
    }
    expect(await one("iota", [], t("complex<f32>", 2), { axis: 0 })).toEqual([0, 0, 1, 0]);
  });

  it("clamps dynamic slices, with starts known or computed", async () => {
    const x = counted("i32", 4, 5);
    for (const computed of [false, true]) {
      for (const [a, b] of [
        [1, 2],
        [-3, 9],
        [100, 0],
      ] as const) {
        const clamp = (v: number, limit: number) => Math.min(Math.max(v, 0), limit);
        const [r, c] = [clamp(a, 2), clamp(b, 2)];
        const want = [...indices([2, 3])].map(([i, j]) => (r + i!) * 5 + c + j!);
        const [slice, update] = await runProgram(
          [
            x,
            i32([], [a]),
            i32([], [b]),
            i32(
              [2, 3],
              range(6, (i) => -i),
            ),
          ],
          (m, [x, a, b, u]) => {
            // A sum is a lazy MLX node: the start is not known when the slice is built.
            const lazy = (v: number) =>
              computed ? m.one("sum", [m.one("reshape", [v], t("i32", 1))], t("i32"), { axes: [0] }) : v;
            const starts = [lazy(a!), lazy(b!)];
            return [
              m.one("dynamic_slice", [x!, ...starts], t("i32", 2, 3)),
              m.one("dynamic_update_slice", [x!, u!, ...starts], t("i32", 4, 5)),
            ];
          },
        );
        expect([...(slice!.data as Int32Array)]).toEqual(want);
        const updated = range(20);
        want.forEach((at, i) => {
          updated[at] = -i;
        });
        expect([...(update!.data as Int32Array)].map((v) => v + 0)).toEqual(updated.map((v) => v + 0));
      }
    }
  });
});

describe("contraction", () => {
  for (const element of ["f32", "f64", "i8", "i32", "ui64", "bf16", "i1"] as const) {
    it(`multiplies matrices of ${element}`, async () => {
      const [m, k, n] = [3, 4, 2];
      const mod = element === "i1" ? 2 : 5;
      const a = range(2 * m * k, (i) => i % mod);
      const b = range(2 * k * n, (i) => (i * 3) % mod);
      const want = [...indices([2, m, n])].map(([g, i, j]) => {
        const sum = range(k).reduce(
          (s, l) => s + a[offset([2, m, k], [g!, i!, l])]! * b[offset([2, k, n], [g!, l, j!])]!,
          0,
        );
        return element === "i1" ? Math.min(1, sum) : sum;
      });
      const [got] = await runProgram([f32([2, m, k], a), f32([2, k, n], b)], (main, [x, y]) => {
        const [p, q] = [
          main.one("convert", [x!], t(element, 2, m, k)),
          main.one("convert", [y!], t(element, 2, k, n)),
        ];
        return [main.one("convert", [main.one("matmul", [p, q], t(element, 2, m, n))], t("f32", 2, m, n))];
      });
      expect([...(got!.data as Float32Array)]).toEqual(want);
    });
  }

  it("multiplies complex matrices, widens results, and sums nothing to zero", async () => {
    const c = (shape: number[], values: number[]) => tensorOf("complex<f32>", shape, values);
    expect(
      await one("matmul", [c([1, 2], [1, 1, 0, 2]), c([2, 1], [1, 0, 0, 1])], t("complex<f32>", 1, 1)),
    ).toEqual([-1, 1]);
    expect(
      await one("matmul", [tensorOf("i8", [1, 1], [100]), tensorOf("i8", [1, 1], [100])], t("i32", 1, 1)),
    ).toEqual([10000]);
    expect(await one("matmul", [f32([2, 0], []), f32([0, 1], [])], t("f32", 2, 1))).toEqual([0, 0]);
  });

  const convolutions = [
    {
      name: "plain",
      x: [1, 5, 5, 2],
      w: [3, 3, 3, 2],
      strides: [1, 1],
      low: [1, 1],
      high: [1, 1],
      kd: [1, 1],
      id: [1, 1],
      groups: 1,
    },
    {
      name: "strided, dilated, uneven",
      x: [2, 7, 6, 2],
      w: [2, 2, 3, 2],
      strides: [2, 1],
      low: [1, 0],
      high: [0, 2],
      kd: [2, 1],
      id: [1, 1],
      groups: 1,
    },
    {
      name: "transposed",
      x: [1, 3, 4, 1],
      w: [2, 3, 2, 1],
      strides: [1, 1],
      low: [2, 1],
      high: [2, 1],
      kd: [1, 1],
      id: [2, 3],
      groups: 1,
    },
    {
      name: "grouped",
      x: [1, 4, 4],
      w: [4, 2, 2],
      strides: [1],
      low: [0],
      high: [1],
      kd: [1],
      id: [1],
      groups: 2,
    },
    {
      name: "negatively padded",
      x: [1, 6, 1],
      w: [1, 2, 1],
      strides: [1],
      low: [-1],
      high: [-2],
      kd: [1],
      id: [2],
      groups: 1,
    },
    {
      name: "without spatial dimensions",
      x: [2, 4],
      w: [2, 2],
      strides: [],
      low: [],
      high: [],
      kd: [],
      id: [],
      groups: 2,
    },
    {
      name: "in four dimensions",
      x: [1, 2, 2, 2, 2, 1],
      w: [1, 2, 1, 2, 1, 1],
      strides: [1, 1, 1, 1],
      low: [0, 0, 0, 0],
      high: [0, 0, 1, 0],
      kd: [1, 1, 1, 1],
      id: [1, 1, 1, 1],
      groups: 1,
    },
  ];
  for (const { name, x, w, strides, low, high, kd, id, groups } of convolutions) {
    for (const element of ["f32", "i32", "f64"] as const) {
      it(`convolves ${name}, ${element}`, async () => {
        const spatial = x.length - 2;
        const sizes = range(
          spatial,
          (d) =>
            Math.floor(
              ((x[d + 1]! - 1) * id[d]! + 1 + low[d]! + high[d]! - ((w[d + 1]! - 1) * kd[d]! + 1)) /
                strides[d]!,
            ) + 1,
        );
        const o = [x[0]!, ...sizes, w[0]!];
        const xs = range(sizeOf(x), (i) => (i % 7) - 3);
        const ws = range(sizeOf(w), (i) => (i % 5) - 2);
        const perGroup = w.at(-1)!;
        const want = [...indices(o)].map((at) => {
          let sum = 0;
          const f = at.at(-1)!;
          for (const k of indices(w.slice(1, -1))) {
            const place = k.map((kp, d) => (at[d + 1]! * strides[d]! + kp * kd[d]! - low[d]!) / id[d]!);
            if (place.some((p, d) => p < 0 || p >= x[d + 1]! || !Number.isInteger(p))) continue;
            for (let c = 0; c < perGroup; c++) {
              const channel = Math.floor(f / (w[0]! / groups)) * perGroup + c;
              sum += xs[offset(x, [at[0]!, ...place, channel])]! * ws[offset(w, [f, ...k, c])]!;
            }
          }
          return sum;
        });
        const parameters = { strides, low, high, kernel_dilation: kd, input_dilation: id, groups };
        expect(
          await one(
            "conv_general",
            [tensorOf(element, x, xs), tensorOf(element, w, ws)],
            t(element, ...o),
            parameters,
          ),
        ).toEqual(want);
      });
    }
  }
});

describe("reductions", () => {
  it("sums in the operand's type", async () => {
    expect(await one("sum", [tensorOf("i8", [3], [100, 100, 1])], t("i8"), { axes: [0] })).toEqual([-55]);
    expect(await one("sum", [counted("f32", 2, 3)], t("f32", 2), { axes: [1] })).toEqual([3, 12]);
    expect(await one("prod", [counted("i32", 2, 2)], t("i32", 2), { axes: [0] })).toEqual([0, 3]);
  });
  it("finds extremes, and lets NaN win", async () => {
    expect(await one("max", [f32([3], [1, Number.NaN, 2])], t("f32"), { axes: [0] })).toEqual([Number.NaN]);
    expect(await one("min", [tensorOf("ui8", [3], [7, 3, 9])], t("ui8"), { axes: [0] })).toEqual([3]);
    expect(await one("max", [tensorOf("i1", [2], [0, 1])], t("i1"), { axes: [0] })).toEqual([1]);
  });
  it("gives identities for nothing", async () => {
    const nothing = f32([0, 2], []);
    for (const [op, value] of [
      ["sum", 0],
      ["prod", 1],
      ["max", -Infinity],
      ["min", Infinity],
    ] as const) {
      expect(await one(op, [nothing], t("f32", 2), { axes: [0] })).toEqual([value, value]);
    }
    expect(await one("any", [tensorOf("i32", [0], [])], t("i32"), { axes: [0] })).toEqual([0]);
    expect(await one("all", [tensorOf("i32", [0], [])], t("i32"), { axes: [0] })).toEqual([-1]);
  });
  it("reduces bits and booleans", async () => {
    expect(await one("all", [i32([2, 2], [7, 6, 3, 12])], t("i32", 2), { axes: [0] })).toEqual([3, 4]);
    expect(await one("any", [i32([3], [1, 2, 8])], t("i32"), { axes: [0] })).toEqual([11]);
    expect(await one("all", [tensorOf("i1", [2], [1, 0])], t("i1"), { axes: [0] })).toEqual([0]);
  });
  it("finds where the extreme is: the first, NaN before all", async () => {
    expect(await one("argmax", [f32([2, 3], [1, 3, 3, 0, Number.NaN, 9])], t("i32", 2), { axis: 1 })).toEqual(
      [1, 1],
    );
    expect(await one("argmin", [i32([2, 2], [5, 1, 2, 1])], t("i64", 2), { axis: 0 })).toEqual([1n, 0n]);
  });
  it("accumulates", async () => {
    expect(await one("cumsum", [counted("i32", 4)], t("i32", 4), { axis: 0, reverse: 0 })).toEqual([
      0, 1, 3, 6,
    ]);
    expect(await one("cummax", [f32([4], [1, 3, 2, 5])], t("f32", 4), { axis: 0, reverse: 1 })).toEqual([
      5, 5, 5, 5,
    ]);
    expect(
      await one("cumprod", [f32([2, 2], [1, 2, 3, 4])], t("f32", 2, 2), { axis: 0, reverse: 0 }),
    ).toEqual([1, 2, 3, 8]);
  });
  it("softmax and logsumexp", async () => {
    const e = [Math.exp(-2), Math.exp(-1), 1];
    const s = e[0]! + e[1]! + e[2]!;
    close(
      await one("softmax", [counted("f32", 3)], t("f32", 3), { axis: 0 }),
      e.map((v) => v / s),
    );
    close(await one("logsumexp", [counted("f32", 3)], t("f32", 1), { axis: 0 }), [2 + Math.log(s)]);
  });

  it("folds with any body, several operands at once", async () => {
    const values = f32(
      [2, 600],
      range(1200, (i) => (i * 37) % 101),
    );
    const [best, where] = await runProgram(
      [values, f32([], [-1]), i32([], [0])],
      (main, [x, low, zero], program) => {
        const body = program.tape("argmax");
        const [a, i, b, j] = [
          body.input(t("f32")),
          body.input(t("i32")),
          body.input(t("f32")),
          body.input(t("i32")),
        ];
        const keep = body.one("compare", [a, b], t("i1"), { direction: "GE", total: 0 });
        body.finish([body.one("select", [keep, a, b], t("f32")), body.one("select", [keep, i, j], t("i32"))]);
        const positions = main.one("iota", [], t("i32", 2, 600), { axis: 1 });
        return main.emit("reduce", [x!, positions, low!, zero!], [t("f32", 2), t("i32", 2)], {
          axes: [1],
          body: body.index,
        });
      },
    );
    const rows = [0, 1].map((r) => [...(values.data as Float32Array)].slice(r * 600, r * 600 + 600));
    expect([...(best!.data as Float32Array)]).toEqual(rows.map((row) => Math.max(...row)));
    expect([...(where!.data as Int32Array)]).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
  });

  it("names the op that a body cannot have", async () => {
    await expect(
      runProgram([f32([2], [1, 2]), f32([], [0])], (main, [x, zero], program) => {
        const body = program.tape("body");
        const [a] = [body.input(t("f32")), body.input(t("f32"))];
        body.finish([body.one("cumsum", [a], t("f32"), { axis: 0, reverse: 0 }, "model.py:9")]);
        return [main.one("reduce", [x!, zero!], t("f32"), { axes: [0], body: body.index })];
      }),
    ).rejects.toThrow(/cumsum at model\.py:9/);
  });
});

describe("windows", () => {
  const cases = [
    { shape: [6], window: [3], strides: [1], base: [1], dilation: [1], low: [0], high: [0] },
    {
      shape: [5, 4],
      window: [2, 2],
      strides: [2, 1],
      base: [1, 1],
      dilation: [1, 2],
      low: [1, 0],
      high: [1, 2],
    },
    { shape: [4], window: [2], strides: [1], base: [2], dilation: [2], low: [-1], high: [3] },
  ];
  const kinds: readonly [OpName, OpName, number, (a: number, b: number) => number][] = [
    ["window_sum", "add", 0, (a, b) => a + b],
    ["window_max", "maximum", -Infinity, Math.max],
    ["window_min", "minimum", Infinity, Math.min],
    ["window_prod", "multiply", 1, (a, b) => a * b],
  ];
  for (const { shape, window, strides, base, dilation, low, high } of cases) {
    for (const [op, body, identity, f] of kinds) {
      it(`${op} over [${shape}]`, async () => {
        const result = shape.map(
          (n, d) =>
            Math.floor(
              ((n - 1) * base[d]! + 1 + low[d]! + high[d]! - ((window[d]! - 1) * dilation[d]! + 1)) /
                strides[d]!,
            ) + 1,
        );
        const xs = range(sizeOf(shape), (i) => ((i * 5) % 7) - 2);
        const expected = (init: number) =>
          [...indices(result)].map((at) =>
            [...indices(window)].reduce((sum, k) => {
              const place = k.map((kp, d) => (at[d]! * strides[d]! + kp * dilation[d]! - low[d]!) / base[d]!);
              const outside = place.some((p, d) => p < 0 || p >= shape[d]! || !Number.isInteger(p));
              return f(sum, outside ? init : xs[offset(shape, place)]!);
            }, init),
          );
        const parameters = { window, strides, base_dilation: base, window_dilation: dilation, low, high };
        close(await one(op, [f32(shape, xs)], t("f32", ...result), parameters), expected(identity));
        const init = identity === 0 ? 0 : identity === 1 ? 1 : 2;
        const [general] = await runProgram([f32(shape, xs), f32([], [init])], (main, [x, init], program) => [
          main.one("reduce_window", [x!, init!], t("f32", ...result), {
            ...parameters,
            body: bodyOf(program, body, "f32"),
          }),
        ]);
        close([...(general!.data as Float32Array)], expected(init));
      });
    }
  }

  it("sends gradients of max pooling back to where the maxima were", async () => {
    const [got] = await runProgram(
      [f32([2, 4], [1, 5, 2, 3, 0, 4, 9, 1]), f32([1, 2], [10, 20]), f32([], [0])],
      (main, [x, source, zero], program) => {
        const select = bodyOf(program, "compare", "f32", "i1", { direction: "GE", total: 0 });
        return [
          main.one("select_and_scatter", [x!, source!, zero!], t("f32", 2, 4), {
            window: [2, 2],
            strides: [2, 2],
            low: [0, 0],
            high: [0, 0],
            select,
            scatter: bodyOf(program, "add", "f32"),
          }),
        ];
      },
    );
    expect([...(got!.data as Float32Array)]).toEqual([0, 10, 0, 0, 0, 0, 20, 0]);
  });
});

describe("gather and scatter", () => {
  const rows = {
    offset_dims: [1],
    collapsed_slice_dims: [0],
    operand_batching_dims: [],
    start_indices_batching_dims: [],
    start_index_map: [0],
    index_vector_dim: 1,
    slice_sizes: [1, 3],
  };
  it("gathers rows, clamped", async () => {
    const indices = tensorOf("i64", [4, 1], [1, 0, 99, -5]);
    expect(await one("gather", [counted("f32", 3, 3), indices], t("f32", 4, 3), rows)).toEqual([
      3, 4, 5, 0, 1, 2, 6, 7, 8, 0, 1, 2,
    ]);
  });
  it("gathers windows at points", async () => {
    const parameters = {
      ...rows,
      offset_dims: [0, 2],
      collapsed_slice_dims: [],
      start_index_map: [1, 0],
      index_vector_dim: 0,
      slice_sizes: [2, 2],
    };
    const got = await one(
      "gather",
      [counted("i32", 4, 5), i32([2, 2], [1, 9, 0, 2])],
      t("i32", 2, 2, 2),
      parameters,
    );
    // Points (row 0, column 1) and (row 2, column 3 after clamping).
    expect(got).toEqual([1, 2, 13, 14, 6, 7, 18, 19]);
  });
  it("gathers along batches", async () => {
    const parameters = {
      offset_dims: [],
      collapsed_slice_dims: [1],
      operand_batching_dims: [0],
      start_indices_batching_dims: [0],
      start_index_map: [1],
      index_vector_dim: 2,
      slice_sizes: [1, 1],
    };
    expect(
      await one("gather", [counted("f32", 2, 3), i32([2, 2, 1], [2, 0, 1, 1])], t("f32", 2, 2), parameters),
    ).toEqual([2, 0, 4, 4]);
  });

  const place = {
    update_window_dims: [],
    inserted_window_dims: [0],
    input_batching_dims: [],
    scatter_indices_batching_dims: [],
    scatter_dims_to_operand_dims: [0],
    index_vector_dim: 1,
  };
  const at = i32([4, 1], [1, 1, 7, -1]);
  for (const [mode, want] of [
    ["add", [1, 12, 1]],
    ["assign", [1, 6, 1]],
    ["multiply", [1, 30, 1]],
    ["minimum", [1, 1, 1]],
    ["maximum", [1, 6, 1]],
  ] as const) {
    it(`scatters with ${mode}, dropping what lies outside`, async () => {
      expect(
        await one("scatter", [f32([3], [1, 1, 1]), at, f32([4], [5, 6, 7, 8])], t("f32", 3), {
          ...place,
          mode,
        }),
      ).toEqual(want);
    });
  }
  it("scatters with a body, in order", async () => {
    const [got] = await runProgram(
      [f32([3], [1, 1, 1]), at, f32([4], [5, 6, 7, 8])],
      (main, [x, i, u], program) => [
        main.one("scatter_general", [x!, i!, u!], t("f32", 3), {
          ...place,
          body: bodyOf(program, "subtract", "f32"),
        }),
      ],
    );
    expect([...(got!.data as Float32Array)]).toEqual([1, -10, 1]);
  });
  it("scatters windows, each as a whole or not at all", async () => {
    const windows = { ...place, update_window_dims: [1], inserted_window_dims: [] };
    expect(
      await one(
        "scatter",
        [i32([4], [0, 0, 0, 0]), i32([3, 1], [0, 2, 3]), i32([3, 2], [1, 2, 3, 4, 5, 6])],
        t("i32", 4),
        { ...windows, mode: "add" },
      ),
    ).toEqual([1, 2, 3, 4]);
  });
  it("takes", async () => {
    expect(await one("take", [counted("f32", 3, 2), i32([2], [2, 9])], t("f32", 2, 2), { axis: 0 })).toEqual([
      4, 5, 4, 5,
    ]);
    expect(
      await one("take_along_axis", [counted("f32", 2, 2), i32([2, 1], [1, 0])], t("f32", 2, 1), { axis: 1 }),
    ).toEqual([1, 2]);
  });
  it("refuses dimension numbers that do not fit, without a crash", async () => {
    for (const broken of [
      { offset_dims: [5] },
      { slice_sizes: [1] },
      { start_index_map: [9] },
      { index_vector_dim: 7 },
      { slice_sizes: [1, 99] },
      { collapsed_slice_dims: [0, 0] },
    ]) {
      await expect(
        one("gather", [counted("f32", 3, 3), i32([4, 1], [1, 0, 2, 1])], t("f32", 4, 3), {
          ...rows,
          ...broken,
        }),
      ).rejects.toThrow(/gather at/);
    }
  });
});

describe("order", () => {
  it("sorts stably by several keys, along any axis", async () => {
    const keys = i32([4], [2, 1, 2, 1]);
    const second = f32([4], [5, 9, 4, 8]);
    const [a, b, c] = await runOp(
      "sort",
      [keys, second, counted("i64", 4)],
      [t("i32", 4), t("f32", 4), t("i64", 4)],
      { axis: 0, keys: 2, descending: 0, order: "number" },
    );
    expect([a, b, c]).toEqual([
      [1, 1, 2, 2],
      [8, 9, 4, 5],
      [3n, 1n, 2n, 0n],
    ]);
    expect(
      await one("sort", [i32([2, 2], [3, 1, 2, 4])], t("i32", 2, 2), {
        axis: 0,
        keys: 1,
        descending: 1,
        order: "total",
      }),
    ).toEqual([3, 4, 2, 1]);
  });
  it("orders floats as numbers or totally", async () => {
    const x = f32([6], [Number.NaN, 0, -0, Infinity, -1, -Infinity]);
    expect(await one("sort", [x], t("f32", 6), { axis: 0, keys: 1, descending: 0, order: "number" })).toEqual(
      [-Infinity, -1, 0, -0, Infinity, Number.NaN],
    );
    expect(await one("sort", [x], t("f32", 6), { axis: 0, keys: 1, descending: 0, order: "total" })).toEqual([
      -Infinity,
      -1,
      -0,
      0,
      Infinity,
      Number.NaN,
    ]);
  });
  it("sorts with a comparator, even one that is no order", async () => {
    const xs = range(101, (i) => (i * 37) % 101);
    for (const direction of ["GT", "NE"] as const) {
      const [got] = await runProgram([f32([101], xs)], (main, [x], program) => [
        main.one("sort_general", [x!], t("f32", 101), {
          axis: 0,
          comparator: bodyOf(program, "compare", "f32", "i1", { direction, total: 0 }),
        }),
      ]);
      const values = [...(got!.data as Float32Array)];
      if (direction === "GT") expect(values).toEqual(range(101, (i) => 100 - i));
      else expect(values.toSorted((a, b) => a - b)).toEqual(range(101));
    }
  });
  it("finds the largest k", async () => {
    expect(
      await runOp("top_k", [f32([2, 4], [1, 4, 4, 2, 9, 8, 7, 6])], [t("f32", 2, 2), t("i32", 2, 2)], {
        k: 2,
      }),
    ).toEqual([
      [4, 4, 9, 8],
      [1, 2, 0, 1],
    ]);
  });
});

describe("linear algebra", () => {
  const a = [4, 2, 2, 3];
  it("factors positive definite matrices, and gives NaN for others", async () => {
    close(
      await one("cholesky", [tensorOf("f64", [2, 2], a)], t("f64", 2, 2), { lower: 1 }),
      [2, 0, 1, Math.SQRT2],
      1e-14,
    );
    close(await one("cholesky", [f32([2, 2], a)], t("f32", 2, 2), { lower: 0 }), [2, 1, 0, Math.SQRT2]);
    expect(await one("cholesky", [f32([1, 1], [-1])], t("f32", 1, 1), { lower: 1 })).toEqual([Number.NaN]);
    close(
      await one(
        "cholesky",
        [tensorOf("complex<f32>", [2, 2], [2, 0, 0, 1, 0, -1, 2, 0])],
        t("complex<f32>", 2, 2),
        { lower: 1 },
      ),
      [Math.SQRT2, 0, 0, 0, 0, -Math.SQRT1_2, Math.sqrt(1.5), 0],
    );
  });

  for (const left of [0, 1]) {
    for (const lower of [0, 1]) {
      for (const transpose of ["NO_TRANSPOSE", "TRANSPOSE"]) {
        for (const unit of [0, 1]) {
          it(`solves: left ${left}, lower ${lower}, ${transpose}, unit ${unit}`, async () => {
            const n = 3;
            const full = [2, -1, 3, 0.5, 4, 1, -2, 1.5, 5];
            const b = [1, 2, 3, 4, 5, 6, 7, 8, 9];
            const x = (
              await one(
                "triangular_solve",
                [tensorOf("f64", [n, n], full), tensorOf("f64", [n, n], b)],
                t("f64", n, n),
                { left_side: left, lower, unit_diagonal: unit, transpose },
              )
            ).map(Number);
            const part = (i: number, j: number) =>
              i === j ? (unit ? 1 : full[i * n + j]!) : (lower ? i > j : i < j) ? full[i * n + j]! : 0;
            const op = (i: number, j: number) => (transpose === "TRANSPOSE" ? part(j, i) : part(i, j));
            const back = [...indices([n, n])].map(([i, j]) =>
              range(n).reduce(
                (s, k) => s + (left ? op(i!, k) * x[k * n + j!]! : x[i! * n + k]! * op(k, j!)),
                0,
              ),
            );
            close(back, b, 1e-12);
          });
        }
      }
    }
  }

  it("factors with pivots", async () => {
    const [lu, pivots, order] = await runOp(
      "lu",
      [tensorOf("f64", [2, 2], [1, 2, 4, 3])],
      [t("f64", 2, 2), t("i32", 2), t("i32", 2)],
    );
    close(lu!, [4, 3, 0.25, 1.25], 1e-15);
    expect([pivots, order]).toEqual([
      [1, 1],
      [1, 0],
    ]);
  });

  it("factors orthogonally", async () => {
    const x = tensorOf("f64", [2, 2], [2, 1, 1, 3]);
    const [q, r] = (await runOp("qr", [x], [t("f64", 2, 2), t("f64", 2, 2)], { full: 0 })).map((v) =>
      v.map(Number),
    );
    close(
      [...indices([2, 2])].map(([i, j]) => q![i! * 2]! * r![j!]! + q![i! * 2 + 1]! * r![2 + j!]!),
      [2, 1, 1, 3],
      1e-13,
    );
    const [v, w] = (await runOp("eigh", [x], [t("f64", 2, 2), t("f64", 2)], { lower: 1 })).map((v) =>
      v.map(Number),
    );
    close(w!, [(5 - Math.sqrt(5)) / 2, (5 + Math.sqrt(5)) / 2], 1e-13);
    close([2 * v![0]! + v![2]!, v![0]! + 3 * v![2]!], [w![0]! * v![0]!, w![0]! * v![2]!], 1e-13);
    const [s] = await runOp(
      "svd",
      [f32([2, 3], [3, 0, 0, 0, 4, 0])],
      [t("f32", 2), t("f32", 2, 2), t("f32", 2, 3)],
      { full: 0, vectors: 1 },
    );
    close(s!, [4, 3]);
  });

  it("transforms", async () => {
    const x = f32([4], [1, 2, 3, 4]);
    close(await one("fft", [x], t("complex<f32>", 3), { kind: "RFFT", lengths: [4] }), [10, 0, -2, 2, -2, 0]);
    close(
      await one("fft", [tensorOf("complex<f32>", [3], [10, 0, -2, 2, -2, 0])], t("f32", 4), {
        kind: "IRFFT",
        lengths: [4],
      }),
      [1, 2, 3, 4],
    );
    close(
      await one("fft", [tensorOf("complex<f32>", [2], [1, 0, 3, 0])], t("complex<f32>", 2), {
        kind: "FFT",
        lengths: [2],
      }),
      [4, 0, -2, 0],
    );
  });
});

it("norms and attention", async () => {
  const x = f32([1, 4], [1, 2, 3, 4]);
  const mean = 2.5;
  const deviation = Math.sqrt(1.25 + 1e-5);
  close(
    await one("layer_norm", [x, f32([4], [1, 1, 1, 1]), f32([4], [0, 0, 0, 1])], t("f32", 1, 4), {
      eps: 1e-5,
    }),
    [1, 2, 3, 4].map((v, i) => (v - mean) / deviation + (i === 3 ? 1 : 0)),
  );
  close(
    await one("rms_norm", [x, f32([4], [1, 1, 1, 2])], t("f32", 1, 4), { eps: 0 }),
    [1, 2, 3, 8].map((v) => v / Math.sqrt(7.5)),
  );
  const q = f32([1, 1, 2, 1], [0, 0]);
  close(
    await one("scaled_dot_product_attention", [q, q, f32([1, 1, 2, 1], [2, 4])], t("f32", 1, 1, 2, 1), {
      scale: 1,
      causal: 1,
    }),
    [2, 3],
  );
});

it("a chain of thousands of ops stays within bounds", async () => {
  const [got] = await runProgram([f32([2], [0, 1])], (main, [x]) => {
    const step = main.constant(t("f32"), scalarBytes("f32", 1));
    let value = x!;
    for (let i = 0; i < 10_000; i++)
      value =
        i % 5 === 0
          ? main.one("flip", [value], t("f32", 2), { axes: [0] })
          : main.one("add", [value, step], t("f32", 2));
    return [value];
  });
  expect([...(got!.data as Float32Array)]).toEqual([8000, 8001]);
});
