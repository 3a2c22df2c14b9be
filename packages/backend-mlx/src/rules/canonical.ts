/** First stage: what a single-device runtime does not need to know disappears, what has two spellings keeps one. */
import {
  append,
  compositeToCall,
  createOperation,
  definitionOf,
  elementOfTuple,
  folds,
  type Operation,
  type Rule,
  singleDevice,
  stablehlo,
  type Value,
} from "@hloom/ir";
import { numberIn } from "./idioms/match.ts";
import { attributes, definedBy, resultTypes } from "./lowering.ts";

const dimensionsOf = (operation: Operation) =>
  attributes<{ broadcast_dimensions: readonly number[] }>(operation).broadcast_dimensions;

const barrier: Rule = {
  name: "optimization-barrier",
  why: "Nothing is moved across it here.",
  on: ["stablehlo.optimization_barrier"],
  match: (operation) => operation,
  emit: (_, __, operation) => operation.operands,
};

const broadcastOfBroadcast: Rule<Operation> = {
  name: "broadcast-of-broadcast",
  why: "One broadcast reaches the final shape, and a splat stays visible as one.",
  on: ["stablehlo.broadcast_in_dim"],
  match: (operation) => definedBy(operation.operands[0], "stablehlo.broadcast_in_dim"),
  emit: (inner, builder, operation) => {
    const outer = dimensionsOf(operation);
    const values = { broadcast_dimensions: dimensionsOf(inner).map((d) => outer[d]!) };
    return builder.emit(stablehlo.broadcastInDim, inner.operands, values, {
      results: resultTypes(operation),
    });
  },
};

const knownChoice: Rule<number> = {
  name: "known-choice",
  why: "The predicate is known, so one side is taken everywhere: JAX's variance asks whether its count is positive.",
  on: ["stablehlo.select"],
  match: (operation) => numberIn(operation.operands[0]),
  emit: (predicate, _, operation) => [operation.operands[predicate ? 1 : 2]!],
};

const isNumber = ({ type }: Value): boolean => type.kind === "tensor" && type.shape.length === 0;

/** Numbers are folded, arrays are not: a broadcast number is a splat, which costs nothing, and a constant array is memory. */
const smallFold = (fold: Rule): Rule => ({
  ...fold,
  match: (operation) =>
    fold.name !== "fold-constants" || operation.results.every(isNumber) ? fold.match(operation) : undefined,
});

/** Composites of CHLO operations that `knows` become those; others become calls of their decomposition. */
export function canonical(knows: (op: string) => boolean): readonly Rule[] {
  const knownComposite: Rule<string> = {
    name: "known-composite",
    why: "The operation itself is shorter and more exact than its decomposition.",
    on: ["stablehlo.composite"],
    match: (operation) => {
      const { name } = attributes<{ name: string }>(operation);
      return name.startsWith("chlo.") && definitionOf(name) && knows(name) ? name : undefined;
    },
    emit: (name, builder, operation) => {
      const { composite_attributes } = attributes<{ composite_attributes?: Operation["attributes"] }>(
        operation,
      );
      const init = {
        operands: operation.operands,
        results: operation.results.map((result) => result.type),
        attributes: composite_attributes ?? {},
        location: operation.location,
      };
      return append(builder.block, createOperation(name, init)).results;
    },
  };
  return [
    ...singleDevice,
    barrier,
    knownComposite,
    compositeToCall,
    broadcastOfBroadcast,
    elementOfTuple,
    knownChoice,
    ...folds.map(smallFold),
  ] as readonly Rule[];
}
