/** The way of every op without a kernel of its own: the reference evaluator. */
import { type Datum, evaluateOp, isTensor, type Region, type RegionFunction, tokenDatum } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import { type FlatBlock, tensorType, type Variable } from "../flatten.ts";
import type { OpStep } from "../fuse.ts";
import { bodyFunction } from "./body.ts";
import type { Kernel } from "./loop.ts";

export function evaluateKernel(step: OpStep, context: KernelContext): Kernel {
  const { operation, inputs, outputs, blocks } = step.instruction;
  const sources = inputs.map((input, i) => sourceOf(input, step.inputs[i]!.root!, context));
  const targets = outputs.map((output) =>
    output.type.kind === "tensor" ? context.slotOf(output) : undefined,
  );
  const bodies = new Map(operation.regions.map((region, i) => [region, bodyOf(blocks[i]!, step, context)]));
  const captures = step.captures.size > 0;
  return () => {
    const data = sources.map((source) => source());
    const results = evaluateOp(operation, data, {
      call: (symbol, args) => context.functions().call(symbol, args),
      // The evaluator runs bodies itself unless they read values from outside.
      ...(captures && { region: (region: Region) => bodies.get(region)!() }),
    });
    results.forEach((result, i) => {
      if (targets[i] && isTensor(result)) (targets[i].data as Float32Array).set(result.data as Float32Array);
    });
  };
}

function bodyOf(block: FlatBlock, step: OpStep, context: KernelContext): () => RegionFunction {
  let made: RegionFunction | undefined;
  return () => (made ??= bodyFunction(block, step.captures, context));
}

/** A value as the evaluator wants it. The memory may be of a value with another shape: reshapes are free. */
function sourceOf(input: Variable, root: Variable, context: KernelContext): () => Datum {
  if (input.type.kind !== "tensor") return () => tokenDatum;
  const slot = context.slotOf(root);
  const type = tensorType(input);
  return () => ({ type, data: slot.data });
}
