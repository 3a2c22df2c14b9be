/** Gathers, scatters and sorts, natively, against values computed here. */
import { describe, expect, it } from "vitest";
import { bodyOf, counted, f32, i32, one, range, runOp, runProgram, t, tensorOf } from "./harness.ts";

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
