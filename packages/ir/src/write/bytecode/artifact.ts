/** A module as an artifact of a version holds it: VHLO's ops and, beside them, Shardy's, with casts between the two. */
import { containerSince } from "../../declare/codes.ts";
import type { OpDefinition } from "../../declare/define.ts";
import { type EnumKind, integersOf } from "../../declare/kinds.ts";
import { bytecodeVersionOf, compareVersions, type Version } from "../../declare/version.ts";
import { operationToVhlo, type VhloGap } from "../../declare/vhlo.ts";
import { type Attribute, type Attributes, integerAttribute } from "../../model/attributes.ts";
import { type Diagnostic, DiagnosticError, error } from "../../model/diagnostic.ts";
import type { Location } from "../../model/location.ts";
import type { Block, Operation, Region, Value } from "../../model/operation.ts";
import { definitionOf } from "../../ops/index.ts";
import { Emitter } from "./emitter.ts";
import type { Encoded, Entry, Part } from "./entries.ts";
import { mixedSince, type Space, Spaces } from "./spaces.ts";

/** A value of the artifact; identity is all it has. */
export interface ArtifactValue {
  readonly type: Entry;
}

export interface ArtifactArgument extends ArtifactValue {
  /** Absent when unknown. */
  readonly location?: Entry;
  readonly unknown: Entry;
}

export interface ArtifactBlock {
  readonly arguments: ArtifactArgument[];
  readonly operations: ArtifactOperation[];
}

export interface ArtifactOperation {
  /** `vhlo.add_v1` */
  readonly name: string;
  readonly location: Entry;
  readonly dictionary?: Entry;
  /** Inherent attributes without their names; absent for ops that declare none. */
  readonly properties?: readonly Part[];
  readonly operands: readonly ArtifactValue[];
  readonly results: readonly ArtifactValue[];
  /** Blocks of each region. */
  readonly regions: (readonly ArtifactBlock[])[];
  /** Places of blocks in the region around the op. */
  readonly successors: readonly number[];
  /** Whether the op declares that its regions see nothing of what is around them. */
  readonly isolated: boolean;
}

export interface ArtifactOptions {
  readonly target: Version;
  readonly locations: boolean;
}

const cast = "builtin.unrealized_conversion_cast";

/** Attributes as bytecode takes them: those that the op's properties hold, and the others. */
interface Spelled {
  readonly name: string;
  readonly inherent: readonly Property[];
  readonly discardable: Attributes;
}

interface Property {
  readonly name: string;
  readonly attribute: Attribute | undefined;
  readonly optional: boolean;
}

