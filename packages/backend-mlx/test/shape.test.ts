/** Operations that move elements, natively, against values computed here. */
import { describe, expect, it } from "vitest";
import { counted, f32, i32, indices, one, range, runProgram, t } from "./harness.ts";

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
