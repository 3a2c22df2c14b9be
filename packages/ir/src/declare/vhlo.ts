/**
 * VHLO, the versioned copy of StableHLO that artifacts are made of, derived from the declarations: which attributes
 * each version of an op has, and what they are in StableHLO.
 */

import type { Attribute, Attributes } from "../model/attributes.ts";
import { DiagnosticError, error } from "../model/diagnostic.ts";
import type { Operation } from "../model/operation.ts";
import { sameValue } from "../model/same.ts";
import type { AttributeField, NamedField, OpDefinition } from "./define.ts";
import { integersOf } from "./kinds.ts";
import { compareVersions, currentVersion, minimumVersion, type Version } from "./version.ts";

type Field = NamedField<AttributeField>;

/** `vhlo.gather_v2` is version 2 of `gather`. Undefined for names of another form. */
export function splitVhloName(
  name: string,
): { readonly mnemonic: string; readonly version: number } | undefined {
  const parts = /^vhlo\.(.+)_v([1-9]\d{0,3})$/.exec(name);
  return parts ? { mnemonic: parts[1]!, version: Number(parts[2]) } : undefined;
}

export function vhloName(
  { mnemonic, vhlo }: OpDefinition,
  version: number = vhlo?.versions.length ?? 1,
): string {
  return `vhlo.${mnemonic}_v${version}`;
}

/** VHLO versions that brought each version of the op. */
export function versionsOf(definition: OpDefinition): readonly Version[] {
  return definition.vhlo?.versions ?? [definition.since ?? minimumVersion];
}

/** Names of the VHLO attributes that a field of the declaration is spelled as. */
export function vhloFieldNames(field: Field): readonly string[] {
  return field.kind.vhlo?.names ?? [field.name];
}

/** Names of the op's attributes in VHLO, in the alphabetical order of their encoding; all of them are mandatory there. */
export function vhloAttributeNames(definition: OpDefinition, version: number): readonly string[] {
  const versions = versionsOf(definition);
  const at = versions[version - 1] ?? currentVersion;
  const names = definition.attributes
    .filter((field) => !field.since || compareVersions(field.since, at) <= 0)
    .flatMap(vhloFieldNames);
  // What an upgrade adds to nothing is what the older version lacks.
  const later = version < versions.length ? Object.keys(definition.vhlo?.upgrade?.(version, {}) ?? {}) : [];
  const retired = Object.entries(definition.vhlo?.retired ?? {})
    .filter(([, end]) => compareVersions(at, end) < 0)
    .map(([name]) => name);
  return [...names.filter((name) => !later.includes(name)), ...retired].sort();
}

/** StableHLO's attributes of an op from those of a version of it in VHLO; discardable ones stay as they are. */
export function attributesFromVhlo(
  definition: OpDefinition,
  version: number,
  attributes: Attributes,
): Attributes {
  const { vhlo } = definition;
  const old = version < versionsOf(definition).length;
  const parts = old && vhlo?.upgrade ? vhlo.upgrade(version, attributes) : attributes;
  const spelled = new Set(definition.attributes.flatMap(vhloFieldNames));
  const found = new Map<string, Attribute>();
  for (const field of definition.attributes) {
    const attribute = fieldFromVhlo(definition, field, parts);
    if (attribute) found.set(field.name, attribute);
  }
  const isElided = (name: string) => fieldIsElided(definition, name, found);
  const kept = [...found].filter(([name]) => {
    const other = definition.attributes.find((field) => field.name === name)?.elidedWith;
    return !(isElided(name) && (other === undefined || isElided(other)));
  });
  const discardable = Object.entries(parts).filter(
    ([name]) => !spelled.has(name) && !(vhlo?.retired && name in vhlo.retired),
  );
  return sorted([...kept, ...discardable]);
}

function fieldFromVhlo(definition: OpDefinition, field: Field, parts: Attributes): Attribute | undefined {
  const spelling = field.kind.vhlo;
  if (!spelling) return parts[field.name];
  const present = vhloFieldNames(field).filter((name) => Object.hasOwn(parts, name));
  if (present.length === 0) return undefined;
  const attribute = spelling.read(parts, field.name);
  if (!attribute && !present.every((name) => meansAbsent(parts[name]!))) {
    const message = `the attributes ${present.join(", ")} do not make up a "${field.name}"`;
    throw new DiagnosticError(error("bytecode/attribute", message, { op: definition.name }));
  }
  return attribute;
}

/** VHLO has no optional attributes: false stands for a unit attribute's absence, the type `none` for any other's. */
function meansAbsent(part: Attribute): boolean {
  if (part.kind === "type") return part.type.kind === "none";
  return part.kind === "integer" && part.value === 0n;
}