/** The artifact's form of one module. Whatever has none is reported, and the rest is still looked at. */
export class ArtifactBuilder {
  readonly diagnostics: Diagnostic[] = [];
  readonly #reported = new Set<string>();
  readonly #spaces: Spaces;
  readonly #target: Version;
  readonly #locations: boolean;
  readonly #propertiesApart: boolean;
  /** Values of the module as what they are in the artifact, in either space. */
  readonly #values: Readonly<Record<Space, Map<Value, ArtifactValue>>> = {
    vhlo: new Map(),
    builtin: new Map(),
  };
  /** Values that ops of the other space use, in the order of their first use there. */
  readonly #crossing = new Map<Value, number>();

  constructor({ target, locations }: ArtifactOptions) {
    this.#spaces = new Spaces(target);
    this.#target = target;
    this.#locations = locations;
    this.#propertiesApart = bytecodeVersionOf(target) >= containerSince.nativeProperties;
  }

  build(module: Operation): ArtifactOperation {
    this.#findCrossings(module);
    const block: ArtifactBlock = { arguments: [], operations: [] };
    this.#operation(module, block);
    return block.operations[0]!;
  }

  #findCrossings(operation: Operation): void {
    const space = spaceOf(operation.name);
    for (const operand of operation.operands) {
      if (spaceOfValue(operand) !== space && !this.#crossing.has(operand))
        this.#crossing.set(operand, this.#crossing.size);
    }
    for (const region of operation.regions)
      for (const block of region.blocks) for (const inner of block.operations) this.#findCrossings(inner);
  }

  #operation(operation: Operation, block: ArtifactBlock): void {
    const space = spaceOf(operation.name);
    const results = operation.results.map((result) => this.#define(result, space, operation));
    const regions: (readonly ArtifactBlock[])[] = [];
    const spelled = this.#spelled(operation);
    block.operations.push({
      name: spelled.name,
      location: this.#location(operation.location).entry,
      ...this.#attributes(spelled, space, operation),
      operands: operation.operands.map((operand) => this.#use(operand, space, operation)),
      results,
      regions,
      successors: operation.successors.map((target) => operation.parent!.parent!.blocks.indexOf(target)),
      isolated: definitionOf(operation.name)?.isolated ?? false,
    });
    this.#casts(operation.results, block);
    for (const region of operation.regions) regions.push(this.#region(region, space, operation));
  }

  #region({ blocks }: Region, space: Space, operation: Operation): readonly ArtifactBlock[] {
    // Branches are not VHLO's: what they pass on is of builtin types, and so are the arguments of the blocks behind them.
    return blocks.map((block, i) => this.#block(block, i === 0 ? space : "builtin", operation));
  }

  #block(block: Block, space: Space, operation: Operation): ArtifactBlock {
    const unknown = this.#location(undefined).entry;
    const result: ArtifactBlock = { arguments: [], operations: [] };
    for (const argument of block.arguments) {
      const { type } = this.#define(argument, space, operation);
      const location =
        this.#locations && argument.location ? this.#location(argument.location).entry : unknown;
      const value = { type, unknown, ...(location !== unknown && { location }) };
      this.#values[space].set(argument, value);
      result.arguments.push(value);
    }
    this.#casts(block.arguments, result);
    for (const inner of block.operations) this.#operation(inner, result);
    return result;
  }

  #use(value: Value, space: Space, { name: op, location }: Operation): ArtifactValue {
    const used = this.#values[space].get(value);
    if (used) return used;
    throw new DiagnosticError(
      error("bytecode/value", "uses a value that nothing before it defines", { op, location }),
    );
  }

  #define(value: Value, space: Space, operation: Operation): ArtifactValue {
    const defined = { type: this.#encoded(operation, () => this.#spaces.type(value.type, space)) };
    this.#values[space].set(value, defined);
    return defined;
  }

  /** Casts come right after the definition, so that every use can see them; MLIR puts the one needed last first. */
  #casts(values: readonly Value[], block: ArtifactBlock): void {
    const crossing = values.filter((value) => this.#crossing.has(value));
    crossing.sort((a, b) => this.#crossing.get(b)! - this.#crossing.get(a)!);
    for (const value of crossing) {
      const [from, to]: readonly [Space, Space] =
        spaceOfValue(value) === "vhlo" ? ["vhlo", "builtin"] : ["builtin", "vhlo"];
      const result = { type: this.#spaces.type(value.type, to).entry };
      this.#values[to].set(value, result);
      const location = value.owner.kind === "operation" ? value.owner.location : value.location;
      block.operations.push({
        name: cast,
        location: this.#location(location).entry,
        operands: [this.#values[from].get(value)!],
        results: [result],
        regions: [],
        successors: [],
        isolated: false,
      });
    }
  }

  #location(location: Location | undefined): Encoded {
    return this.#spaces.location(this.#locations ? location : undefined);
  }

  // Attributes -----------------------------------------------------------------------------------------------------

  #spelled(operation: Operation): Spelled {
    const none: Spelled = { name: operation.name, inherent: [], discardable: {} };
    const definition = definitionOf(operation.name);
    const dialect = operation.name.slice(0, operation.name.indexOf("."));
    const inVhlo = definition?.since !== undefined || definition?.vhlo !== undefined;
    if (!definition || !dialects.has(dialect) || (spaceOf(operation.name) === "vhlo" && !inVhlo)) {
      const notes = ["an artifact has the ops of StableHLO, func and sdy; rewrite the others to these first"];
      const { name: op, location } = operation;
      this.#report(
        error("bytecode/no-stable-form", "has no form that stays the same", { op, location, notes }),
      );
      return none;
    }
    if (spaceOf(operation.name) === "builtin" && operation.name !== "builtin.module")
      this.#need(operation, {
        feature: operation.name === cast ? "casts between dialects" : `the dialect ${dialect}`,
        since: mixedSince,
      });
    if (spaceOf(operation.name) === "builtin") return spelledAsIs(definition, operation);
    try {
      const form = operationToVhlo(definition, operation, this.#target);
      if ("feature" in form) {
        this.#need(operation, form);
        return none;
      }
      const inherent = Object.entries(form.inherent).map(
        ([name, attribute]): Property => ({ name, attribute, optional: false }),
      );
      return { name: form.name, inherent, discardable: form.discardable };
    } catch (thrown) {
      this.#refused(operation, thrown);
      return none;
    }
  }

  #attributes(
    { inherent, discardable }: Spelled,
    space: Space,
    operation: Operation,
  ): Pick<ArtifactOperation, "dictionary" | "properties"> {
    const named = inherent.flatMap(({ name, attribute }) => (attribute ? [[name, attribute] as const] : []));
    const together = this.#propertiesApart ? discardable : { ...discardable, ...Object.fromEntries(named) };
    const dictionary =
      Object.keys(together).length > 0
        ? this.#encoded(operation, () => this.#spaces.dictionary(together, space))
        : undefined;
    const apart = this.#propertiesApart && inherent.length > 0;
    const properties = apart && inherent.map((property) => this.#property(property, space, operation));
    return { ...(dictionary && { dictionary }), ...(properties && { properties }) };
  }

  #property({ name, attribute, optional }: Property, space: Space, operation: Operation): Part {
    if (!attribute) return { kind: "bytes", bytes: absent };
    if (name === "operandSegmentSizes") return { kind: "bytes", bytes: segmentSizes(attribute) };
    const entry = this.#encoded(operation, () => this.#spaces.attribute(attribute, space));
    return { kind: "entry", entry, spelling: optional ? "present" : "plain" };
  }

  // Reports --------------------------------------------------------------------------------------------------------

  #encoded(operation: Operation, encode: () => Encoded): Entry {
    try {
      const { entry, needs } = encode();
      if (needs && compareVersions(needs.since, this.#target) > 0) this.#need(operation, needs);
      return entry;
    } catch (thrown) {
      this.#refused(operation, thrown);
      return this.#spaces.location().entry;
    }
  }

  #need({ name: op, location }: Operation, { feature, since }: VhloGap): void {
    if (compareVersions(since, this.#target) <= 0) return;
    const message = `${feature} needs VHLO ${since}, the target is ${this.#target}`;
    this.#report(error("bytecode/target", message, { op, location }));
  }

  #refused({ name: op, location }: Operation, thrown: unknown): void {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    this.#report({ op, location, ...thrown.diagnostic });
  }

  /** The same about the same op once: one element type may concern every operation of a program. */
  #report(diagnostic: Diagnostic): void {
    const key = `${diagnostic.op} ${diagnostic.message}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.diagnostics.push(diagnostic);
  }
}

/** An optional attribute that is not there: `0 << 1 | 0`. */
const absent = Uint8Array.of(1);

/** How many operands each field has, in bytecode of version 6: a list of numbers that is no attribute. */
function segmentSizes(attribute: Attribute): Uint8Array {
  const sizes = integersOf(attribute) ?? [];
  const emitter = new Emitter();
  emitter.flagged(sizes.length, false);
  for (const size of sizes) emitter.varint(size);
  return emitter.bytes;
}

const dialects: ReadonlySet<string> = new Set(["stablehlo", "func", "builtin", "sdy", "cf"]);

function spaceOf(name: string): Space {
  return name.startsWith("stablehlo.") || name.startsWith("func.") ? "vhlo" : "builtin";
}

/** The space of the op that defines the value, or around whose region's argument it is. */
function spaceOfValue({ owner }: Value): Space {
  if (owner.kind === "operation") return spaceOf(owner.name);
  const region = owner.parent;
  return region?.parent && region.blocks[0] === owner ? spaceOf(region.parent.name) : "builtin";
}

function spelledAsIs(definition: OpDefinition, { name, attributes }: Operation): Spelled {
  const inherent = definition.attributes
    .map(({ name: field, kind, required }) => ({
      name: field,
      attribute: Object.hasOwn(attributes, field) ? asInteger(kind, attributes[field]!) : undefined,
      optional: !required,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const declared = new Set(inherent.map((property) => property.name));
  const discardable = Object.entries(attributes).filter(([key]) => !declared.has(key));
  return { name, inherent, discardable: Object.fromEntries(discardable) };
}

/** Enums of dialects outside of VHLO are integers in MLIR's eyes. */
function asInteger(kind: object, attribute: Attribute): Attribute {
  if (attribute.kind !== "enum" || !("enumName" in kind)) return attribute;
  return integerAttribute((kind as EnumKind<string>).values.indexOf(attribute.value), "i32");
}
