/** Rewrites by name, for `hloom opt` and for pipelines: each takes a module and gives a new one of the same meaning. */
import { DiagnosticError } from "../../model/diagnostic.ts";
import type { Module } from "../../model/operation.ts";
import { copyModule, removeUnused, rewriteModule } from "../driver.ts";
import type { Rule } from "../rule.ts";
import { eraseShardings, erasures } from "../sdy/erase.ts";
import { exportedCalls, exportShardings } from "../sdy/export.ts";
import { importedCalls, importShardings } from "../sdy/import.ts";
import { canonicalizeDynamism, staticForms } from "./canonicalize_dynamism.ts";
import { chloExpansions } from "./chlo_to_stablehlo.ts";
import { mergeCommonSubexpressions } from "./common_subexpressions.ts";
import { complexMath } from "./complex_math.ts";
import { excessPrecision } from "./excess_precision.ts";
import { folds } from "./fold.ts";
import { inlineCalls } from "./inline.ts";
import { quantToMath } from "./quant_to_math.ts";
import { refineShapes } from "./refine_shapes.ts";
import { singleDevice } from "./single_device.ts";
import { compositeToCall, elementOfTuple } from "./structure.ts";
import { treeReduction } from "./tree_reduction.ts";

export interface Pass {
  readonly name: string;
  /** One line for `hloom opt --list` and docs. */
  readonly summary: string;
  readonly run: (module: Module) => Module;
  /** What it consists of, when that is rules alone. */
  readonly rules?: readonly Rule[];
}

const byRules = (name: string, summary: string, rules: readonly Rule[]): Pass => ({
  name,
  summary,
  run: (module) => rewriteModule(module, rules).module,
  rules,
});

export const passes: readonly Pass[] = [
  { name: "inline", summary: "calls become the bodies of their callees", run: inlineCalls },
  byRules("fold", "operations on constants, and operations that change nothing", folds),
  {
    name: "cse",
    summary: "equal operations on equal operands are computed once",
    run: mergeCommonSubexpressions,
  },
  { name: "dce", summary: "what nobody uses disappears", run: (module) => removeUnused(copyModule(module)) },
  {
    name: "refine-shapes",
    summary: "dynamic dimensions become sizes where they follow from arguments and constants",
    run: refined,
  },
  {
    name: "canonicalize-dynamism",
    summary: "operands that hold known shapes become attributes and types",
    run: canonicalizeDynamism,
    rules: staticForms,
  },
  {
    name: "quant-to-math",
    summary: "quantized tensors become their integers, and arithmetic on them",
    run: quantToMath,
  },
  byRules("composite-to-call", "a composite becomes a call of its decomposition", [compositeToCall]),
  byRules("chlo-to-stablehlo", "operations of CHLO become operations of StableHLO", [
    ...chloExpansions.values(),
  ]),
  byRules("complex-math", "functions of complex numbers become arithmetic on their parts", complexMath),
  byRules("single-device", "shardings, placement and collectives of one process disappear", singleDevice),
  {
    name: "excess-precision",
    summary:
      "conversions from bf16 and f8 take what was computed before it was rounded, where XLA:CPU does so",
    run: excessPrecision,
  },
  byRules("tree-reduction", "sums of 16-bit floats are taken in the order of XLA:CPU", [
    treeReduction as Rule,
  ]),
  {
    name: "sdy-import",
    summary: "shardings that are text, XLA's and those of clients without Shardy, become Shardy's",
    run: importShardings,
    rules: importedCalls,
  },
  {
    name: "sdy-export",
    summary: "Shardy's shardings become text in XLA's notation, and in Shardy's for those who import it",
    run: exportShardings,
    rules: exportedCalls,
  },
  {
    name: "sdy-erase",
    summary: "Shardy's operations and attributes disappear, where they say nothing of what is computed",
    run: eraseShardings,
    rules: erasures,
  },
  byRules("untuple", "elements of tuples become the values themselves", [elementOfTuple as Rule]),
];

function refined(module: Module): Module {
  const result = refineShapes(module);
  if (result.module) return result.module;
  throw new DiagnosticError(result.diagnostics[0]!);
}

export function passNamed(name: string): Pass | undefined {
  return passes.find((pass) => pass.name === name);
}

export { eraseShardings } from "../sdy/erase.ts";
export { exportShardings } from "../sdy/export.ts";
export { importShardings } from "../sdy/import.ts";
export { canonicalizeDynamism } from "./canonicalize_dynamism.ts";
export { chloExpansions } from "./chlo_to_stablehlo.ts";
export { complexMath } from "./complex_math.ts";
export { excessPrecision } from "./excess_precision.ts";
export { folds } from "./fold.ts";
export { inlineCalls } from "./inline.ts";
export { hasQuantizedTypes, quantToMath } from "./quant_to_math.ts";
export { type RefinedInput, type RefineResult, refineShapes } from "./refine_shapes.ts";
export { placementCalls, singleDevice } from "./single_device.ts";
export { hasDynamicShapes, specialize } from "./specialize.ts";
export { compositeToCall, elementOfTuple } from "./structure.ts";
export { treeReduction } from "./tree_reduction.ts";
