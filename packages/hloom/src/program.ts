/** A program that can be called: arguments go in as trees of arrays, results come out so. */
import type { Device, DeviceBuffer, DeviceExecutable } from "@hloom/backend";
import type { HostTensor } from "@hloom/ir";
import { type ArrayInput, hostTensorOf } from "./arguments.ts";
import { ArgumentError } from "./errors.ts";
import type { Executables } from "./executables.ts";
import { type Port, portOf, type Signature, type Trees } from "./signature.ts";
import { type Tensor, tensorOf } from "./tensor.ts";
import { flattenTree, type TreeOf, unflattenTree } from "./tree.ts";

/** An argument: an array, or a tree of them as the Python function took it. */
export type TreeInput = TreeOf<ArrayInput>;

/** A result: a tensor, or a tree of them as the Python function returned it. */
export type TreeOutput = TreeOf<Tensor>;

// biome-ignore lint/suspicious/noExplicitAny: any function type, whatever its arguments are.
export type AnyFunction = (...args: any[]) => unknown;

/** The type of a program of which nothing else is known. */
export type AnyProgram = (...args: TreeInput[]) => TreeOutput;

/**
 * Call it as the Python function was called. Positional arguments come first; arguments by keyword are one object after
 * them. A program without trees (text, plain StableHLO) takes its arrays in a row and returns an array of tensors.
 *
 * Rejects with `ArgumentError` when an argument has another shape, type or structure, and with what the backend says
 * when the run fails.
 */
export interface Program<Run extends AnyFunction = AnyProgram> {
  (...args: Parameters<Run>): Promise<ReturnType<Run>>;
  /** The arrays that it takes, in order; unused ones that JAX dropped are not among them. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Runs with arrays by the names of `inputs`, and gives tensors by the names of `outputs`. */
  withNames(arrays: { readonly [name: string]: ArrayInput }): Promise<Record<string, Tensor>>;
  /** Bytes that `load` takes: the compiled program. Throws when sizes depend on arguments, since each has its own. */
  save(): Uint8Array;
  /** Frees what it holds. Calls that run finish first; later ones reject. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface ProgramInit {
  readonly device: Device;
  readonly signature: Signature;
  readonly executables: Executables;
  readonly save: () => Uint8Array;
  /** Ends what the program does not share. */
  readonly close: () => Promise<void>;
}

export function programOf<Run extends AnyFunction>(init: ProgramInit): Program<Run> {
  const { device, signature, executables } = init;
  const pending = new Set<Promise<unknown>>();
  let disposed = false;

  async function run(arrays: readonly ArrayInput[]): Promise<Tensor[]> {
    if (disposed) throw new Error("the program was disposed");
    const hosts = arrays.map((array, i) => hostTensorOf(signature.inputs[i]!, array));
    const work = executables.for(hosts).then(({ executable, args }) => runOn(device, executable, args));
    pending.add(work);
    try {
      return await work;
    } finally {
      pending.delete(work);
    }
  }

  async function dispose(): Promise<void> {
    if (disposed) return;
    disposed = true;
    await Promise.allSettled(pending);
    executables.close();
    await init.close();
  }

  const call = async (...args: TreeInput[]): Promise<TreeOutput> => {
    const tensors = await run(arraysOf(signature, args));
    return signature.trees ? unflattenTree(signature.trees.outputs, tensors) : tensors;
  };
  return Object.assign(call, {
    inputs: signature.inputs.map(portOf),
    outputs: signature.outputs.map(portOf),
    withNames: async (arrays: { readonly [name: string]: ArrayInput }) => {
      const tensors = await run(byName(signature, arrays));
      return Object.fromEntries(tensors.map((tensor, i) => [signature.outputs[i]!.name, tensor]));
    },
    save: init.save,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }) as unknown as Program<Run>;
}

async function runOn(
  device: Device,
  executable: DeviceExecutable,
  args: readonly HostTensor[],
): Promise<Tensor[]> {
  const inputs = args.map((arg) => device.upload(arg));
  let outputs: readonly DeviceBuffer[] = [];
  try {
    outputs = executable.run(inputs);
    return (await Promise.all(outputs.map((output) => output.read()))).map(tensorOf);
  } finally {
    for (const buffer of [...inputs, ...outputs]) buffer.close();
  }
}

// Arguments --------------------------------------------------------------------------------------------------------

function arraysOf({ inputs, trees }: Signature, args: readonly TreeInput[]): ArrayInput[] {
  if (trees) return leavesOf(trees, args);
  if (args.length !== inputs.length)
    throw new ArgumentError(
      inputs[args.length]?.name ?? `number ${args.length}`,
      args.length < inputs.length ? "is missing" : `is too many: the program takes ${inputs.length}`,
    );
  return args as ArrayInput[];
}

function leavesOf({ inputs, kept }: Trees, args: readonly TreeInput[]): ArrayInput[] {
  const [positional, keywords] = inputs.kind === "tuple" ? inputs.children : [];
  if (positional?.kind !== "tuple" || keywords?.kind !== "dict")
    throw new Error("the tree of arguments has no arguments");
  const count = positional.children.length;
  const takesKeywords = keywords.children.length > 0;
  if (args.length !== count + (takesKeywords ? 1 : 0)) {
    const more = takesKeywords ? ` and an object with ${keywords.keys.join(", ")}` : "";
    throw new ArgumentError("list", `has ${args.length} of them; the program takes ${count}${more}`);
  }
  const leaves = [
    ...positional.children.flatMap((child, i) => flattenTree(child, args[i], `args[${i}]`)),
    ...(takesKeywords ? flattenTree(keywords, args[count], "kwargs") : []),
  ];
  return kept.map((index) => leaves[index]!.value as ArrayInput);
}

function byName({ inputs }: Signature, arrays: { readonly [name: string]: ArrayInput }): ArrayInput[] {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(arrays).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ArgumentError(unknown, `is unknown; the program takes ${names.join(", ")}`);
  return names.map((name) => {
    const array = arrays[name];
    if (array === undefined) throw new ArgumentError(name, "is missing");
    return array;
  });
}
