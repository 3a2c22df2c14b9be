/** Which operations must stay although nobody uses their results, and which functions they may run. */
import type { Attribute } from "../model/attributes.ts";
import type { Operation } from "../model/operation.ts";
import { definitionOf } from "./index.ts";

/**
 * Whether the operation itself, regions and callees apart, does more than compute its results. An unknown operation may
 * do anything; one that declares `has_side_effect` (custom_call) says so itself; one without results is there for its effect.
 */
export function hasEffects(operation: Operation): boolean {
  const definition = definitionOf(operation.name);
  if (!definition || operation.results.length === 0) return !definition?.terminator;
  if (definition.attributes.some(({ name }) => name === "has_side_effect")) {
    const declared = operation.attributes.has_side_effect;
    return declared?.kind === "integer" && declared.value !== 0n;
  }
  return definition.effects;
}

/** Names of the functions that the operation may run: calls, composites, called computations. */
export function referencedSymbols(operation: Operation): string[] {
  const symbols: string[] = [];
  const visit = (attribute: Attribute): void => {
    if (attribute.kind === "symbol") symbols.push(attribute.path.join("::"));
    else if (attribute.kind === "array") attribute.elements.forEach(visit);
  };
  Object.values(operation.attributes).forEach(visit);
  return symbols;
}
