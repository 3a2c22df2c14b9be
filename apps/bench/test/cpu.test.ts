/** The rows of `pnpm bench cpu` are programs that exist, and its report says what was measured. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { groups } from "../src/cpu_groups.ts";
import { htmlReport } from "../src/cpu_html.ts";
import { type CpuReport, markdownReport } from "../src/cpu_report.ts";
import { geometricMean, type Measurement, speed } from "../src/measure.ts";

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");

test.runIf(existsSync(python))(
  "every row is a program of python/programs_cpu.py, and every program a row",
  () => {
    const script = "import json, programs_cpu; print(json.dumps(list(programs_cpu.CASES)))";
    const cwd = join(import.meta.dirname, "../python");
    const env = { ...process.env, JAX_PLATFORMS: "cpu" };
    const names = JSON.parse(
      execFileSync(python, ["-c", script], { cwd, env, encoding: "utf8" }),
    ) as string[];
    expect(groups.flatMap((group) => group.programs).toSorted()).toEqual(names.toSorted());
  },
);

const measured = (...rounds: number[]): Measurement => ({
  run: rounds[0]!,
  compile: 10 * rounds[0]!,
  rounds,
});

test("speed is the median of the ratios within rounds", () => {
  expect(speed(measured(4, 8, 6), measured(1, 4, 2))).toBe(3);
  expect(geometricMean([2, 8])).toBeCloseTo(4);
});

const report: CpuReport = {
  machine: "a machine",
  node: "v24.0.0",
  commit: "abc1234",
  date: "2026-01-01",
  kernels: [
    { program: "exp 16k", results: { "XLA 1": measured(3, 3, 3), "hloom 1": measured(2, 2, 2) } },
    { program: "exp 1M", results: { "XLA 1": measured(1, 1, 1), "hloom 1": measured(2, 2, 2) } },
    { program: "sort 1M", results: { "XLA 1": measured(1), "hloom 1": "it <failed>" } },
  ],
  programs: [{ program: "/a/b/model", results: { "XLA 1": measured(20), "hloom 1": measured(1) } }],
  reference: [{ program: "/a/small", results: { interpreter: measured(60), hloom: measured(1) } }],
};

test("the report marks what misses its aim, and says what was not measured", () => {
  const text = markdownReport(report);
  expect(text).toContain("| exp 16k | **1.50** | 3.00 | 2.00 |");
  expect(text).toContain("| exp 1M | 0.50 ✗ | 1.00 | 2.00 |");
  expect(text).toContain("| *geometric mean* | **0.87** |  |  |");
  expect(text).toContain("| model | **20** | 1.00 | **20** | 10.0 |");
  expect(text).toContain("**60**: the geometric mean over the 1 of 1 small JAX programs");
  expect(text).toContain("- sort 1M, hloom 1: it <failed>");
});

test("the page shows each ratio, and is complete in itself", () => {
  const page = htmlReport(report);
  expect(page.match(/<rect /g)?.length).toBe(4);
  expect(page).toContain('<g class="hit"><title>exp 16k, 1 thread</title>');
  expect(page).not.toMatch(/(src|href)=/);
});
