/** Ops with kernels of their own; all others run through the reference evaluator. */
import type { KernelMaker } from "../build.ts";
import type { Instruction } from "../flatten.ts";
import { convolution, isFastConvolution } from "./convolution.ts";
import { dotGeneral, isFastDot } from "./dot.ts";
import { fft } from "./fft.ts";
import { gather } from "./gather.ts";
import { placeKernels } from "./place.ts";
import { rngBitGenerator } from "./random.ts";
import { scatter } from "./scatter.ts";
import { selectAndScatter } from "./select_scatter.ts";
import { sort } from "./sort.ts";
import { topK } from "./top_k.ts";
import { cholesky, triangularSolve } from "./triangular.ts";
import { reduceWindow } from "./window.ts";

export const kernelMakers: Readonly<Record<string, KernelMaker>> = {
  "chlo.top_k": topK,
  ...placeKernels,
  "stablehlo.cholesky": cholesky,
  "stablehlo.convolution": convolution,
  "stablehlo.dot_general": dotGeneral,
  "stablehlo.fft": fft,
  "stablehlo.gather": gather,
  "stablehlo.reduce_window": reduceWindow,
  "stablehlo.rng_bit_generator": rngBitGenerator,
  "stablehlo.scatter": scatter,
  "stablehlo.select_and_scatter": selectAndScatter,
  "stablehlo.sort": sort,
  "stablehlo.triangular_solve": triangularSolve,
};

const strided: ReadonlySet<string> = new Set([
  "stablehlo.concatenate",
  "stablehlo.pad",
  "stablehlo.dynamic_update_slice",
]);

/** Whether the kernel of an instruction reads its operands through strides; others need them whole. */
export function readsViews(instruction: Instruction): boolean {
  return strided.has(instruction.name) || isFastDot(instruction) || isFastConvolution(instruction);
}
