/** Smaller programs that fail as a large one does: operations become arguments, results go, until nothing more can. */
import { bodyOf, entryFunction, type Module, type Operation, type Value } from "../model/operation.ts";
import type { Type } from "../model/types.ts";
import { copyModule, removeUnused } from "../rewrite/driver.ts";
import { type VerifiedModule, verify } from "../verify/verify.ts";

type Body = readonly Operation[];

/** The smallest program found for which `fails` still holds. `fails` sees verified modules only. */
export function shrinkModule(
  module: VerifiedModule,
  fails: (module: VerifiedModule) => boolean,
): VerifiedModule {
  let smallest = module;
  for (let shrunk = true; shrunk; ) {
    shrunk = false;
    for (const candidate of candidates(smallest)) {
      const { module: verified } = verify(candidate);
      // Without progress the search would not end.
      if (!verified || weightOf(verified) >= weightOf(smallest) || !fails(verified)) continue;
      smallest = verified;
      shrunk = true;
      break;
    }
  }
  return smallest;
}

/** Programs with one thing less, large steps first. */
function* candidates(module: Module): Generator<Module> {
  const { results, operations } = sizeOf(module);
  if (results > 1)
    for (let keep = 0; keep < results; keep++) yield edited(module, (func) => keepResult(func, keep));
  for (let at = operations - 1; at >= 0; at--) yield edited(module, (func) => cutAt(func, at));
  for (let at = 0; at < operations; at++) yield edited(module, (func) => returnOf(func, at));
}

function sizeOf(module: Module): { readonly results: number; readonly operations: number } {
  const { operations } = mainBody(entryFunction(module)!);
  return { results: operations.at(-1)!.operands.length, operations: operations.length - 1 };
}

function weightOf(module: Module): number {
  const { results, operations } = sizeOf(module);
  return results + operations;
}

const mainBody = (func: Operation) => bodyOf(func.regions[0]!);

function edited(module: Module, edit: (func: Operation) => void): Module {
  const copy = copyModule(module);
  const func = entryFunction(copy)!;
  edit(func);
  const cleaned = removeUnused(copy);
  dropArguments(func);
  return cleaned;
}

function keepResult(func: Operation, index: number): void {
  const end = mainBody(func).operations.at(-1)!;
  end.operands = [end.operands[index]!];
}

/** The results of one operation come from outside instead. */
function cutAt(func: Operation, at: number): void {
  const block = mainBody(func);
  const operation = block.operations[at]!;
  const places = new Map<Value, Value>();
  for (const { type } of operation.results) {
    const index = block.arguments.length;
    const argument: Value = { type, owner: block, index };
    places.set(operation.results[places.size]!, argument);
    block.arguments.push(argument);
  }
  block.operations = block.operations.toSpliced(at, 1);
  replace(block.operations, places);
}

/** The program ends with the results of one operation. */
function returnOf(func: Operation, at: number): void {
  const { operations } = mainBody(func);
  const { results } = operations[at]!;
  if (results.some(({ type }) => type.kind !== "tensor")) return;
  operations.at(-1)!.operands = [...results];
}

function replace(operations: Body, places: ReadonlyMap<Value, Value>): void {
  for (const operation of operations) {
    operation.operands = operation.operands.map((value) => places.get(value) ?? value);
    for (const region of operation.regions)
      for (const block of region.blocks) replace(block.operations, places);
  }
}

/** Arguments that nobody uses go, and the function's type follows. */
function dropArguments(func: Operation): void {
  const block = mainBody(func);
  const used = new Set<Value>();
  const collect = (operations: Body): void => {
    for (const operation of operations) {
      for (const value of operation.operands) used.add(value);
      for (const region of operation.regions) for (const inner of region.blocks) collect(inner.operations);
    }
  };
  collect(block.operations);
  const kept = block.arguments.filter((argument) => used.has(argument));
  const places = new Map(kept.map((argument, index): [Value, Value] => [argument, { ...argument, index }]));
  block.arguments.splice(0, block.arguments.length, ...places.values());
  replace(block.operations, places);
  const typesOf = (values: readonly Value[]): Type[] => values.map(({ type }) => type);
  const type: Type = {
    kind: "function",
    inputs: typesOf(block.arguments),
    results: typesOf(block.operations.at(-1)!.operands),
  };
  // Attributes of arguments would belong to others now.
  const { arg_attrs: _, res_attrs: __, ...rest } = func.attributes;
  func.attributes = { ...rest, function_type: { kind: "type", type } };
}
