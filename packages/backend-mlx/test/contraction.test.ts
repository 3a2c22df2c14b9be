/** Matrix products and convolutions, natively, against values computed here. */
import { sizeOf } from "@hloom/ir";
import { describe, expect, it } from "vitest";
import { f32, indices, offset, one, range, runProgram, t, tensorOf } from "./harness.ts";

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
