/** Control flow: plain loops over lists of kernels. */
import type { Slot } from "../slot.ts";
import type { Kernel } from "./loop.ts";

export function whileKernel(
  enter: readonly Kernel[],
  condition: readonly Kernel[],
  test: Slot,
  body: readonly Kernel[],
): Kernel {
  return () => {
    for (let i = 0; i < enter.length; i++) enter[i]!();
    for (;;) {
      for (let i = 0; i < condition.length; i++) condition[i]!();
      if (test.data[0] === 0) return;
      for (let i = 0; i < body.length; i++) body[i]!();
    }
  };
}

/** `if` takes its first branch when the predicate holds; `case` the branch of its index, the last when out of range. */
export function branchKernel(isIf: boolean, index: Slot, branches: readonly (readonly Kernel[])[]): Kernel {
  return () => {
    const value = Number(index.data[0]);
    const chosen = isIf ? 1 - value : value < 0 || value >= branches.length ? branches.length - 1 : value;
    const kernels = branches[chosen]!;
    for (let i = 0; i < kernels.length; i++) kernels[i]!();
  };
}
