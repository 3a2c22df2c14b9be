/** JAX's own modules and results on the CPU backend: what is not listed as failing must be right. */

import { fileURLToPath } from "node:url";
import { Device } from "@hloom/backend";
import { cpu } from "@hloom/backend-cpu";
import { describe, expect, test } from "vitest";
import { runCase } from "../src/conformance/case.ts";
import { absoluteDifference, difference } from "../src/conformance/compare.ts";
import { readExpectations } from "../src/conformance/expectations.ts";
import { judge, rowsOf, surprises, tableText } from "../src/conformance/report.ts";
import { casesOf, type SuiteName } from "../src/conformance/suites.ts";
import { conformanceData, hasData, workloadData } from "./data.ts";

const known = readExpectations(fileURLToPath(new URL("../../../conformance/known.json", import.meta.url)));

describe.skipIf(!hasData(conformanceData) || !hasData(workloadData))("the CPU backend", () => {
  const enough: [SuiteName, number][] = [
    ["pjrt", 165],
    ["workloads", 24],
  ];
  test.each(enough)("%s: at least %i right, and no surprise", { timeout: 120_000 }, async (suite, least) => {
    const device = new Device(cpu());
    const reports = [];
    for (const one of casesOf(suite, { data: conformanceData, workloads: workloadData })) {
      const { verdict, reason } = await runCase(one, async () => device);
      const base = { suite, backend: "cpu", id: one.id, milliseconds: 0 };
      reports.push(judge(known, reason === undefined ? base : { ...base, reason }, verdict));
    }
    expect(surprises(reports)).toEqual([]);
    expect(rowsOf(reports)[0]!.pass).toBeGreaterThanOrEqual(least);
  });
});

test("comparison knows NaN, infinities and the scale of the result", () => {
  const f32 = (...values: number[]) =>
    ({
      type: { kind: "tensor", shape: [values.length], element: "f32" },
      data: Float32Array.from(values),
    }) as const;
  const tolerance = { relative: 1e-4, absolute: 1e-6 };
  expect(difference(f32(NaN, Infinity, 1), f32(NaN, Infinity, 1.00005), tolerance)).toBeUndefined();
  expect(difference(f32(NaN), f32(0), tolerance)).toContain("is NaN instead of 0");
  expect(difference(f32(-Infinity), f32(Infinity), tolerance)).toContain("-Infinity");
  expect(difference(f32(1, 1e-7), f32(1, 0), tolerance)).toBeUndefined();
  expect(difference(f32(1.001), f32(1), tolerance)).toBeDefined();
  expect(absoluteDifference(f32(1.001), f32(1), 0.01)).toBeUndefined();
});

test("verdicts in the light of what is known", () => {
  const list = { "pjrt/cpu": { hist: "a tie" } };
  const one = (id: string) => ({ suite: "pjrt", backend: "cpu", id, milliseconds: 1 });
  const reports = [
    judge(list, one("abs"), "pass"),
    judge(list, one("hist"), "fail"),
    judge(list, one("sin"), "fail"),
    judge(list, one("psum"), "unsupported"),
  ];
  const row = { suite: "pjrt", backend: "cpu", total: 4, pass: 1, fail: 1, unsupported: 1, knownFailures: 1 };
  expect(rowsOf(reports)).toEqual([row]);
  expect(surprises(reports).map(({ id }) => id)).toEqual(["sin"]);
  expect(surprises([judge(list, one("hist"), "pass")])).toHaveLength(1);
  expect(tableText([row]).split("\n")[1]).toMatch(/^pjrt +cpu +4 +1 +1 +1 +1$/);
});

describe.skipIf(!hasData(conformanceData))("reading, verifying, inferring and printing", () => {
  test("as upstream does, and no surprise", { timeout: 240_000 }, async () => {
    const reports = [];
    for (const one of casesOf("ir", { data: conformanceData, workloads: workloadData })) {
      const { verdict, reason } = await runCase(one, () => Promise.reject(new Error("no device is needed")));
      const base = { suite: "ir", backend: one.row ?? "", id: one.id, milliseconds: 0 };
      reports.push(judge(known, reason === undefined ? base : { ...base, reason }, verdict));
    }
    expect(surprises(reports)).toEqual([]);
    expect(rowsOf(reports).map(({ backend }) => backend)).toContain("reject at line");
  });
});
