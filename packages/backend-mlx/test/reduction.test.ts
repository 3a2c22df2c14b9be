/** Reductions and windows, natively, against values computed here. */
import { sizeOf } from "@hloom/ir";
import { describe, expect, it } from "vitest";
import type { OpName } from "../src/opcodes.ts";
import {
  bodyOf,
  close,
  counted,
  f32,
  i32,
  indices,
  offset,
  one,
  range,
  runProgram,
  t,
  tensorOf,
} from "./harness.ts";

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
