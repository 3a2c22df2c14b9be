/** Operations and regions as text: by the format of their declaration, or generic. */
import {
  type AssemblyWriter,
  attributeOf,
  type Parameter,
  type PrintedOperation,
} from "../declare/assembly.ts";
import type { OpDefinition } from "../declare/define.ts";
import type { FormatElement } from "../declare/format.ts";
import { operandParts, resultParts, splitByFields } from "../declare/view.ts";
import type { Attribute } from "../model/attributes.ts";
import type { Block, Operation, Region, Value } from "../model/operation.ts";
import { sameValue } from "../model/same.ts";
import { definitionOf } from "../ops/index.ts";
import { AttributeWriter } from "./attribute_writer.ts";
import type { Names } from "./names.ts";
import { quote } from "./quote.ts";

export interface OperationWriterOptions {
  /** Filled with the affine maps that are met, by the names they get. */
  readonly mapNames?: Map<string, string>;
  readonly generic: boolean;
  readonly locations: boolean;
}

/** Where a format stands between two elements: ODS's rules for spaces. */
interface Spacing {
  wanted: boolean;
  afterPunctuation: boolean;
}

export class OperationWriter extends AttributeWriter implements AssemblyWriter {
  readonly assembly: AssemblyWriter = this;
  readonly #names: Names;
  readonly #options: OperationWriterOptions;
  #indentation = "";
  #defaultDialect = "builtin";

  constructor(names: Names, options: OperationWriterOptions) {
    super();
    this.#names = names;
    this.#options = options;
    this.mapNames = options.mapNames;
  }

  definition(name: string): OpDefinition | undefined {
    return definitionOf(name);
  }

  newline(): void {
    this.text(`\n${this.#indentation}`);
  }

  operand(value: Value): void {
    this.text(`%${this.#names.of(value)}`);
  }

  argument(value: Value, attributes: Iterable<readonly [string, Attribute]> = []): void {
    this.operand(value);
    this.text(": ");
    this.type(value.type);
    this.entries(attributes);
    if (this.#options.locations && value.location) {
      this.text(" ");
      this.location(value.location);
    }
  }

  successor(block: Block): void {
    this.text(`^${this.#names.label(block)}`);
  }

  signature(operation: Operation): void {
    const types = (values: readonly Value[]) => values.map((value) => value.type);
    this.text(this.signatureText(types(operation.operands), types(operation.results)));
  }

  entries(entries: Iterable<readonly [string, Attribute]>, keyword = false): void {
    const list = [...entries];
    if (list.length === 0) return;
    this.text(keyword ? " attributes {" : " {");
    this.namedAttributes(list);
    this.text("}");
  }

  dictionary(op: PrintedOperation, elided: readonly string[], keyword = false): void {
    const shown = Object.entries(op.operation.attributes).filter(
      ([name, attribute]) => !elided.includes(name) && !isDefault(op.definition, name, attribute),
    );
    this.entries(shown, keyword);
  }

  // Operations ---------------------------------------------------------------------------------------------------

  operation(operation: Operation): void {
    if (operation.results.length > 0) {
      this.text(
        `${this.#names
          .introduced(operation)
          .map((name) => `%${name}`)
          .join(", ")} = `,
      );
    }
    const printed = this.#options.generic ? undefined : printable(operation);
    if (printed) {
      this.text(this.#shortName(operation.name));
      this.#format(printed);
    } else {
      this.text(quote(operation.name));
      this.genericOperation(operation);
    }
    if (this.#options.locations) {
      this.text(" ");
      this.location(operation.location);
    }
  }

  #shortName(name: string): string {
    const prefix = `${this.#defaultDialect}.`;
    return this.#defaultDialect && name.startsWith(prefix) && name.indexOf(".", prefix.length) < 0
      ? name.slice(prefix.length)
      : name;
  }

