/**
 * Before the stages: functions of CHLO that programs call on large arrays become arithmetic, so that they join loops.
 * Some in single precision only: the evaluator's functions are the more exact ones in double precision. Sums of 16-bit floats
 * get the order of XLA:CPU, since each of their steps rounds. What concerns several devices disappears.
 */
import {
  chloExpansions,
  type Module,
  type Rule,
  rewriteModule,
  singleDevice,
  treeReduction,
  walk,
} from "@hloom/ir";

const single: readonly unknown[] = ["f32", "f16", "bf16"];
const any: readonly unknown[] = [...single, "f64"];

/** Of which elements. */
const expanded: Readonly<Record<string, readonly unknown[]>> = {
  "chlo.erf_inv": any,
  "chlo.next_after": any,
  "chlo.bessel_i1e": single,
  "chlo.digamma": single,
  "chlo.lgamma": single,
  "chlo.polygamma": single,
  "chlo.zeta": single,
};

const functions: readonly Rule[] = Object.entries(expanded).flatMap(([name, elements]) => {
  const rule = chloExpansions.get(name);
  return rule ? [ofElements(rule, elements)] : [];
});
const rules: readonly Rule[] = [...functions, treeReduction as Rule, ...singleDevice];

function ofElements(rule: Rule, elements: readonly unknown[]): Rule {
  return {
    ...rule,
    match: (operation) => {
      const type = operation.results[0]?.type;
      return type?.kind === "tensor" && elements.includes(type.element) ? rule.match(operation) : undefined;
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
