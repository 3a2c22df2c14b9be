/** The operations of a module: names, attributes, values by number, regions. */
import { operationParts as has, containerSince as since } from "../../declare/codes.ts";
import type { Attribute, Attributes } from "../../model/attributes.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import type { Location } from "../../model/location.ts";
import {
  append,
  appendBlock,
  type Block,
  createBlock,
  createOperation,
  type Operation,
  type Region,
  type Value,
} from "../../model/operation.ts";
import { sameType, type Type } from "../../model/types.ts";
import { type Container, type OperationName, readSection, required } from "./container.ts";
import type { Cursor } from "./cursor.ts";
import type { Entries } from "./entries.ts";
import { Properties } from "./properties.ts";
import { ValueScope } from "./values.ts";

/** One attribute among an op's properties; they are written in alphabetical order, without names. */
export interface PropertyField {
  readonly name: string;
  readonly optional: boolean;
}

/** What an op of the artifact becomes in the module. */
export interface OperationMapping {
  readonly name: string;
  readonly attributes: Attributes;
}

/** What reading needs to know about ops; `declarations.ts` derives it from the declarations. */
export interface OperationRules {
  /** Undefined when the op is not known: its properties cannot be told apart then. */
  properties(name: string): readonly PropertyField[] | undefined;
  /** The op under its StableHLO name, with StableHLO's attributes. Throws a DiagnosticError when it is unknown. */
  map(name: string, attributes: Attributes, parent: string | undefined): OperationMapping;
}

/** An op's encoding as far as its attributes go, by number. */
interface EncodedOperation {
  readonly nameIndex: number;
  readonly dictionary: number | undefined;
  readonly properties: number | undefined;
  readonly location: Location;
  readonly start: number;
}

/** Regions inside regions. Every consumer may recurse that far. */
const maximalNesting = 256;

const cast = "builtin.unrealized_conversion_cast";

export class OperationsReader {
  private readonly version: number;
  private readonly names: readonly OperationName[];
  private readonly entries: Entries;
  private readonly properties: Properties;
  private readonly rules: OperationRules;
  /** By op name, then by the numbers of its attributes. */
  private readonly mappings: Map<number, OperationMapping>[];
  private scope = new ValueScope();
  /** Blocks of the region that is being read. */
  private blocks: readonly Block[] = [];
  private nesting = 0;
  /** Attributes that may still be copied or visited: ops can share a big dictionary, but not a big one each for free. */
  private budget: number;

  constructor(container: Container, entries: Entries, rules: OperationRules, end: Cursor) {
    this.version = container.version;
    this.names = container.operations;
    this.mappings = this.names.map(() => new Map());
    this.entries = entries;
    this.rules = rules;
    this.properties = new Properties(container, entries, rules);
    this.budget = 2 ** 22 + 1024 * end.bytes.length;
  }

  /** The one operation at the top: `builtin.module`. */
  readTop(cursor: Cursor): Operation {
    const block = createBlock();
    this.scope.open(0);
    this.readBlock(cursor, block, undefined);
    const top = block.operations[0];
    if (!cursor.done) cursor.fail("operation", `${cursor.remaining} bytes follow the last operation`);
    if (!top || block.operations.length !== 1)
      cursor.fail("operation", "one operation is expected at the top");
    delete top.parent;
    if (top.name !== "builtin.module") cursor.fail("operation", `the top is ${top.name}, not builtin.module`);
    return top;
  }

  private readBlock(cursor: Cursor, block: Block, parent: string | undefined): void {
    const { value: count, flag: hasArguments } = cursor.flagged();
    if (count > cursor.remaining)
      cursor.fail("count", `${count} operations cannot follow in ${cursor.remaining} bytes`);
    if (hasArguments) this.readArguments(cursor, block);
    for (let left = count; left > 0; left--) this.readOperation(cursor, block, parent);
  }

