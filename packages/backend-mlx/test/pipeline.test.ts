/** What the pipeline makes of small modules, read off the printed Program, and what it refuses. */
import { readModule, type VerifiedModule, verify } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { mlx } from "../src/dialect.ts";
import mlxBackend, { compileToProgram, pipeline, printProgram } from "../src/index.ts";
import { opRows } from "../src/opcodes.ts";

const { supports } = mlxBackend();

function verified(text: string): VerifiedModule {
  const { module, diagnostics } = readModule(text);
  if (!module) throw new Error(diagnostics[0]?.message);
  const result = verify(module);
  if (!result.module) throw new Error(result.diagnostics[0]?.message);
  return result.module;
}

/** Instructions of the entry tape, types and locations cut off. */
function instructions(text: string): string[] {
  const printed = printProgram(compileToProgram(verified(text), supports));
  const tape = printed.slice(printed.indexOf("tape 0"));
  const body = tape.slice(0, tape.indexOf("\n\n") < 0 ? undefined : tape.indexOf("\n\n"));
  return body
    .split("\n")
    .slice(1)
    .map((line) => line.split(/ : | {2}#| {2};/, 1)[0]!.trim())
    .filter((line) => line !== "");
}

const main = (type: string, body: string) => `module { func.func @main${type} {\n${body}\n} }`;

describe("lowering", () => {
  test("a plain matrix product is one matmul", () => {
    const text = main(
      "(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) -> tensor<2x4xf32>",
      `%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
       return %0 : tensor<2x4xf32>`,
    );
    expect(instructions(text)).toEqual(["%2 = matmul %0 %1", "return %2"]);
  });

  test("element-wise chains are one map, splats by their element", () => {
    const text = main(
      "(%x: tensor<8xf32>) -> tensor<8xf32>",
      `%c = stablehlo.constant dense<2.0> : tensor<f32>
       %s = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<8xf32>
       %0 = stablehlo.multiply %x, %s : tensor<8xf32>
       %1 = stablehlo.tanh %0 : tensor<8xf32>
       return %1 : tensor<8xf32>`,
    );
    expect(instructions(text)).toEqual(["%1 = map %0 body=1", "return %1"]);
  });

  test("a product that only one sum uses is rounded with it", () => {
    const text = main(
      "(%x: tensor<8xf32>, %y: tensor<8xf32>, %z: tensor<8xf32>) -> tensor<8xf32>",
      `%0 = stablehlo.multiply %x, %y : tensor<8xf32>
       %1 = stablehlo.subtract %z, %0 : tensor<8xf32>
       return %1 : tensor<8xf32>`,
    );
    const printed = printProgram(compileToProgram(verified(text), supports));
    expect(printed).toMatch(/negate .*\n.*multiply_add .*\n.*return/);
  });

  test("a window over all that comes before is a running sum", () => {
    const text = main(
      "(%x: tensor<5xf32>) -> tensor<5xf32>",
      `%z = stablehlo.constant dense<0.0> : tensor<f32>
       %0 = "stablehlo.reduce_window"(%x, %z) <{padding = dense<[[4, 0]]> : tensor<1x2xi64>, window_dimensions = array<i64: 5>}> ({
       ^bb0(%a: tensor<f32>, %b: tensor<f32>):
         %s = stablehlo.add %a, %b : tensor<f32>
         stablehlo.return %s : tensor<f32>
       }) : (tensor<5xf32>, tensor<f32>) -> tensor<5xf32>
       return %0 : tensor<5xf32>`,
    );
    expect(instructions(text)).toEqual(["%1 = cumsum %0 axis=0 reverse=0", "return %1"]);
  });

  test("what a loop captures becomes state", () => {
    const text = main(
      "(%n: tensor<i32>, %step: tensor<i32>) -> tensor<i32>",
      `%0 = stablehlo.while(%i = %n) : tensor<i32>
       cond {
         %c = stablehlo.compare LT, %i, %step : (tensor<i32>, tensor<i32>) -> tensor<i1>
         stablehlo.return %c : tensor<i1>
       } do {
         %j = stablehlo.add %i, %step : tensor<i32>
         stablehlo.return %j : tensor<i32>
       }
       return %0 : tensor<i32>`,
    );
    expect(instructions(text)).toEqual(["%2 %3 = while %0 %1 condition=1 body=2", "return %2"]);
  });

  test("nothing that is not used is computed", () => {
    const text = main(
      "(%x: tensor<4xf32>) -> tensor<4xf32>",
      `%0 = stablehlo.custom_call @unknown(%x) : (tensor<4xf32>) -> tensor<4xf32>
       %1 = stablehlo.negate %x : tensor<4xf32>
       return %1 : tensor<4xf32>`,
    );
    expect(instructions(text)).toEqual(["%1 = negate %0", "return %1"]);
  });
});

describe("refusal", () => {
  test("names every missing operation, its place and the way out", () => {
    const text = main(
      "(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)",
      `%0 = stablehlo.custom_call @unknown(%x) : (tensor<4xf32>) -> tensor<4xf32> loc("model.py":7:3)
       %1 = stablehlo.custom_call @other(%x) : (tensor<4xf32>) -> tensor<4xf32> loc("model.py":8:3)
       return %0, %1 : tensor<4xf32>, tensor<4xf32>`,
    );
    const refused = () => compileToProgram(verified(text), supports);
    expect(refused).toThrow(/custom_call @unknown at model\.py:7:3/);
    expect(refused).toThrow(/custom_call @other at model\.py:8:3/);
    expect(refused).toThrow(/way out: .*HLOOM_BACKEND=cpu/);
  });
});

describe("tables", () => {
  test("every operation of the dialect has an opcode with the same parameters", () => {
    const rows = new Map(opRows.map((row) => [`mlx.${row.name}`, row.parameters.map(([name]) => name)]));
    for (const definition of Object.values(mlx)) {
      // The executor's own: a constant is looked up by index, functions end without an instruction.
      if (["mlx.constant", "mlx.yield"].includes(definition.name)) continue;
      const fields = [...definition.attributes, ...definition.regions].map(({ name }) => name);
      expect([definition.name, rows.get(definition.name)]).toEqual([definition.name, fields]);
    }
  });

  test("stages have names and summaries of their own", () => {
    expect(new Set(pipeline.map(({ name }) => name)).size).toBe(pipeline.length);
    for (const { summary } of pipeline) expect(summary).not.toBe("");
  });
});
