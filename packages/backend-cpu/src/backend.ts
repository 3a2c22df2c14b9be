/** The backend's contract over plans: buffers in host memory, runs in order on a queue. */
import type { Backend, Buffer, CompileOptions, Executable, Signature } from "@hloom/backend";
import {
  allDefinitions,
  allElements,
  evaluatedCalls,
  type HostTensor,
  readModule,
  type VerifiedModule,
  verify,
  writeText,
} from "@hloom/ir";
import { arena, type Block } from "./arena.ts";
import { makePlan, type Runnable } from "./plan.ts";
import { Queue } from "./queue.ts";
import { Value } from "./value.ts";
import { requestedWide } from "./wasm/wide.ts";

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
    upload: (host) => new CpuBuffer(host.type, queue, arena.hold(host)),
  };
}

function compile(module: VerifiedModule, queue: Queue, options?: CompileOptions): Executable {
  const wide = requestedWide();
  if (wide?.enabled === false)
    options?.onWarning?.(`HLOOM_CPU_WIDE=1 has no effect: ${wide.reason}; vectors have 128 bits`);
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
    const inputs = (args as readonly CpuBuffer[]).map((arg) => arg.value);
    const outputs = this.signature.outputs.map((type) => {
      return new CpuBuffer(type as HostTensor["type"], this.#queue);
    });
    // Buffers may be closed before their turn comes; the run holds on to the values that it reads.
    for (const input of inputs) input.retain();
    const results = outputs.map((output) => output.value);
    for (const index of this.signature.donated) args[index]!.close();
    this.#queue.add(() => this.#runNow(inputs, results));
    return outputs;
  }

  #runNow(inputs: readonly Value[], results: readonly Value[]): void {
    try {
      this.#plan.run(inputs.map((input) => input.get())).forEach((block, i) => {
        results[i]!.set(block);
      });
    } catch (error) {
      for (const result of results) result.fail(error);
    }
    for (const index of this.signature.donated) inputs[index]!.consume();
    for (const input of inputs) input.release();
  }

  /** Runs that were started before are finished first. */
  close(): void {
    this.#queue.add(() => this.#plan.close());
  }
}

class CpuBuffer implements Buffer {
  readonly type: HostTensor["type"];
  readonly device = 0;
  readonly #queue: Queue;
  #value: Value | undefined;

  constructor(type: HostTensor["type"], queue: Queue, block?: Block) {
    this.type = type;
    this.#queue = queue;
    this.#value = new Value(block);
  }

  get value(): Value {
    if (!this.#value) throw new Error("a closed buffer was used");
    return this.#value;
  }

  async read(): Promise<HostTensor> {
    const value = this.value;
    this.#queue.drain();
    const { data } = arena.tensor(this.type, value.get());
    return { type: this.type, data: data.slice() };
  }

  async ready(): Promise<void> {
    const value = this.value;
    this.#queue.drain();
    value.get();
  }

  close(): void {
    this.#value?.release();
    this.#value = undefined;
  }
}
