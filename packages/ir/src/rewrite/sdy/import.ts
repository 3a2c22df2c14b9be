/** Shardings that are text, as clients without Shardy's dialect and XLA's own tools write them, as Shardy's. */
import type { Attribute, Attributes, RecordAttribute } from "../../model/attributes.ts";
import { DiagnosticError, error } from "../../model/diagnostic.ts";
import {
  append,
  createOperation,
  type Module,
  type Operation,
  topLevel,
  type Value,
  walk,
} from "../../model/operation.ts";
import { readAttribute } from "../../read/attribute_text.ts";
import { rewriteModule } from "../driver.ts";
import type { Rule } from "../rule.ts";
import { shardingFromXla } from "./notation.ts";
import { frontendOf, mapAttributes, type Place, withFrontend, without } from "./places.ts";

const shardingKey = "xla.sdy.sharding";
const meshesKey = "xla.sdy.meshes";

/** Throws a DiagnosticError when a text cannot be read. */
export function importShardings(module: Module): Module {
  const imported = mapAttributes(module, importAt);
  addMeshes(imported.operation);
  giveResultShardings(imported);
  return rewriteModule(imported, importedCalls).module;
}

// Attributes -------------------------------------------------------------------------------------------------------

function importAt(attributes: Attributes, place: Place): Attributes {
  const { [shardingKey]: text, ...frontend } = frontendOf(attributes);
  if (text?.kind === "string") {
    const others = withFrontend(without(attributes, "mhlo.sharding"), frontend);
    return { ...others, "sdy.sharding": parsed(text.value, place.operation) };
  }
  const xla = attributes["mhlo.sharding"];
  const [type] = place.types;
  if (xla?.kind !== "string" || type?.kind !== "tensor" || place.types.length !== 1) return attributes;
  const sharding = shardingFromXla(xla.value, type.shape.length, openDimensions(attributes));
  if (!sharding) return attributes;
  const whole = place.kind === "operation" ? perValue([sharding]) : sharding;
  return { ...without(attributes, "mhlo.sharding"), "sdy.sharding": whole };
}

const perValue = (shardings: readonly RecordAttribute[]): RecordAttribute => ({
  kind: "record",
  name: "sdy.sharding_per_value",
  fields: { shardings },
});

/** `unspecified_dims=[0,1]`: the dimensions about which a constraint in XLA's notation says nothing. */
function openDimensions({ backend_config: config }: Attributes): number[] {
  const listed = config?.kind === "string" ? /^unspecified_dims=\[([\d,]*)\]$/.exec(config.value)?.[1] : "";
  return listed ? listed.split(",").map(Number) : [];
}

function parsed(text: string, { name: op, location }: Operation): Attribute {
  const { attribute, diagnostics } = readAttribute(text);
  if (attribute) return attribute;
  const notes = diagnostics.map(({ message }) => message);
  const message = `has a sharding that cannot be read: ${JSON.stringify(text.slice(0, 80))}`;
  throw new DiagnosticError(error("sdy-import/text", message, { op, location, notes }));
}

function addMeshes(module: Operation): void {
  const { [meshesKey]: text, ...frontend } = frontendOf(module.attributes);
  if (text?.kind !== "string") return;
  const meshes = parsed(text.value, module);
  const block = module.regions[0]?.blocks[0];
  if (meshes.kind !== "dictionary" || !block) return;
  module.attributes = withFrontend(module.attributes, frontend);
  const named = Object.entries(meshes.entries).map(([name, mesh]) => {
    const attributes = { sym_name: { kind: "string", value: name } as const, mesh };
    return createOperation("sdy.mesh", { attributes, location: module.location });
  });
  for (const operation of named) operation.parent = block;
  block.operations.unshift(...named);
}

// Custom calls -----------------------------------------------------------------------------------------------------

const targetOf = ({ attributes: { call_target_name: name } }: Operation) =>
  name?.kind === "string" ? name.value : undefined;

function onlySharding({ attributes }: Operation): Attribute | undefined {
  const given = attributes["sdy.sharding"];
  const shardings = given?.kind === "record" ? given.fields.shardings : undefined;
  return Array.isArray(shardings) && shardings.length === 1 ? (shardings[0] as RecordAttribute) : undefined;
}

/** A function's results have no attributes in HLO: calls around what it returns say how they are spread. */
function giveResultShardings(module: Module): void {
  for (const func of topLevel(module)) {
    if (func.name !== "func.func") continue;
    const returned: (Attribute | undefined)[] = [];
    walk(func, ({ name, operands }) => {
      if (name === "func.return") returned.push(...operands.map(resultSharding));
    });
    if (returned.every((sharding) => sharding === undefined)) continue;
    const given = func.attributes.res_attrs;
    const elements = returned.map((sharding, i): Attribute => {
      const entry = given?.kind === "array" ? given.elements[i] : undefined;
      const entries = entry?.kind === "dictionary" ? entry.entries : {};
      const others = without(entries, "mhlo.sharding");
      return { kind: "dictionary", entries: sharding ? { ...others, "sdy.sharding": sharding } : entries };
    });
    func.attributes = { ...func.attributes, res_attrs: { kind: "array", elements } };
  }
}

function resultSharding({ owner }: Value): Attribute | undefined {
  const says = owner.kind === "operation" && targetOf(owner) === "xla.sdy.FuncResultSharding";
  return says ? onlySharding(owner) : undefined;
}

export const importedCalls: readonly Rule[] = [
  {
    name: "result-sharding",
    why: "The function's result says it.",
    on: ["stablehlo.custom_call"],
    match: (operation) => (targetOf(operation) === "xla.sdy.FuncResultSharding" ? operation : undefined),
    emit: (_, __, { operands }) => operands,
  },
  {
    name: "sharding-call",
    why: "Shardy has an operation for it.",
    on: ["stablehlo.custom_call"],
    match: (operation) => (targetOf(operation) === "Sharding" ? onlySharding(operation) : undefined),
    emit: (sharding, { block }, { operands, results, location }) => {
      const attributes = { sharding: sharding as Attribute };
      const init = { operands, attributes, results: results.map(({ type }) => type), location };
      return append(block, createOperation("sdy.sharding_constraint", init)).results;
    },
  },
];
