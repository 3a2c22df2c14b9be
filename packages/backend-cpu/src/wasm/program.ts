/** The functions of one program in one module, and how steps become calls: few from JavaScript, many within. */
import type { Kernel } from "../kernels/loop.ts";
import type { WasmFunction } from "./assembler.ts";
import { type Code, call, FunctionCode } from "./code.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import { instantiate } from "./module.ts";
import { Helpers } from "./vector_code.ts";

/** What runs a step: a function of the program's module, or JavaScript that may run other steps. */
export type StepCode =
  | { readonly wasm: number }
  | { readonly javascript: (kernels: (steps: readonly StepCode[]) => readonly Kernel[]) => Kernel };

export const byJavaScript = (kernel: Kernel): StepCode => ({ javascript: () => kernel });

export class Program {
  readonly #functions: WasmFunction[] = [];
  readonly #exported = new Set<number>();
  readonly #helpers = new Helpers((one) => this.#functions.push(one) - 1, {
    fma: hasFusedMultiplyAdd(),
  });
  /** The place of a function that vector code calls. */
  readonly callee = this.#helpers.callee;

  /** A function without parameters and results. */
  add(code: FunctionCode, body: Code): StepCode {
    return { wasm: this.#functions.push(code.finish(undefined, body)) - 1 };
  }

  /** Steps one after the other, each run of functions as one: for calls from JavaScript. */
  joined(steps: readonly StepCode[]): StepCode[] {
    const joined: StepCode[] = [];
    let run: number[] = [];
    const flush = () => {
      if (run.length > 1) joined.push(this.add(new FunctionCode(), callAll(run)));
      else if (run.length === 1) joined.push({ wasm: run[0]! });
      run = [];
    };
    for (const step of steps) {
      if ("wasm" in step) run.push(step.wasm);
      else {
        flush();
        joined.push(step);
      }
    }
    flush();
    for (const step of joined) if ("wasm" in step) this.#exported.add(step.wasm);
    return joined;
  }

  /** Compiles the module. Steps that JavaScript calls must have been {@link joined} before. */
  link(): (steps: readonly StepCode[]) => readonly Kernel[] {
    const functions = this.#functions.map((one, i) =>
      this.#exported.has(i) ? { ...one, name: String(i) } : one,
    );
    const exports = functions.length > 0 ? instantiate(functions) : {};
    const kernels = (steps: readonly StepCode[]): readonly Kernel[] =>
      steps.map((step) => ("wasm" in step ? (exports[step.wasm] as Kernel) : step.javascript(kernels)));
    return kernels;
  }
}

/** The code of steps when all are functions of the module. */
export function callsOf(steps: readonly StepCode[]): Code | undefined {
  const indices = steps.map((step) => ("wasm" in step ? step.wasm : undefined));
  return indices.every((index) => index !== undefined) ? callAll(indices) : undefined;
}

const callAll = (indices: readonly number[]): Code => indices.flatMap((index) => call(index));
