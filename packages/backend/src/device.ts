/**
 * What callers hold: a backend behind a façade that checks every call, so that backends need not. It has the shape of
 * a backend itself, so that anything which drives a backend (the kit, the CLI) can drive either.
 */
import {
  byteLength,
  bytesOf,
  type HostTensor,
  isElement,
  sameType,
  type TensorType,
  typeText,
  type VerifiedModule,
} from "@hloom/ir";
import type { Backend, Buffer, Capabilities, CompileOptions, Executable, Signature } from "./backend.ts";
import { type KnownArgument, type RunnableOptions, runnableProgram } from "./runnable.ts";
import { checkSupport } from "./support.ts";

/** A call that breaks the contract: wrong arguments, or something used after it was closed or donated. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface DeviceCompileOptions extends CompileOptions, RunnableOptions {
  /**
   * What the arguments will be, for programs with dynamic dimensions. One that is given by value is no argument of the
   * executable any more.
   */
  readonly arguments?: readonly KnownArgument[];
}

/** A validated backend. Everything it hands out is validated too, and belongs to it: buffers of two devices do not mix. */
export class Device implements Backend {
  readonly name: string;
  readonly supports: Capabilities;
  readonly backend: Backend;
  #closed = false;

  constructor(backend: Backend) {
    this.name = backend.name;
    this.supports = backend.supports;
    this.backend = backend;
  }

  /**
   * Rejects with `UnsupportedError`, naming everything missing, before the backend sees the module. A program with
   * dynamic dimensions needs to know its `arguments`; `ShapeError` says what stays unknown.
   */
  async compile(module: VerifiedModule, options: DeviceCompileOptions = {}): Promise<DeviceExecutable> {
    this.#check("compile");
    const { arguments: args, ...others } = options;
    const program = runnableProgram(module, args, options);
    checkSupport(program, this.supports, this.name);
    return new DeviceExecutable(this, await this.backend.compile(program, others));
  }

  upload(host: HostTensor, device = 0): DeviceBuffer {
    this.#check("upload");
    if (!Number.isInteger(device) || device < 0 || device >= this.supports.devices) {
      throw new UsageError(`backend "${this.name}" has no device ${device}; it has ${this.supports.devices}`);
    }
    checkHost(host, this);
    return new DeviceBuffer(this, this.backend.upload(host, device));
  }

  /** Restores what `save()` of an executable of the same backend and version wrote. */
  async load(program: Uint8Array): Promise<DeviceExecutable> {
    this.#check("load");
    if (!this.backend.load) throw new UsageError(`backend "${this.name}" cannot load saved programs`);
    return new DeviceExecutable(this, await this.backend.load(program));
  }

  /** Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.backend.close?.();
  }

  #check(what: string): void {
    if (this.#closed) throw new UsageError(`${what} on backend "${this.name}" after it was closed`);
  }
}

/** A compiled program of a {@link Device}. */
export class DeviceExecutable implements Executable {
  readonly signature: Signature;
  readonly #device: Device;
  readonly #inner: Executable;
  #closed = false;

  constructor(device: Device, inner: Executable) {
    this.signature = inner.signature;
    this.#device = device;
    this.#inner = inner;
  }

  /** Throws {@link UsageError} on wrong arguments; donated ones are used up. Failures of the run surface in `read()`. */
  run(args: readonly Buffer[]): readonly DeviceBuffer[] {
    if (this.#closed) throw new UsageError("run on an executable after it was closed");
    const { inputs, outputs, donated } = this.signature;
    if (args.length !== inputs.length) {
      throw new UsageError(`the program takes ${inputs.length} arguments, not ${args.length}`);
    }
    const buffers = args.map((arg, i) => DeviceBuffer.unwrap(arg, this.#device, inputs[i]!, `argument ${i}`));
    for (const index of donated) {
      const twice = buffers.indexOf(buffers[index]!) !== buffers.lastIndexOf(buffers[index]!);
      if (twice) throw new UsageError(`argument ${index} is donated and so cannot be another argument too`);
    }
    const results = this.#inner.run(buffers);
    for (const index of donated) (args[index] as DeviceBuffer).donate();
    if (results.length !== outputs.length) {
      throw new Error(
        `backend "${this.#device.name}" returned ${results.length} results instead of ${outputs.length}`,
      );
    }
    return results.map((buffer) => new DeviceBuffer(this.#device, buffer));
  }

  /** Bytes that `load` of a backend of the same name and version takes. */
  save(): Uint8Array {
    if (this.#closed) throw new UsageError("save on an executable after it was closed");
    if (!this.#inner.save) throw new UsageError(`backend "${this.#device.name}" cannot save programs`);
    return this.#inner.save();
  }

  close(): void {
    if (!this.#closed) this.#inner.close();
    this.#closed = true;
  }
}

/** A value on a {@link Device}. */
export class DeviceBuffer implements Buffer {
  readonly type: HostTensor["type"];
  readonly device: number;
  readonly #owner: Device;
  readonly #inner: Buffer;
  #state: "live" | "closed" | "donated" = "live";

  constructor(owner: Device, inner: Buffer) {
    this.type = inner.type;
    this.device = inner.device;
    this.#owner = owner;
    this.#inner = inner;
  }

  async read(): Promise<HostTensor> {
    this.#check("read");
    return await this.#inner.read();
  }

  async ready(): Promise<void> {
    this.#check("ready");
    await (this.#inner.ready ? this.#inner.ready() : this.#inner.read());
  }

  close(): void {
    if (this.#state === "live") {
      this.#state = "closed";
      this.#inner.close();
    }
  }

  /** The run that consumed the buffer frees it; nobody else may use it any more. */
  donate(): void {
    this.#state = "donated";
  }

  /** The backend's own buffer, after checking that it may be passed as `what`. */
  static unwrap(buffer: Buffer, device: Device, type: TensorType, what: string): Buffer {
    if (!(buffer instanceof DeviceBuffer)) throw new UsageError(`${what} is not a buffer; upload it first`);
    if (buffer.#owner !== device)
      throw new UsageError(`${what} belongs to another backend; read and upload it`);
    buffer.#check(what);
    if (!sameType(buffer.type, type)) {
      throw new UsageError(`${what} is ${typeText(buffer.type)} but the program takes ${typeText(type)}`);
    }
    return buffer.#inner;
  }

  #check(what: string): void {
    if (this.#state !== "live") throw new UsageError(`${what}: the buffer was ${this.#state} before`);
  }
}

function checkHost(host: HostTensor, device: Device): void {
  const { type, data } = host;
  if (!isElement(type.element) || !device.supports.elements.has(type.element)) {
    throw new UsageError(`backend "${device.name}" has no buffers of ${typeText(type)}`);
  }
  if (type.shape.some((dimension) => !Number.isInteger(dimension) || dimension < 0)) {
    throw new UsageError(`${typeText(type)} is not static; only static tensors can be uploaded`);
  }
  const wanted = byteLength(type);
  const given = bytesOf(data).byteLength;
  if (given !== wanted) throw new UsageError(`${typeText(type)} takes ${wanted} bytes, not ${given}`);
}
