/** Fifth stage: every step gets its code, in the program's module or in JavaScript. */
import type { PreparedModule } from "@hloom/ir";
import { arena, type Block } from "./arena.ts";
import type { Assignment } from "./assign.ts";
import type { Variable } from "./flatten.ts";
import { branchCode, whileCode } from "./kernels/control.ts";
import { evaluateKernel } from "./kernels/evaluate.ts";
import { kernelMakers } from "./kernels/index.ts";
import type { Kernel } from "./kernels/loop.ts";
import { movesCode } from "./kernels/move.ts";
import { NoVectorForm } from "./kernels/pass.ts";
import { fastLoop } from "./kernels/pass_code.ts";
import { loopKernel } from "./kernels/step.ts";
import type { LoopStep, OpStep, Step, StepBlock } from "./lower.ts";
import { lineOf } from "./print.ts";
import type { Slot } from "./slot.ts";
import { byJavaScript, Program, type StepCode } from "./wasm/program.ts";

/** What kernel makers may ask for. */
export interface KernelContext {
  readonly slotOf: (variable: Variable) => Slot;
  /** Functions of the module, run by the reference evaluator. */
  readonly functions: () => PreparedModule;
  /** Where generated code goes. */
  readonly program: Program;
}

/** Makes what runs a step, or declines: the evaluator then does it. */
export type KernelMaker = (step: OpStep, context: KernelContext) => Kernel | StepCode | undefined;

export class KernelBuilder implements KernelContext {
  /** What runs, for people: one line per step, nested ones indented. */
  readonly lines: string[] = [];
  readonly functions: () => PreparedModule;
  program = new Program();
  /** The addresses of all slots, for generated code. */
  readonly #addresses: Block;
  readonly #assignment: Assignment;
  #depth = 0;

  constructor(functions: () => PreparedModule, assignment: Assignment) {
    this.functions = functions;
    this.#assignment = assignment;
    this.#addresses = arena.allocate(4 * assignment.slots.length);
    assignment.slots.forEach((slot, i) => {
      slot.list(this.#addresses.address + 4 * i);
    });
  }

  slotOf = (variable: Variable): Slot => {
    const slot = this.#assignment.slotOf.get(variable);
    if (!slot) throw new Error(`%${variable.id} has no slot`);
    return slot;
  };

  /** Builds a block and links its code. What is returned must be kept as long as its kernels are called. */
  build(block: StepBlock): { readonly kernels: readonly Kernel[]; readonly addresses: Block } {
    const steps = this.program.joined(this.#block(block));
    return { kernels: this.program.link()(steps), addresses: this.#addresses };
  }

  #block(block: StepBlock): StepCode[] {
    const codes: StepCode[] = [];
    for (const step of block.steps) {
      const line = this.lines.push("") - 1;
      const constant = step.outputs.length > 0 && step.outputs.every((output) => this.#isConstant(output));
      const how = constant ? `${this.#runNow(step)}, now` : this.#append(step, codes);
      this.lines[line] = `${"  ".repeat(this.#depth)}${lineOf(step, this.#assignment.slotOf)} by ${how}`;
    }
    return codes;
  }

  #append(step: Step, codes: StepCode[]): string {
    const { code, how } = this.#step(step);
    codes.push(code);
    return how;
  }

  #isConstant(variable: Variable): boolean {
    return this.#assignment.slotOf.get(variable)?.kind === "constant";
  }

  /** Results that are the same in each run are computed once, while compiling: later steps may look at them. */
  #runNow(step: Step): string {
    for (const output of step.outputs) this.slotOf(output).own();
    const whole = this.program;
    this.program = new Program();
    const { code, how } = this.#step(step);
    const steps = this.program.joined([code]);
    for (const kernel of this.program.link()(steps)) kernel();
    this.program = whole;
    return how;
  }

  #step(step: Step): { code: StepCode; how: string } {
    if (step.kind === "loop") return this.#loop(step);
    const { name } = step.instruction;
    const control = this.#control(step);
    if (control) return { code: control, how: "control" };
    const made = kernelMakers[name]?.(step, this);
    if (!made) return { code: byJavaScript(evaluateKernel(step, this)), how: "evaluate" };
    return { code: typeof made === "function" ? byJavaScript(made) : made, how: "kernel" };
  }

  #loop(step: LoopStep): { code: StepCode; how: string } {
    try {
      return { code: fastLoop(step, this), how: "vectors" };
    } catch (error) {
      if (!(error instanceof NoVectorForm)) throw error;
      const why = `JavaScript, for ${error.message} has no vector form`;
      return { code: byJavaScript(loopKernel(step, this)), how: why };
    }
  }

  #control(step: OpStep): StepCode | undefined {
    const moves = this.#assignment.moves.get(step);
    if (!moves) return undefined;
    this.#depth++;
    const blocks = step.blocks.map((block) => this.#block(block));
    this.#depth--;
    const leave = moves.leave.map((moved) => movesCode(this.program, moved));
    if (step.instruction.name === "stablehlo.while") {
      const test = this.slotOf(step.blocks[0]!.results[0]!);
      const enter = movesCode(this.program, moves.enter);
      return whileCode(this.program, enter, blocks[0]!, test, [...blocks[1]!, ...leave[1]!]);
    }
    const index = this.slotOf(step.inputs[0]!.root!);
    const branches = blocks.map((block, i) => [...block, ...leave[i]!]);
    return branchCode(this.program, step.instruction.name === "stablehlo.if", index, branches);
  }
}
