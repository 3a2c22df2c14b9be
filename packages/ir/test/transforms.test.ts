/** StableHLO's own tests of its passes, for ours of the same purpose. */
import { describe, expect, test } from "vitest";
import { DiagnosticError, type Module, passNamed, readModule, verify, writeText } from "../src/index.ts";
import { namesIn, textAt } from "./data.ts";
import { directivesIn, fileCheck } from "./file_check.ts";
import { describeData } from "./suite.ts";

const folder = "cases/stablehlo/tests/transforms";

interface Suite {
  readonly name: string;
  readonly passes: readonly string[];
  /** Cases that ask for something else, by number, with the reason. */
  readonly apart?: Readonly<Record<string, string>>;
}

const suites: readonly Suite[] = [
  {
    name: "stablehlo_refine_shapes",
    passes: ["refine-shapes"],
    apart: {
      "0002": "the only public function is an entry too",
      "0004": "about the dialects arith and tensor",
      "0043": "conversions to elements of another width are refined as well",
      "0064": "about indirect calls",
    },
  },
  { name: "stablehlo_canonicalize_dynamism", passes: ["canonicalize-dynamism"] },
  {
    name: "stablehlo_check_shape_assertions",
    passes: ["refine-shapes"],
    apart: { "0002": "assertions about values that are not known are left to the run" },
  },
];

/** What the passes make of a program, or why they do not. */
function outcome(text: string, passes: readonly string[]): { text?: string; problem?: string } {
  const read = readModule(text);
  if (!read.module) return { problem: read.diagnostics[0]!.message };
  let module: Module = read.module;
  for (const name of [undefined, ...passes]) {
    try {
      if (name !== undefined) module = passNamed(name)!.run(module);
    } catch (error) {
      if (error instanceof DiagnosticError) return { problem: error.message };
      throw error;
    }
    const result = verify(module);
    if (!result.module)
      return { problem: result.diagnostics.map(({ op, message }) => `${op}: ${message}`).join("\n") };
  }
  return { text: writeText(module) };
}

describeData("upstream's tests of passes", () => {
  describe.each(suites)("$name", ({ name, passes, apart = {} }) => {
    const numbers = namesIn(`${folder}/${name}`, ".mlir").filter((number) => !(number in apart));
    test.each(numbers)("%s", (number) => {
      const source = textAt(`${folder}/${name}/${number}.mlir`)!;
      const { text, problem } = outcome(source, passes);
      if (source.includes("expected-error")) expect(problem).toBeDefined();
      else expect(problem ?? fileCheck(directivesIn(source), text!)).toBeUndefined();
    });
  });
});
