/**
 * Applies rules by rebuilding: a pass copies the module operation by operation and offers each copy to the rules,
 * so a rule sees operands that are rewritten already and nothing is changed under its feet. Passes repeat until no
 * rule fires; what nobody uses is dropped on the way.
 */

import {
  append,
  appendBlock,
  type Block,
  createBlock,
  createOperation,
  createRegion,
  type Module,
  type Operation,
  type Region,
  structuredBlocks,
  symbolName,
  topLevel,
  type Value,
  walk,
} from "../model/operation.ts";
import { sameType } from "../model/types.ts";
import { hasEffects, referencedSymbols } from "../ops/effects.ts";
import { definitionOf } from "../ops/index.ts";
import { typeText } from "../write/index.ts";
import { Builder } from "./builder.ts";
import type { Rule } from "./rule.ts";

export interface Rewritten {
  readonly module: Module;
  /** How often each rule fired, by name. */
  readonly fired: ReadonlyMap<string, number>;
}

export interface RewriteOptions {
  readonly onFire?: (rule: Rule, operation: Operation) => void;
}

/** Far above what well-founded rules need; reaching it means that two rules undo each other. */
const maximumPasses = 64;

export function rewriteModule(
  module: Module,
  rules: readonly Rule[],
  options: RewriteOptions = {},
): Rewritten {
  const fired = new Map<string, number>();
  const byName = indexRules(rules);
  let current = module;
  for (let pass = 0; pass < maximumPasses; pass++) {
    const copier = new Copier(byName, (rule, operation) => {
      fired.set(rule.name, (fired.get(rule.name) ?? 0) + 1);
      options.onFire?.(rule, operation);
    });
    const next = removeUnused({ ...current, operation: copier.copy(current.operation) });
    if (!copier.changed) return { module: next, fired };
    current = next;
  }
  throw new Error(`rules do not settle after ${maximumPasses} passes: ${[...fired.keys()].join(", ")}`);
}

/** A copy that shares nothing with the original. */
export function copyModule(module: Module): Module {
  return { ...module, operation: new Copier(new Map(), () => {}).copy(module.operation) };
}

function indexRules(rules: readonly Rule[]): Map<string, Rule[]> {
  const index = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const name of rule.on) index.set(name, [...(index.get(name) ?? []), rule]);
  }
  return index;
}

class Copier {
  changed = false;
  private readonly values = new Map<Value, Value>();
  private readonly rules: ReadonlyMap<string, readonly Rule[]>;
  private readonly onFire: (rule: Rule, operation: Operation) => void;

  constructor(
    rules: ReadonlyMap<string, readonly Rule[]>,
    onFire: (rule: Rule, operation: Operation) => void,
  ) {
    this.rules = rules;
    this.onFire = onFire;
  }

  copy(operation: Operation): Operation {
    return createOperation(operation.name, {
      operands: operation.operands.map((value) => this.mapped(value)),
      results: operation.results.map((value) => value.type),
      attributes: operation.attributes,
      regions: operation.regions.map((region) => this.copyRegion(region)),
      location: operation.location,
    });
  }

  private mapped(value: Value): Value {
    return this.values.get(value) ?? value;
  }

  private copyRegion(region: Region): Region {
    const target = createRegion();
    for (const block of structuredBlocks(region)) {
      const copy = createBlock(
        block.arguments.map((argument) => argument.type),
        block.arguments.map((argument) => argument.location),
      );
      block.arguments.forEach((argument, i) => {
        this.values.set(argument, copy.arguments[i]!);
      });
      appendBlock(target, copy);
      for (const operation of block.operations) this.copyInto(copy, operation);
    }
    return target;
  }

  private copyInto(block: Block, operation: Operation): void {
    const copy = this.copy(operation);
    const replacements = this.rewrite(block, copy);
    if (!replacements) append(block, copy);
    operation.results.forEach((result, i) => {
      this.values.set(result, (replacements ?? copy.results)[i]!);
    });
  }

