/**
 * HLOOM_F64=downcast: a program computes in f32 where it says f64, for devices that have no f64. Its own inputs and outputs
 * keep their types and are converted at its ends. Never without a warning.
 */
import {
  type Attribute,
  append,
  type Block,
  bodyOf,
  bytesOf,
  copyModule,
  createOperation,
  type Element,
  entryFunction,
  functionType,
  type Module,
  type Operation,
  substitute,
  type Type,
  type Value,
  viewOf,
  walk,
} from "@hloom/ir";

const narrower: Readonly<Partial<Record<Element, Element>>> = { f64: "f32", "complex<f64>": "complex<f32>" };

/** The element that has less precision; undefined when the type has no f64. */
function narrowed(type: Type): Element | undefined {
  return type.kind === "tensor" && typeof type.element === "string" ? narrower[type.element] : undefined;
}

const plain = (type: Type): Type => {
  const element = narrowed(type);
  return element && type.kind === "tensor" ? { ...type, element } : type;
};

/** Operations that take or give f64, each once. */
export function doubles(module: Module): Operation[] {
  const found: Operation[] = [];
  walk(module.operation, (operation) => {
    if ([...operation.operands, ...operation.results].some(({ type }) => narrowed(type)))
      found.push(operation);
  });
  return found;
}

export function inSingle(module: Module): Module {
  const copy = copyModule(module);
  const entry = entryFunction(copy);
  walk(copy.operation, (operation) => {
    for (const result of operation.results) result.type = plain(result.type);
    for (const block of operation.regions.flatMap(({ blocks }) => blocks))
      for (const argument of block.arguments) argument.type = plain(argument.type);
    const attributes = Object.entries(operation.attributes).map(([name, value]) => [name, singleOf(value)]);
    if (operation !== entry) operation.attributes = Object.fromEntries(attributes);
  });
  if (entry) convertEnds(entry);
  return copy;
}

function singleOf(attribute: Attribute): Attribute {
  if (attribute.kind === "dense") {
    const type = plain(attribute.type) as typeof attribute.type;
    if (type === attribute.type) return attribute;
    const data = bytesOf(Float32Array.from(viewOf("f64", attribute.data) as Float64Array));
    return { ...attribute, type, data };
  }
  if (attribute.kind !== "type" || attribute.type.kind !== "function") return attribute;
  const { inputs, results } = attribute.type;
  return { kind: "type", type: { kind: "function", inputs: inputs.map(plain), results: results.map(plain) } };
}

function convertEnds(entry: Operation): void {
  const { inputs, results } = functionType(entry);
  const block = bodyOf(entry.regions[0]!);
  const operations = block.operations;
  block.operations = [];
  const replaced = new Map<Value, Value>();
  block.arguments.forEach((argument, i) => {
    const single = argument.type;
    argument.type = inputs[i]!;
    if (narrowed(argument.type)) replaced.set(argument, convert(block, argument, single));
  });
  substitute(operations, replaced);
  const end = operations.pop()!;
  for (const operation of operations) append(block, operation);
  end.operands = end.operands.map((value, i) =>
    narrowed(results[i]!) ? convert(block, value, results[i]!) : value,
  );
  append(block, end);
}

function convert(block: Block, value: Value, type: Type): Value {
  return append(block, createOperation("stablehlo.convert", { operands: [value], results: [type] }))
    .results[0]!;
}
