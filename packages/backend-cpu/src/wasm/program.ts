/** One module for a whole program: its steps are functions that one function calls, without JavaScript in between. */
import type { Kernel } from "../kernels/loop.ts";
import { type Rounds, threads } from "../threads.ts";
import type { WasmFunction } from "./assembler.ts";
import { type Code, call, FunctionCode } from "./code.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import { instantiateModule } from "./module.ts";
import { Helpers } from "./vector_code.ts";

/** Where the functions from outside are: those in JavaScript by number, and rounds of a function on several threads. */
const outside = { run: 0, fork: 1 } as const;

export class Program {
  readonly #functions: WasmFunction[] = [];
  readonly #kernels: Kernel[] = [];
  readonly #shared = new Map<string, number>();
  #parallel = 0;
  readonly #helpers = new Helpers((one) => this.#place(one), { fma: hasFusedMultiplyAdd() });
  /** The place of a function that vector code calls. */
  readonly callee = this.#helpers.callee;

  #place(one: WasmFunction): number {
    return Object.keys(outside).length + this.#functions.push(one) - 1;
  }

  /** The place of a function that several steps call, put there when first asked for. */
  shared(name: string, make: () => WasmFunction): number {
    const place = this.#shared.get(name) ?? this.#place(make());
    this.#shared.set(name, place);
    return place;
  }

  /** A function without parameters and results; what is returned calls it. */
  add(code: FunctionCode, body: Code): Code {
    return call(this.#place(code.finish(undefined, body)));
  }

  /** A function with the parameters of {@link Rounds}; what is returned runs all rounds, large ones on several threads. */
  addRounds(code: FunctionCode, body: Code, rounds: number, large: boolean): Code {
    if (!large || threads.count === 1) return call(this.#place(code.finish(undefined, body)), 0, rounds, 0);
    const index = this.#parallel++;
    this.#place(code.finish(`parallel${index}`, body));
    return call(outside.fork, index, rounds);
  }

  /** The call of a kernel in JavaScript. */
  javascript(kernel: Kernel): Code {
    return call(outside.run, this.#kernels.push(kernel) - 1);
  }

  /** How many calls leave the module for kernels in JavaScript. */
  get javascriptCalls(): number {
    return this.#kernels.length;
  }

  /** Compiles the module; what is returned runs `main`. */
  link(main: Code): Kernel {
    const kernels = this.#kernels;
    const functions = [...this.#functions, new FunctionCode().finish("main", main)];
    const shared: { id: number | undefined } = { id: undefined };
    const { module, exports } = instantiateModule(functions, [
      { name: "run", parameters: 1, run: (index) => kernels[index!]!() },
      {
        name: "fork",
        parameters: 2,
        run: (index, rounds) => {
          shared.id ??= register(module, shared);
          threads.run(shared.id, index!, exports[`parallel${index}`] as unknown as Rounds, rounds!);
        },
      },
    ]);
    return exports["main"] as unknown as Kernel;
  }
}

const forgotten = new FinalizationRegistry((id: number) => threads.forget(id));

function register(module: object, holder: object): number {
  const id = threads.register(module);
  forgotten.register(holder, id);
  return id;
}
