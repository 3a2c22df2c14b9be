/** Ops with kernels of their own; all others run through the reference evaluator. */
import type { KernelMaker } from "../build.ts";

export const kernelMakers: Readonly<Record<string, KernelMaker>> = {};
