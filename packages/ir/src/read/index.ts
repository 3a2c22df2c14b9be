/** Bytes or text to a module: portable bytecode, `jax.export` artifacts and both textual forms, told apart by their first bytes. */
import { type Diagnostic, error } from "../model/diagnostic.ts";
import type { Module } from "../model/operation.ts";
import { isBytecode, readBytecode } from "./bytecode.ts";
import { type ReadTextOptions, readText } from "./text.ts";

export { readBytecode } from "./bytecode.ts";
export { type ReadTextOptions, readText } from "./text.ts";

export interface ReadResult {
  /** Absent when there are errors. */
  readonly module?: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a program in any of its forms. Never throws: whatever is wrong with the input becomes a diagnostic. */
export function readModule(input: Uint8Array | string, options?: ReadTextOptions): ReadResult {
  if (typeof input === "string") return readText(input, options);
  if (isBytecode(input)) return readBytecode(input);
  try {
    return readText(new TextDecoder("utf-8", { fatal: true }).decode(input), options);
  } catch {
    const message =
      "the input is neither StableHLO bytecode (it does not start with 'ML\\xefR'), nor a jax.export artifact, nor UTF-8 text";
    return { diagnostics: [error("read/unknown-format", message)] };
  }
}
