import { locationText } from "../model/location.ts";
import type { Operation } from "../model/operation.ts";

/** A program that cannot be evaluated: an operation without meaning here, a failed check, or a limit that was reached. */
export class EvaluateError extends Error {
  override readonly name = "EvaluateError";
  readonly operation: Operation;

  constructor(operation: Operation, reason: string, cause?: unknown) {
    super(`${operation.name} at ${locationText(operation.location)}: ${reason}`, { cause });
    this.operation = operation;
  }
}

/** `error` with the operation that it happened in; the innermost one stays. */
export function inOperation(operation: Operation, error: unknown): EvaluateError {
  if (error instanceof EvaluateError) return error;
  return new EvaluateError(operation, error instanceof Error ? error.message : String(error), error);
}
