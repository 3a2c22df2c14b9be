/** Where shardings stand: on operations, and on the arguments and results of functions. */
import type { Attribute, Attributes } from "../../model/attributes.ts";
import { functionType, type Module, type Operation, walk } from "../../model/operation.ts";
import type { Type } from "../../model/types.ts";
import { copyModule } from "../driver.ts";

export interface Place {
  /** The operation, or the function whose argument or result it is. */
  readonly operation: Operation;
  /** Of the results, or of the one argument or result. */
  readonly types: readonly Type[];
  readonly kind: "operation" | "argument" | "result";
}

/** A copy of the module with other attributes at every place. */
export function mapAttributes(
  module: Module,
  change: (attributes: Attributes, place: Place) => Attributes,
): Module {
  const copy = copyModule(module);
  walk(copy.operation, (operation) => {
    const types = operation.results.map(({ type }) => type);
    const own = change(operation.attributes, { operation, types, kind: "operation" });
    operation.attributes = operation.name === "func.func" ? withSignature(own, operation, change) : own;
  });
  return copy;
}

function withSignature(
  attributes: Attributes,
  operation: Operation,
  change: (attributes: Attributes, place: Place) => Attributes,
): Attributes {
  const { inputs, results } = functionType(operation);
  const changed = (name: string, types: readonly Type[], kind: Place["kind"]) => {
    const given = attributes[name];
    const elements = types.map((type, i): Attribute => {
      const entry = given?.kind === "array" ? given.elements[i] : undefined;
      const entries = entry?.kind === "dictionary" ? entry.entries : {};
      return { kind: "dictionary", entries: change(entries, { operation, types: [type], kind }) };
    });
    const some = elements.some((each) => each.kind === "dictionary" && Object.keys(each.entries).length > 0);
    return some ? { [name]: { kind: "array", elements } as const } : {};
  };
  const { arg_attrs: _, res_attrs: __, ...others } = attributes;
  return {
    ...others,
    ...changed("arg_attrs", inputs, "argument"),
    ...changed("res_attrs", results, "result"),
  };
}

export function without(attributes: Attributes, ...names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

export const frontendName = "mhlo.frontend_attributes";

/** Entries of `mhlo.frontend_attributes`. */
export function frontendOf(attributes: Attributes): Attributes {
  const given = attributes[frontendName];
  return given?.kind === "dictionary" ? given.entries : {};
}

export function withFrontend(attributes: Attributes, entries: Attributes): Attributes {
  const others = without(attributes, frontendName);
  if (Object.keys(entries).length === 0) return others;
  return { ...others, [frontendName]: { kind: "dictionary", entries } };
}
