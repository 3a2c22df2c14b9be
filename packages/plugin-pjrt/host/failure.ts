/** How errors become what JAX shows: a status code and a message that says what to do. */
import { BackendNotFoundError, UnsupportedError } from "@hloom/backend";
import { type Diagnostic, DiagnosticError, EvaluateError, renderDiagnostic } from "@hloom/ir";
import { codes, type Failure } from "./protocol.ts";

/** A failure whose code is known where it arises. */
export class HostError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function diagnosticsError(what: string, diagnostics: readonly Diagnostic[]): HostError {
  return new HostError(
    codes.invalidArgument,
    `hloom: ${what}:\n${diagnostics.map((one) => renderDiagnostic(one)).join("\n")}`,
  );
}

export function failureOf(error: unknown): Failure {
  if (error instanceof HostError) return { code: error.code, message: error.message };
  if (error instanceof UnsupportedError)
    return { code: codes.unimplemented, message: `hloom: ${error.message}` };
  if (error instanceof BackendNotFoundError)
    return { code: codes.notFound, message: `hloom: ${error.message}` };
  if (error instanceof DiagnosticError)
    return { code: codes.invalidArgument, message: `hloom: ${error.message}` };
  // A computation that failed says where by itself.
  if (error instanceof EvaluateError) return { code: codes.internal, message: `hloom: ${error.message}` };
  // Not foreseen: the stack belongs into the report that a user will send.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: codes.internal, message: `hloom: ${text}` };
}
