/**
 * Shardy's shardings as text for those who do not know its dialect: in XLA's notation and, so that nothing is lost, in
 * Shardy's own as an attribute for the frontend, which `import.ts` reads.
 */
import type { Attribute, Attributes, RecordAttribute } from "../../model/attributes.ts";
import { DiagnosticError, error } from "../../model/diagnostic.ts";
import {
  append,
  createOperation,
  type Module,
  type Operation,
  symbolName,
  topLevel,
  type Value,
  walk,
} from "../../model/operation.ts";
import { meshOf, type Sharding } from "../../ops/mesh.ts";
import { attributeText } from "../../write/index.ts";
import { rewriteModule } from "../driver.ts";
import { spreadings } from "../passes/single_device.ts";
import type { Rule } from "../rule.ts";
import { erasures } from "./erase.ts";
import { shardingToXla } from "./notation.ts";
import { frontendOf, mapAttributes, type Place, withFrontend, without } from "./places.ts";

/** Throws a DiagnosticError for what has no form in XLA's notation. */
export function exportShardings(module: Module): Module {
  const calls = rewriteModule(module, exportedCalls).module;
  const resolved = resultCalls(calls);
  const exported = mapAttributes(resolved, exportAt);
  takeMeshes(exported.operation);
  walk(exported.operation, refuse);
  return exported;
}

// Attributes -------------------------------------------------------------------------------------------------------

function exportAt(attributes: Attributes, { operation, kind }: Place): Attributes {
  const sharding = attributes["sdy.sharding"];
  if (sharding?.kind !== "record") return attributes;
  const xla: Attribute = { kind: "string", value: xlaText(sharding, operation) };
  const others = { ...without(attributes, "sdy.sharding"), "mhlo.sharding": xla };
  // Of results the calls around what is returned say it.
  if (kind === "result") return others;
  const text: Attribute = { kind: "string", value: attributeText(sharding) };
  return withFrontend(others, { ...frontendOf(others), "xla.sdy.sharding": text });
}

/** Of several values `{{replicated}, {devices=[2]<=[2]}}`. */
function xlaText({ name, fields }: RecordAttribute, operation: Operation): string {
  if (name !== "sdy.sharding_per_value") return textOf(fields as unknown as Sharding, operation);
  const shardings = fields.shardings as readonly RecordAttribute[];
  const texts = shardings.map((sharding) => textOf(sharding.fields as unknown as Sharding, operation));
  return texts.length === 1 ? texts[0]! : `{${texts.join(", ")}}`;
}

function textOf(sharding: Sharding, operation: Operation): string {
  return shardingToXla(sharding, meshOf(sharding, operation)) ?? fail("leaves axes to be reduced", operation);
}

function takeMeshes(module: Operation): void {
  const block = module.regions[0]?.blocks[0];
  const meshes = block?.operations.filter(({ name }) => name === "sdy.mesh") ?? [];
  if (!block || meshes.length === 0) return;
  const entries = Object.fromEntries(meshes.map((mesh) => [symbolName(mesh)!, mesh.attributes.mesh!]));
  const text: Attribute = { kind: "string", value: attributeText({ kind: "dictionary", entries }) };
  module.attributes = withFrontend(module.attributes, {
    ...frontendOf(module.attributes),
    "xla.sdy.meshes": text,
  });
  block.operations = block.operations.filter((operation) => !meshes.includes(operation));
}

function refuse(operation: Operation): void {
  if (operation.name.startsWith("sdy.")) fail("has no form in XLA's notation", operation);
}

function fail(message: string, { name: op, location }: Operation): never {
  const notes = ["artifacts since VHLO 1.9 hold Shardy's operations as they are"];
  throw new DiagnosticError(error("sdy-export/form", message, { op, location, notes }));
}

// Custom calls -----------------------------------------------------------------------------------------------------

const perValue = (sharding: Attribute): Attribute => ({
  kind: "record",
  name: "sdy.sharding_per_value",
  fields: { shardings: [sharding as RecordAttribute] },
});

function sharded(target: string, sharding: Attribute, extra: Attributes = {}): Attributes {
  const call_target_name: Attribute = { kind: "string", value: target };
  return { call_target_name, ...extra, "sdy.sharding": perValue(sharding) };
}

/** What changes how a value is spread is a constraint on it; hints for propagation go. */
const constraint: Rule<Attribute> = {
  name: "sharding-call",
  why: "XLA has a custom call for it.",
  on: spreadings,
  match: ({ attributes }) => attributes.sharding ?? attributes.out_sharding,
  emit: (sharding, { block }, { operands, results, location }) => {
    const attributes = sharded("Sharding", sharding);
    const init = { operands, attributes, results: results.map(({ type }) => type), location };
    return append(block, createOperation("stablehlo.custom_call", init)).results;
  },
};

export const exportedCalls: readonly Rule[] = [constraint as Rule, ...erasures];

const effect: Attributes = {
  has_side_effect: { kind: "integer", value: 1n, type: { kind: "scalar", element: "i1" } },
};

/** Results of functions have no frontend attributes in HLO: calls around what is returned say how it is spread. */
function resultCalls(module: Module): Module {
  for (const func of topLevel(module)) {
    const given = func.name === "func.func" ? func.attributes.res_attrs : undefined;
    if (given?.kind !== "array") continue;
    const shardings = given.elements.map((each) =>
      each.kind === "dictionary" ? each.entries["sdy.sharding"] : undefined,
    );
    walk(func, (operation) => {
      if (operation.name !== "func.return") return;
      operation.operands = operation.operands.map((value, i) => {
        const sharding = shardings[i];
        return sharding ? insertBefore(operation, value, sharding) : value;
      });
    });
  }
  return module;
}

function insertBefore(end: Operation, value: Value, sharding: Attribute): Value {
  const call = createOperation("stablehlo.custom_call", {
    operands: [value],
    results: [value.type],
    attributes: sharded("xla.sdy.FuncResultSharding", sharding, effect),
    location: end.location,
  });
  const { operations } = end.parent!;
  call.parent = end.parent!;
  operations.splice(operations.indexOf(end), 0, call);
  return call.results[0]!;
}
