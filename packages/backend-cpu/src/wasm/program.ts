/** One module for a whole program: its steps are functions that one function calls, without JavaScript in between. */
import type { Kernel } from "../kernels/loop.ts";
import type { WasmFunction } from "./assembler.ts";
import { type Code, call, FunctionCode } from "./code.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import { instantiate } from "./module.ts";
import { Helpers } from "./vector_code.ts";

export class Program {
  readonly #functions: WasmFunction[] = [];
  readonly #kernels: Kernel[] = [];
  readonly #helpers = new Helpers((one) => this.#place(one), { fma: hasFusedMultiplyAdd() });
  /** The place of a function that vector code calls. */
  readonly callee = this.#helpers.callee;

  /** The first place is that of the way to JavaScript. */
  #place(one: WasmFunction): number {
    return this.#functions.push(one);
  }

  /** A function without parameters and results; what is returned calls it. */
  add(code: FunctionCode, body: Code): Code {
    return call(this.#place(code.finish(undefined, body)));
  }

  /** The call of a kernel in JavaScript. */
  javascript(kernel: Kernel): Code {
    return call(0, this.#kernels.push(kernel) - 1);
  }

  /** Compiles the module; what is returned runs `main`. */
  link(main: Code): Kernel {
    const kernels = this.#kernels;
    const run = (index: number) => kernels[index]!();
    const functions = [...this.#functions, new FunctionCode().finish("main", main)];
    const { main: entry } = instantiate(functions, [{ name: "run", parameters: 1, run }]);
    return entry as unknown as Kernel;
  }
}
