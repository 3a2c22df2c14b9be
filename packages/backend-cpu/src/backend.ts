/** The backend's contract over plans: buffers in host memory, runs in order on a queue. */
import type { Backend, Buffer, CompileOptions, Executable, Signature } from "@hloom/backend";
import {
  allDefinitions,
  allElements,
  evaluatedCalls,
  type HostTensor,
  readModule,
  type Storage,
  type VerifiedModule,
  verify,
  writeText,
} from "@hloom/ir";
import { makePlan, type Runnable } from "./plan.ts";
import { Queue } from "./queue.ts";

/** Ops that the planner itself takes apart and that need no evaluation. */
const unfolded = [
  "stablehlo.composite",
  "stablehlo.tuple",
  "stablehlo.get_tuple_element",
  "stablehlo.optimization_barrier",
];
const shardings = ["sdy.mesh", "sdy.sharding_constraint", "sdy.manual_computation", "sdy.return"];

/** Opens a backend; it holds no resources besides memory. */
export function cpu(): Backend {
  const queue = new Queue();
  const evaluated = [...allDefinitions()].filter((definition) => definition.evaluate).map(({ name }) => name);
  return {
    name: "cpu",
    supports: {
      ops: new Set([...evaluated, ...unfolded, ...shardings]),
      customCalls: evaluatedCalls,
      elements: new Set(allElements),
      devices: 1,
      donation: true,
      serialize: true,
    },
    compile: async (module, options) => compile(module, queue, options),
    load: async (program) => compile(restore(program), queue),
    upload: (host) => new CpuBuffer(host.type, queue, { ...host, data: host.data.slice() }),
  };
}

function compile(module: VerifiedModule, queue: Queue, options?: CompileOptions): Executable {
  return new CpuExecutable(makePlan(module, options), () => save(module), queue);
}

/** A saved program is its text after a line that says by what. */
const header = "// hloom cpu program 1\n";

function save(module: VerifiedModule): Uint8Array {
  return new TextEncoder().encode(header + writeText(module));
}

function restore(program: Uint8Array): VerifiedModule {
  const text = new TextDecoder().decode(program);
  if (!text.startsWith(header))
    throw new Error("these bytes are not a program that this version of backend cpu saved");
  const { module, diagnostics } = readModule(text);
  const verified = module && verify(module).module;
  if (!verified)
    throw new Error(`the saved program is damaged: ${diagnostics[0]?.message ?? "it does not verify"}`);
  return verified;
}

class CpuExecutable implements Executable {
  readonly signature: Signature;
  readonly save: () => Uint8Array;
  readonly #plan: Runnable;
  readonly #queue: Queue;

  constructor(plan: Runnable, save: () => Uint8Array, queue: Queue) {
    this.signature = plan.signature;
    this.save = save;
    this.#plan = plan;
    this.#queue = queue;
  }

  run(args: readonly Buffer[]): readonly Buffer[] {
    const inputs = args as readonly CpuBuffer[];
    const outputs = this.signature.outputs.map(
      (type) => new CpuBuffer(type as HostTensor["type"], this.#queue),
    );
    // The arguments' values are looked at when their turn comes, but closing them meanwhile must do no harm.
    const values = inputs.map((input) => input.value);
    for (const index of this.signature.donated) inputs[index]!.close();
    this.#queue.add(() => {
      try {
        const data = values.map((value): Storage => value.get().data);
        const results = this.#plan.run(data);
        outputs.forEach((output, i) => {
          output.value.set(results[i]!);
        });
      } catch (error) {
        for (const output of outputs) output.value.fail(error);
      }
    });
    return outputs;
  }

  close(): void {}
}

/** A value that may not be there yet. */
class Value {
  #tensor: HostTensor | undefined;
  #failed = false;
  #error: unknown;

  set(tensor: HostTensor): void {
    this.#tensor = tensor;
  }

  fail(error: unknown): void {
    this.#failed = true;
    this.#error = error;
  }

  get(): HostTensor {
    if (this.#failed) throw this.#error;
    if (!this.#tensor) throw new Error("the value was not computed");
    return this.#tensor;
  }
}

class CpuBuffer implements Buffer {
  readonly type: HostTensor["type"];
  readonly device = 0;
  readonly #queue: Queue;
  #value: Value | undefined = new Value();

  constructor(type: HostTensor["type"], queue: Queue, tensor?: HostTensor) {
    this.type = type;
    this.#queue = queue;
    if (tensor) this.#value!.set(tensor);
  }

  get value(): Value {
    if (!this.#value) throw new Error("a closed buffer was used");
    return this.#value;
  }

  async read(): Promise<HostTensor> {
    const value = this.value;
    this.#queue.drain();
    const { data } = value.get();
    return { type: this.type, data: data.slice() };
  }

  close(): void {
    this.#value = undefined;
  }
}
