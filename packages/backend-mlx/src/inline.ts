/** Small functions, and those called once, become part of their callers: chains of operations would end at a call. */
import {
  bodyOf,
  cloneBlock,
  functionsOf,
  type Module,
  type Operation,
  type Rule,
  referencedSymbols,
  rewriteModule,
  symbolName,
  topLevel,
  walk,
} from "@hloom/ir";

/** Operations of a callee, those of its callees included. Above this a second copy costs more than the call. */
const small = 128;

export function inlineSmall(module: Module): Module {
  const functions = functionsOf(module);
  const sizes = new Map<string, number>();
  const calls = new Map<string, number>();
  walk(module.operation, (operation) => {
    if (operation.name !== "func.call") return;
    for (const name of referencedSymbols(operation)) calls.set(name, (calls.get(name) ?? 0) + 1);
  });

  /** Infinite for functions that call themselves. */
  const sizeOf = (name: string): number => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    sizes.set(name, Number.POSITIVE_INFINITY);
    const func = functions.get(name);
    let size = func?.regions[0]?.blocks.length === 1 ? 0 : Number.POSITIVE_INFINITY;
    if (func)
      walk(func, (operation) => {
        size += 1;
        if (operation.name === "func.call")
          for (const callee of referencedSymbols(operation)) size += sizeOf(callee);
      });
    sizes.set(name, size);
    return size;
  };
  for (const func of topLevel(module)) {
    const name = symbolName(func);
    if (func.name === "func.func" && name !== undefined) sizeOf(name);
  }

  const inline: Rule<Operation> = {
    name: "inline-small-call",
    why: "The caller's context reaches into the callee.",
    on: ["func.call"],
    match: (operation) => {
      const [name] = referencedSymbols(operation);
      const size = name === undefined ? Number.POSITIVE_INFINITY : sizeOf(name);
      const isWorth = size <= small || (calls.get(name!) === 1 && Number.isFinite(size));
      return isWorth ? functions.get(name!) : undefined;
    },
    emit: (callee, builder, operation) => cloneBlock(builder, bodyOf(callee.regions[0]!), operation.operands),
  };
  return rewriteModule(module, [inline as Rule]).module;
}
