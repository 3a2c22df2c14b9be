/** `diff`, `opt`, `coverage` and `doctor`: what they say and how they end. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nullBackend } from "@hloom/backend";
import type { HostTensor } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { failingCanaries } from "../src/canaries.ts";
import { hloom } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "hloom-cli-"));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const program = (body: string) =>
  `module {\n  func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {\n${body}\n  }\n}\n`;
const sine = file(
  "sine.mlir",
  program("    %0 = stablehlo.sine %arg0 : tensor<4xf32>\n    return %0 : tensor<4xf32>"),
);
/** The same program, written otherwise. */
const generic = file(
  "generic.mlir",
  program(
    `    %other = "stablehlo.sine"(%arg0) : (tensor<4xf32>) -> tensor<4xf32>\n    "func.return"(%other) : (tensor<4xf32>) -> ()`,
  ),
);
const cosine = file(
  "cosine.mlir",
  program("    %0 = stablehlo.cosine %arg0 : tensor<4xf32>\n    return %0 : tensor<4xf32>"),
);
const unknown = file(
  "unknown.mlir",
  program(
    "    %0 = stablehlo.custom_call @nobody.knows(%arg0) : (tensor<4xf32>) -> tensor<4xf32>\n    return %0 : tensor<4xf32>",
  ),
);

describe("diff", () => {
  test("the same program in another form is the same", async () => {
    expect(await hloom("diff", sine, generic)).toMatchObject({ code: 0, out: "the programs are the same\n" });
  });

  test("names what differs and ends with 1", async () => {
    const { code, out } = await hloom("diff", sine, cosine, "--json");
    expect(code).toBe(1);
    const [hunk] = (JSON.parse(out) as { hunks: { lines: string[] }[] }).hunks;
    expect(hunk!.lines.filter((line) => /^[+-]/.test(line)).map((line) => line.replace(/\s+/g, " "))).toEqual(
      ["- %0 = stablehlo.sine %arg0 : tensor<4xf32>", "+ %0 = stablehlo.cosine %arg0 : tensor<4xf32>"],
    );
  });
});

describe("opt", () => {
  test("an unknown pass is refused with those that there are", async () => {
    const { code, err } = await hloom("opt", sine, "--pass", "magic");
    expect(code).toBe(2);
    expect(err).toMatch(/no pass "magic"; there are inline, fold/);
  });

  test("without passes the program comes back", async () => {
    expect((await hloom("opt", generic)).out).toBe((await hloom("convert", sine)).out);
  });
});

describe("coverage", () => {
  test("names what a backend lacks, and ends with 1 when none runs the program", async () => {
    const { code, out } = await hloom("coverage", unknown, "--backend", "mlx");
    expect(code).toBe(1);
    expect(out).toMatch(/mlx: lacks\n {4}stablehlo\.custom_call @nobody\.knows at /);
    expect(await hloom("coverage", sine, "--backend", "mlx")).toMatchObject({ code: 0 });
  });
});

describe("doctor", () => {
  test("the CPU backend computes the canary as the reference does", async () => {
    const { code, out } = await hloom("doctor", "--backend", "cpu");
    expect(out).toMatch(/ok .*backend cpu: computes right/);
    expect(code).toBe(0);
  });

  test("a backend that is not installed is a finding, not a crash", async () => {
    const { code, out } = await hloom("doctor", "--backend", "missing");
    expect(code).toBe(1);
    expect(out).toMatch(/no .*backend missing: .*not installed/);
  });

  test("MLX shows none of the bugs that it is known for", async () => {
    const { code, out } = await hloom("doctor", "--backend", "mlx");
    expect(out).toMatch(/ok .*known bugs under mlx: none of \d+ is there/);
    expect(code).toBe(0);
  });

  test("a canary that gives something else is found", async () => {
    const text = program("    return %arg0 : tensor<4xf32>");
    const canary = { name: "identity", bug: "arrays changed on the way", text, rules: ["copy"] };
    const inner = nullBackend();
    // Gives what it is told, except for the first number.
    const upload = (host: HostTensor) =>
      inner.upload({ ...host, data: (host.data as Float32Array).slice().fill(7, 0, 1) });
    const backend = { ...inner, upload, canaries: [canary], compile: inner.compile.bind(inner) };
    expect(await failingCanaries(backend)).toEqual([{ canary, wrong: "7 for 0" }]);
  });
});
