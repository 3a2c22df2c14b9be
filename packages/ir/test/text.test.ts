/** The textual form over other projects' programs: what they wrote is read, and what MLIR printed is what is written. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Module, renderDiagnostic } from "../src/model/index.ts";
import { readText } from "../src/read/text.ts";
import { verify } from "../src/verify/verify.ts";
import { writeText } from "../src/write/text.ts";
import { namesIn, root, textAt } from "./data.ts";

const workloads = process.env.HLOOM_WORKLOADS ?? join(root, "../workloads");

function read(text: string, name: string): Module {
  const { module, diagnostics } = readText(text);
  if (!module) throw new Error(renderDiagnostic(diagnostics[0]!, { name, text }));
  return module;
}

function expectVerified(module: Module): void {
  const { diagnostics } = verify(module);
  expect(diagnostics.slice(0, 3).map((diagnostic) => renderDiagnostic(diagnostic))).toEqual([]);
}

/** Reads, verifies, prints as `golden` says, and comes back the same from both printed forms. */
function expectGolden(name: string, text: string, golden: string): void {
  const module = read(text, name);
  expectVerified(module);
  expect(writeText(module)).toBe(golden);
  expect(writeText(read(golden, name))).toBe(golden);
  const generic = writeText(module, { generic: true });
  const again = read(generic, name);
  expect(writeText(again)).toBe(golden);
  expect(writeText(again, { generic: true })).toBe(generic);
}

const suites = [
  { folder: "gen/jax_0_10_2_pjrt", what: "programs as JAX hands them to a plugin" },
  { folder: "orig/jax_export_back_compat", what: "JAX's exports of four years" },
  { folder: "orig/stablehlo/testdata", what: "self-checking programs" },
  { folder: "orig/stablehlo/testdata/dynamic", what: "shape-polymorphic exports" },
  { folder: "cases/shardy/sdy_ir_test", what: "Shardy's notation" },
];

/** Programs that upstream's own parser refuses, or that its print shows in another form than they were written in. */
const accepted = new Set(
  (textAt("oracle_parse.jsonl") ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly ok: boolean; readonly file: string })
    .flatMap(({ ok, file }) => (ok ? [file] : [])),
);

describe.skipIf(!existsSync(root))("text (the conformance data is needed)", () => {
  for (const { folder, what } of suites) {
    it(`${what}: ${folder} reads, verifies and prints as MLIR prints it`, () => {
      const failures: string[] = [];
      for (const name of namesIn(folder, ".mlir")) {
        const file = `${folder}/${name}.mlir`;
        const golden = textAt(`golden/${file}.pretty`);
        if (golden === undefined || !(accepted.has(file) || folder.startsWith("gen/"))) continue;
        try {
          expectGolden(file, textAt(file)!, golden);
        } catch (problem) {
          failures.push(`${file}: ${problem instanceof Error ? problem.message : problem}`);
        }
      }
      expect(failures).toEqual([]);
    });
  }
});

const programs = existsSync(workloads) ? readdirSync(workloads).filter((name) => name.endsWith(".mlir")) : [];

describe.skipIf(programs.length === 0)("text of the workloads (their data is needed)", () => {
  it.each(programs)("%s reads, verifies and prints as it was written", (name) => {
    const text = readFileSync(join(workloads, name), "utf8");
    expectGolden(name, text, text);
  });
});
