/** Calls become the bodies of their callees. */
import { bodyOf, functionsOf, type Module, type Operation, walk } from "../../model/operation.ts";
import { referencedSymbols } from "../../ops/effects.ts";
import { rewriteModule } from "../driver.ts";
import { cloneBlock } from "../inline.ts";
import type { Rule } from "../rule.ts";

/** Functions that call themselves, directly or through others, stay calls. */
export function inlineCalls(module: Module): Module {
  const functions = functionsOf(module);
  const recursive = recursiveFunctions(functions);
  const inline: Rule<Operation> = {
    name: "inline-call",
    why: "The caller's context reaches into the callee.",
    on: ["func.call"],
    match: (operation) => {
      const [name] = referencedSymbols(operation);
      const callee = name === undefined || recursive.has(name) ? undefined : functions.get(name);
      return callee?.regions[0]?.blocks.length === 1 ? callee : undefined;
    },
    emit: (callee, builder, operation) => cloneBlock(builder, bodyOf(callee.regions[0]!), operation.operands),
  };
  return rewriteModule(module, [inline as Rule]).module;
}

function recursiveFunctions(functions: ReadonlyMap<string, Operation>): Set<string> {
  const callees = new Map<string, Set<string>>();
  for (const [name, func] of functions) {
    const called = new Set<string>();
    walk(func, (operation) => {
      if (operation === func) return;
      for (const symbol of referencedSymbols(operation)) if (functions.has(symbol)) called.add(symbol);
    });
    callees.set(name, called);
  }
  return new Set([...functions.keys()].filter((name) => reaches(name, name, callees)));
}

function reaches(from: string, target: string, callees: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const seen = new Set<string>();
  const pending = [...(callees.get(from) ?? [])];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === target) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...(callees.get(next) ?? []));
  }
  return false;
}
