/**
 * What formats are made of, and the two interfaces they work through: the text reader and the text writer implement
 * them, so that a directive says both directions of its notation side by side and knows nothing else of either.
 */
import type { Attribute, RecordAttribute } from "../model/attributes.ts";
import type { Location } from "../model/location.ts";
import type { Block, Operation, Region, Value } from "../model/operation.ts";
import type { FunctionType, Type } from "../model/types.ts";
import type { OpDefinition } from "./define.ts";
import type { Syntax } from "./kinds.ts";

/** A field that a format mentions: its values, or the types of its values. */
export interface Parameter {
  readonly kind: "operand" | "result" | "attribute" | "region" | "successor" | "dictionary";
  readonly name: string;
  /** Place among the declared fields of its kind. */
  readonly index: number;
  readonly part: "value" | "type";
  /** How an attribute is spelled when the format does not say more. */
  readonly syntax?: Syntax;
}

/** An operation while its text is being read: what is known so far of each declared field. */
export interface ParsedOperation {
  readonly definition: OpDefinition;
  readonly operands: (readonly Value[])[];
  /** Types that the text gives for operands; values are known by then, so these are only checked. */
  readonly operandTypes: (readonly Type[] | undefined)[];
  readonly resultTypes: (readonly Type[] | undefined)[];
  readonly regions: (readonly Region[])[];
  readonly successors: Block[];
  readonly attributes: Map<string, Attribute>;
  /** Types by `functional-type(operands, results)`, which lists all of them. */
  signature?: FunctionType;
  /** Set by a directive that has to take the location early. */
  location?: Location;
}

/** An operation that is being printed, split by its declared fields. */
export interface PrintedOperation {
  readonly definition: OpDefinition;
  readonly operation: Operation;
  readonly operands: readonly (readonly Value[])[];
  readonly results: readonly (readonly Value[])[];
  readonly regions: readonly (readonly Region[])[];
}

/** `%name` where it introduces a value, and where that is. */
export interface ArgumentName {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Name and type of a region's argument where the op prints it, not the block. */
export interface RegionArgument {
  readonly name: ArgumentName;
  readonly type: Type;
  readonly location?: Location;
}

/** Takes a text apart. Every method fails with a diagnostic at the current place when the text does not fit. */
export interface AssemblyReader {
  /** Takes `text`, a keyword or punctuation. */
  expect(text: string): void;
  /** Takes `text` if it comes next. */
  take(text: string): boolean;
  /** Whether `text` comes next. */
  sees(text: string): boolean;
  keyword(): string;
  takeKeyword(): string | undefined;
  integer(): number;
  takeInteger(): number | undefined;
  string(): string;
  /** `@name` */
  symbolName(): string;
  takeSymbolName(): string | undefined;
  /** Items between `open` and `close`, separated by commas; none is fine. */
  list<T>(open: string, close: string, item: () => T): T[];
  operand(): Value;
  takeOperand(): Value | undefined;
  /** `%name` where a region's argument is introduced. */
  argumentName(): ArgumentName;
  type(): Type;
  /** One or more types, separated by commas. */
  types(): Type[];
  attribute(syntax?: Syntax): Attribute;
  /** Whether an attribute of this syntax can start here. */
  seesAttribute(syntax?: Syntax): boolean;
  /** `{name = value, …}` if it comes next. */
  dictionary(into: Map<string, Attribute>): void;
  /** `{ … }`; without `args` the entry block may declare its own. */
  region(op: OpDefinition, args?: readonly RegionArgument[]): Region;
  /** `^bb1` of the region that is being read. */
  successor(): Block;
  /** `loc(…)` if it comes next. */
  location(): Location | undefined;
  /** The full name of an op, which may lack the prefix that the surrounding region implies. */
  operationName(): string;
  definition(name: string): OpDefinition | undefined;
  /** The rest of a generic operation after its name. */
  genericOperation(op: ParsedOperation): void;
  /** Where the current token starts. */
  readonly start: number;
  /** Says that the attribute `name` is written from `start` to here. */
  mention(name: string, start: number): void;
  fail(message: string): never;
}

/** Puts a text together. */
export interface AssemblyWriter {
  text(text: string): void;
  newline(): void;
  /** Items with `, ` between them. */
  list<T>(items: readonly T[], item: (item: T) => void): void;
  /** `%0#1` */
  operand(value: Value): void;
  definition(name: string): OpDefinition | undefined;
  /** `%arg0: tensor<f32> {…}` with the attributes that a function gives its argument. */
  argument(value: Value, attributes?: Iterable<readonly [string, Attribute]>): void;
  type(type: Type): void;
  attribute(attribute: Attribute, syntax?: Syntax): void;
  symbolName(name: string): void;
  /** `(operands) -> results` of the operation. */
  signature(operation: Operation): void;
  /** ` {…}` of the attributes that are not `elided`, if any are left. */
  dictionary(op: PrintedOperation, elided: readonly string[], keyword?: boolean): void;
  /** ` {…}` of some entries, if there are any. */
  entries(entries: Iterable<readonly [string, Attribute]>, keyword?: boolean): void;
  /** `^bb1` */
  successor(block: Block): void;
  region(region: Region, entryArguments: boolean): void;
  /** The operation in generic form, without its name. */
  genericOperation(operation: Operation): void;
}

/** The two directions of one `custom<Name>(…)`. */
export interface Directive {
  /** Writes its own leading space, if any: forms of whole operations. */
  readonly tight?: boolean;
  parse(reader: AssemblyReader, op: ParsedOperation, ...parameters: readonly Parameter[]): void;
  print(writer: AssemblyWriter, op: PrintedOperation, ...parameters: readonly Parameter[]): void;
}

/** The two directions of `<…>` of a structured attribute. */
export interface RecordForm {
  parse(reader: AssemblyReader): RecordAttribute["fields"];
  print(writer: AssemblyWriter, fields: RecordAttribute["fields"]): void;
  /** What is wrong with an attribute of these fields, wherever it stands. */
  problem?(fields: RecordAttribute["fields"]): string | undefined;
}

// Access by parameter ------------------------------------------------------------------------------------------

/** Declared fields of the operation by a parameter. */
export function valuesOf(op: PrintedOperation, parameter: Parameter): readonly Value[] {
  return (parameter.kind === "result" ? op.results : op.operands)[parameter.index]!;
}

export function typesOf(op: PrintedOperation, parameter: Parameter): Type[] {
  return valuesOf(op, parameter).map((value) => value.type);
}

export function attributeOf(op: PrintedOperation, parameter: Parameter): Attribute | undefined {
  return op.operation.attributes[parameter.name];
}

export function regionOf(op: PrintedOperation, parameter: Parameter): Region {
  return op.regions[parameter.index]![0]!;
}

export function setTypes(op: ParsedOperation, parameter: Parameter, types: readonly Type[]): void {
  (parameter.kind === "result" ? op.resultTypes : op.operandTypes)[parameter.index] = types;
}

export function setAttribute(op: ParsedOperation, parameter: Parameter, attribute: Attribute): void {
  op.attributes.set(parameter.name, attribute);
}

/** Reads an attribute inside of the notation of a whole operation, so that its place is known. */
export function readAttribute(
  reader: AssemblyReader,
  op: ParsedOperation,
  parameter: Parameter,
  read: () => Attribute,
): void {
  const { start } = reader;
  setAttribute(op, parameter, read());
  reader.mention(parameter.name, start);
}

/** The entry block of a region that is being printed, or undefined when it is not there to print. */
export function entryBlock(region: Region | undefined): Block | undefined {
  return region?.blocks[0];
}
