/** The textual form over other projects' programs: what they wrote is read, and what MLIR printed is what is written. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { anyValue, defineOp, variadic } from "../src/declare/define.ts";
import { type Module, renderDiagnostic } from "../src/model/index.ts";
import { registerDialect } from "../src/ops/index.ts";
import { readText } from "../src/read/text.ts";
import { verify } from "../src/verify/verify.ts";
import { writeText } from "../src/write/text.ts";
import { root, textAt } from "./data.ts";

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

/** Prints as `golden` says, and comes back the same from both printed forms. */
function expectGolden(module: Module, name: string, golden: string): void {
  expect(writeText(module)).toBe(golden);
  expectFixpoint(module, name);
}

function expectFixpoint(module: Module, name: string): void {
  const pretty = writeText(module);
  const generic = writeText(module, { generic: true });
  const again = read(generic, name);
  expect(writeText(again)).toBe(pretty);
  expect(writeText(again, { generic: true })).toBe(generic);
  if (!readsOnlyGeneric.includes(name)) expect(writeText(read(pretty, name))).toBe(pretty);
}

interface Case {
  readonly file: string;
  readonly ok: boolean;
}

/** Every program that upstream's own parser accepts. */
const accepted = (textAt("oracle_parse.jsonl") ?? "")
  .split("\n")
  .filter((line) => line !== "")
  .map((line): Case => JSON.parse(line))
  .filter(({ ok, file }) => ok && file.endsWith(".mlir") && existsSync(join(root, file)))
  .map(({ file }) => file);

/** Blocks with successors are not modelled. */
const branches = /^\s*cf\.br\b/m;

/** The verifier follows Shardy's HEAD, which refuses what the oracle, an older version, accepts. */
const refusedSince = ["cases/shardy/sdy_ir_test/collective_verification/0112.mlir"];

/**
 * Loops whose operands and region arguments differ in what is known of their types: the pretty form has one type for
 * both, in MLIR too, and what it prints it does not read.
 */
const readsOnlyGeneric: readonly string[] = [
  "cases/stablehlo/tests/infer_stablehlo/0105.mlir",
  "cases/stablehlo/tests/ops_stablehlo_quantized/0025.mlir",
  "cases/stablehlo/tests/transforms/stablehlo_legalize_quant_to_int/0115.mlir",
  "cases/stablehlo/tests/transforms/stablehlo_legalize_quantized_op_to_qdq/0023.mlir",
  "cases/stablehlo/tests/transforms/stablehlo_refine_shapes/0090.mlir",
];

const groups = [
  "gen/jax_0_10_2_pjrt/",
  "orig/jax_export_back_compat/",
  "orig/stablehlo/testdata/",
  "orig/stablehlo/tests/",
  "orig/shardy/",
  "cases/stablehlo/testdata/",
  "cases/stablehlo/tests/interpret/",
  "cases/stablehlo/tests/transforms/",
  "cases/stablehlo/tests/",
  "cases/shardy/",
];

const jaxPrograms = existsSync(join(root, groups[0]!))
  ? readdirSync(join(root, groups[0]!))
      .filter((name) => name.endsWith(".mlir"))
      .map((name) => groups[0]! + name)
  : [];
const files = [...new Set([...jaxPrograms, ...accepted])];
const groupOf = (file: string) => groups.find((group) => file.startsWith(group));

describe.skipIf(files.length === 0)("text (the conformance data is needed)", () => {
  beforeAll(() => {
    const testOp = (name: `${string}.${string}`) =>
      defineOp(name, {
        summary: "An op of upstream's tests.",
        operands: { operands: variadic(anyValue) },
        results: { results: variadic(anyValue) },
      });
    registerDialect({
      types: testOp("hlo_test_infer.get_return_types"),
      components: testOp("hlo_test_infer.get_return_type_components"),
      shapes: testOp("hlo_test_infer.reify_return_type_shapes"),
      broadcast: testOp("hlo_test_broadcast.numpy_broadcast"),
      speculatable: testOp("hlo_test_speculatability.is_speculatable"),
      notSpeculatable: testOp("hlo_test_speculatability.is_not_speculatable"),
      recursively: testOp("hlo_test_speculatability.is_recursively_speculatable"),
      other: testOp("test_dialect.op"),
    });
  });

  it.each(groups)("%s reads, verifies and prints as MLIR prints it", (group) => {
    const failures: string[] = [];
    for (const file of files.filter((candidate) => groupOf(candidate) === group)) {
      const text = textAt(file)!;
      if (branches.test(text)) continue;
      // The oracle has no check dialect: its golden prints of such tests are of rewritten programs.
      const golden = /(?<!@)\bcheck\.expect/.test(text) ? undefined : textAt(`golden/${file}.pretty`);
      try {
        const module = read(text, file);
        if (!refusedSince.includes(file)) expectVerified(module);
        if (golden === undefined) expectFixpoint(module, file);
        else expectGolden(module, file, golden);
      } catch (problem) {
        failures.push(`${file}: ${problem instanceof Error ? problem.message : problem}`);
      }
    }
    expect(failures).toEqual([]);
  });
});

const programs = existsSync(workloads) ? readdirSync(workloads).filter((name) => name.endsWith(".mlir")) : [];

describe.skipIf(programs.length === 0)("text of the workloads (their data is needed)", () => {
  it.each(programs)("%s reads, verifies and prints as it was written", (name) => {
    const text = readFileSync(join(workloads, name), "utf8");
    const module = read(text, name);
    expectVerified(module);
    expectGolden(module, name, text);
  });
});
