/** From bytes or text to a verified module, with what `jax.export` says around it. */
import { type Diagnostic, readModule, renderDiagnostic, type VerifiedModule, verify } from "@hloom/ir";
import { ProgramError } from "./errors.ts";
import { type Exported, readExported } from "./exported.ts";

/** Text, MLIR bytecode, a StableHLO portable artifact, or the bytes of `jax.export`'s `Exported.serialize()`. */
export type ProgramSource = string | Uint8Array | ArrayBuffer;

export interface ReadProgram {
  readonly module: VerifiedModule;
  /** Present when the bytes come from `jax.export`. */
  readonly exported?: Exported;
}

/** Throws {@link ProgramError} with every error, each with its place. */
export function readProgram(source: ProgramSource): ReadProgram {
  const input = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  const read = readModule(input);
  const text = typeof input === "string" ? { text: input } : {};
  if (!read.module) throw failure("the program cannot be read", read.diagnostics, text);
  const { module, diagnostics } = verify(read.module);
  if (!module) throw failure("the program is not valid", diagnostics, text);
  // Text has no producer; bytecode that does not begin the bytes is what `jax.export` wrapped.
  const wrapped =
    typeof input !== "string" && module.producer !== undefined && !startsWith(input, bytecodeMagic);
  return wrapped ? { module, exported: readExported(input) } : { module };
}

const bytecodeMagic = [0x4d, 0x4c, 0xef, 0x52];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

function failure(what: string, diagnostics: readonly Diagnostic[], source: { text?: string }): ProgramError {
  const lines = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, { name: "program", ...source }));
  return new ProgramError(`${what}:\n${lines.join("\n")}`);
}
