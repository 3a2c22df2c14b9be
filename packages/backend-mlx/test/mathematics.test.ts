/** Linear algebra, transforms, random bits, norms and long chains, natively, against values computed here. */
import { describe, expect, it } from "vitest";
import { close, f32, indices, one, range, runOp, runProgram, scalarBytes, t, tensorOf } from "./harness.ts";

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
