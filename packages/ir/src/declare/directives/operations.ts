/** Operations whose whole text is a notation of its own: constants, loops, reductions, functions. */
import type { Attribute } from "../../model/attributes.ts";
import {
  append,
  type Block,
  createBlock,
  createOperation,
  createRegion,
  type Operation,
  type Region,
  type Value,
} from "../../model/operation.ts";
import { sameType, type Type, tensor } from "../../model/types.ts";
import {
  type ArgumentName,
  type AssemblyReader,
  attributeOf,
  type Directive,
  entryBlock,
  type ParsedOperation,
  type RegionArgument,
  readAttribute,
  regionOf,
  setAttribute,
  setTypes,
  valuesOf,
} from "../assembly.ts";
import { i64, i64Array, integersOf } from "../kinds.ts";

/** `dense<1> : tensor<i32>`: the type of the value is the type of the result. */
export const Constant: Directive = {
  tight: true,
  parse(reader, op, ...[, value, output]) {
    if (reader.sees("(")) return reader.genericOperation(op);
    reader.dictionary(op.attributes);
    const attribute = reader.attribute();
    const type = typeOfElements(attribute);
    if (!type) return reader.fail("expected constant elements");
    setAttribute(op, value!, attribute);
    setTypes(op, output!, [type]);
  },
  print(writer, op, ...[, value, output]) {
    const attribute = attributeOf(op, value!);
    const type = attribute && typeOfElements(attribute);
    if (!type || !sameType(type, valuesOf(op, output!)[0]!.type))
      return writer.genericOperation(op.operation);
    writer.dictionary(op, ["value"]);
    writer.text(" ");
    writer.attribute(attribute);
  },
};

function typeOfElements(attribute: Attribute): Type | undefined {
  const elements =
    attribute.kind === "dense" || attribute.kind === "resource" || attribute.kind === "denseString";
  return elements ? attribute.type : undefined;
}

/** `(%iterArg = %init) : type cond {…} do {…}`: both regions have the arguments that are listed once. */
export const While: Directive = {
  tight: true,
  parse(reader, op, ...[operands, cond, body]) {
    const names: ArgumentName[] = [];
    const values = reader.list("(", ")", () => {
      names.push(reader.argumentName());
      reader.expect("=");
      return reader.operand();
    });
    let types: readonly Type[] = [];
    if (values.length > 0) {
      reader.expect(":");
      types = reader.types();
    }
    if (types.length !== values.length)
      return reader.fail(`expected ${values.length} types, one per operand`);
    op.operands[operands!.index] = values;
    setTypes(op, operands!, types);
    op.resultTypes[0] = types;
    if (reader.take("attributes")) reader.dictionary(op.attributes);
    const args = names.map((name, i) => ({ name, type: types[i]! }));
    reader.expect("cond");
    op.regions[cond!.index] = [reader.region(op.definition, args)];
    reader.expect("do");
    op.regions[body!.index] = [reader.region(op.definition, args)];
  },
  print(writer, op, ...[operands, cond, body]) {
    const values = valuesOf(op, operands!);
    const args = entryBlock(regionOf(op, body!))?.arguments ?? [];
    if (args.length !== values.length) return writer.genericOperation(op.operation);
    writer.text("(");
    writer.list(Array.from(values.keys()), (i) => {
      writer.operand(args[i]!);
      writer.text(" = ");
      writer.operand(values[i]!);
    });
    writer.text(")");
    if (values.length > 0) writer.text(" : ");
    writer.list(values, (value) => writer.type(value.type));
    writer.dictionary(op, [], true);
    writer.newline();
    writer.text("cond ");
    writer.region(regionOf(op, cond!), false);
    writer.text(" do ");
    writer.region(regionOf(op, body!), false);
  },
};

/**
 * `(%input init: %init) applies stablehlo.add across dimensions = [1] : …` when the body is one commutative operation
 * on its arguments, and with ` reducer(%x: t, %y: t) {…}` otherwise.
 */
