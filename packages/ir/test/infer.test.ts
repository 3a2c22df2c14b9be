/** Inferred types against those that upstream's tests of inference expect. */
import { beforeAll, expect, it } from "vitest";
import { anyValue, defineOp, variadic } from "../src/declare/define.ts";
import { type Operation, walk } from "../src/model/index.ts";
import { registerDialect } from "../src/ops/index.ts";
import { readText } from "../src/read/text.ts";
import { typesByDeclaration } from "../src/verify/index.ts";
import { typeText } from "../src/write/text.ts";
import { namesIn, textAt } from "./data.ts";
import { describeData } from "./suite.ts";

const asking = ["hlo_test_infer.get_return_types", "hlo_test_infer.get_return_type_components"] as const;

function registerTestOps(): void {
  const testOp = (name: `${string}.${string}`) =>
    defineOp(name, {
      summary: "An op of upstream's tests.",
      operands: { operands: variadic(anyValue) },
      results: { results: variadic(anyValue) },
    });
  registerDialect({
    types: testOp(asking[0]),
    components: testOp(asking[1]),
    shapes: testOp("hlo_test_infer.reify_return_type_shapes"),
  });
}

/** Types of the results of the operation that `asker` is about. */
function inferredFor(asker: Operation): string[] {
  const operation = asker.operands[0]?.owner;
  const types = operation?.kind === "operation" ? typesByDeclaration(operation) : undefined;
  return types?.map(typeText) ?? [`${asker.name} is about nothing that is inferred`];
}

/** `// CHECK: types0 = tensor<1x2xf32>` */
function expectedIn(text: string): string[] {
  const checks = [...text.matchAll(/CHECK[\w-]*:\s*(types\d+ = .*)$/gm)].flatMap(([, line]) => [
    ...line!.matchAll(/types\d+ = (\w+<[^<>{}]*(?:<[^<>]*>|\{\{.*?\}\})?[^<>]*>)/g),
  ]);
  return checks.map(([, type]) => type!);
}

function failuresOf(file: string): { readonly total: number; readonly failures: string[] } {
  const text = textAt(file)!;
  const expected = expectedIn(text);
  if (expected.length === 0) return { total: 0, failures: [] };
  const { module, diagnostics } = readText(text);
  const actual: string[] = module ? [] : [diagnostics[0]!.message];
  if (module)
    walk(module.operation, (operation) => {
      if (!(asking as readonly string[]).includes(operation.name)) return;
      try {
        actual.push(...inferredFor(operation));
      } catch (problem) {
        actual.push(String(problem));
      }
    });
  // Checks are numbered within a value; each must be among what follows, in order.
  let at = 0;
  const failures = expected.filter((type) => {
    // `{{.*}}` stands for a sparse encoding, whatever it is.
    const [start, end] = type.split("{{.*}}") as [string, string?];
    const found = actual.findIndex(
      (each, i) =>
        i >= at && (end === undefined ? each === type : each.startsWith(start) && each.endsWith(end)),
    );
    if (found >= 0) at = found + 1;
    return found < 0;
  });
  return {
    total: expected.length,
    failures: failures.map((type) => `${file}: ${type}, not ${actual.join(" | ")}`),
  };
}

describeData("inference", () => {
  beforeAll(registerTestOps);

  it.each(["infer_stablehlo", "infer_chlo"])("%s", (group) => {
    const folder = `cases/stablehlo/tests/${group}`;
    const outcomes = namesIn(folder, ".mlir").map((name) => failuresOf(`${folder}/${name}.mlir`));
    const failures = outcomes.flatMap((outcome) => outcome.failures);
    expect(outcomes.reduce((sum, { total }) => sum + total, 0)).toBeGreaterThan(0);
    expect(failures).toEqual([]);
  });
});
