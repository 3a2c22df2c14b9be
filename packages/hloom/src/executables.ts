/** Executables of a program: one for all arguments, or one for each combination of sizes. */
import {
  type Device,
  type DeviceCompileOptions,
  type DeviceExecutable,
  type KnownArgument,
  ShapeError,
} from "@hloom/backend";
import { allocate, DYNAMIC, type HostTensor, isInteger, type VerifiedModule } from "@hloom/ir";
import { ProgramError } from "./errors.ts";
import type { Signature } from "./signature.ts";

export interface Executables {
  for(args: readonly HostTensor[]): Promise<Runnable>;
  /** The bytes of the one executable. */
  save(): Uint8Array;
  close(): void;
}

export interface Runnable {
  readonly executable: DeviceExecutable;
  /** The arguments that it takes: those given by value when it was compiled are part of it. */
  readonly args: readonly HostTensor[];
}

/** What compilation is told besides the arguments. */
export type Options = Omit<DeviceCompileOptions, "arguments">;

export function oneExecutable(executable: DeviceExecutable): Executables {
  return {
    for: async (args) => ({ executable, args }),
    save: () => executable.save(),
    close: () => executable.close(),
  };
}

/** Compiles a program of known sizes at once, one whose sizes its arguments tell when they come. */
export async function executablesOf(
  device: Device,
  module: VerifiedModule,
  signature: Signature,
  options: Options,
): Promise<Executables> {
  const platform = signature.platforms ? [platformIndex(signature.platforms)] : [];
  const types = signature.inputs.map(typeOf);
  if (types.some(({ shape }) => shape.includes(DYNAMIC)))
    return new PerShape(device, module, platform, options);
  const known = platform.length > 0 ? { arguments: [...platform, ...types] } : {};
  return oneExecutable(await device.compile(module, { ...options, ...known }));
}

function typeOf({ element, shape }: Signature["inputs"][number]): HostTensor["type"] {
  return { kind: "tensor", element, shape };
}

/** A program for several platforms takes the index of the one that it runs on. hloom's arithmetic is that of the CPU. */
function platformIndex({ element, names }: NonNullable<Signature["platforms"]>): HostTensor {
  const data = allocate(element, 1);
  const index = Math.max(0, names.indexOf("cpu"));
  data[0] = element === "i64" ? BigInt(index) : index;
  return { type: { kind: "tensor", shape: [], element }, data };
}

class PerShape implements Executables {
  readonly #device: Device;
  readonly #module: VerifiedModule;
  readonly #platform: readonly HostTensor[];
  readonly #options: Options;
  readonly #known = new Map<string, Promise<DeviceExecutable>>();
  /** Sizes may come as numbers too: where shapes do not suffice, such arguments are built into the executable. */
  #sizesByValue = false;

  constructor(device: Device, module: VerifiedModule, platform: readonly HostTensor[], options: Options) {
    this.#device = device;
    this.#module = module;
    this.#platform = platform;
    this.#options = options;
  }

  async for(args: readonly HostTensor[]): Promise<Runnable> {
    try {
      return await this.#compiled(args);
    } catch (error) {
      const undecided = error instanceof ShapeError && error.isUndecided;
      if (this.#sizesByValue || !undecided || !args.some(isSize)) throw error;
      this.#sizesByValue = true;
      return await this.#compiled(args);
    }
  }

  save(): Uint8Array {
    throw new ProgramError(
      "sizes of the program depend on its arguments, so each has its own; keep the program's source",
    );
  }

  close(): void {
    for (const executable of this.#known.values()) executable.then((one) => one.close()).catch(() => {});
    this.#known.clear();
  }

  async #compiled(args: readonly HostTensor[]): Promise<Runnable> {
    const isBuiltIn = (arg: HostTensor) => this.#sizesByValue && isSize(arg);
    const key = args.map((arg) => (isBuiltIn(arg) ? String(arg.data[0]) : `[${arg.type.shape}]`)).join();
    let executable = this.#known.get(key);
    if (!executable) {
      const known: KnownArgument[] = args.map((arg) => (isBuiltIn(arg) ? arg : arg.type));
      executable = this.#device.compile(this.#module, {
        ...this.#options,
        arguments: [...this.#platform, ...known],
      });
      this.#known.set(key, executable);
      // What could not be compiled is tried again.
      executable.catch(() => this.#known.delete(key));
    }
    return { executable: await executable, args: args.filter((arg) => !isBuiltIn(arg)) };
  }
}

const isSize = ({ type }: HostTensor): boolean => type.shape.length === 0 && isInteger(type.element);
