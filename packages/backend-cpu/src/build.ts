/** Fifth stage: every step gets its code, in the program's module or in JavaScript. */
import type { PreparedModule } from "@hloom/ir";
import { arena, type Block } from "./arena.ts";
import type { Assignment } from "./assign.ts";
import type { Variable } from "./flatten.ts";
import type { LoopStep, OpStep, RowsStep, Step, StepBlock } from "./fuse.ts";
import { branchCode, whileCode } from "./kernels/control.ts";
import { evaluateKernel } from "./kernels/evaluate.ts";
import { kernelMakers } from "./kernels/index.ts";
import type { Kernel } from "./kernels/loop.ts";
import { movesCode } from "./kernels/move.ts";
import { NoVectorForm } from "./kernels/pass.ts";
import { fastLoop, fastRows, type Written } from "./kernels/pass_code.ts";
import { loopKernel } from "./kernels/step.ts";
import { lineOf } from "./print.ts";
import { collectScratch, type Slot } from "./slot.ts";
import type { Code } from "./wasm/code.ts";
import { Program } from "./wasm/program.ts";

/** What kernel makers may ask for. */
export interface KernelContext {
  readonly slotOf: (variable: Variable) => Slot;
  /** Functions of the module, run by the reference evaluator. */
  readonly functions: () => PreparedModule;
  /** Where generated code goes. */
  readonly program: Program;
}

/** Makes what runs a step, JavaScript or code of the program's module; or declines: the evaluator then does it. */
export type KernelMaker = (step: OpStep, context: KernelContext) => Kernel | Code | undefined;

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

  /** Builds a block and links its code. What is returned must be kept as long as it runs. */
  build(block: StepBlock): Built {
    const { result: main, scratch } = collectScratch(() => this.#block(block));
    return { run: this.program.link(main), addresses: this.#addresses, scratch };
  }

  #block(block: StepBlock): Code {
    return block.steps.flatMap((step) => {
      const line = this.lines.push("") - 1;
      const constant = step.outputs.length > 0 && step.outputs.every((output) => this.#isConstant(output));
      const { code, how } = constant ? this.#now(step) : this.#step(step);
      this.lines[line] = `${"  ".repeat(this.#depth)}${lineOf(step, this.#assignment.slotOf)} by ${how}`;
      return code;
    });
  }

  #isConstant(variable: Variable): boolean {
    return this.#assignment.slotOf.get(variable)?.kind === "constant";
  }

  /** Results that are the same in each run are computed once, while compiling: later steps may look at them. */
  #now(step: Step): Made {
    for (const output of step.outputs) this.slotOf(output).own();
    if (step.kind === "rows") for (const variable of step.internal) this.slotOf(variable).own();
    const whole = this.program;
    this.program = new Program();
    const { code, how } = this.#step(step);
    this.program.link(code)();
    this.program = whole;
    return { code: [], how: `${how}, now` };
  }

  #step(step: Step): Made {
    if (step.kind === "loop") return this.#loop(step);
    if (step.kind === "rows") return this.#rows(step);
    const control = this.#control(step);
    if (control) return { code: control, how: "control" };
    const before = this.program.javascriptCalls;
    const kernel = kernelMakers[step.instruction.name]?.(step, this);
    if (!kernel) return { code: this.program.javascript(evaluateKernel(step, this)), how: "evaluate" };
    const code = typeof kernel === "function" ? this.program.javascript(kernel) : kernel;
    return { code, how: this.program.javascriptCalls > before ? "kernel, with JavaScript" : "kernel" };
  }

  #rows(step: RowsStep): Made {
    return made(fastRows(step, this), "vectors, row by row");
  }

  #loop(step: LoopStep): Made {
    try {
      return made(fastLoop(step, this), "vectors");
    } catch (error) {
      if (!(error instanceof NoVectorForm)) throw error;
      const why = `JavaScript, for ${error.message} has no vector form`;
      return { code: this.program.javascript(loopKernel(step, this)), how: why };
    }
  }

  #control(step: OpStep): Code | undefined {
    const moves = this.#assignment.moves.get(step);
    if (!moves) return undefined;
    this.#depth++;
    const blocks = step.blocks.map((block) => this.#block(block));
    this.#depth--;
    const ends = blocks.map((block, i) => [...block, ...movesCode(moves.leave[i]!)]);
    if (step.instruction.name === "stablehlo.while") {
      const test = this.slotOf(step.blocks[0]!.results[0]!);
      return whileCode(this.program, movesCode(moves.enter), ends[0]!, test, ends[1]!);
    }
    const index = this.slotOf(step.inputs[0]!.root!);
    return branchCode(this.program, step.instruction.name === "stablehlo.if", index, ends);
  }
}

const made = ({ code, threads }: Written, how: string): Made => {
  return { code, how: threads ? `${how}, on threads` : how };
};

/** A block's code, and what it uses. */
export interface Built {
  readonly run: Kernel;
  readonly addresses: Block;
  readonly scratch: readonly Slot[];
}

/** What runs a step, and how for people. */
interface Made {
  readonly code: Code;
  readonly how: string;
}