export const Reduce: Directive = {
  tight: true,
  parse(reader, op, ...[inputs, inits, dimensions, body]) {
    const initial: Value[] = [];
    const values: Value[] = [];
    while (reader.take("(")) {
      values.push(reader.operand());
      reader.expect("init");
      reader.expect(":");
      initial.push(reader.operand());
      reader.expect(")");
      if (!reader.take(",")) break;
    }
    op.operands[inputs!.index] = values;
    op.operands[inits!.index] = initial;
    const inner = reader.take("applies") ? reader.operationName() : undefined;
    if (inner !== undefined && !isReducible(reader.definition(inner), op.definition.dialect)) {
      reader.fail(
        `expected the inner-op to be a commutative binary-op from the ${op.definition.dialect} dialect, with zero region, producing single result`,
      );
    }
    reader.expect("across");
    reader.expect("dimensions");
    reader.expect("=");
    readAttribute(reader, op, dimensions!, () =>
      i64Array.encode(reader.list("[", "]", () => reader.integer())),
    );
    reader.dictionary(op.attributes);
    reader.expect(":");
    const type = reader.type();
    if (type.kind !== "function") return reader.fail("expected function type");
    op.signature = type;
    if (inner === undefined) {
      reader.expect("reducer");
      op.regions[body!.index] = [reader.region(op.definition, reducerArguments(reader))];
      return;
    }
    if (type.inputs.length === 0) reader.fail("input types missing in reduce-op function type");
    const location = reader.location();
    if (location) op.location = location;
    op.regions[body!.index] = [reducerBody(reader, op, inner, type.inputs[0]!)];
  },
  print(writer, op, ...[inputs, inits, dimensions, body]) {
    const values = valuesOf(op, inputs!);
    const block = entryBlock(regionOf(op, body!));
    if (!block || block.arguments.length !== 2 * values.length) return writer.genericOperation(op.operation);
    writer.list(Array.from(values.keys()), (i) => {
      writer.text("(");
      writer.operand(values[i]!);
      writer.text(" init: ");
      writer.operand(valuesOf(op, inits!)[i]!);
      writer.text(")");
    });
    const only = onlyOperation(block, values[0], op.definition.dialect, (name) => writer.definition(name));
    if (only) writer.text(` applies ${only.name}`);
    const attribute = attributeOf(op, dimensions!);
    writer.text(` across dimensions = [${((attribute && integersOf(attribute)) ?? []).join(", ")}]`);
    writer.dictionary(op, ["dimensions"]);
    writer.text(" : ");
    writer.signature(op.operation);
    if (only) return;
    writer.newline();
    writer.text(" reducer");
    values.forEach((_, i) => {
      writer.text("(");
      writer.argument(block.arguments[i]!);
      writer.text(", ");
      writer.argument(block.arguments[i + values.length]!);
      writer.text(") ");
    });
    writer.text(" ");
    writer.region(regionOf(op, body!), false);
  },
};

type Lookup = AssemblyReader["definition"];

function isReducible(definition: ReturnType<Lookup>, dialect: string): boolean {
  return definition?.commutative === true && definition.dialect === dialect;
}

/** `(%x: t, %y: t) (%z: u, %w: u)`: elements first, accumulators after all of them. */
function reducerArguments(reader: AssemblyReader): RegionArgument[] {
  const argument = (): RegionArgument => {
    const name = reader.argumentName();
    reader.expect(":");
    const type = reader.type();
    const location = reader.location();
    return { name, type, ...(location && { location }) };
  };
  const elements: RegionArgument[] = [];
  const accumulators: RegionArgument[] = [];
  while (reader.take("(")) {
    elements.push(argument());
    reader.expect(",");
    accumulators.push(argument());
    reader.expect(")");
  }
  return [...elements, ...accumulators];
}

function reducerBody(reader: AssemblyReader, op: ParsedOperation, inner: string, input: Type): Region {
  if (!("element" in input)) return reader.fail("expected a tensor as first input");
  const type = tensor([], input.element);
  const block = createBlock([type, type], [op.location, op.location]);
  const location = op.location && { location: op.location };
  const only = createOperation(inner, { operands: block.arguments, results: [type], ...location });
  append(block, only);
  append(block, createOperation(`${op.definition.dialect}.return`, { operands: only.results, ...location }));
  return createRegion(block);
}

/** The operation that a short reduction names, if the body is nothing else. */
function onlyOperation(
  block: Block,
  input: Value | undefined,
  dialect: string,
  lookup: Lookup,
): Operation | undefined {
  const [only, end] = block.operations;
  if (block.operations.length !== 2 || !only || !end || !input || !("element" in input.type))
    return undefined;
  const type = tensor([], input.type.element);
  const plain =
    isReducible(lookup(only.name), dialect) &&
    only.regions.length === 0 &&
    [...only.operands, ...only.results].every((value) => sameType(value.type, type)) &&
    sameValues(only.operands, block.arguments) &&
    end.name.endsWith(".return") &&
    sameValues(end.operands, only.results);
  return plain ? only : undefined;
}

function sameValues(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** `(%inputs) inits (%inits) dimension=0 {…} : …` */
export const Scan: Directive = {
  tight: true,
  parse(reader, op, ...[inputs, inits, dimension, body]) {
    op.operands[inputs!.index] = reader.list("(", ")", () => reader.operand());
    reader.expect("inits");
    op.operands[inits!.index] = reader.list("(", ")", () => reader.operand());
    reader.expect("dimension");
    reader.expect("=");
    readAttribute(reader, op, dimension!, () => i64.encode(reader.integer()));
    if (reader.take("attributes")) reader.dictionary(op.attributes);
    op.regions[body!.index] = [reader.region(op.definition)];
    reader.expect(":");
    const type = reader.type();
    if (type.kind !== "function") return reader.fail("expected function type");
    op.signature = type;
  },
  print(writer, op, ...[inputs, inits, dimension, body]) {
    writer.text("(");
    writer.list(valuesOf(op, inputs!), (value) => writer.operand(value));
    writer.text(") inits (");
    writer.list(valuesOf(op, inits!), (value) => writer.operand(value));
    const attribute = attributeOf(op, dimension!);
    writer.text(`) dimension=${attribute && i64.decode(attribute)} `);
    writer.dictionary(op, ["dimension", "operandSegmentSizes", "resultSegmentSizes"], true);
    writer.text(" ");
    writer.region(regionOf(op, body!), true);
    writer.text(" : ");
    writer.signature(op.operation);
  },
};
