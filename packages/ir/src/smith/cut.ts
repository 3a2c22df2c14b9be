/** Operations of the main function that become arguments: programs without them, run on the values that they gave. */
import {
  bodyOf,
  entryFunction,
  functionsOf,
  type Module,
  type Operation,
  type Value,
  walk,
} from "../model/operation.ts";
import type { HostTensor } from "../model/storage.ts";
import { isElement, isStatic, type Type } from "../model/types.ts";
import { referencedSymbols } from "../ops/effects.ts";
import { evaluate } from "../reference/evaluate.ts";
import { type Datum, isTensor } from "../reference/tensor.ts";
import { copyModule, removeUnused } from "../rewrite/driver.ts";
import { type VerifiedModule, verify } from "../verify/verify.ts";

/** A program and what it is run on. */
export interface Sample {
  readonly module: VerifiedModule;
  readonly args: readonly HostTensor[];
}

/** A sample that is not verified yet. */
export interface Candidate {
  readonly module: Module;
  readonly args: readonly HostTensor[];
}

type Body = readonly Operation[];

export const mainBody = (func: Operation) => bodyOf(func.regions[0]!);

/**
 * The sample without the operations of these names: each that holds or calls one comes from outside. Undefined where
 * that cannot be, because its results are no plain tensors, or nothing is left.
 */
export function without(sample: Sample, names: ReadonlySet<string>): Sample | undefined {
  const functions = functionsOf(sample.module);
  const holds = (operation: Operation): boolean => {
    let found = false;
    walk(operation, (inner) => {
      const callees = inner.name === "func.func" ? [] : referencedSymbols(inner);
      found ||=
        names.has(inner.name) || callees.some((name) => functions.has(name) && holds(functions.get(name)!));
    });
    return found;
  };
  const unwanted = mainBody(entryFunction(sample.module)!).operations.map(holds);
  const values = valuesIn(sample);
  const { module, args } = edited(sample, (func) => {
    // From the end, so that places before it stay.
    const last = unwanted.length - 1;
    return unwanted.flatMap((_, i) => (unwanted[last - i] ? cutAt(func, last - i, values) : []));
  });
  const verified = verify(module).module;
  return verified && { module: verified, args };
}

/** What each operation of the main function gives, as far as evaluation comes. */
export function valuesIn({ module, args }: Sample): readonly (readonly Datum[])[] {
  const { operations } = mainBody(entryFunction(module)!);
  const values = new Map<Operation, readonly Datum[]>();
  const around = (
    operation: Operation,
    data: readonly Datum[],
    apply: (data: readonly Datum[]) => readonly Datum[],
  ) => {
    const results = apply(data);
    values.set(operation, results);
    return results;
  };
  try {
    evaluate(module, args, { around, maxSteps: 1e6 });
  } catch {
    // What fails may be the failure that is sought: values up to it are all there are.
  }
  return operations.map((operation) => values.get(operation) ?? []);
}

/** Values of arguments that an edit adds, in their order. */
export type Edit = (func: Operation) => readonly HostTensor[];

export function edited({ module, args }: Sample, edit: Edit): Candidate {
  const copy = copyModule(module);
  const func = entryFunction(copy)!;
  const added = edit(func);
  const cleaned = removeUnused(copy);
  return { module: cleaned, args: dropArguments(entryFunction(cleaned)!, [...args, ...added]) };
}

/** The results of one operation come from outside instead. */
export function cutAt(
  func: Operation,
  at: number,
  values: readonly (readonly Datum[])[],
): readonly HostTensor[] {
  const block = mainBody(func);
  const operation = block.operations[at]!;
  // What has effects stays when nobody uses it, and goes here.
  if (!isUsed(operation.results, block.operations)) {
    block.operations = block.operations.toSpliced(at, 1);
    return [];
  }
  const data = (values[at] ?? []).filter(isTensor);
  const fits = operation.results.every(({ type }) => isStatic(type) && isElement(type.element));
  if (!fits || data.length !== operation.results.length) return [];
  const places = new Map<Value, Value>();
  for (const result of operation.results) {
    const argument: Value = { type: result.type, owner: block, index: block.arguments.length };
    places.set(result, argument);
    block.arguments.push(argument);
  }
  block.operations = block.operations.toSpliced(at, 1);
  replace(block.operations, places);
  return data;
}

function isUsed(results: readonly Value[], operations: Body): boolean {
  return operations.some(
    ({ operands, regions }) =>
      operands.some((operand) => results.includes(operand)) ||
      regions.some(({ blocks }) => blocks.some((block) => isUsed(results, block.operations))),
  );
}

function replace(operations: Body, places: ReadonlyMap<Value, Value>): void {
  for (const operation of operations) {
    operation.operands = operation.operands.map((value) => places.get(value) ?? value);
    for (const region of operation.regions)
      for (const block of region.blocks) replace(block.operations, places);
  }
}

/** Arguments that nobody uses go, and the function's type follows. Gives the values of those that stay. */
function dropArguments(func: Operation, values: readonly HostTensor[]): readonly HostTensor[] {
  const block = mainBody(func);
  const used = new Set<Value>();
  walk(func, ({ operands }) => {
    for (const value of operands) used.add(value);
  });
  const kept = block.arguments.filter((argument) => used.has(argument));
  const args = kept.map(({ index }) => values[index]!);
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
  return args;
}
