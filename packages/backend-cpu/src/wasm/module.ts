/** Generated functions over the arena. */
import { arena } from "../arena.ts";
import { assemble, type WasmFunction } from "./assembler.ts";

/** The part of the standard interface that is used; its types come with browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** Compiles and links functions; the result has the named ones. Synchronous: an await would not keep the process alive. */
export function instantiate(
  functions: readonly WasmFunction[],
): Readonly<Record<string, (...args: number[]) => number>> {
  const module = new WebAssembly.Module(assemble(functions, arena));
  const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory } });
  return exports as ReturnType<typeof instantiate>;
}
