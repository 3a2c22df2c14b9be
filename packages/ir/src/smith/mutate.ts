/** Programs with one thing changed, most of which are wrong: what a verifier must find, and must not fall over. */
import type { Attribute } from "../model/attributes.ts";
import type { Module, Operation, Value } from "../model/operation.ts";
import { walk } from "../model/operation.ts";
import { copyModule } from "../rewrite/driver.ts";
import { Draws } from "./values.ts";

type Mutation = (random: Draws, operation: Operation, values: readonly Value[]) => boolean;

const mutations: Readonly<Record<string, Mutation>> = {
  "an operand": (random, operation, values) => {
    if (operation.operands.length === 0) return false;
    operation.operands = operation.operands.with(
      random.below(operation.operands.length),
      random.pick(values),
    );
    return true;
  },
  "one operand less": (random, operation) => {
    if (operation.operands.length === 0) return false;
    operation.operands = operation.operands.toSpliced(random.below(operation.operands.length), 1);
    return true;
  },
  "a result's type": (random, operation) => {
    if (operation.results.length === 0) return false;
    random.pick(operation.results).type = random.type();
    return true;
  },
  "an attribute": (random, operation) => {
    const names = Object.keys(operation.attributes);
    if (names.length === 0) return false;
    const name = random.pick(names);
    operation.attributes = { ...operation.attributes, [name]: changed(random, operation.attributes[name]!) };
    return true;
  },
  "one attribute less": (random, operation) => {
    const names = Object.keys(operation.attributes);
    if (names.length === 0) return false;
    const { [random.pick(names)]: _, ...rest } = operation.attributes;
    operation.attributes = rest;
    return true;
  },
  "a region": (random, operation) => {
    if (operation.regions.length === 0) return false;
    operation.regions.splice(random.below(operation.regions.length), 1);
    return true;
  },
  "the order": (_random, operation) => {
    const siblings = operation.parent?.operations;
    if (!siblings || siblings.length < 2) return false;
    siblings.reverse();
    return true;
  },
};

function changed(random: Draws, attribute: Attribute): Attribute {
  switch (attribute.kind) {
    case "integer":
      return { ...attribute, value: attribute.value + BigInt(random.between(-2, 9)) };
    case "denseArray": {
      const values = attribute.values.map((value) => value + BigInt(random.between(-1, 2)));
      return { ...attribute, values: random.chance(0.5) ? values : values.slice(1) };
    }
    case "array":
      return { ...attribute, elements: attribute.elements.slice(1) };
    case "enum":
      return { ...attribute, value: `${attribute.value}X` };
    case "dense":
      return { ...attribute, type: { ...attribute.type, shape: [...attribute.type.shape, 2] } };
    default:
      return { kind: "string", value: "mutated" };
  }
}

/** A copy with one change, and what was changed; the same seed makes the same. */
export function mutateModule(
  module: Module,
  seed: number,
): { readonly module: Module; readonly change: string } {
  const random = new Draws(seed);
  const copy = copyModule(module);
  const operations: Operation[] = [];
  walk(copy.operation, (operation) => operations.push(operation));
  const values = operations.flatMap(({ results }) => results);
  const inner = operations.filter(({ name }) => name !== "builtin.module");
  for (;;) {
    const operation = random.pick(inner);
    const name = random.pick(Object.keys(mutations));
    if (name === "an operand" && values.length === 0) continue;
    if (mutations[name]!(random, operation, values))
      return { module: copy, change: `${name} of ${operation.name}` };
  }
}
