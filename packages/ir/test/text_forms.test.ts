/** Corners of the textual form: locations and aliases as MLIR prints them, places of errors, hostile inputs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defineOp, tensor } from "../src/declare/define.ts";
import { functionsOf, type Location } from "../src/model/index.ts";
import { readText } from "../src/read/text.ts";
import { writeText } from "../src/write/text.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");

function moduleOf(text: string, file?: string) {
  const { module, diagnostics } = readText(text, file === undefined ? {} : { file });
  if (!module) throw new Error(diagnostics[0]!.message);
  return module;
}

describe("locations and aliases", () => {
  it("reads aliases that are defined before or after their use, and prints them in place as MLIR does", () => {
    const inline = fixture("locations.inline.mlir");
    expect(writeText(moduleOf(fixture("locations.mlir")), { locations: true })).toBe(inline);
    expect(writeText(moduleOf(inline), { locations: true })).toBe(inline);
  });

  it("places operations and arguments in the text when asked", () => {
    const text =
      "module {\n  func.func @f(%x: tensor<f32>) -> tensor<f32> {\n    return %x : tensor<f32>\n  }\n}\n";
    const at = (line: number, column: number): Location => ({ kind: "file", file: "a.mlir", line, column });
    const func = functionsOf(moduleOf(text, "a.mlir")).get("f")!;
    const [block] = func.regions[0]!.blocks;
    expect(func.location).toEqual(at(2, 3));
    expect(block!.arguments[0]!.location).toEqual(at(2, 16));
    expect(block!.operations[0]!.location).toEqual(at(3, 5));
  });

  it("prints builtin attributes and resources as MLIR does", () => {
    // The oracle's print has aliases; what they stand for is put in their place.
    const expected = fixture("builtin.mlir")
      .replace(/^#loc.*\n/gm, "")
      .replace("#loc1", 'loc("f.py":1:2)')
      .replace("} loc(#loc)", "}")
      .trim();
    expect(writeText(moduleOf(fixture("builtin.mlir"))).trim()).toBe(expected);
  });
});

describe("errors", () => {
  const cases = [
    ["%0 = stablehlo.add %a, %a : tensor<f32>", "use of undeclared SSA value name '%a'", "%a, %a"],
    ['"a.b"() : () -> (', "expected a type", ""],
    ["module attributes {a = 1, a = 2} {}", "duplicate key 'a' in dictionary attribute", "a = 2"],
    ["module attributes {a = 300 : i8} {}", "integer constant out of range for attribute", "300 : i8"],
    ["module attributes {a = dense<[[1], [2, 3]]> : tensor<2x2xi8>} {}", "ranks are not consistent", "]> :"],
    ["module attributes {a = dense<[1, 2]> : tensor<3xi8>} {}", "does not match type ([3])", "dense<"],
    ["module attributes {a = dense<1> : tensor<2xf32>} {}", "'1' is no value of f32", "1>"],
    ["module attributes {a = #b} {}", "undefined symbol alias id 'b'", "#b} {}"],
    ["#b = #b\nmodule attributes {a = #b} {}", "alias '#b' refers to itself", "#b\nmodule"],
    ['module attributes {a = "\\q"} {}', "unknown escape in string", '"\\q"'],
    ['module attributes {a = "', "expected '\"' at the end of the string", '"'],
    ["func.func @f(%a: tensor<2xfoo>)", "unknown type 'foo'", "foo"],
    ["func.func @f(%a: !stablehlo.foo)", "unknown stablehlo type: foo", "!stablehlo"],
    ["func.func @f(%a: i1, %a: i1) {}", "redefinition of SSA value '%a'", "%a: i1) {}"],
    ["%0, %1 = builtin.unrealized_conversion_cast to i1", "defines 1 results but was provided 2", "builtin"],
    ["foo.bar", "custom op 'foo.bar' is unknown", "foo.bar"],
  ] as const;

  it.each(cases)("%s", (text, message, at) => {
    const [diagnostic] = readText(text).diagnostics;
    expect(diagnostic?.message).toContain(message);
    if (at !== "")
      expect(text.slice(diagnostic!.span!.start)).toSatisfy((rest: string) => rest.startsWith(at));
  });

  it("names the op and the mistake when a format is wrong", () => {
    const declare = (format: string) => () =>
      defineOp("test.op", { summary: "", operands: { lhs: tensor }, results: { result: tensor }, format });
    expect(declare("$rhs")).toThrow(/format of "test.op": '\$rhs' is neither an operand/);
    expect(declare("custom<Nothing>($lhs)")).toThrow("unknown directive 'custom<Nothing>'");
    expect(declare("$lhs (`,` `x`)?")).toThrow("an optional group needs one field marked '^'");
    expect(declare("$result")).toThrow("only its type can be written");
    expect(declare("$lhs &")).toThrow("unexpected character '&'");
    expect(declare("type($lhs")).toThrow("before 'the end'");
  });
});

describe("hostile inputs", () => {
  const deep = 10_000;
  const nested: readonly (readonly [string, string])[] = [
    ["regions", `func.func @f(%a: tensor<i1>) {${'%0 = "stablehlo.if"(%a) ({'.repeat(deep)}`],
    ["functions", "func.func @f() {".repeat(deep)],
    ["arrays", `module attributes {a = ${"[".repeat(deep)}} {}`],
    ["dictionaries", `module attributes {a = ${"{a=".repeat(deep)}} {}`],
    ["constants", `module attributes {a = dense<${"[".repeat(deep)}} {}`],
    ["tuples", `func.func private @f(${"tuple<".repeat(deep)})`],
    ["function types", `func.func private @f(${"(".repeat(deep)})`],
    ["locations", `module {} loc(${"callsite(".repeat(deep)})`],
    ["aliases", Array.from({ length: deep }, (_, i) => `#a${i} = [#a${i + 1}]`).join("\n")],
  ];

  it.each(nested)("%s inside one another end in a diagnostic", (_, text) => {
    expect(readText(text).diagnostics[0]?.code).toBe("text/too-deep");
  });

  it("takes time in proportion to the size of the text", () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, i) => `  %x${i} = stablehlo.add %a, %a : tensor<4xf32>`);
    const program = (count: number) =>
      `func.func @f(%a: tensor<4xf32>) {\n${lines(count).join("\n")}\n  return\n}\n`;
    const constant = `module attributes {a = dense<[${"1.5, ".repeat(1e6)}2.5]> : tensor<1000001xf32>} {}`;
    const string = `module attributes {a = "${"a\\0A".repeat(2e6)}"} {}`;
    for (const text of [program(100_000), constant, string, " ".repeat(1e7), "//\n".repeat(3e6)]) {
      const start = performance.now();
      expect(readText(text).diagnostics).toEqual([]);
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });
});
