/** Generated functions over the arena. */
import { arena } from "../arena.ts";
import { assemble, type FunctionImport, type WasmFunction } from "./assembler.ts";

/** The part of the standard interface that is used; its types come with browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** A function from outside and how a module sees it. */
export type Given = FunctionImport & { readonly run: (...args: number[]) => void };

/** Compiles and links functions; the result has the named ones. Synchronous: an await would not keep the process alive. */
export function instantiate(
  functions: readonly WasmFunction[],
  given: readonly Given[] = [],
): Readonly<Record<string, (...args: number[]) => number>> {
  const module = new WebAssembly.Module(assemble(functions, arena, given));
  const outside = Object.fromEntries(given.map(({ name, run }) => [name, run]));
  const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory, ...outside } });
  return exports as ReturnType<typeof instantiate>;
}
