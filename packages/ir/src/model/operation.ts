/** The graph: a module is an operation with regions of blocks of operations, in SSA form. */
import type { Attribute, Attributes } from "./attributes.ts";
import { DiagnosticError, error } from "./diagnostic.ts";
import { type Location, unknownLocation } from "./location.ts";
import type { Spans } from "./spans.ts";
import type { FunctionType, Type } from "./types.ts";

/** An SSA value: a result of an operation or an argument of a block. */
export interface Value {
  type: Type;
  /** Who defines it. */
  readonly owner: Operation | Block;
  /** Its place among the owner's results or arguments. */
  readonly index: number;
  readonly location?: Location;
}

export interface Operation {
  readonly kind: "operation";
  /** Full name, `stablehlo.add`. */
  readonly name: string;
  operands: Value[];
  readonly results: Value[];
  /** Inherent attributes (those that the op declares) and discardable ones together, by name. */
  attributes: Attributes;
  readonly regions: Region[];
  /** Blocks of the same region that a terminator may go on to: `cf.br`. */
  readonly successors: Block[];
  readonly location: Location;
  parent?: Block;
}

export interface Block {
  readonly kind: "block";
  readonly arguments: Value[];
  operations: Operation[];
  parent?: Region;
}

export interface Region {
  readonly blocks: Block[];
  parent?: Operation;
}

/** A whole program. `operation` is `builtin.module`; `resources` are the blobs of `{-# dialect_resources … #-}`. */
export interface Module {
  readonly operation: Operation;
  readonly resources: ReadonlyMap<string, Uint8Array>;
  /** What wrote the artifact, `StableHLO_v1.17.0`; absent for text. */
  readonly producer?: string;
  /** Where parts of operations stand in the text; absent unless the reader was told the text's name. */
  readonly spans?: Spans;
}

export interface OperationInit {
  readonly operands?: readonly Value[];
  readonly results?: readonly Type[];
  readonly attributes?: Attributes;
  readonly regions?: readonly Region[];
  readonly successors?: readonly Block[];
  readonly location?: Location;
}

export function createOperation(name: string, init: OperationInit = {}): Operation {
  const results: Value[] = [];
  const operation: Operation = {
    kind: "operation",
    name,
    operands: [...(init.operands ?? [])],
    results,
    attributes: init.attributes ?? {},
    regions: [...(init.regions ?? [])],
    successors: [...(init.successors ?? [])],
    location: init.location ?? unknownLocation,
  };
  init.results?.forEach((type, index) => {
    results.push({ type, owner: operation, index });
  });
  for (const region of operation.regions) region.parent = operation;
  return operation;
}

export function createBlock(
  argumentTypes: readonly Type[] = [],
  locations: readonly (Location | undefined)[] = [],
): Block {
  const block: Block = { kind: "block", arguments: [], operations: [] };
  argumentTypes.forEach((type, index) => {
    const location = locations[index];
    block.arguments.push(location ? { type, owner: block, index, location } : { type, owner: block, index });
  });
  return block;
}

export function createRegion(...blocks: Block[]): Region {
  const region: Region = { blocks: [] };
  for (const block of blocks) appendBlock(region, block);
  return region;
}

export function appendBlock(region: Region, block: Block): void {
  block.parent = region;
  region.blocks.push(block);
}

export function append(block: Block, operation: Operation): Operation {
  operation.parent = block;
  block.operations.push(operation);
  return operation;
}

/** The operation that defines `value`, or undefined for a block argument. */
export function definingOperation(value: Value): Operation | undefined {
  return value.owner.kind === "operation" ? value.owner : undefined;
}

/** Visits `operation` and all operations inside it, outer before inner, in program order. */
export function walk(operation: Operation, visit: (operation: Operation) => void): void {
  // An explicit stack: nesting depth is the input's choice, the call stack is ours.
  const stack: Operation[] = [operation];
  for (let next = stack.pop(); next; next = stack.pop()) {
    visit(next);
    for (let r = next.regions.length - 1; r >= 0; r--) {
      const blocks = next.regions[r]!.blocks;
      for (let b = blocks.length - 1; b >= 0; b--) {
        const operations = blocks[b]!.operations;
        for (let o = operations.length - 1; o >= 0; o--) stack.push(operations[o]!);
      }
    }
  }
}

/** The single block of a region, as StableHLO's region-bearing ops have. Throws a DiagnosticError where there are more. */
export function bodyOf(region: Region): Block {
  const [block] = structuredBlocks(region);
  if (!block) throw new Error("a region without a block has no body");
  return block;
}

/** The blocks of a region that has no branches: none or one. Throws a DiagnosticError where there are more. */
export function structuredBlocks({ blocks, parent }: Region): readonly Block[] {
  const branch = blocks.length > 1 && blocks[0]!.operations.at(-1);
  if (!branch) return blocks;
  const message = `branches to other blocks of ${parent?.name ?? "its region"}, which can be read and verified only`;
  const notes = ["express the control flow by 'stablehlo.if', 'stablehlo.case' and 'stablehlo.while'"];
  const { name: op, location } = branch;
  throw new DiagnosticError(error("rewrite/branches", message, { op, location, notes }));
}

/** Top-level operations of a module. */
export function topLevel(module: Module): Operation[] {
  return module.operation.regions[0]?.blocks[0]?.operations ?? [];
}

export function symbolName(operation: Operation): string | undefined {
  const name = operation.attributes.sym_name;
  return name?.kind === "string" ? name.value : undefined;
}

export function functionsOf(module: Module): Map<string, Operation> {
  const functions = new Map<string, Operation>();
  for (const operation of topLevel(module)) {
    const name = symbolName(operation);
    if (operation.name === "func.func" && name !== undefined) functions.set(name, operation);
  }
  return functions;
}

/** The functions of the module that `operation` is in. */
export function functionsAround(operation: Operation): Map<string, Operation> {
  let outer = operation;
  for (let next: Operation | undefined = operation; next; next = next.parent?.parent?.parent) outer = next;
  return functionsOf({ operation: outer, resources: new Map() });
}

export function functionType(func: Operation): FunctionType {
  const attribute: Attribute | undefined = func.attributes.function_type;
  if (attribute?.kind === "type" && attribute.type.kind === "function") return attribute.type;
  throw new Error(`${func.name} @${symbolName(func) ?? "?"} has no function type`);
}

/** The function a caller runs: `@main`, or the only public function. */
export function entryFunction(module: Module): Operation | undefined {
  const functions = functionsOf(module);
  const main = functions.get("main");
  if (main) return main;
  const visible = [...functions.values()].filter((func) => {
    const visibility = func.attributes.sym_visibility;
    return !(visibility?.kind === "string" && visibility.value === "private");
  });
  return visible.length === 1 ? visible[0] : undefined;
}
