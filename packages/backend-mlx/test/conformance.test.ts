/** The MLX backend on the conformance kit. */
import { conform, tableText } from "@hloom/backend/kit";
import mlx from "@hloom/backend-mlx";
import { expect, test } from "vitest";

test("backend mlx passes the kit", { timeout: 120_000 }, async () => {
  const table = await conform(mlx);
  expect(table.ok, tableText(table)).toBe(true);
  expect(table.counts.pass).toBeGreaterThan(1000);
});
