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
export function instantiate(functions: readonly WasmFunction[], given: readonly Given[] = []): Exports {
  return link(new WebAssembly.Module(assemble(functions, arena, given)), given);
}

type Exports = Readonly<Record<string, (...args: number[]) => number>>;

/** The same with the module, which other threads can link too. */
export function instantiateModule(
  functions: readonly WasmFunction[],
  given: readonly Given[],
): { readonly module: object; readonly exports: Exports } {
  const module = new WebAssembly.Module(assemble(functions, arena, given));
  return { module, exports: link(module, given) };
}

function link(module: object, given: readonly Given[]): Exports {
  const outside = Object.fromEntries(given.map(({ name, run }) => [name, run]));
  const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory, ...outside } });
  return exports as Exports;
}
