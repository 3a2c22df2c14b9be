/** One operation from a declaration and arguments, checked as the verifier checks it, so that mistakes show where they are made. */
import type { AttributeField, NamedField, OpDefinition, RegionField, ValueField } from "../declare/define.ts";
import { fieldsByName, knownOf, typeArguments } from "../declare/view.ts";
import type { Attribute } from "../model/attributes.ts";
import { type Diagnostic, error, renderDiagnostic } from "../model/diagnostic.ts";
import type { Location } from "../model/location.ts";
import { createOperation, type Operation, type Region, type Value } from "../model/operation.ts";
import type { Type } from "../model/types.ts";
import { checkConstraints, checkInference } from "../verify/constraints.ts";
import { checkFields } from "../verify/fields.ts";
import { valueText } from "../verify/notes.ts";
import type { Report } from "../verify/verify.ts";

/** What is wrong with an operation or a module that is being built. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
    this.diagnostics = diagnostics;
  }
}

export function fail(op: string, code: string, message: string, notes: readonly string[] = []): never {
  throw new BuildError([error(code, message, { op, notes })]);
}

/** Attributes, regions and result types by name, as a method's last argument gives them. */
export type FieldBag = Readonly<Record<string, unknown>>;

/** Makes a region of what the caller gave for it, with arguments of the types that the declaration wants. */
export type RegionMaker = (body: unknown, field: NamedField<RegionField>, types: readonly Type[]) => Region;

export interface BuildContext {
  readonly location: Location;
  readonly region: RegionMaker;
}

export function buildOperation(
  definition: OpDefinition,
  given: readonly unknown[],
  context: BuildContext,
): Operation {
  const count = definition.operands.length;
  if (given.length < count || given.length > count + 1) {
    const names = definition.operands.map(({ name }) => name).join(", ") || "none";
    fail(
      definition.name,
      `${definition.mnemonic}/operands`,
      `takes ${count} operands (${names}), then fields by name`,
    );
  }
  const bag = (given[count] ?? {}) as FieldBag;
  refuseUnknown(definition, bag);
  const operands = definition.operands.flatMap((field, i) => operandValues(definition, field, given[i]));
  const attributes = encode(definition, bag);
  const bare = createOperation(definition.name, { operands, attributes });
  const regions = buildRegions(definition, bag, bare, context);
  const parts = { operands, attributes, regions, location: context.location };
  return withResults(definition, bag, parts);
}

function refuseUnknown(definition: OpDefinition, bag: FieldBag): void {
  const known = [...definition.attributes, ...definition.regions, ...definition.results].map(
    ({ name }) => name,
  );
  for (const name of Object.keys(bag)) {
    if (known.includes(name)) continue;
    const notes = [`it has ${known.map((other) => `'${other}'`).join(", ")}`];
    fail(
      definition.name,
      `${definition.mnemonic}/fields`,
      `has no attribute, region or result '${name}'`,
      notes,
    );
  }
}

const isValue = (given: unknown): given is Value =>
  typeof given === "object" && given !== null && "type" in given && "owner" in given;

function operandValues(
  definition: OpDefinition,
  field: NamedField<ValueField>,
  given: unknown,
): readonly Value[] {
  if (field.arity === "variadic" && Array.isArray(given) && given.every(isValue)) return given;
  if (field.arity === "optional" && given === undefined) return [];
  if (field.arity !== "variadic" && isValue(given)) return [given];
  const wanted = field.arity === "variadic" ? "a list of values" : "a value";
  return fail(
    definition.name,
    `${definition.mnemonic}/operands`,
    `operand '${field.name}' must be ${wanted}`,
    [`${field.name} = ${Array.isArray(given) ? "a list" : typeof given}`],
  );
}

function encode(definition: OpDefinition, bag: FieldBag): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = {};
  for (const field of definition.attributes) {
    const value = bag[field.name];
    if (value === undefined || isImplied(field, value)) continue;
    attributes[field.name] = encodeOne(definition, field, value);
  }
  return attributes;
}