  private readArguments(cursor: Cursor, block: Block): void {
    for (let left = cursor.count(), index = 0; left > 0; left--, index++) {
      const elided = this.version >= since.elidedArgumentLocations;
      const { value: type, flag: located } = elided
        ? cursor.flagged()
        : { value: cursor.varint(), flag: true };
      const value: Value = { type: this.type(type, cursor), owner: block, index };
      const location = located ? this.location(cursor) : undefined;
      block.arguments.push(location && location.kind !== "unknown" ? { ...value, location } : value);
    }
    for (const argument of block.arguments) this.scope.define(argument, cursor);
    if (this.version >= since.useListOrders && cursor.byte() !== 0)
      skipUseListOrders(cursor, block.arguments.length);
  }

  private location(cursor: Cursor) {
    const index = cursor.varint();
    const location = this.entries.location(index, cursor);
    this.spend(this.entries.weightOf(index), cursor);
    return location;
  }

  private readOperation(cursor: Cursor, block: Block, parent: string | undefined): void {
    const start = cursor.at;
    const nameIndex = cursor.varint();
    const name = this.names[nameIndex];
    if (!name) cursor.fail("operation", `operation name ${nameIndex} of ${this.names.length} does not exist`);
    const mask = cursor.byte();
    if (mask & 128) cursor.fail("operation", "an operation has a part of an unknown kind");
    const location = this.location(cursor);
    const dictionary = mask & has.attributes ? cursor.varint() : undefined;
    const properties = mask & has.properties ? cursor.varint() : undefined;
    const mapping = this.mapped({ nameIndex, dictionary, properties, location, start }, parent, cursor);
    const results = mask & has.results ? this.types(cursor) : [];
    const operation = createOperation(mapping.name, { attributes: mapping.attributes, results, location });
    if (mask & has.operands) this.readOperands(cursor, operation);
    if (mask & has.successors) operation.successors.push(...this.readSuccessors(cursor));
    if (mask & has.useListOrders) skipUseListOrders(cursor, results.length);
    if (isIdentity(operation) && !(mask & has.regions)) {
      for (const operand of operation.operands) this.scope.define(operand, cursor);
      return;
    }
    append(block, operation);
    for (const result of operation.results) this.scope.define(result, cursor);
    if (mask & has.regions) this.readRegions(cursor, operation);
  }

  private types(cursor: Cursor): Type[] {
    const types: Type[] = [];
    for (let left = cursor.count(); left > 0; left--) types.push(this.type(cursor.varint(), cursor));
    return types;
  }

  private type(index: number, cursor: Cursor): Type {
    const type = this.entries.type(index, cursor);
    this.spend(this.entries.typeWeightOf(index), cursor);
    return type;
  }

  private readOperands(cursor: Cursor, operation: Operation): void {
    for (let left = cursor.count(), at = 0; left > 0; left--, at++)
      this.scope.use(cursor.varint(), operation, at, cursor);
  }

  private readSuccessors(cursor: Cursor): Block[] {
    return Array.from({ length: cursor.count() }, () => {
      const index = cursor.varint();
      return this.blocks[index] ?? cursor.fail("successors", `block ${index} does not exist here`);
    });
  }

  private readRegions(cursor: Cursor, operation: Operation): void {
    const { value: count, flag: isolated } = cursor.flagged();
    if (count > cursor.remaining)
      cursor.fail("count", `${count} regions cannot follow in ${cursor.remaining} bytes`);
    if (this.nesting >= maximalNesting)
      cursor.fail("too-deep", `regions are nested deeper than ${maximalNesting}`);
    this.nesting++;
    const outer = this.scope;
    if (isolated) this.scope = new ValueScope();
    const inner =
      isolated && count > 0 && this.version >= since.isolatedRegionsInSections
        ? this.section(cursor)
        : cursor;
    for (let left = count; left > 0; left--) this.readRegion(inner, operation);
    if (inner !== cursor && !inner.done)
      inner.fail("operation", `${inner.remaining} bytes follow the last region`);
    this.scope = outer;
    this.nesting--;
  }

  private section(cursor: Cursor): Cursor {
    const { name, data } = readSection(cursor);
    return name === "operations"
      ? data
      : cursor.fail("section", `a section of operations is expected, not of ${name}`);
  }