  genericOperation(operation: Operation): void {
    this.text("(");
    this.list(operation.operands, (value) => this.operand(value));
    this.text(")");
    if (operation.successors.length > 0) {
      this.text("[");
      this.list(operation.successors, (block) => this.successor(block));
      this.text("]");
    }
    const definition = definitionOf(operation.name);
    const inherent = new Set(definition?.attributes.map(({ name }) => name));
    const entries = Object.entries(operation.attributes);
    const properties = entries.filter(([name]) => inherent.has(name));
    if (definition) properties.push(...writtenDefaults(definition, operation));
    if (properties.length > 0) {
      this.text(" <{");
      this.namedAttributes(properties);
      this.text("}>");
    }
    if (operation.regions.length > 0) {
      this.text(" (");
      this.list(operation.regions, (region) => this.#region(region, true, true));
      this.text(")");
    }
    this.entries(entries.filter(([name]) => !inherent.has(name)));
    this.text(" : ");
    this.signature(operation);
  }

  // Regions ------------------------------------------------------------------------------------------------------

  region(region: Region, entryArguments: boolean): void {
    this.#region(region, entryArguments, false);
  }

  #region(region: Region, entryArguments: boolean, labelEmpty: boolean): void {
    const outerDialect = this.#defaultDialect;
    this.#defaultDialect = (region.parent && definitionOf(region.parent.name)?.defaultDialect) ?? "";
    this.text("{\n");
    const predecessors = predecessorsIn(region);
    region.blocks.forEach((block, i) => {
      const arguments_ = entryArguments && block.arguments.length > 0;
      if (i > 0 || arguments_ || (labelEmpty && block.operations.length === 0)) {
        this.text(this.#indentation);
        this.successor(block);
        if (block.arguments.length > 0) {
          this.text("(");
          this.list(block.arguments, (value) => this.argument(value));
          this.text(")");
        }
        this.text(":");
        if (i > 0) this.#predecessors(predecessors.get(block) ?? []);
        this.text("\n");
      }
      this.#operations(block.operations);
    });
    this.text(`${this.#indentation}}`);
    this.#defaultDialect = outerDialect;
  }

  #predecessors(blocks: readonly Block[]): void {
    if (blocks.length === 0) return this.text("  // no predecessors");
    this.text(blocks.length === 1 ? "  // pred: " : `  // ${blocks.length} preds: `);
    this.list(blocks, (block) => this.successor(block));
  }

  #operations(operations: readonly Operation[]): void {
    const outer = this.#indentation;
    this.#indentation = `${outer}  `;
    for (const operation of operations) {
      this.text(this.#indentation);
      this.operation(operation);
      this.text("\n");
    }
    this.#indentation = outer;
  }

  // Formats ------------------------------------------------------------------------------------------------------