  private rewrite(block: Block, operation: Operation): readonly Value[] | undefined {
    for (const rule of this.rules.get(operation.name) ?? []) {
      const captures = rule.match(operation);
      if (captures === undefined) continue;
      const replacements = rule.emit(captures, new Builder(block, operation.location), operation);
      checkReplacements(rule, operation, replacements);
      this.changed = true;
      this.onFire(rule, operation);
      return replacements;
    }
    return undefined;
  }
}

function checkReplacements(rule: Rule, operation: Operation, replacements: readonly Value[]): void {
  const same =
    replacements.length === operation.results.length &&
    replacements.every((value, i) => sameType(value.type, operation.results[i]!.type));
  if (same) return;
  const types = (values: readonly Value[]) => values.map((value) => typeText(value.type)).join(", ");
  throw new Error(
    `rule "${rule.name}" replaces ${operation.name} : ${types(operation.results)} by values of type ${types(replacements)}`,
  );
}

// Unused operations and functions ----------------------------------------------------------------------------------

/** Drops operations without effects whose results nobody uses, and private functions that nobody names. */
export function removeUnused(module: Module): Module {
  const effectful = functionsWithEffects(module);
  const used = countUses(module.operation);
  sweep(module.operation, used, effectful);
  dropUnreferencedFunctions(module);
  return module;
}

function countUses(root: Operation): Map<Value, number> {
  const uses = new Map<Value, number>();
  walk(root, (operation) => {
    for (const operand of operation.operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  });
  return uses;
}

/** Backwards through each block, so that a chain of unused operations goes in one sweep. */
function sweep(root: Operation, uses: Map<Value, number>, effectful: ReadonlySet<string>): void {
  for (const region of root.regions) {
    for (const block of region.blocks) {
      const kept: Operation[] = [];
      for (let i = block.operations.length - 1; i >= 0; i--) {
        const operation = block.operations[i]!;
        if (operation.results.every((result) => !uses.get(result)) && isRemovable(operation, effectful)) {
          walk(operation, (inner) => {
            for (const operand of inner.operands) uses.set(operand, uses.get(operand)! - 1);
          });
        } else {
          sweep(operation, uses, effectful);
          kept.push(operation);
        }
      }
      block.operations = kept.reverse();
    }
  }
}

function isRemovable(operation: Operation, effectful: ReadonlySet<string>): boolean {
  const definition = definitionOf(operation.name);
  if (!definition || definition.terminator) return false;
  let removable = true;
  walk(operation, (inner) => {
    if (staysFor(inner, effectful)) removable = false;
  });
  return removable;
}

function staysFor(operation: Operation, effectful: ReadonlySet<string>): boolean {
  return hasEffects(operation) || referencedSymbols(operation).some((symbol) => effectful.has(symbol));
}

function functionsWithEffects(module: Module): Set<string> {
  const effectful = new Set<string>();
  const functions = topLevel(module).filter((operation) => operation.name === "func.func");
  // Effects spread from callee to caller, so repeat until nothing is added; call graphs are shallow.
  for (let size = -1; size !== effectful.size; ) {
    size = effectful.size;
    for (const func of functions) {
      const name = symbolName(func);
      if (name === undefined || effectful.has(name)) continue;
      for (const region of func.regions) {
        for (const operation of region.blocks.flatMap((block) => block.operations)) {
          walk(operation, (inner) => {
            if (staysFor(inner, effectful)) effectful.add(name);
          });
        }
      }
    }
  }
  return effectful;
}

function dropUnreferencedFunctions(module: Module): void {
  const body = module.operation.regions[0]?.blocks[0];
  if (!body) return;
  const byName = new Map(body.operations.map((operation) => [symbolName(operation), operation]));
  const isPrivate = (operation: Operation) => {
    const visibility = operation.attributes.sym_visibility;
    return operation.name === "func.func" && visibility?.kind === "string" && visibility.value === "private";
  };
  const reached = new Set(body.operations.filter((operation) => !isPrivate(operation)));
  for (const root of reached) {
    walk(root, (inner) => {
      for (const symbol of referencedSymbols(inner)) {
        const target = byName.get(symbol);
        if (target) reached.add(target);
      }
    });
  }
  body.operations = body.operations.filter((operation) => reached.has(operation));
}
