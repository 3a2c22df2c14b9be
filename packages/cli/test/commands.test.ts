/** The command line as its users meet it: what it prints and how it ends. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, tensor } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { readNpz, tensorsToNpz } from "../src/npz.ts";
import { hloom } from "./command.ts";

const directory = mkdtempSync(join(tmpdir(), "hloom-cli-"));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

const addition = file(
  "add.mlir",
  `func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %z = stablehlo.add %x, %y : tensor<2xf32>
  return %z : tensor<2xf32>
}`,
);
const check = (expected: string) => `func.func @main() {
  %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = stablehlo.add %x, %x : tensor<2xf32>
  %e = stablehlo.constant dense<[2.0, ${expected}]> : tensor<2xf32>
  check.expect_eq %y, %e : tensor<2xf32>
  return
}`;
const f32 = (...values: number[]): HostTensor => ({
  type: tensor([values.length], "f32") as HostTensor["type"],
  data: Float32Array.from(values),
});
const inputs = file("in.npz", tensorsToNpz([f32(1, 2), f32(10, 20)], "in"));

describe("run", () => {
  test("prints results, or writes them", async () => {
    expect(await hloom("run", addition, "--inputs", inputs)).toEqual({
      code: 0,
      out: "out0 : tensor<2xf32> = [11, 22]\n",
      err: "",
    });
    const outputs = join(directory, "out.npz");
    expect((await hloom("run", addition, "--inputs", inputs, "--outputs", outputs)).code).toBe(0);
    const array = readNpz(readFileSync(outputs), outputs).get("out0");
    expect(new Float32Array(array!.data.slice().buffer)).toEqual(Float32Array.of(11, 22));
  });
  test("takes values, and draws them by a seed", async () => {
    const given = await hloom("run", addition, "--input", "[1, -2e0]", "--input", "0.5");
    expect(given).toMatchObject({ code: 0, out: "out0 : tensor<2xf32> = [1.5, -1.5]\n" });
    const one = await hloom("run", addition, "--random", "1");
    expect(one.code).toBe(0);
    expect(await hloom("run", addition, "--random", "1")).toEqual(one);
    expect((await hloom("run", addition, "--random", "2")).out).not.toBe(one.out);
  });
  test("runs a program's checks and fails when one does", async () => {
    const right = await hloom("run", file("right.mlir", check("4.0")));
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining("1 of 1 checks passed") });
    const wrong = await hloom("run", file("wrong.mlir", check("5.0")));
    expect(wrong).toMatchObject({
      code: 1,
      out: expect.stringMatching(/FAIL check.expect_eq[\s\S]*0 of 1 checks passed/),
    });
  });
  test("on any backend, with a report as JSON", async () => {
    const { out } = await hloom("run", addition, "--inputs", inputs, "--backend", "null", "--json");
    expect(JSON.parse(out)).toEqual({
      backend: "null",
      outputs: [{ shape: [2], element: "f32" }],
      checks: [],
    });
  });
});

test("run makes a program static for its inputs", async () => {
  const dynamic = file(
    "dynamic.mlir",
    `func.func @main(%n: tensor<i64>, %x: tensor<?xf32>) -> tensor<?xf32> {
      %shape = stablehlo.reshape %n : (tensor<i64>) -> tensor<1xi64>
      %y = stablehlo.dynamic_iota %shape, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
      %z = stablehlo.add %x, %y : tensor<?xf32>
      return %z : tensor<?xf32>
    }`,
  );
  const size: HostTensor = {
    type: { kind: "tensor", shape: [], element: "i64" },
    data: BigInt64Array.of(3n),
  };
  const given = file("dynamic.npz", tensorsToNpz([size, f32(1, 2, 3)], "in"));
  expect(await hloom("run", dynamic, "--inputs", given)).toMatchObject({
    code: 0,
    out: "out0 : tensor<3xf32> = [1, 3, 5]\n",
  });
  const { code, err } = await hloom("explain", dynamic);
  expect(code).toBe(1);
  expect(err).toContain("the program cannot be made static");
});

test("verify says that a program is valid, or where it is not", async () => {
  expect(await hloom("verify", addition)).toMatchObject({
    code: 0,
    out: expect.stringContaining("valid, 1 functions"),
  });
  const bad = file(
    "bad.mlir",
    "func.func @main(%x: tensor<2xf32>) -> tensor<3xf32> {\n  return %x : tensor<2xf32>\n}",
  );
  const { code, err } = await hloom("verify", bad);
  expect(code).toBe(1);
  expect(err).toContain("error");
});

test("verify --json gives code, operation and place of everything that is wrong", async () => {
  const wrong = `func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.transpose %x, dims = [1] : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
`;
  const refused = await hloom("verify", "--json", file("transpose.mlir", wrong));
  expect(refused.code).toBe(1);
  const [problem] = JSON.parse(refused.out).diagnostics;
  expect(problem).toMatchObject({ code: "transpose/C2", op: "stablehlo.transpose", line: 2, column: 8 });
  expect(problem.range).toEqual({ start: { line: 2, column: 39 }, end: { line: 2, column: 42 } });

  const twice = wrong.replace("transpose", "transpoze") + wrong.replace("dims", "dim").replace("@f", "@g");
  const unread = await hloom("verify", "--json", file("unread.mlir", twice));
  const lines = JSON.parse(unread.out).diagnostics.map(({ line }: { line: number }) => line);
  expect(lines).toEqual([2, 6]);
});

test("convert writes text that converts to itself", async () => {
  const { code, out } = await hloom("convert", addition);
  expect(code).toBe(0);
  const again = await hloom("convert", file("again.mlir", out));
  expect(again.out).toBe(out);
  const generic = await hloom("convert", addition, "--generic");
  expect(generic.out).toContain('"stablehlo.add"');
  expect((await hloom("convert", file("generic.mlir", generic.out))).out).toBe(out);
});

test("explain prints the program and each stage of the backend", async () => {
  const { code, out } = await hloom("explain", addition);
  expect(code).toBe(0);
  expect(out.match(/^\/\/ \d\. \w+/gm)).toEqual([
    "// 1. read",
    "// 2. verify",
    "// 3. flat",
    "// 4. fuse",
    "// 5. rows",
    "// 6. buffers",
    "// 7. emit",
  ]);
  const { out: read } = await hloom("explain", addition, "--stage", "read");
  expect(out.startsWith(read)).toBe(true);
  const stages = JSON.parse((await hloom("explain", addition, "--json")).out) as { name: string }[];
  expect(stages.map(({ name }) => name)).toEqual([
    "read",
    "verify",
    "flat",
    "fuse",
    "rows",
    "buffers",
    "emit",
  ]);
});

describe("one clear message and an exit code", () => {
  const wrongInputs = file("wrong.npz", tensorsToNpz([f32(1, 2, 3), f32(1, 2)], "in"));
  const cases: [string, string[], number, RegExp][] = [
    ["no verb that exists", ["frob"], 2, /unknown command 'frob'/],
    ["an option that does not exist", ["run", addition, "--frob"], 2, /unknown option '--frob'/],
    ["no file named", ["run"], 2, /missing required argument 'file'/],
    ["a file that is not there", ["run", "nowhere.mlir"], 2, /cannot read nowhere.mlir: no such file/],
    ["a directory", ["run", directory], 2, /it is a directory/],
    ["arguments needed", ["run", addition], 2, /takes 2 arguments .*: give them with --inputs/],
    ["too few values", ["run", addition, "--input", "1"], 2, /takes 2 arguments .* given 1 time/],
    [
      "a value of another shape",
      ["run", addition, "--input", "[1, 2, 3]", "--input", "1"],
      2,
      /argument 0: "\[1, 2, 3\]" is no tensor<2xf32>/,
    ],
    ["arguments in two ways", ["run", addition, "--input", "1", "--random", "1"], 2, /in one way only/],
    [
      "a stage that is none",
      ["explain", addition, "--stage", "frob"],
      2,
      /no stage is called frob; there are: read/,
    ],
    [
      "inputs of another shape",
      ["run", addition, "--inputs", wrongInputs],
      2,
      /in0 is a f4 array of shape \(3\), but the program takes tensor<2xf32>/,
    ],
    ["inputs that are no npz", ["run", addition, "--inputs", addition], 2, /is not an .npz file/],
    [
      "a backend that is not installed",
      ["run", addition, "--backend", "frob", "--inputs", inputs],
      2,
      /backend "frob" is not installed/,
    ],
    ["a program that is none", ["run", file("none.mlir", "hello")], 1, /error/],
    [
      "bytes that are none",
      ["verify", file("none.bc", Uint8Array.of(0x4d, 0x4c, 0xef, 0x52, 1, 2))],
      1,
      /error/,
    ],
    ["text options for bytecode", ["convert", addition, "out.bc", "--generic"], 2, /--generic is about text/],
  ];
  test.each(cases)("%s", async (_name, args, code, message) => {
    const result = await hloom(...args);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n\s+at /);
  });
});

describe("convert to bytecode", () => {
  const program = file(
    "tan.mlir",
    `func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = stablehlo.tan %x : tensor<2xf32> loc("model.py":3:5)
  return %y : tensor<2xf32>
}`,
  );

  test("and back, by the ending or by --to", async () => {
    const out = join(directory, "tan.mlir.bc");
    expect(await hloom("convert", program, out)).toEqual({ code: 0, out: "", err: "" });
    expect(readFileSync(out).subarray(0, 4)).toEqual(Buffer.from([0x4d, 0x4c, 0xef, 0x52]));
    const text = await hloom("convert", out, "-", "--locations");
    expect(text).toEqual(await hloom("convert", program, "-", "--locations"));
    const odd = join(directory, "tan.artifact");
    await hloom("convert", program, odd, "--to", "bytecode");
    expect(readFileSync(odd)).toEqual(readFileSync(out));
  });
  test("for a version, without locations", async () => {
    const out = join(directory, "tan.1.8.bc");
    expect((await hloom("convert", program, out, "--target", "1.8.3", "--strip-locations")).code).toBe(0);
    expect(readFileSync(out, "latin1")).toContain("StableHLO_v1.8.3\0");
    expect(readFileSync(out, "latin1")).not.toContain("model.py");
  });
  test("says what a version cannot express, and refuses what is no version", async () => {
    const out = join(directory, "old.bc");
    expect(await hloom("convert", program, out, "--target", "1.3.0")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/'stablehlo\.tan' .* needs VHLO 1\.4\.0, the target is 1\.3\.0/),
    });
    expect((await hloom("convert", program, out, "--target", "1.99.0")).err).toContain(
      '"1.99.0" is not a version of StableHLO to write for',
    );
    expect((await hloom("convert", program, "-", "--target", "1.3.0")).code).not.toBe(0);
  });
});
