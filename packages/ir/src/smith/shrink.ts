/**
 * Smaller programs that fail as a large one does: operations become arguments with the values that they had, results
 * go, until nothing more can.
 */
import { bodyOf, entryFunction, type Module, type Operation, type Value, walk } from "../model/operation.ts";
import type { HostTensor } from "../model/storage.ts";
import { isElement, isStatic, type Type } from "../model/types.ts";
import { evaluate } from "../reference/evaluate.ts";
import { type Datum, isTensor } from "../reference/tensor.ts";
import { copyModule, removeUnused } from "../rewrite/driver.ts";
import { inlineCalls } from "../rewrite/passes/inline.ts";
import { type VerifiedModule, verify } from "../verify/verify.ts";

/** A program and what it is run on. */
export interface Sample {
  readonly module: VerifiedModule;
  readonly args: readonly HostTensor[];
}

type Body = readonly Operation[];

/** The smallest sample found for which `fails` still holds. `fails` sees verified modules only. */
export async function shrink(
  sample: Sample,
  fails: (sample: Sample) => boolean | Promise<boolean>,
): Promise<Sample> {
  let smallest = await inlined(sample, fails);
  for (let shrunk = true; shrunk; ) {
    shrunk = false;
    for (const { module, args } of candidates(smallest)) {
      const verified = verify(module).module;
      if (!verified) continue;
      const candidate = { module: verified, args };
      // Without progress the search would not end.
      if (weightOf(verified) >= weightOf(smallest.module) || !(await fails(candidate))) continue;
      smallest = candidate;
      shrunk = true;
      break;
    }
  }
  return smallest;
}

/** The sample with its calls replaced by what they call, where it fails so too: only the main function is made smaller. */
async function inlined(
  sample: Sample,
  fails: (sample: Sample) => boolean | Promise<boolean>,
): Promise<Sample> {
  const { module } = verify(inlineCalls(sample.module));
  const candidate = module && { module, args: sample.args };
  return candidate && (await fails(candidate)) ? candidate : sample;
}

interface Candidate {
  readonly module: Module;
  readonly args: readonly HostTensor[];
}

/** Programs with one thing less, large steps first. */
function* candidates(sample: Sample): Generator<Candidate> {
  const { results, operations } = sizeOf(sample.module);
  const values = valuesIn(sample);
  for (let at = 0; at < operations; at++) yield edited(sample, (func) => returnOf(func, at));
  if (results > 1)
    for (let keep = 0; keep < results; keep++) yield edited(sample, (func) => keepResult(func, keep));
  for (let at = operations - 1; at >= 0; at--) yield edited(sample, (func) => cutAt(func, at, values));
}

function sizeOf(module: Module): { readonly results: number; readonly operations: number } {
  const { operations } = mainBody(entryFunction(module)!);
  return { results: operations.at(-1)!.operands.length, operations: operations.length - 1 };
}

/** Operations of all depths, and results. */
function weightOf(module: Module): number {
  let count = sizeOf(module).results;
  walk(module.operation, () => count++);
  return count;
}

const mainBody = (func: Operation) => bodyOf(func.regions[0]!);

/** What each operation of the main function gives, as far as evaluation comes. */
function valuesIn({ module, args }: Sample): readonly (readonly Datum[])[] {
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
type Edit = (func: Operation) => readonly HostTensor[];

function edited({ module, args }: Sample, edit: Edit): Candidate {
  const copy = copyModule(module);
  const func = entryFunction(copy)!;
  const added = edit(func);
  const cleaned = removeUnused(copy);
  return { module: cleaned, args: dropArguments(entryFunction(cleaned)!, [...args, ...added]) };
}

function keepResult(func: Operation, index: number): readonly HostTensor[] {
  const end = mainBody(func).operations.at(-1)!;
  end.operands = [end.operands[index]!];
  return [];
}

/** The results of one operation come from outside instead. */
function cutAt(func: Operation, at: number, values: readonly (readonly Datum[])[]): readonly HostTensor[] {
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

/** The program ends with the results of one operation. */
function returnOf(func: Operation, at: number): readonly HostTensor[] {
  const { operations } = mainBody(func);
  const { results } = operations[at]!;
  if (results.every(({ type }) => isStatic(type))) operations.at(-1)!.operands = [...results];
  return [];
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