  #format(op: PrintedOperation): void {
    const spacing: Spacing = { wanted: true, afterPunctuation: false };
    this.#elements(op.definition.format!.elements, op, spacing);
  }

  #elements(elements: readonly FormatElement[], op: PrintedOperation, spacing: Spacing): void {
    for (const element of elements) this.#element(element, op, spacing);
  }

  #element(element: FormatElement, op: PrintedOperation, spacing: Spacing): void {
    switch (element.kind) {
      case "literal":
        return this.#literal(element.text, spacing);
      case "space":
        this.text(element.text);
        spacing.wanted = false;
        spacing.afterPunctuation = element.text === "";
        return;
      case "newline":
        return this.newline();
      case "dictionary":
        this.dictionary(op, op.definition.format!.bound, element.keyword);
        spacing.afterPunctuation = false;
        return;
      case "optional":
        return this.#elements(
          this.#isPresent(element.anchor, op) ? element.then : element.otherwise,
          op,
          spacing,
        );
      case "custom":
        if (!element.directive.tight) this.#space(spacing);
        return element.directive.print(this, op, ...element.parameters);
      case "field":
        if (element.field.kind === "attribute" && attributeOf(op, element.field) === undefined) return;
        this.#space(spacing);
        return this.#field(element.field, op);
      case "types":
        this.#space(spacing);
        return this.list(
          element.fields.flatMap((field) => this.#values(field, op)),
          (value) => this.type(value.type),
        );
      case "operands":
        this.#space(spacing);
        return this.list(op.operation.operands, (value) => this.operand(value));
      case "signature":
        this.#space(spacing);
        return this.signature(op.operation);
    }
  }

  #space(spacing: Spacing): void {
    if (spacing.wanted || !spacing.afterPunctuation) this.text(" ");
    spacing.afterPunctuation = false;
    spacing.wanted = true;
  }

  #literal(text: string, spacing: Spacing): void {
    if (spacing.wanted && spaceBefore(text, spacing.afterPunctuation)) this.text(" ");
    this.text(text);
    spacing.wanted = text.length !== 1 || !"<({[".includes(text);
    spacing.afterPunctuation = !/^[A-Za-z_]/.test(text);
  }

  #field(field: Parameter, op: PrintedOperation): void {
    if (field.kind === "attribute") this.attribute(attributeOf(op, field)!, field.syntax);
    else if (field.kind === "successor") this.successor(op.operation.successors[field.index]!);
    else if (field.kind === "region")
      this.list(op.regions[field.index]!, (region) => this.region(region, true));
    else this.list(this.#values(field, op), (value) => this.operand(value));
  }

  #values(field: Parameter, op: PrintedOperation): readonly Value[] {
    return (field.kind === "result" ? op.results : op.operands)[field.index]!;
  }

  #isPresent(field: Parameter, op: PrintedOperation): boolean {
    if (field.kind === "attribute") {
      const attribute = attributeOf(op, field);
      return attribute !== undefined && !isDefault(op.definition, field.name, attribute);
    }
    if (field.kind === "region") return op.regions[field.index]!.some((region) => region.blocks.length > 0);
    return this.#values(field, op).length > 0;
  }
}

function spaceBefore(text: string, afterPunctuation: boolean): boolean {
  if (text.length !== 1 && text !== "->") return true;
  return !(afterPunctuation ? ">)}]," : "<>(){}[],").includes(text[0]!);
}

/** Blocks that go on to each block, in their order, once for each way. */
function predecessorsIn({ blocks }: Region): Map<Block, Block[]> {
  const predecessors = new Map<Block, Block[]>();
  for (const block of blocks) {
    for (const target of block.operations.at(-1)?.successors ?? []) {
      const known = predecessors.get(target);
      if (known) known.push(block);
      else predecessors.set(target, [block]);
    }
  }
  return predecessors;
}

/** Whether the attribute says what its absence says: formats leave it out then. */
function isDefault(definition: OpDefinition, name: string, attribute: Attribute): boolean {
  const field = definition.attributes.find((candidate) => candidate.name === name);
  if (!field || field.default === undefined) return false;
  return sameValue(field.kind.decode(attribute), field.default);
}

/** Values of absent attributes that MLIR writes out where it writes everything: those that nothing elides. */
function writtenDefaults(definition: OpDefinition, { attributes }: Operation): [string, Attribute][] {
  return definition.attributes.flatMap((field): [string, Attribute][] => {
    const written = field.default !== undefined && !field.elided && attributes[field.name] === undefined;
    return written ? [[field.name, field.kind.encode(field.default)]] : [];
  });
}

/** The operation by its fields, if it has what its format writes. */
function printable(operation: Operation): PrintedOperation | undefined {
  const definition = definitionOf(operation.name);
  if (!definition?.format) return undefined;
  for (const field of definition.attributes) {
    if (field.required && operation.attributes[field.name] === undefined) return undefined;
  }
  const operands = operandParts(definition, operation);
  const results = resultParts(definition, operation);
  const regions = splitByFields(definition.regions, operation.regions);
  const complete = operation.successors.length === definition.successors.length;
  return operands && results && regions && complete
    ? { definition, operation, operands, results, regions }
    : undefined;
}
