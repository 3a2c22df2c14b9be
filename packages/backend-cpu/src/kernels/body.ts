/** Bodies that read values from outside, as functions for the evaluator. */
import type { Datum, HostTensor, RegionFunction } from "@hloom/ir";
import { arena } from "../arena.ts";
import { assignBody } from "../assign.ts";
import { KernelBuilder, type KernelContext } from "../build.ts";
import { type FlatBlock, tensorType, type Variable } from "../flatten.ts";
import { fuse } from "../fuse.ts";

/** `block` as a function of its parameters; `captures` says which outer value holds each value that it reads. */
export function bodyFunction(
  block: FlatBlock,
  captures: ReadonlyMap<Variable, Variable>,
  context: KernelContext,
): RegionFunction {
  const steps = fuse(block);
  const outer = new Map([...captures].map(([variable, root]) => [variable, context.slotOf(root)]));
  const assignment = assignBody(steps, outer);
  const code = new KernelBuilder(context.functions, assignment).build(steps.block);
  for (const slot of assignment.slots) slot.own();
  const parameters = block.parameters.map((parameter) => assignment.slotOf.get(parameter)!);
  const results = steps.block.results.map((result) => assignment.slotOf.get(result)!);
  const types = block.results.map((result) => tensorType(result));
  return (...args: readonly Datum[]) => {
    parameters.forEach((slot, i) => {
      arena.fill(slot.block!, (args[i] as HostTensor).data);
    });
    code.run();
    return results.map((slot, i) => ({ type: types[i]!, data: slot.data.slice() }));
  };
}
