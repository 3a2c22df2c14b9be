/** Constants as arguments: XLA's folders compute with constants by rules of their own, and its code is what is asked. */
import {
  bodyOf,
  copyModule,
  entryFunction,
  evaluateOp,
  functionType,
  type HostTensor,
  isElement,
  isTensor,
  type Module,
  type Operation,
  type TensorType,
  type Value,
  walk,
} from "@hloom/ir";

/** Ops that want to see the values of their operands when they are compiled. */
const seeing = /^stablehlo\.(dynamic_(?!slice|update)|real_dynamic|set_dimension_size|rng$)/;

/** The module with the constants of its entry as further arguments, and their values. */
export function withoutConstants(given: Module): {
  readonly module: Module;
  readonly values: readonly HostTensor[];
} {
  const module = copyModule(given);
  const main = entryFunction(module)!;
  const block = bodyOf(main.regions[0]!);
  const needed = neededValues(main);
  const places = new Map<Value, Value>();
  const values: HostTensor[] = [];
  for (const operation of block.operations.filter(({ name }) => name === "stablehlo.constant")) {
    const [result] = operation.results as [Value];
    const [value] = evaluateOp(operation, [], { resources: module.resources });
    if (needed.has(result) || !value || !isTensor(value) || !isElement((result.type as TensorType).element))
      continue;
    const argument: Value = { type: result.type, owner: block, index: block.arguments.length };
    block.arguments.push(argument);
    places.set(result, argument);
    values.push(value);
  }
  block.operations = block.operations.filter(({ results }) => !results.some((result) => places.has(result)));
  walk(main, (operation) => {
    operation.operands = operation.operands.map((operand) => places.get(operand) ?? operand);
  });
  const type = { ...functionType(main), inputs: block.arguments.map((argument) => argument.type) };
  const { arg_attrs: _, ...attributes } = main.attributes;
  main.attributes = { ...attributes, function_type: { kind: "type", type } };
  return { module, values };
}

function neededValues(main: Operation): ReadonlySet<Value> {
  const needed = new Set<Value>();
  walk(main, ({ name, operands }) => {
    if (seeing.test(name)) for (const operand of operands) needed.add(operand);
  });
  return needed;
}
