/** The two ways to a program: from what JAX exported, and from what `save` gave. */
import { type Backend, Device } from "@hloom/backend";
import { openBackend } from "./backends.ts";
import { type Executables, executablesOf, oneExecutable } from "./executables.ts";
import { type AnyFunction, type AnyProgram, type Program, programOf } from "./program.ts";
import { packProgram, unpackProgram } from "./saved.ts";
import { type Signature, signatureFor } from "./signature.ts";
import { type ProgramSource, readProgram } from "./source.ts";

export interface LoadOptions {
  /**
   * Where it runs: `cpu` (anywhere, and unless told), `mlx` (Node, with `@hloom/backend-mlx` installed), the name of
   * another installed backend, or one from `openBackend`, which stays open when the program is disposed.
   */
  readonly backend?: "cpu" | "mlx" | (string & {}) | Backend;
}

export interface CompileOptions extends LoadOptions {
  /**
   * Whether conversions from bfloat16 to float32 take what was computed before it was rounded, where XLA:CPU does so.
   * True unless told; like XLA's flag `xla_allow_excess_precision`.
   */
  readonly excessPrecision?: boolean;
  /** Hears, in one line, of what left the device and the like. `console.warn` unless told. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Makes a program that can be called. The type parameter is the type of the Python function, as far as TypeScript shall
 * check it: `compile<(x: Float32Array) => Tensor>(bytes)`.
 *
 * Rejects with `ProgramError` when the source cannot be read or is not valid, and with the backend's
 * `UnsupportedError`, which names each operation that it lacks with its place in the Python source.
 */
export async function compile<Run extends AnyFunction = AnyProgram>(
  source: ProgramSource,
  options: CompileOptions = {},
): Promise<Program<Run>> {
  const { module, exported } = readProgram(source);
  const signature = signatureFor(module, exported);
  const { excessPrecision, onWarning = (message) => console.warn(`hloom: ${message}`) } = options;
  return await withDevice<Run>(options, signature, (device) =>
    executablesOf(device, module, signature, {
      onWarning,
      ...(excessPrecision !== undefined && { excessPrecision }),
    }),
  );
}

/** Makes a program of what `save` gave, without compiling. The backend must be the one that compiled it. */
export async function load<Run extends AnyFunction = AnyProgram>(
  saved: Uint8Array,
  options: LoadOptions = {},
): Promise<Program<Run>> {
  const { signature, program, backend } = unpackProgram(saved);
  const chosen = options.backend ?? backend;
  return await withDevice<Run>({ backend: chosen }, signature, async (device) =>
    oneExecutable(await device.load(program)),
  );
}

async function withDevice<Run extends AnyFunction>(
  { backend = "cpu" }: LoadOptions,
  signature: Signature,
  executablesOn: (device: Device) => Promise<Executables>,
): Promise<Program<Run>> {
  const shared = typeof backend !== "string";
  const device = new Device(shared ? backend : await openBackend(backend));
  const close = async () => {
    if (!shared) await device.close();
  };
  try {
    const executables = await executablesOn(device);
    const save = () => packProgram({ signature, backend: device.name, program: executables.save() });
    return programOf<Run>({ device, signature, executables, save, close });
  } catch (error) {
    await close();
    throw error;
  }
}
