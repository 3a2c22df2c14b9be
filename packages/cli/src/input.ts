/** Files and pipes: `-` is standard input or output. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import {
  type Diagnostic,
  type Module,
  readModule,
  renderDiagnostic,
  type VerifiedModule,
  verify,
} from "@hloom/ir";
import { CommandError } from "./errors.ts";

export interface Source {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function readBytes(file: string): Source {
  try {
    // Descriptor 0 is standard input; readFileSync reads it to its end.
    return { name: file === "-" ? "<stdin>" : file, bytes: readFileSync(file === "-" ? 0 : file) };
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

export function writeBytes(file: string, content: Uint8Array | string): void {
  try {
    if (file === "-") process.stdout.write(content);
    else writeFileSync(file, content);
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file or directory";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

/** A module from text, bytecode or a jax.export artifact; throws a {@link CommandError} with all diagnostics. */
export function readProgram(source: Source): Module {
  const { module, diagnostics } = readModule(source.bytes, { file: source.name });
  if (!module) throw new CommandError(renderAll(diagnostics, source), 1);
  warn(diagnostics, source);
  return module;
}

export function verifyProgram(module: Module, source: Source): VerifiedModule {
  const result = verify(module);
  if (!result.module) throw new CommandError(renderAll(result.diagnostics, source), 1);
  warn(result.diagnostics, source);
  return result.module;
}

function warn(diagnostics: readonly Diagnostic[], source: Source): void {
  for (const diagnostic of diagnostics) process.stderr.write(`${renderAll([diagnostic], source)}\n`);
}

export function renderAll(diagnostics: readonly Diagnostic[], { name, bytes }: Source): string {
  const binary = bytes.subarray(0, 1024).includes(0);
  const text = binary ? {} : { text: new TextDecoder().decode(bytes) };
  return diagnostics
    .map((diagnostic) => renderDiagnostic(diagnostic, { name: basename(name), file: name, ...text }))
    .join("\n");
}
