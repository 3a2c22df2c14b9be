/** Diagnostics point at what is wrong: the caret stands under the operand or the attribute at fault. */
import { describe, expect, it } from "vitest";
import { readText, renderDiagnostic, verify } from "../src/index.ts";
import { textAt } from "./data.ts";
import { describeData } from "./suite.ts";

/** What is said of a text, each with the words of the text that its caret marks. */
function marked(text: string): [code: string, words: string | undefined][] {
  const { module, diagnostics } = readText(text, { file: "f" });
  const all = module ? verify(module).diagnostics : diagnostics;
  return all.map(({ code, part, span = part }) => [code, span && text.slice(span.start, span.end)]);
}

/** A function of `%x`, `%y` and `%i` with one line, which `«»` stand around what is at fault in. */
function expectMarked(line: string, code: string): void {
  const [before, words, after] = line.split(/[«»]/) as [string, string, string];
  const text = `func.func @f(%x: tensor<3x4xf32>, %y: tensor<2xf32>, %i: tensor<i64>) {
  ${before}${words}${after}
  return
}`;
  expect(marked(text)).toContainEqual([code, words]);
}

describe("the part at fault", () => {
  const cases: readonly (readonly [line: string, code: string])[] = [
    ["%0 = stablehlo.concatenate %x, dim = «7» : (tensor<3x4xf32>) -> tensor<3x4xf32>", "concatenate/C4"],
    ["%0 = stablehlo.slice %x «[0:2, 1:9]» : (tensor<3x4xf32>) -> tensor<2x8xf32>", "slice/C3"],
    [
      "%0 = stablehlo.broadcast_in_dim %x, dims = «[0, 0]» : (tensor<3x4xf32>) -> tensor<3x4xf32>",
      "broadcast_in_dim/C4",
    ],
    [
      `%0 = "stablehlo.transpose"(%x) {«permutation = array<i64: 0, 2>»} : (tensor<3x4xf32>) -> tensor<3x4xf32>`,
      "transpose/C2",
    ],
    [
      `%0 = "stablehlo.transpose"(%x) <{«permutation = array<i64: 0, 2>»}> : (tensor<3x4xf32>) -> tensor<3x4xf32>`,
      "transpose/C2",
    ],
    ["%0 = stablehlo.reshape «%x» : (tensor<3x4xf32>) -> tensor<11xf32>", "reshape/C2"],
    [
      "%0 = stablehlo.dynamic_slice %x, «%i», sizes = [1, 1] : (tensor<3x4xf32>, tensor<i64>) -> tensor<1x1xf32>",
      "dynamic_slice/C2",
    ],
    ["%0 = stablehlo.cosine «%i» : tensor<i64>", "cosine/operands"],
    [
      "%0 = stablehlo.select «%x», %x, %y : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<2xf32>) -> tensor<2xf32>",
      "select/operands",
    ],
    ["%0 = func.call «@nothing»(%x) : (tensor<3x4xf32>) -> tensor<3x4xf32>", "call/callee"],
  ];
  it("is known inside of the notation of a whole operation", () => {
    const text = `func.func @f(%x: tensor<3x4xf32>, %z: tensor<f32>) {
  %0 = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [5] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
  return
}`;
    expect(marked(text)).toContainEqual(["reduce/C4", "[5]"]);
  });

  it.each(cases)("%s", (line, code) => expectMarked(line, code));

  it("is the second of two uses of a value when that one is wrong", () => {
    const text = `func.func @f(%p: tensor<i1>) -> tensor<i1> {
  %0 = stablehlo.cosine %p : tensor<i1>
  %1 = stablehlo.compare EQ, %p, %p : (tensor<i1>, tensor<i1>) -> tensor<i1>
  %2 = "stablehlo.pad"(%p, %p) <{edge_padding_low = array<i64>, edge_padding_high = array<i64>, interior_padding = array<i64: 0>}> : (tensor<i1>, tensor<i1>) -> tensor<i1>
  return %1 : tensor<i1>
}`;
    const { module } = readText(text, { file: "f" });
    const pad = module!.operation.regions[0]!.blocks[0]!.operations[0]!.regions[0]!.blocks[0]!.operations[2]!;
    const span = module!.spans!.of(pad, { kind: "operands", index: 1, count: 1 })!;
    expect(text.slice(0, span.start).split("\n").at(-1)).toBe('  %2 = "stablehlo.pad"(%p, ');
  });

  it("is shown after its operation when it is on another line", () => {
    const text = `func.func @f(%x: tensor<2xf32>) {
  %0 = "stablehlo.transpose"(%x) {
    permutation = array<i64: 1>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return
}`;
    const { module } = readText(text, { file: "f.mlir" });
    const [problem] = verify(module!).diagnostics;
    expect(renderDiagnostic(problem!, { name: "f.mlir", file: "f.mlir", text })).toBe(
      `f.mlir:2:8: error: 'stablehlo.transpose' requires that \`permutation\` is a permutation of the dimensions of \`operand\` [transpose/C2]
    %0 = "stablehlo.transpose"(%x) {
         ^^^^^^^^^^^^^^^^^^^^^
  f.mlir:3:5: here
      permutation = array<i64: 1>
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  note: permutation = [1]
  note: operand = tensor<2xf32>`,
    );
  });

  it("is not looked for where nobody asked for places", () => {
    const { module } = readText("func.func @f(%x: tensor<f32>) {\n  return\n}");
    expect(module!.spans).toBeUndefined();
  });
});

describe("an attribute that cannot be read", () => {
  it("is reported where something is missing and where reading stopped", () => {
    const text = `module attributes {
  a = #stablehlo.dot<
    rhs_batching_dimensions = [1]
    rhs_contracting_dimensions = [3]
  >} {}`;
    expect(marked(text)).toEqual([
      ["text/syntax", "]"],
      ["text/attribute", "rhs_contracting_dimensions"],
    ]);
  });
});

describeData("what newer versions of Shardy refuse and JAX's releases accept", () => {
  it("is valid, with a warning at its line", () => {
    const text = textAt("cases/shardy/sdy_ir_test/collective_verification/0112.mlir")!;
    const { module, diagnostics } = verify(readText(text, { file: "f" }).module!);
    expect(module).toBeDefined();
    expect(diagnostics).toMatchObject([
      { severity: "warning", code: "all_reduce/sharding", location: { line: 5 } },
    ]);
  });
});
