/** `func.func private @f(%arg0: tensor<f32> {a = 1 : i32}) -> (tensor<f32> {b}) attributes {…} {…}` */
import { type Attribute, type Attributes, stringAttribute } from "../../model/attributes.ts";
import type { FunctionType, Type } from "../../model/types.ts";
import {
  type AssemblyReader,
  type AssemblyWriter,
  attributeOf,
  type Directive,
  entryBlock,
  type RegionArgument,
  setAttribute,
} from "../assembly.ts";

interface Slot {
  readonly type: Type;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly argument?: RegionArgument;
}

const visibilities = ["public", "private", "nested"];

export const FunctionDefinition: Directive = {
  tight: true,
  parse(reader, op, ...[visibility, name, functionType, argumentAttributes, resultAttributes, body]) {
    const word = visibilities.find((candidate) => reader.take(candidate));
    if (word) setAttribute(op, visibility!, stringAttribute(word));
    setAttribute(op, name!, stringAttribute(reader.symbolName()));
    const inputs = reader.list("(", ")", () => readArgument(reader));
    const results = reader.take("->") ? readResults(reader) : [];
    const type = {
      kind: "function",
      inputs: inputs.map((x) => x.type),
      results: results.map((x) => x.type),
    } as const;
    setAttribute(op, functionType!, { kind: "type", type });
    for (const [parameter, slots] of [
      [argumentAttributes!, inputs],
      [resultAttributes!, results],
    ] as const) {
      if (slots.some((slot) => slot.attributes.size > 0)) setAttribute(op, parameter, dictionaries(slots));
    }
    if (reader.take("attributes")) reader.dictionary(op.attributes);
    const args = inputs.flatMap((slot) => slot.argument ?? []);
    // Only the body tells a definition from a declaration; a definition names its arguments.
    op.regions[body!.index] = [reader.sees("{") ? reader.region(op.definition, args) : { blocks: [] }];
  },
  print(writer, op, ...[visibility, name, functionType, argumentAttributes, resultAttributes, body]) {
    const text = (attribute: Attribute | undefined) =>
      attribute?.kind === "string" ? attribute.value : undefined;
    const word = text(attributeOf(op, visibility!));
    writer.text(word === undefined ? " " : ` ${word} `);
    writer.symbolName(text(attributeOf(op, name!)) ?? "");
    const attribute = attributeOf(op, functionType!);
    const type: FunctionType =
      attribute?.kind === "type" && attribute.type.kind === "function"
        ? attribute.type
        : { kind: "function", inputs: [], results: [] };
    const region = op.regions[body!.index]![0];
    const args = entryBlock(region)?.arguments;
    writer.text("(");
    writer.list(Array.from(type.inputs.keys()), (i) => {
      const attributes = slotAttributes(attributeOf(op, argumentAttributes!), i);
      if (args?.[i]) return writer.argument(args[i], attributes);
      writer.type(type.inputs[i]!);
      writer.entries(attributes);
    });
    writer.text(")");
    if (type.results.length > 0) writeResults(writer, type.results, attributeOf(op, resultAttributes!));
    const bound = [visibility, name, functionType, argumentAttributes, resultAttributes].map((p) => p!.name);
    writer.dictionary(op, bound, true);
    if (!region || region.blocks.length === 0) return;
    writer.text(" ");
    writer.region(region, false);
  },
};

function readArgument(reader: AssemblyReader): Slot {
  const attributes = new Map<string, Attribute>();
  if (!reader.sees("%")) {
    const type = reader.type();
    reader.dictionary(attributes);
    reader.location();
    return { type, attributes };
  }
  const name = reader.argumentName();
  reader.expect(":");
  const type = reader.type();
  reader.dictionary(attributes);
  const location = reader.location();
  return { type, attributes, argument: { name, type, ...(location && { location }) } };
}

function readResults(reader: AssemblyReader): Slot[] {
  if (!reader.sees("(")) return [{ type: reader.type(), attributes: new Map() }];
  return reader.list("(", ")", () => {
    const attributes = new Map<string, Attribute>();
    const type = reader.type();
    reader.dictionary(attributes);
    return { type, attributes };
  });
}

function dictionaries(slots: readonly Slot[]): Attribute {
  const elements = slots.map(
    ({ attributes }) => ({ kind: "dictionary", entries: Object.fromEntries(attributes) }) as const,
  );
  return { kind: "array", elements };
}

function writeResults(
  writer: AssemblyWriter,
  types: readonly Type[],
  attributes: Attribute | undefined,
): void {
  writer.text(" -> ");
  const bare =
    types.length === 1 && types[0]!.kind !== "function" && slotAttributes(attributes, 0).length === 0;
  if (bare) return writer.type(types[0]!);
  writer.text("(");
  writer.list(Array.from(types.keys()), (i) => {
    writer.type(types[i]!);
    writer.entries(slotAttributes(attributes, i));
  });
  writer.text(")");
}

function slotAttributes(attribute: Attribute | undefined, index: number): [string, Attribute][] {
  const slot = attribute?.kind === "array" ? attribute.elements[index] : undefined;
  const entries: Attributes = slot?.kind === "dictionary" ? slot.entries : {};
  return Object.entries(entries);
}
