/** Finds out before compilation what a program needs and a backend lacks: all of it, each with its place. */
import {
  definitionOf,
  functionsOf,
  hasEffects,
  isElement,
  locationText,
  type Module,
  type Operation,
  referencedSymbols,
  type Type,
  walk,
} from "@hloom/ir";
import { type Capabilities, type Missing, UnsupportedError } from "./backend.ts";
import { entryOf } from "./signature.ts";

/** Ops that only hold a program together; every backend has them. */
const structure: ReadonlySet<string> = new Set([
  "builtin.module",
  "builtin.unrealized_conversion_cast",
  "func.func",
  "func.call",
  "func.return",
  "stablehlo.return",
  "sdy.mesh",
  "sdy.return",
]);

/** Throws {@link UnsupportedError} with everything that `module` uses and `capabilities` lack. */
export function checkSupport(module: Module, capabilities: Capabilities, backend: string): void {
  const missing = missingIn(module, capabilities);
  if (missing.length > 0) throw new UnsupportedError(backend, missing);
}

/**
 * Everything that the reachable, live operations of `module` use and `capabilities` lack. Dead ones do not count:
 * JAX leaves equations behind whose results nobody reads.
 */
export function missingIn(module: Module, capabilities: Capabilities): Missing[] {
  const missing = new Map<string, Missing>();
  const report = (operation: Operation, op: string, reason: string) => {
    const location = locationText(operation.location);
    missing.set(`${op}\n${reason}\n${location}`, { op, reason, location });
  };
  for (const operation of liveOperations(module)) {
    const { name } = operation;
    if (!structure.has(name) && !capabilities.ops.has(name))
      report(operation, name, "the operation is not implemented");
    const target = operation.attributes.call_target_name;
    if (
      name === "stablehlo.custom_call" &&
      target?.kind === "string" &&
      !acceptsTarget(capabilities, target.value)
    ) {
      report(operation, `${name} @${target.value}`, "the target is not known");
    }
    for (const value of [...operation.operands, ...operation.results]) {
      const element = lackingElement(value.type, capabilities);
      if (element) report(operation, name, `element type ${element} is not implemented`);
    }
  }
  return [...missing.values()];
}

function acceptsTarget(capabilities: Capabilities, target: string): boolean {
  return capabilities.customCalls === undefined || capabilities.customCalls.has(target);
}

function lackingElement(type: Type, capabilities: Capabilities): string | undefined {
  if (type.kind !== "tensor") return undefined;
  const { element } = type;
  if (!isElement(element)) return element.kind === "quantized" ? "quantized" : element.text;
  return capabilities.elements.has(element) ? undefined : element;
}

/** Operations that a run of the entry function may execute and whose results it may need. */
export function liveOperations(module: Module): Operation[] {
  const functions = functionsOf(module);
  const live: Operation[] = [];
  const pending = [entryOf(module)];
  const seen = new Set<Operation>(pending);
  for (let func = pending.pop(); func; func = pending.pop()) {
    for (const operation of liveIn(func)) {
      live.push(operation);
      for (const symbol of referencedSymbols(operation)) {
        const callee = functions.get(symbol);
        if (callee && !seen.has(callee)) {
          seen.add(callee);
          pending.push(callee);
        }
      }
    }
  }
  return live;
}

/** Live operations inside one function: terminators, effects and, backwards from them, whatever they read. */
function liveIn(func: Operation): Operation[] {
  const all: Operation[] = [];
  walk(func, (operation) => all.push(operation));
  const needed = new Set<Operation>();
  // Inner after outer in program order, so that going backwards meets every user before its operands' owners;
  // a region's operations count as used when the operation that holds them is.
  const pending = all.filter((operation) => operation !== func && isRoot(operation, func));
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (needed.has(next)) continue;
    needed.add(next);
    for (const operand of next.operands) if (operand.owner.kind === "operation") pending.push(operand.owner);
    for (const region of next.regions) {
      for (const block of region.blocks) {
        pending.push(...block.operations.filter((inner) => isTerminator(inner) || hasEffects(inner)));
      }
    }
  }
  return all.filter((operation) => needed.has(operation));
}

function isRoot(operation: Operation, func: Operation): boolean {
  return operation.parent?.parent?.parent === func && (isTerminator(operation) || hasEffects(operation));
}

const isTerminator = (operation: Operation) => definitionOf(operation.name)?.terminator ?? false;
