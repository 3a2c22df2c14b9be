/** The MLX backend: Metal on a Mac, CUDA and CPU from the same Program. Its pipeline is `pipeline.ts`. */
import type { Backend, Buffer, Capabilities, CompileOptions, Executable, Signature } from "@hloom/backend";
import { evaluatedCalls, type HostTensor, placementCalls, tensor, type VerifiedModule } from "@hloom/ir";
import { canaries } from "./canaries.ts";
import { translate } from "./compile.ts";
import { elements } from "./elements.ts";
import { evaluateText } from "./evaluator.ts";
import { type NativeBuffer, type NativeProgram, NativeRuntime, nativePaths } from "./native.ts";
import { supportedOps } from "./pipeline.ts";
import { decodeProgram } from "./program.ts";
import { loweredCalls } from "./rules/custom.ts";

export { compileToProgram, translate } from "./compile.ts";
export { mlx as dialect } from "./dialect.ts";
export { pipeline } from "./pipeline.ts";
export { printProgram } from "./print.ts";
export * from "./program.ts";

const supports: Capabilities = {
  ops: supportedOps,
  customCalls: new Set([...placementCalls, ...loweredCalls, ...evaluatedCalls, "ApproxTopK"]),
  elements,
  devices: 1,
  donation: true,
  serialize: true,
};

class MlxBackend implements Backend {
  readonly name = "mlx";
  readonly supports = supports;
  readonly native = {
    library: nativePaths.library,
    translate: (module: VerifiedModule, options?: CompileOptions) => translate(module, supports, options),
  };
  readonly canaries = canaries;
  /** Opened at first use: translating a program needs no device. */
  #runtime: NativeRuntime | undefined;

  private get runtime(): NativeRuntime {
    this.#runtime ??= new NativeRuntime(evaluateText);
    return this.#runtime;
  }

  async compile(module: VerifiedModule, options?: CompileOptions): Promise<Executable> {
    return this.load(translate(module, supports, options, { evaluator: true }));
  }

  async load(bytes: Uint8Array): Promise<Executable> {
    return new MlxExecutable(this.runtime.load(bytes), bytes);
  }

  upload(host: HostTensor, device = 0): Buffer {
    return new MlxBuffer(this.runtime.upload(host, device), device);
  }

  async close(): Promise<void> {
    this.#runtime?.close();
    this.#runtime = undefined;
  }
}

class MlxExecutable implements Executable {
  readonly signature: Signature;
  readonly #program: NativeProgram;
  readonly #bytes: Uint8Array;

  constructor(program: NativeProgram, bytes: Uint8Array) {
    this.#program = program;
    this.#bytes = bytes;
    this.signature = {
      inputs: program.inputs.map(({ shape, element }) => tensor(shape, element)),
      outputs: program.outputs.map(({ shape, element }) => tensor(shape, element)),
      donated: decodeProgram(bytes).donated,
    };
  }

  run(args: readonly Buffer[]): readonly Buffer[] {
    const buffers = args as readonly MlxBuffer[];
    const results = this.#program.execute(
      buffers.map(({ native }) => native),
      this.signature.donated,
    );
    return results.map((result) => new MlxBuffer(result, 0));
  }

  save(): Uint8Array {
    return this.#bytes;
  }

  close(): void {
    this.#program.close();
  }
}

class MlxBuffer implements Buffer {
  readonly native: NativeBuffer;
  readonly device: number;

  constructor(native: NativeBuffer, device: number) {
    this.native = native;
    this.device = device;
  }

  get type(): HostTensor["type"] {
    return this.native.type;
  }

  read(): Promise<HostTensor> {
    return this.native.read();
  }

  ready(): Promise<void> {
    return this.native.wait();
  }

  close(): void {
    this.native.close();
  }
}

export default function mlxBackend(): Backend {
  return new MlxBackend();
}