  private readRegion(cursor: Cursor, operation: Operation): void {
    const region: Region = { blocks: [], parent: operation };
    operation.regions.push(region);
    const blocks = cursor.count();
    if (blocks === 0) return;
    const values = cursor.count();
    this.scope.open(values);
    const outer = this.blocks;
    // All of them at once: a branch may go to a later one.
    for (let left = blocks; left > 0; left--) appendBlock(region, createBlock());
    this.blocks = region.blocks;
    for (const block of region.blocks) this.readBlock(cursor, block, operation.name);
    this.blocks = outer;
    this.scope.close(cursor);
  }

  /** The op's StableHLO name and attributes; ops with the same encoded attributes share them. */
  private mapped(encoded: EncodedOperation, parent: string | undefined, cursor: Cursor): OperationMapping {
    const { nameIndex, dictionary, properties } = encoded;
    const known = this.mappings[nameIndex]!;
    // What `vhlo.return_v1` is depends on what it ends.
    const inFunction = parent === "func.func" ? 1 : 0;
    const key =
      (((dictionary ?? -1) + 1) * (this.properties.size + 1) + (properties ?? -1) + 1) * 2 + inFunction;
    let mapping = known.get(key);
    if (!mapping) {
      mapping = this.map(encoded, parent, cursor);
      known.set(key, mapping);
    }
    const weight = dictionary === undefined ? 1 : this.entries.weightOf(dictionary);
    this.spend(weight + (properties === undefined ? 0 : this.properties.weightOf(properties)), cursor);
    return mapping;
  }

  private map(encoded: EncodedOperation, parent: string | undefined, cursor: Cursor): OperationMapping {
    const name = this.names[encoded.nameIndex]!;
    const attributes = this.attributes(name, encoded.dictionary, encoded.properties, cursor);
    try {
      return this.rules.map(name.name, attributes, parent);
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticError)) throw thrown;
      const { start: offset, location } = encoded;
      throw new DiagnosticError({ op: name.name, ...thrown.diagnostic, offset, location });
    }
  }

  private attributes(
    name: OperationName,
    dictionary: number | undefined,
    properties: number | undefined,
    cursor: Cursor,
  ): Attributes {
    const discardable =
      dictionary === undefined ? {} : entriesOf(this.entries.attribute(dictionary, cursor), cursor);
    if (properties === undefined) return discardable;
    return { ...this.properties.read(properties, name, cursor), ...discardable };
  }

  private spend(weight: number, cursor: Cursor): void {
    this.budget -= weight;
    if (this.budget < 0)
      cursor.fail(
        "too-large",
        "the operations' attributes are out of proportion to the size of the artifact",
      );
  }
}

/** Mixed artifacts join VHLO's types to builtin ones by casts; read as StableHLO, both are the same type. */
function isIdentity(operation: Operation): boolean {
  const { operands, results } = operation;
  if (operation.name !== cast || operands.length !== results.length) return false;
  return operands.every((operand, i) => operand !== undefined && sameType(operand.type, results[i]!.type));
}

export function entriesOf(attribute: Attribute, cursor: Cursor): Attributes {
  return attribute.kind === "dictionary"
    ? attribute.entries
    : cursor.fail("operation", "an op's attributes must be a dictionary");
}

/** The order of a value's uses matters to nobody here, but its numbers stand between us and what follows. */
function skipUseListOrders(cursor: Cursor, values: number): void {
  for (let left = values > 1 ? cursor.count() : 1; left > 0; left--) {
    if (values > 1) cursor.varint();
    const { value: count } = cursor.flagged();
    if (count > cursor.remaining)
      cursor.fail("count", `${count} uses cannot follow in ${cursor.remaining} bytes`);
    for (let i = 0; i < count; i++) cursor.varint();
  }
}

export function readOperations(
  container: Container,
  entries: Entries,
  rules: OperationRules,
  end: Cursor,
): Operation {
  const cursor = required(container.sections, "operations", end);
  return new OperationsReader(container, entries, rules, end).readTop(cursor);
}
