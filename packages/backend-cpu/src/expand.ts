/**
 * Before the stages: functions of CHLO that programs call on large arrays become arithmetic, so that they join loops.
 * In single precision only: the evaluator's functions are the more exact ones in double precision. Sums of 16-bit floats
 * get the order of XLA:CPU, since each of their steps rounds. What concerns several devices disappears.
 */
import { chloExpansions, type Module, type Rule, rewriteModule, singleDevice, treeReduction, walk } from "@hloom/ir";

const expanded = ["chlo.erf_inv", "chlo.next_after", "chlo.lgamma", "chlo.digamma"];
const narrow: ReadonlySet<unknown> = new Set(["f32", "f16", "bf16"]);

const functions: readonly Rule[] = expanded.flatMap((name) => {
  const rule = chloExpansions.get(name);
  return rule ? [singlePrecision(rule)] : [];
});
const rules: readonly Rule[] = [...functions, treeReduction as Rule, ...singleDevice];

function singlePrecision(rule: Rule): Rule {
  return {
    ...rule,
    match: (operation) => {
      const type = operation.results[0]?.type;
      return type?.kind === "tensor" && narrow.has(type.element) ? rule.match(operation) : undefined;
    },
  };
}

/** The module with such functions and sums written out; itself when it has none. */
export function expandFunctions(module: Module): Module {
  let found = false;
  walk(module.operation, (operation) => {
    found ||= rules.some((rule) => rule.on.includes(operation.name) && rule.match(operation) !== undefined);
  });
  return found ? rewriteModule(module, rules).module : module;
}
