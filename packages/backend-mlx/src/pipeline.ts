/** From StableHLO to the Program: the table of contents of this backend. */
import {
  allDefinitions,
  chloExpansions,
  dialects,
  type Operation,
  type Rule,
  registerDialect,
  type Stage,
} from "@hloom/ir";
import { mlx } from "./dialect.ts";
import { fuse } from "./fuse.ts";
import { inParts } from "./parts.ts";
import { prepare } from "./prepare.ts";
import { canonical } from "./rules/canonical.ts";
import { complexRules } from "./rules/complex.ts";
import { contraction } from "./rules/contraction.ts";
import { control } from "./rules/control.ts";
import { custom } from "./rules/custom.ts";
import { elementwise } from "./rules/elementwise.ts";
import { bodyBeyond, evaluated, fallback, lackOf } from "./rules/fallback.ts";
import { attention, markShared } from "./rules/idioms/attention.ts";
import { idioms } from "./rules/idioms/index.ts";
import { threefryName } from "./rules/idioms/threefry.ts";
import { type LoweringTable, rulesOf } from "./rules/lowering.ts";
import { mathematics } from "./rules/mathematics.ts";
import { narrowRules } from "./rules/narrow.ts";
import { reduction } from "./rules/reduction.ts";
import { shape } from "./rules/shape.ts";

registerDialect(mlx);

/** One row per operation that has a lowered form. */
const table: LoweringTable = {
  ...elementwise,
  ...shape,
  ...contraction,
  ...reduction,
  ...control,
  ...mathematics,
  ...custom,
};

const canonicalRules = canonical((op) => op in table);
/** Operations of CHLO that the runtime does not have itself. */
const expansions = [...chloExpansions].flatMap(([op, rule]) => (op in table ? [] : [rule]));

const lowered = dialects("mlx", "func", "builtin");
const unlowered = dialects("stablehlo", "chlo", "func", "builtin", "sdy", "mlx");
/** Operations of StableHLO and CHLO that compute something. */
const computing = [...allDefinitions()]
  .map(({ name }) => name)
  .filter((name) => /^(stablehlo|chlo)\./.test(name));
const isLowered = (operation: Operation) => lowered(operation) || operation.name === "sdy.mesh";

export interface PipelineOptions {
  /** Idioms to leave as they are written; see {@link idiomNames}. */
  readonly off?: ReadonlySet<string>;
  /** Whether what the runtime lacks may go to the reference evaluator. */
  readonly evaluator?: boolean;
}

const evaluatorRule = fallback(table);

export const pipelineFor = ({ off = new Set(), evaluator = false }: PipelineOptions): readonly Stage[] => [
  {
    name: "canonical",
    summary:
      "sharding, barriers, composites and collectives of one process disappear, small calls are inlined",
    prepare: (module) => prepare(module, off),
    rules: canonicalRules,
    legal: unlowered,
  },
  {
    name: "chlo",
    summary: "operations of CHLO without a row become those of StableHLO",
    rules: expansions,
    legal: unlowered,
  },
  {
    name: "idioms",
    summary: "what models write in many operations and the runtime has as one",
    rules: idioms.filter((rule) => rule.name !== attention.name && !off.has(rule.name)),
    legal: unlowered,
  },
  {
    name: "attention",
    summary: "weights that only one product uses are never stored",
    prepare: markShared,
    rules: off.has(attention.name) ? [] : [attention as Rule],
    legal: unlowered,
  },
  {
    name: "fallback",
    summary: "what the runtime does not have goes to the reference evaluator, where there is one",
    rules: evaluator ? [evaluatorRule as Rule] : [],
    // Once they are lowered, nobody can tell what a body was.
    legal: (operation) => unlowered(operation) && bodyBeyond(operation) === undefined,
    refusal,
  },
  {
    name: "complex",
    summary: "arithmetic on complex<f64>, which MLX does not have, becomes arithmetic on the parts",
    rules: complexRules,
    legal: unlowered,
  },
  {
    name: "parts",
    summary: "two f64 arrays for each value of complex<f64>",
    prepare: inParts,
    rules: [],
    legal: unlowered,
  },
  {
    name: "narrow",
    summary: "arithmetic on elements below 8 bits and floats below 16 bits happens in wider types",
    rules: narrowRules(computing),
    legal: unlowered,
  },
  {
    name: "mlx",
    summary: "every operation becomes operations of the runtime",
    rules: rulesOf(table),
    legal: isLowered,
    refusal,
  },
  {
    name: "fuse",
    summary: "chains of element-wise operations become one pass over memory",
    prepare: fuse,
    rules: [],
    legal: isLowered,
  },
];

/** All of it, as in Node. */
export const pipeline: readonly Stage[] = pipelineFor({ evaluator: true });

/** What HLOOM_RULES_OFF may name. */
export const idiomNames: ReadonlySet<string> = new Set([threefryName, ...idioms.map(({ name }) => name)]);

/** Operations that some stage removes or lowers, plus the structure around them. */
export const supportedOps: ReadonlySet<string> = new Set([
  ...Object.keys(table),
  ...canonicalRules.flatMap((rule) => rule.on),
  ...expansions.flatMap((rule) => rule.on),
  ...evaluated,
  "builtin.module",
  "func.func",
  "func.call",
  "func.return",
  "sdy.mesh",
  "sdy.return",
  "stablehlo.tuple",
  "stablehlo.create_token",
  "stablehlo.after_all",
]);

/** Why a row does not apply to this very operation. */
function refusal(operation: Operation): string | undefined {
  if (operation.name.startsWith("sdy."))
    return "the program is split over several devices, and this backend has one";
  const lack = lackOf(operation, table);
  if (lack === undefined || !evaluatorRule.match(operation)) return lack;
  return `${lack}; the reference evaluator, which Node has, would run it (not under JAX, nor with HLOOM_STRICT=1)`;
}
