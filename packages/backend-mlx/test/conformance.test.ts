/** The MLX backend on the conformance kit. */
import { conform, type KnownFailure, tableText } from "@hloom/backend/kit";
import mlx from "@hloom/backend-mlx";
import { expect, test } from "vitest";

const known: readonly KnownFailure[] = [
  { test: "ops/stablehlo.cbrt complex<f32>", reason: "MLX's power of complex numbers takes another branch" },
  { test: "ops/stablehlo.atan2 complex<f32>", reason: "MLX has no arctan2 of complex numbers" },
];

test("backend mlx passes the kit", { timeout: 120_000 }, async () => {
  const table = await conform(mlx, { known });
  expect(table.ok, tableText(table)).toBe(true);
  expect(table.counts.pass).toBeGreaterThan(500);
});
