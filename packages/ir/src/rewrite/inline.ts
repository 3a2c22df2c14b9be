/** Moving blocks around: bodies into their surroundings, captured values into arguments, callees into callers. */
import type { Location } from "../model/location.ts";
import {
  append,
  appendBlock,
  type Block,
  bodyOf,
  createBlock,
  createOperation,
  createRegion,
  definingOperation,
  type Operation,
  type Region,
  structuredBlocks,
  type Value,
  walk,
} from "../model/operation.ts";
import type { Builder } from "./builder.ts";

/** Replaces operands inside `operations`, nested ones included. */
export function substitute(operations: readonly Operation[], replacements: ReadonlyMap<Value, Value>): void {
  for (const operation of operations) {
    walk(operation, (inner) => {
      inner.operands = inner.operands.map((value) => replacements.get(value) ?? value);
    });
  }
}

/** Moves a block's operations to the builder's place with `args` for its arguments; returns what its terminator returned. */
export function inlineBlock(builder: Builder, block: Block, args: readonly Value[]): readonly Value[] {
  const replacements = new Map(block.arguments.map((argument, i) => [argument, args[i]!]));
  substitute(block.operations, replacements);
  const terminator = block.operations.at(-1);
  for (const operation of block.operations.slice(0, -1)) append(builder.block, operation);
  return terminator?.operands ?? [];
}

/** Values that the regions use and that are defined outside of them, each once, in order of first use. */
export function capturedValues(regions: readonly Region[]): Value[] {
  const inside = new Set<Value>();
  const captured = new Set<Value>();
  for (const region of regions) {
    for (const block of region.blocks) {
      for (const argument of block.arguments) inside.add(argument);
      for (const operation of block.operations) {
        // Outer before inner in program order: a use never comes before a definition inside.
        walk(operation, (inner) => {
          for (const operand of inner.operands) if (!inside.has(operand)) captured.add(operand);
          for (const result of inner.results) inside.add(result);
          for (const nested of inner.regions.flatMap((r) => r.blocks))
            for (const argument of nested.arguments) inside.add(argument);
        });
      }
    }
  }
  return [...captured];
}

/** Copies a block's operations to the builder's place with `args` for its arguments; returns what its terminator returns. */
export function cloneBlock(builder: Builder, block: Block, args: readonly Value[]): readonly Value[] {
  const values = new Map(block.arguments.map((argument, i) => [argument, args[i]!]));
  const at: Location = builder.location;
  for (const operation of block.operations.slice(0, -1))
    append(builder.block, cloneOperation(operation, values, at));
  return block.operations.at(-1)?.operands.map((value) => values.get(value) ?? value) ?? [];
}

/** A copy on other operands; its results, and those inside its regions, are added to `values`. Inlined into `caller` if there is one. */
export function cloneOperation(
  operation: Operation,
  values: Map<Value, Value>,
  caller?: Location,
): Operation {
  const copy = createOperation(operation.name, {
    operands: operation.operands.map((value) => values.get(value) ?? value),
    results: operation.results.map((result) => result.type),
    attributes: operation.attributes,
    regions: operation.regions.map((region) => cloneRegion(region, values, caller)),
    location: caller ? { kind: "call", callee: operation.location, caller } : operation.location,
  });
  operation.results.forEach((result, i) => {
    values.set(result, copy.results[i]!);
  });
  return copy;
}

function cloneRegion(region: Region, values: Map<Value, Value>, caller: Location | undefined): Region {
  const target = createRegion();
  for (const block of structuredBlocks(region)) {
    const copy = createBlock(block.arguments.map((argument) => argument.type));
    block.arguments.forEach((argument, i) => {
      values.set(argument, copy.arguments[i]!);
    });
    appendBlock(target, copy);
    for (const operation of block.operations) append(copy, cloneOperation(operation, values, caller));
  }
  return target;
}

/**
 * Makes regions independent of their surroundings: captured constants (operations without operands, by `isConstant`)
 * are repeated inside, other captured values become further block arguments. Returns the values to pass for those.
 * The regions must not be shared: they are changed in place.
 */
export function isolate(regions: readonly Region[], isConstant: (operation: Operation) => boolean): Value[] {
  const passed: Value[] = [];
  for (const value of capturedValues(regions)) {
    const source = definingOperation(value);
    const repeat = source !== undefined && isConstant(source);
    if (!repeat) passed.push(value);
    for (const region of regions) {
      const block = bodyOf(region);
      const local = repeat ? prepend(block, source, value.index) : addArgument(block, value);
      substitute(
        block.operations.filter((operation) => !operation.results.includes(local)),
        new Map([[value, local]]),
      );
    }
  }
  return passed;
}

function prepend(block: Block, source: Operation, index: number): Value {
  const copy = createOperation(source.name, {
    results: source.results.map((result) => result.type),
    attributes: source.attributes,
    location: source.location,
  });
  copy.parent = block;
  block.operations.unshift(copy);
  return copy.results[index]!;
}

function addArgument(block: Block, like: Value): Value {
  const argument: Value = { type: like.type, owner: block, index: block.arguments.length };
  block.arguments.push(argument);
  return argument;
}
