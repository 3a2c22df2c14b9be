/** The Node binding of the runtime: loads `build/addon.node`, which loads `build/libhloom_mlx.so`, which loads MLX. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { byteLength, bytesOf, type HostTensor, viewOf } from "@hloom/ir";
import { elementCode, elementOf, type RegisterType } from "./program.ts";

/** What the addon gives; each class wraps one handle of `runtime/c_api.h`. */
interface Addon {
  readonly Runtime: new (library: string) => AddonRuntime;
  /** One for the process; called on this thread while a device's thread waits. */
  setEvaluator(evaluate: AddonEvaluate): void;
}

type AddonEvaluate = (
  module: string,
  inputs: readonly (AddonType & { readonly bytes: Uint8Array })[],
) => readonly Uint8Array[];

/** Runs the function of a module, given as text. */
export type Evaluate = (module: string, inputs: readonly HostTensor[]) => readonly HostTensor[];

interface AddonRuntime {
  readonly devices: number;
  load(bytes: Uint8Array): AddonProgram;
  upload(element: number, shape: readonly number[], bytes: Uint8Array, device: number): AddonBuffer;
  stats(device: number): MemoryStats;
  kind(device: number): string;
  close(): void;
}

interface AddonProgram {
  readonly inputs: readonly AddonType[];
  readonly outputs: readonly AddonType[];
  execute(inputs: readonly AddonBuffer[], donated: readonly boolean[], device: number): AddonBuffer[];
  free(): void;
}

interface AddonBuffer {
  readonly type: AddonType;
  readonly ready: boolean;
  read(size: number): Promise<ArrayBuffer>;
  wait(): Promise<void>;
  free(): void;
}

interface AddonType {
  readonly element: number;
  readonly shape: readonly number[];
}

/** Bytes; -1 when unknown. */
export interface MemoryStats {
  readonly bytesInUse: number;
  readonly peakBytesInUse: number;
  readonly bytesLimit: number;
}

/** The native half is missing or does not start. The message says what to do. */
export class NativeError extends Error {
  override readonly name = "NativeError";
}

/** Where the build puts its libraries, next to `src` and `dist`. */
export const nativePaths = {
  addon: fileURLToPath(new URL("../build/addon.node", import.meta.url)),
  library: fileURLToPath(
    new URL(`../build/libhloom_mlx.${process.platform === "darwin" ? "dylib" : "so"}`, import.meta.url),
  ),
};

const wayOut =
  "way out: `pnpm setup` (fetches MLX), then `pnpm build`; or another backend (HLOOM_BACKEND=cpu)";

export class NativeRuntime {
  readonly #runtime: AddonRuntime;

  /** `evaluate` runs what programs leave to the reference evaluator. */
  constructor(evaluate?: Evaluate) {
    this.#runtime = openRuntime(evaluate);
  }

  get devices(): number {
    return this.#runtime.devices;
  }

  /** `mlx cpu` or `mlx gpu`. */
  kind(device = 0): string {
    return this.#runtime.kind(device);
  }

  load(bytes: Uint8Array): NativeProgram {
    return new NativeProgram(this.#runtime.load(bytes));
  }

  upload(host: HostTensor, device = 0): NativeBuffer {
    const { element, shape } = host.type;
    return new NativeBuffer(this.#runtime.upload(elementCode(element), shape, bytesOf(host.data), device));
  }

  memory(device = 0): MemoryStats {
    return this.#runtime.stats(device);
  }

  /** The library closes when the last buffer and program are gone too. */
  close(): void {
    this.#runtime.close();
  }
}

export class NativeProgram {
  readonly #program: AddonProgram;
  readonly inputs: readonly RegisterType[];
  readonly outputs: readonly RegisterType[];

  constructor(program: AddonProgram) {
    this.#program = program;
    this.inputs = program.inputs.map(registerTypeOf);
    this.outputs = program.outputs.map(registerTypeOf);
  }

  /** Returns at once; errors of the computation surface when an output is read. */
  execute(inputs: readonly NativeBuffer[], donated: readonly number[] = [], device = 0): NativeBuffer[] {
    const flags = inputs.map((_, index) => donated.includes(index));
    return this.#program
      .execute(
        inputs.map(({ handle }) => handle),
        flags,
        device,
      )
      .map((handle) => new NativeBuffer(handle));
  }

  close(): void {
    this.#program.free();
  }
}

export class NativeBuffer {
  readonly handle: AddonBuffer;
  readonly type: HostTensor["type"];

  constructor(handle: AddonBuffer) {
    this.handle = handle;
    this.type = { kind: "tensor", ...registerTypeOf(handle.type) };
  }

  get ready(): boolean {
    return this.handle.ready;
  }

  async read(): Promise<HostTensor> {
    const memory = await this.handle.read(byteLength(this.type));
    return { type: this.type, data: viewOf(this.type.element, new Uint8Array(memory)) };
  }

  /** Waits for the value without copying it. */
  wait(): Promise<void> {
    return this.handle.wait();
  }

  close(): void {
    this.handle.free();
  }
}

function openRuntime(evaluate: Evaluate | undefined): AddonRuntime {
  for (const path of [nativePaths.addon, nativePaths.library]) {
    if (!existsSync(path))
      throw new NativeError(`the native half of @hloom/backend-mlx is not built: no ${path}\n${wayOut}`);
  }
  try {
    const addon = createRequire(import.meta.url)(nativePaths.addon) as Addon;
    const runtime = new addon.Runtime(nativePaths.library);
    if (evaluate)
      addon.setEvaluator((module, inputs) =>
        evaluate(module, inputs.map(tensorOf)).map(({ data }) => bytesOf(data)),
      );
    return runtime;
  } catch (error) {
    throw new NativeError(
      `the MLX runtime does not start: ${error instanceof Error ? error.message : error}\n${wayOut}`,
      { cause: error },
    );
  }
}

function registerTypeOf({ element, shape }: AddonType): RegisterType {
  return { element: elementOf(element), shape };
}

function tensorOf({ bytes, ...type }: AddonType & { readonly bytes: Uint8Array }): HostTensor {
  const { element, shape } = registerTypeOf(type);
  return { type: { kind: "tensor", element, shape }, data: viewOf(element, bytes) };
}
