/**
 * Smaller programs that fail as a large one does: operations become arguments with the values that they had, results
 * go, until nothing more can.
 */
import { entryFunction, type Module, type Operation, walk } from "../model/operation.ts";
import type { HostTensor } from "../model/storage.ts";
import { isStatic } from "../model/types.ts";
import { inlineCalls } from "../rewrite/passes/inline.ts";
import { verify } from "../verify/verify.ts";
import { type Candidate, cutAt, edited, mainBody, type Sample, valuesIn } from "./cut.ts";

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

function keepResult(func: Operation, index: number): readonly HostTensor[] {
  const end = mainBody(func).operations.at(-1)!;
  end.operands = [end.operands[index]!];
  return [];
}

/** The program ends with the results of one operation. */
function returnOf(func: Operation, at: number): readonly HostTensor[] {
  const { operations } = mainBody(func);
  const { results } = operations[at]!;
  if (results.every(({ type }) => isStatic(type))) operations.at(-1)!.operands = [...results];
  return [];
}
