/** Equal operations on equal operands are computed once. */
import type { Block, Module, Operation, Value } from "../../model/operation.ts";
import { walk } from "../../model/operation.ts";
import { sameValue } from "../../model/same.ts";
import { sameType } from "../../model/types.ts";
import { hasEffects, referencedSymbols } from "../../ops/effects.ts";
import { definitionOf } from "../../ops/index.ts";
import { copyModule, removeUnused } from "../driver.ts";

export function mergeCommonSubexpressions(module: Module): Module {
  const copy = copyModule(module);
  const numbers = new Map<Value, number>();
  const numberOf = (value: Value): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
  const replaced = new Map<Value, Value>();

  function visit(block: Block, outer: Scope | undefined): void {
    const scope: Scope = { known: new Map(), ...(outer && { outer }) };
    for (const operation of block.operations) {
      operation.operands = operation.operands.map((value) => replaced.get(value) ?? value);
      if (isMergeable(operation)) {
        const key = `${operation.name} ${operation.operands.map(numberOf).join(" ")}`;
        const earlier = find(scope, key, operation);
        if (earlier) {
          operation.results.forEach((result, i) => {
            replaced.set(result, earlier.results[i]!);
          });
        } else scope.known.set(key, [...(scope.known.get(key) ?? []), operation]);
      }
      for (const region of operation.regions) for (const inner of region.blocks) visit(inner, scope);
    }
  }

  walk(copy.operation, (operation) => {
    if (operation.name === "func.func")
      for (const region of operation.regions) for (const block of region.blocks) visit(block, undefined);
  });
  return removeUnused(copy);
}

/** Operations of the surrounding blocks dominate those inside. */
interface Scope {
  readonly known: Map<string, readonly Operation[]>;
  readonly outer?: Scope;
}

function find(scope: Scope | undefined, key: string, operation: Operation): Operation | undefined {
  for (let current = scope; current; current = current.outer) {
    const found = current.known.get(key)?.find((earlier) => isEqual(earlier, operation));
    if (found) return found;
  }
  return undefined;
}

function isEqual(a: Operation, b: Operation): boolean {
  return (
    sameValue(a.attributes, b.attributes) &&
    a.results.every((result, i) => sameType(result.type, b.results[i]!.type))
  );
}

/** Regions are not compared, and callees may do anything. */
function isMergeable(operation: Operation): boolean {
  const known = definitionOf(operation.name);
  if (!known || known.terminator || operation.regions.length > 0) return false;
  return !hasEffects(operation) && referencedSymbols(operation).length === 0;
}
