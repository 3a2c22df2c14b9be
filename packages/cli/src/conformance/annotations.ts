/** What upstream's tests say beside their programs: where an error is expected, and which types are inferred. */
import {
  fields,
  type Module,
  type Operation,
  registerDialect,
  typesByDeclaration,
  typeText,
  walk,
} from "@hloom/ir";

const marks = /\/\/\s*expected-error\s*(?:@([+-]\d+|above|below))?(?:-re)?\s*(?:\d+\s*)?\{\{/g;

/** Numbers of the lines that `expected-error` comments are about, each once. */
export function annotatedLines(text: string): number[] {
  const lines = text.split("\n");
  const marked = (i: number) => /\/\/\s*expected-/.test(lines[i] ?? "");
  /** `above` and `below` pass over the lines of further annotations. */
  const beside = (from: number, step: number) => {
    let at = from + step;
    while (marked(at)) at += step;
    return at + 1;
  };
  const numbers = lines.flatMap((line, i) =>
    Array.from(line.matchAll(marks), ([, offset]) => {
      if (offset === "above") return beside(i, -1);
      return offset === "below" ? beside(i, 1) : i + 1 + Number(offset ?? 0);
    }),
  );
  return [...new Set(numbers)];
}

/** `// CHECK: types0 = tensor<1x2xf32>, types1 = tensor<1x2xi32>` */
export function checkedTypes(text: string): string[] {
  const checks = [...text.matchAll(/CHECK[\w-]*:\s*(types\d+ = .*)$/gm)].flatMap(([, line]) => [
    ...line!.matchAll(/types\d+ = (\w+<[^<>{}]*(?:<[^<>]*>|\{\{.*?\}\})?[^<>]*>)/g),
  ]);
  return checks.map(([, type]) => type!);
}

const asking = ["hlo_test_infer.get_return_types", "hlo_test_infer.get_return_type_components"];

/** The checked types that are not inferred, in the order of the program. */
export function missingTypes(module: Module, expected: readonly string[]): string[] {
  const actual: string[] = [];
  walk(module.operation, (operation) => {
    if (asking.includes(operation.name)) actual.push(...inferredFor(operation));
  });
  let at = 0;
  return expected.filter((type) => {
    // `{{.*}}` stands for a sparse encoding, whatever it is.
    const [start, end] = type.split("{{.*}}") as [string, string?];
    const found = actual.findIndex(
      (each, i) =>
        i >= at && (end === undefined ? each === type : each.startsWith(start) && each.endsWith(end)),
    );
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

function inferredFor({ operands: [value] }: Operation): string[] {
  const operation = value?.owner;
  if (operation?.kind !== "operation") return [];
  return (typesByDeclaration(operation) ?? []).map(typeText);
}

/** Operations of upstream's own test tools, which take and give anything. */
const testOps = [
  ...asking,
  "hlo_test_infer.reify_return_type_shapes",
  "hlo_test_broadcast.numpy_broadcast",
  "hlo_test_speculatability.is_speculatable",
  "hlo_test_speculatability.is_not_speculatable",
  "hlo_test_speculatability.is_recursively_speculatable",
  "test_dialect.op",
] as `${string}.${string}`[];

let registered = false;

export function registerTestDialects(): void {
  if (registered) return;
  registered = true;
  const { anyValue, defineOp, variadic } = fields;
  const declare = (name: (typeof testOps)[number]) =>
    defineOp(name, {
      summary: "An op of upstream's tests.",
      operands: { operands: variadic(anyValue) },
      results: { results: variadic(anyValue) },
    });
  registerDialect(Object.fromEntries(testOps.map((name) => [name, declare(name)])));
}
