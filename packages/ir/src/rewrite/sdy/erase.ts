/** A program without Shardy: what it says of devices disappears, what is left computes the same on one. */
import { DiagnosticError, error } from "../../model/diagnostic.ts";
import { append, bodyOf, createOperation, type Module, type Operation, walk } from "../../model/operation.ts";
import { rewriteModule } from "../driver.ts";
import { inlineBlock } from "../inline.ts";
import { manualComputation, spreading } from "../passes/single_device.ts";
import type { Rule } from "../rule.ts";
import { mapAttributes } from "./places.ts";

const namedComputation: Rule = {
  name: "named-computation",
  why: "A name for a part of the program computes nothing.",
  on: ["sdy.named_computation"],
  match: (operation) => operation,
  emit: (_, builder, operation) => inlineBlock(builder, bodyOf(operation.regions[0]!), operation.operands),
};

const constant: Rule = {
  name: "sdy-constant",
  why: "StableHLO has it.",
  on: ["sdy.constant"],
  match: (operation) => operation,
  emit: (_, { block }, { attributes, results, location }) => {
    const init = { attributes, results: results.map(({ type }) => type), location };
    return append(block, createOperation("stablehlo.constant", init)).results;
  },
};

const group: Rule = {
  name: "sharding-group",
  why: "It only says which values are spread alike.",
  on: ["sdy.sharding_group"],
  match: (operation) => operation,
  emit: () => [],
};

export const erasures: readonly Rule[] = [spreading, manualComputation, namedComputation, constant, group];

/** Throws a DiagnosticError for what computes on parts of tensors, which means nothing without devices. */
export function eraseShardings(module: Module): Module {
  const plain = mapAttributes(rewriteModule(module, erasures).module, (attributes) =>
    Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith("sdy."))),
  );
  for (const block of plain.operation.regions.flatMap(({ blocks }) => blocks))
    block.operations = block.operations.filter(({ name }) => name !== "sdy.mesh");
  walk(plain.operation, refuse);
  return plain;
}

function refuse({ name: op, location }: Operation): void {
  if (!op.startsWith("sdy.")) return;
  const notes = ["a backend runs all devices of such a program as one: leave its shardings in it"];
  const message = "computes on the parts that devices hold, and means nothing without them";
  throw new DiagnosticError(error("sdy-erase/parts", message, { op, location, notes }));
}