/** Whether the attribute is absent or has the value that VHLO writes for an absent one. */
function fieldIsElided(
  definition: OpDefinition,
  name: string,
  found: ReadonlyMap<string, Attribute>,
): boolean {
  const attribute = found.get(name);
  if (!attribute) return true;
  const field = definition.attributes.find((candidate) => candidate.name === name);
  const value = field?.elided && field.kind.decode(attribute);
  return value !== undefined && field!.elided!(value);
}

// Writing ------------------------------------------------------------------------------------------------------

/** An op as a version of it in VHLO has it: every inherent attribute written out, in alphabetical order. */
export interface VhloOperation {
  readonly name: string;
  readonly inherent: Attributes;
  /** What the declaration does not know, under its own name. */
  readonly discardable: Attributes;
}

/** Something that a target version cannot express. */
export interface VhloGap {
  /** "the attribute `result_tilings`", "regions" */
  readonly feature: string;
  readonly since: Version;
}

/** The op for a version of VHLO, or why that version has no form for it. */
export function operationToVhlo(
  definition: OpDefinition,
  operation: Operation,
  target: Version,
): VhloOperation | VhloGap {
  const isLater = (since: Version) => compareVersions(since, target) > 0;
  const versions = versionsOf(definition);
  if (isLater(versions[0]!)) return { feature: "the operation itself", since: versions[0]! };
  const used = definition.vhlo?.extensions?.find(({ since, isUsed }) => isLater(since) && isUsed(operation));
  if (used) return { feature: used.what, since: used.since };
  const version = versions.filter((since) => !isLater(since)).length;
  const newest = newestAttributes(definition, operation.attributes);
  const names = vhloAttributeNames(definition, version);
  const lost = Object.keys(newest).find(
    (name) => !names.includes(name) && !isDroppable(definition, version, name, newest[name]!),
  );
  if (lost !== undefined) return lostAttribute(definition, version, lost);
  const revived = version < versions.length ? definition.vhlo?.downgrade?.(operation) : undefined;
  const all = { ...newest, ...revived };
  const declared = new Set(definition.attributes.map(({ name }) => name));
  return {
    name: vhloName(definition, version),
    inherent: sorted(names.map((name) => [name, all[name]!])),
    discardable: sorted(Object.entries(operation.attributes).filter(([name]) => !declared.has(name))),
  };
}

/** The inherent attributes in the op's newest version, under their names there. */
function newestAttributes(definition: OpDefinition, attributes: Attributes): Attributes {
  const parts = definition.attributes.map((field) => fieldToVhlo(definition, field, attributes));
  return Object.assign({}, ...parts) as Attributes;
}

function fieldToVhlo(definition: OpDefinition, field: Field, attributes: Attributes): Attributes {
  const attribute = Object.hasOwn(attributes, field.name) ? attributes[field.name] : undefined;
  if (!attribute && field.required) {
    const message = `has no "${field.name}"`;
    throw new DiagnosticError(error("bytecode/attribute", message, { op: definition.name }));
  }
  const { kind, written } = field;
  const given = attribute ?? (written && kind.encode(written(attributes)));
  if (kind.vhlo) return kind.vhlo.write(given, field.name);
  return { [field.name]: given ?? kind.encode(field.default) };
}

/** Whether leaving the attribute out of an older version loses nothing: it says what its absence says there. */
function isDroppable(definition: OpDefinition, version: number, name: string, attribute: Attribute): boolean {
  const implied = definition.vhlo?.upgrade?.(version, {})[name] ?? absentParts(definition, name)[name];
  if (!implied) return false;
  return sameValue(attribute, implied) || (isEmptyList(attribute) && isEmptyList(implied));
}

/** What VHLO writes for the field that `name` is a part of when the op does not have it. */
function absentParts(definition: OpDefinition, name: string): Attributes {
  const field = definition.attributes.find((candidate) => vhloFieldNames(candidate).includes(name));
  return field && !field.required ? fieldToVhlo(definition, field, {}) : {};
}

function isEmptyList(attribute: Attribute): boolean {
  return integersOf(attribute)?.length === 0;
}

function lostAttribute(definition: OpDefinition, version: number, name: string): VhloGap {
  const field = definition.attributes.find((candidate) => vhloFieldNames(candidate).includes(name));
  return {
    feature: `\`${name}\``,
    since: field?.since ?? versionsOf(definition)[version]!,
  };
}

/** In MLIR's order of dictionaries, by name. */
function sorted(entries: readonly (readonly [string, Attribute])[]): Attributes {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