/** `false` for a flag, whose attribute can only say `true`. */
const isImplied = (field: AttributeField, value: unknown) =>
  value === false && field.default === false && field.kind.decode(field.kind.encode(false)) === true;

function encodeOne(definition: OpDefinition, field: NamedField<AttributeField>, value: unknown): Attribute {
  try {
    const attribute = field.kind.encode(value);
    if (field.kind.decode(attribute) !== undefined) return attribute;
  } catch {
    // Said below: the value is not what the kind encodes.
  }
  return fail(
    definition.name,
    `${definition.mnemonic}/attributes`,
    `attribute '${field.name}' must be ${field.kind.description}`,
    [`${field.name} = ${valueText(value)}`],
  );
}

function buildRegions(
  definition: OpDefinition,
  bag: FieldBag,
  bare: Operation,
  { region }: BuildContext,
): readonly Region[] {
  if (definition.regions.length === 0) return [];
  const args = typeArguments({ ...definition, regions: [] }, bare, false);
  const types = (args && definition.regionArguments?.(args as never)) ?? {};
  return definition.regions.flatMap((field) => {
    const bodies =
      field.arity === "variadic" ? (bag[field.name] as readonly unknown[] | undefined) : [bag[field.name]];
    return (bodies ?? []).map((body) => region(body, field, types[field.name] ?? []));
  });
}

interface Parts {
  readonly operands: readonly Value[];
  readonly attributes: Record<string, Attribute>;
  readonly regions: readonly Region[];
  readonly location: Location;
}

function withResults(definition: OpDefinition, bag: FieldBag, parts: Parts): Operation {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, message, { notes = [] } = {}) => {
    diagnostics.push(error(code, message, { op: definition.name, location: parts.location, notes }));
  };
  const inferred = resultTypes(definition, bag, parts);
  const operation = createOperation(definition.name, { ...parts, results: inferred.types ?? [] });
  const args = checkFields(definition, operation, report) && typeArguments(definition, operation, true);
  const known = knownOf(definition, operation);
  if (args && checkConstraints(definition, operation, args, known, report))
    checkInference(definition, operation, args, known, report);
  if (!inferred.types) {
    // Without result types the operation lacks them, which is not what the caller should hear about.
    const names = definition.results.map(({ name }) => `\`${name}\``);
    const caused = diagnostics.filter(
      ({ code, message }) => !code.endsWith("/results") && !names.some((name) => message.includes(name)),
    );
    diagnostics.length = 0;
    report(`${definition.mnemonic}/result-types`, inferred.why);
    throw new BuildError([...caused, ...diagnostics]);
  }
  if (diagnostics.length > 0) throw new BuildError(diagnostics);
  return operation;
}

type Inferred = { readonly types: readonly Type[] } | { readonly types?: undefined; readonly why: string };

/** Types that the caller gave, or else those that follow. */
function resultTypes(definition: OpDefinition, bag: FieldBag, parts: Parts): Inferred {
  const given = definition.results.map(({ name }) => bag[name]);
  if (given.length === 0) return { types: [] };
  if (given.every((type) => type !== undefined)) return { types: given.flat() as unknown as readonly Type[] };
  const names = definition.results.map(({ name }) => `'${name}'`).join(", ");
  if (!definition.infer) return { why: `needs the types of its results: ${names}` };
  const bare = createOperation(definition.name, parts);
  const args = typeArguments(definition, bare, false);
  if (!args) return { why: `needs the types of its results: ${names}` };
  try {
    return { types: definition.infer(args as never, knownOf(definition, bare)) };
  } catch (problem) {
    return { why: `result types do not follow: ${problem instanceof Error ? problem.message : problem}` };
  }
}

/** What a method gives: nothing, the result or results of the only field, or those of each by name. */
export function resultsOf(definition: OpDefinition, operation: Operation): unknown {
  const byName = fieldsByName(definition.results, operation.results);
  const [only, ...others] = definition.results;
  if (!only || !byName) return undefined;
  return others.length === 0 ? byName[only.name] : byName;
}
