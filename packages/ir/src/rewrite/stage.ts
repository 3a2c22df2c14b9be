/** A pipeline is a list of named stages; each prints itself and states which operations may be left after it. */
import type { Diagnostic } from "../model/diagnostic.ts";
import { error } from "../model/diagnostic.ts";
import { type Module, type Operation, walk } from "../model/operation.ts";
import { writeText } from "../write/index.ts";
import { rewriteModule } from "./driver.ts";
import type { Rule } from "./rule.ts";

export interface Stage {
  readonly name: string;
  /** One line for `hloom explain` and docs. */
  readonly summary: string;
  /** Restructures the whole module before the rules, where a rule per operation cannot. */
  readonly prepare?: (module: Module) => Module;
  readonly rules: readonly Rule[];
  /** Whether an operation may remain after the stage. */
  readonly legal: (operation: Operation) => boolean;
  /** Why the stage could not remove an operation, when it knows. */
  readonly refusal?: (operation: Operation) => string | undefined;
}

export interface StageReport {
  readonly name: string;
  readonly milliseconds: number;
  readonly fired: ReadonlyMap<string, number>;
  readonly text: () => string;
}

export interface RunStagesOptions {
  readonly onStage?: (report: StageReport) => void;
  readonly onFire?: (stage: Stage, rule: Rule, operation: Operation) => void;
}

export interface StagesResult {
  readonly module: Module;
  /** Operations that a stage had to remove and could not, each an error with its location. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Legal when the operation belongs to one of the dialects. */
export function dialects(...names: readonly string[]): (operation: Operation) => boolean {
  return (operation) => names.includes(operation.name.slice(0, operation.name.indexOf(".")));
}

/** Runs the stages in order and stops after the first that leaves illegal operations. */
export function runStages(
  module: Module,
  stages: readonly Stage[],
  options: RunStagesOptions = {},
): StagesResult {
  let current = module;
  for (const stage of stages) {
    const start = performance.now();
    const prepared = stage.prepare ? stage.prepare(current) : current;
    const onFire = options.onFire;
    const result = rewriteModule(prepared, stage.rules, {
      ...(onFire && { onFire: (rule: Rule, operation: Operation) => onFire(stage, rule, operation) }),
    });
    current = result.module;
    const milliseconds = performance.now() - start;
    const settled = current;
    options.onStage?.({
      name: stage.name,
      milliseconds,
      fired: result.fired,
      text: () => writeText(settled),
    });
    const diagnostics = illegalOperations(current, stage);
    if (diagnostics.length > 0) return { module: current, diagnostics };
  }
  return { module: current, diagnostics: [] };
}

function illegalOperations(module: Module, stage: Stage): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  walk(module.operation, (operation) => {
    if (stage.legal(operation)) return;
    const message = stage.refusal?.(operation) ?? `has no form after stage "${stage.name}"`;
    diagnostics.push(
      error(`stage/${stage.name}`, message, { op: operation.name, location: operation.location }),
    );
  });
  return diagnostics;
}
