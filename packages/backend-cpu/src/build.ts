/** Last stage: each step becomes a kernel, a function without arguments over the slots that it knows. */
import type { PreparedModule } from "@hloom/ir";
import type { Assignment, Move } from "./assign.ts";
import type { Variable } from "./flatten.ts";
import { branchKernel, whileKernel } from "./kernels/control.ts";
import { evaluateKernel } from "./kernels/evaluate.ts";
import { kernelMakers } from "./kernels/index.ts";
import type { Kernel } from "./kernels/loop.ts";
import { movesKernel } from "./kernels/move.ts";
import { loopKernel } from "./kernels/step.ts";
import type { OpStep, Step, StepBlock } from "./lower.ts";
import { lineOf } from "./print.ts";
import type { Slot } from "./slot.ts";

/** What kernel makers may ask for. */
export interface KernelContext {
  readonly slotOf: (variable: Variable) => Slot;
  /** Functions of the module, run by the reference evaluator. */
  readonly functions: () => PreparedModule;
}

/** Makes a kernel for a step, or declines: the evaluator then does it. */
export type KernelMaker = (step: OpStep, context: KernelContext) => Kernel | undefined;

export class KernelBuilder implements KernelContext {
  /** What runs, for people: one line per kernel, nested ones indented. */
  readonly lines: string[] = [];
  readonly #assignment: Assignment;
  readonly functions: () => PreparedModule;
  #depth = 0;

  constructor(functions: () => PreparedModule, assignment: Assignment) {
    this.functions = functions;
    this.#assignment = assignment;
  }

  slotOf = (variable: Variable): Slot => {
    const slot = this.#assignment.slotOf.get(variable);
    if (!slot) throw new Error(`%${variable.id} has no slot`);
    return slot;
  };

  block(block: StepBlock): Kernel[] {
    const kernels: Kernel[] = [];
    for (const step of block.steps) {
      const line = this.lines.push("") - 1;
      const { kernel, how } = this.#step(step);
      const constant = step.outputs.length > 0 && step.outputs.every((output) => this.#isConstant(output));
      if (constant) this.#runNow(step, kernel);
      else kernels.push(kernel);
      const indent = "  ".repeat(this.#depth);
      this.lines[line] =
        `${indent}${lineOf(step, this.#assignment.slotOf)} by ${how}${constant ? ", now" : ""}`;
    }
    return kernels;
  }

  #isConstant(variable: Variable): boolean {
    return this.#assignment.slotOf.get(variable)?.kind === "constant";
  }

  /** Results that are the same in each run are computed once, while compiling. */
  #runNow(step: Step, kernel: Kernel): void {
    for (const output of step.outputs) this.slotOf(output).own();
    kernel();
  }

  #step(step: Step): { kernel: Kernel; how: string } {
    if (step.kind === "loop") return { kernel: loopKernel(step, this), how: "loop" };
    const { name } = step.instruction;
    const control = this.#control(step);
    if (control) return { kernel: control, how: "control" };
    const kernel = kernelMakers[name]?.(step, this);
    return kernel ? { kernel, how: "kernel" } : { kernel: evaluateKernel(step, this), how: "evaluate" };
  }

  #control(step: OpStep): Kernel | undefined {
    const moves = this.#assignment.moves.get(step);
    if (!moves) return undefined;
    const kernels = (moved: readonly Move[]) => movesKernel(moved);
    this.#depth++;
    const blocks = step.blocks.map((block) => this.block(block));
    this.#depth--;
    const leave = moves.leave.map(kernels);
    if (step.instruction.name === "stablehlo.while") {
      const test = this.slotOf(step.blocks[0]!.results[0]!);
      return whileKernel(kernels(moves.enter), blocks[0]!, test, [...blocks[1]!, ...leave[1]!]);
    }
    const index = this.slotOf(step.inputs[0]!.root!);
    const branches = blocks.map((block, i) => [...block, ...leave[i]!]);
    return branchKernel(step.instruction.name === "stablehlo.if", index, branches);
  }
}
