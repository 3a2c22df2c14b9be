/**
 * The gate to everything that runs programs: checks a module against the declarations of its operations. Only
 * {@link verify} makes a `VerifiedModule`, so whoever holds one may rely on every check here.
 */
import { knownOf, typeArguments } from "../declare/view.ts";
import { type Diagnostic, error, hasErrors } from "../model/diagnostic.ts";
import { type Module, type Operation, type Value, walk } from "../model/operation.ts";
import type { Part } from "../model/spans.ts";
import { definitionOf } from "../ops/index.ts";
import { checkConstraints, checkInference } from "./constraints.ts";
import { checkFields } from "./fields.ts";
import { ShardingChecks } from "./sharding/index.ts";
import { Structure } from "./structure.ts";
import { checkSuccessors } from "./successors.ts";
import { checkFunction, Symbols } from "./symbols.ts";
import { checkTypes } from "./types.ts";

declare const verified: unique symbol;

/** A module that has passed {@link verify}. */
export type VerifiedModule = Module & { readonly [verified]: true };

export interface VerifyResult {
  /** Absent when there are errors. */
  readonly module?: VerifiedModule;
  /** Everything that is wrong, and what others would not accept, in program order. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ReportDetails {
  readonly notes?: readonly string[];
  /** What it is about, where that is less than the whole operation. */
  readonly part?: Part | undefined;
  /** An operation inside of the one that is checked. */
  readonly inner?: Operation;
  /** The program is valid nevertheless. */
  readonly severity?: "warning";
}

/** Reports a problem of one operation. */
export type Report = (code: string, message: string, details?: ReportDetails) => void;

/** Checks structure, symbols, kinds, constraints and result types. Never throws. */
export function verify(module: Module): VerifyResult {
  const diagnostics: Diagnostic[] = [];
  const structure = new Structure();
  const symbols = new Symbols(module.operation);
  const shardings = new ShardingChecks(module.operation, symbols);
  walk(module.operation, (operation) => {
    const report: Report = (code, message, { part, inner = operation, ...details } = {}) => {
      const span = part && module.spans?.of(operation, part);
      const { name: op, location } = inner;
      diagnostics.push(error(code, message, { op, location, ...details, ...(span && { part: span }) }));
    };
    try {
      verifyOperation(operation, structure, symbols, report);
      shardings.check(operation, report);
    } catch (problem) {
      report(
        "verify/failed",
        `could not be verified: ${problem instanceof Error ? problem.message : problem}`,
      );
    }
  });
  if (module.operation.name !== "builtin.module") {
    diagnostics.push(
      error("verify/no-module", "the outermost operation is not a module", { op: module.operation.name }),
    );
  }
  return hasErrors(diagnostics) ? { diagnostics } : { module: module as VerifiedModule, diagnostics };
}

/** Of tensors without a rank nothing is known that declarations could check; CHLO alone has them. */
function hasUnranked({ operands, results }: Operation): boolean {
  const unranked = ({ type }: Value) => type.kind === "unranked";
  return operands.some(unranked) || results.some(unranked);
}

function verifyOperation(operation: Operation, structure: Structure, symbols: Symbols, report: Report): void {
  structure.check(operation, report);
  checkTypes(operation, report);
  symbols.checkNames(operation, report);
  const definition = definitionOf(operation.name);
  if (!definition) {
    report("verify/unknown-op", `'${operation.name}' is not an operation of a known dialect`);
    return;
  }
  // Constraints rely on the fields: they are tested only where those are right.
  const sound = structure.checkRegions(definition, operation, report);
  if (!checkFields(definition, operation, report) || !sound) return;
  checkSuccessors(definition, operation, report);
  checkFunction(operation, report);
  symbols.checkReferences(operation, report);
  if (hasUnranked(operation)) return;
  const args = typeArguments(definition, operation, true);
  if (!args) return;
  const known = knownOf(definition, operation, (name) => symbols.lookup(name));
  // Result types follow from the operands only where the constraints hold.
  if (checkConstraints(definition, operation, args, known, report))
    checkInference(definition, operation, args, known, report);
}
