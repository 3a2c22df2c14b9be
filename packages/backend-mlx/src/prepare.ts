/** What needs a look at the whole module before the rules: tokens go, and an approximate top-k is the head of a sort. */
import {
  append,
  type Block,
  Builder,
  bodyOf,
  cloneBlock,
  copyModule,
  createBlock,
  createOperation,
  createRegion,
  functionsOf,
  i64Array,
  integerAttribute,
  integerOfCall,
  type Module,
  type Operation,
  substitute,
  type TensorType,
  tensor,
  type Value,
  walk,
  withoutTokens,
} from "@hloom/ir";
import { inlineSmall } from "./inline.ts";
import { threefryName, withThreefry } from "./rules/idioms/threefry.ts";

/** `off`: idioms that are to be left as they are. */
export function prepare(module: Module, off: ReadonlySet<string>): Module {
  const untouched = withoutTokens(module);
  const plain = inlineSmall(off.has(threefryName) ? untouched : withThreefry(untouched));
  let found = false;
  walk(plain.operation, (operation) => {
    found ||= isApproximate(operation);
  });
  if (!found) return plain;
  const copy = copyModule(plain);
  const functions = functionsOf(copy);
  walk(copy.operation, ({ regions }) => {
    for (const block of regions.flatMap(({ blocks }) => blocks)) replaceApproximate(block, functions);
  });
  return copy;
}

function isApproximate({ attributes }: Operation): boolean {
  const target = attributes.call_target_name;
  return target?.kind === "string" && target.value === "ApproxTopK";
}

function replaceApproximate(block: Block, functions: ReadonlyMap<string, Operation>): void {
  const replaced = new Map<Value, Value>();
  const old = block.operations;
  block.operations = [];
  for (const operation of old) {
    substitute([operation], replaced);
    if (!isApproximate(operation)) append(block, operation);
    else {
      const values = headOfSort(operation, block, functions);
      operation.results.forEach((result, i) => {
        replaced.set(result, values[i]!);
      });
    }
  }
}

/** Exact, which is the best approximation. */
function headOfSort(
  operation: Operation,
  block: Block,
  functions: ReadonlyMap<string, Operation>,
): readonly Value[] {
  const { attributes, location } = operation;
  const inputs = operation.operands.slice(0, operation.operands.length / 2);
  const types = inputs.map(({ type }) => type as TensorType);
  const axis = integerOfCall(attributes, "reduction_dim");
  const computations = attributes.called_computations;
  const symbol = computations?.kind === "array" ? computations.elements[0] : undefined;
  const comparator = symbol?.kind === "symbol" ? functions.get(symbol.path[0]!) : undefined;
  if (!comparator) throw new Error("ApproxTopK names no comparator");
  const body = createBlock(types.flatMap(({ element }) => [tensor([], element), tensor([], element)]));
  const order = cloneBlock(new Builder(body, location), bodyOf(comparator.regions[0]!), body.arguments);
  append(body, createOperation("stablehlo.return", { operands: order, location }));
  const dimension = integerAttribute(axis);
  const sort = createOperation("stablehlo.sort", {
    operands: inputs,
    results: types,
    attributes: { dimension, is_stable: integerAttribute(1, "i1") },
    regions: [createRegion(body)],
    location,
  });
  append(block, sort);
  const topK = integerOfCall(attributes, "top_k");
  return sort.results.map((value, i) => {
    const shape = types[i]!.shape.with(axis, topK);
    const init = {
      operands: [value],
      results: [{ ...types[i]!, shape }],
      attributes: {
        start_indices: i64Array(shape.map(() => 0)),
        limit_indices: i64Array(shape),
        strides: i64Array(shape.map(() => 1)),
      },
      location,
    };
    return append(block, createOperation("stablehlo.slice", init)).results[0]!;
  });
}
