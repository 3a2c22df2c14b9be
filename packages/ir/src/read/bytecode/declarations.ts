/** What reading needs to know about ops, derived from their declarations. */
import type { OpDefinition } from "../../declare/define.ts";
import type { EnumKind } from "../../declare/kinds.ts";
import { currentVersion, minimumVersion } from "../../declare/version.ts";
import { attributesFromVhlo, splitVhloName, versionsOf, vhloAttributeNames } from "../../declare/vhlo.ts";
import { type Attributes, enumAttribute } from "../../model/attributes.ts";
import { DiagnosticError, error } from "../../model/diagnostic.ts";
import { definitionOf } from "../../ops/index.ts";
import type { OperationMapping, OperationRules, PropertyField } from "./operations.ts";

interface Known {
  readonly definition: OpDefinition;
  /** Version in VHLO; absent for ops of other dialects. */
  readonly version?: number;
}

/** Reads VHLO as StableHLO and func, other dialects as they are. */
export function declarationRules(producer: string): OperationRules {
  const properties = new Map<string, readonly PropertyField[] | undefined>();
  return {
    properties(name) {
      if (!properties.has(name)) properties.set(name, propertiesOf(name));
      return properties.get(name);
    },
    map: (name, attributes, parent) => mapOperation(name, attributes, parent, producer),
  };
}

/** Ops as they are written, `vhlo.*` under VHLO's names of ops and attributes: for tests and for looking at artifacts. */
export const verbatimRules: OperationRules = {
  properties: propertiesOf,
  map: (name, attributes) => ({ name, attributes }),
};

/**
 * Attributes that MLIR takes for optional where the declarations do not: those of func's ops that no StableHLO
 * program has, and one that StableHLO has always meant to require.
 */
const optionalFields: Readonly<Record<string, readonly string[]>> = {
  "func.func": ["no_inline"],
  "func.call": ["arg_attrs", "no_inline", "res_attrs"],
  "stablehlo.select_and_scatter": ["window_dimensions"],
};

function propertiesOf(name: string): readonly PropertyField[] | undefined {
  const known = lookUp(name, undefined);
  if (!known) return undefined;
  const { definition, version } = known;
  if (version !== undefined)
    return vhloAttributeNames(definition, version).map((field) => ({ name: field, optional: false }));
  const optional = new Set(optionalFields[name]);
  for (const field of definition.attributes) if (!field.required) optional.add(field.name);
  const names = new Set([...definition.attributes.map((field) => field.name), ...optional]);
  return [...names].sort().map((field) => ({ name: field, optional: optional.has(field) }));
}

function mapOperation(
  name: string,
  attributes: Attributes,
  parent: string | undefined,
  producer: string,
): OperationMapping {
  const known = lookUp(name, parent);
  if (!known) {
    const reads = `this version of hloom reads VHLO ${minimumVersion} to ${currentVersion}`;
    const notes = [`written by ${producer}`, reads];
    throw new DiagnosticError(error("bytecode/unknown-op", "is not a known operation", { op: name, notes }));
  }
  const { definition, version } = known;
  if (version === undefined) return { name, attributes: withEnums(definition, attributes) };
  return { name: definition.name, attributes: attributesFromVhlo(definition, version, attributes) };
}

/** Enums of dialects outside of VHLO are integers in MLIR's eyes; only the declaration knows better. */
function withEnums(definition: OpDefinition, attributes: Attributes): Attributes {
  const named = definition.attributes.flatMap(({ name, kind }) => {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (attribute?.kind !== "integer" || !("enumName" in kind)) return [];
    const { enumName, values } = kind as EnumKind<string>;
    const value = values[Number(attribute.value)];
    return value === undefined ? [] : [[name, enumAttribute(enumName, value)] as const];
  });
  return named.length === 0 ? attributes : { ...attributes, ...Object.fromEntries(named) };
}

/** `parent` decides what a `vhlo.return_v1` is: functions end with func's, other regions with StableHLO's. */
function lookUp(name: string, parent: string | undefined): Known | undefined {
  if (!name.startsWith("vhlo.")) {
    const definition = definitionOf(name);
    return definition && { definition };
  }
  const parts = splitVhloName(name);
  if (!parts) return undefined;
  const { mnemonic, version } = parts;
  const inFunction = mnemonic === "return" && parent === "func.func";
  const definition =
    (inFunction ? undefined : definitionOf(`stablehlo.${mnemonic}`)) ?? definitionOf(`func.${mnemonic}`);
  return definition && version <= versionsOf(definition).length ? { definition, version } : undefined;
}
