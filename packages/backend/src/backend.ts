/**
 * The contract between programs and whatever runs them. A backend writes {@link Backend}, {@link Executable} and
 * {@link Buffer}; callers use `Device` (device.ts), which validates every call, so that an implementation may trust
 * its inputs: modules are verified, arguments have the right number, types and device, and nothing is used after close.
 *
 * `null.ts` is the smallest honest implementation; start a new backend from it and run the conformance kit.
 */
import type { Element, HostTensor, TensorType, VerifiedModule } from "@hloom/ir";

/** What a backend can do, as data: computed from its tables, never written by hand. */
export interface Capabilities {
  /** Full names of the StableHLO operations that `compile` accepts. */
  readonly ops: ReadonlySet<string>;
  /** Targets of `stablehlo.custom_call` that `compile` accepts; absent: the backend decides while compiling. */
  readonly customCalls?: ReadonlySet<string>;
  /** Element types that buffers may have. */
  readonly elements: ReadonlySet<Element>;
  readonly devices: number;
  /** Whether a donated argument's memory is reused for results. */
  readonly donation: boolean;
  /** Whether `load` and `Executable.save` exist. */
  readonly serialize: boolean;
}

export interface CompileOptions {
  /** Called after each named stage with its printed form; `hloom explain` and `HLOOM_DUMP` listen here. */
  readonly onStage?: (stage: {
    readonly name: string;
    readonly text: () => string;
    readonly milliseconds: number;
  }) => void;
  /** A visible note about something the user may want to know, e.g. an op that left the device. One line. */
  readonly onWarning?: (message: string) => void;
}

export interface Signature {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  /** Indices of inputs whose buffers the run consumes. */
  readonly donated: readonly number[];
}

export interface Backend {
  /** Short name: `cpu`, `mlx`. */
  readonly name: string;
  readonly supports: Capabilities;
  /** Rejects with {@link UnsupportedError} when the module uses ops outside `supports`. */
  compile(module: VerifiedModule, options?: CompileOptions): Promise<Executable>;
  /** Copies `host` to the device; the caller may reuse its memory at once. */
  upload(host: HostTensor, device?: number): Buffer;
  /** Restores what {@link Executable.save} wrote. Present if `supports.serialize`. */
  load?(program: Uint8Array): Promise<Executable>;
  /** Present when programs are replayed by a native library, so that a host process (JAX) can do it without Node. */
  readonly native?: NativeRuntime;
  /** What `hloom doctor` runs on the user's machine. */
  readonly canaries?: readonly Canary[];
  close?(): Promise<void>;
}

/** A program that is known to meet bugs of what a backend builds on. The reference evaluator says what it should give. */
export interface Canary {
  readonly name: string;
  /** What went wrong where the bug is. */
  readonly bug: string;
  /** A module as text, whose entry takes and gives tensors. */
  readonly text: string;
  /** Rules of the backend that are safe to switch off, and should be where the canary fails. */
  readonly rules?: readonly string[];
}

/** A native library with the C ABI of `runtime/c_api.h`, and the translation of modules to the programs that it replays. */
export interface NativeRuntime {
  /** Path of the shared library. */
  readonly library: string;
  /** Compiles without touching the device; the bytes are what {@link Executable.save} would return. */
  translate(module: VerifiedModule, options?: CompileOptions): Uint8Array;
}

export interface Executable {
  readonly signature: Signature;
  /** Returns at once; a failure of the computation surfaces in `read()` of the results. */
  run(args: readonly Buffer[]): readonly Buffer[];
  save?(): Uint8Array;
  close(): void;
}

export interface Buffer {
  readonly type: HostTensor["type"];
  readonly device: number;
  /** Waits for the value and copies it to the host. Rejects with the error of the computation that should have made it. */
  read(): Promise<HostTensor>;
  /** Waits for the value without copying it. Rejects as {@link read} does. Absent: the value has to be read. */
  ready?(): Promise<void>;
  /** Frees the memory as soon as pending work allows. Closing twice is harmless. */
  close(): void;
}

/** A module asks for operations or types that a backend lacks: all of them, each with its source location. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  readonly backend: string;
  readonly missing: readonly Missing[];

  constructor(backend: string, missing: readonly Missing[]) {
    const lines = missing.map(({ op, reason, location }) => `  ${op} at ${location}: ${reason}`);
    const other =
      backend === "cpu" ? "" : "choose another backend (HLOOM_BACKEND=cpu, or --backend cpu), or ";
    super(
      `backend "${backend}" cannot run this program; unsupported:\n${lines.join("\n")}\n` +
        `way out: ${other}see docs/coverage.md for what each backend runs`,
    );
    this.backend = backend;
    this.missing = missing;
  }
}

export interface Missing {
  readonly op: string;
  readonly reason: string;
  /** `model.py:42:7 (dot_general)`. */
  readonly location: string;
}
