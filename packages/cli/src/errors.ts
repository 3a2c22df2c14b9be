/** What a command says when it cannot do its work, and with which exit code. */
import { BackendNotFoundError, ShapeError, UnsupportedError, UsageError } from "@hloom/backend";
import { NumpyError } from "./npz.ts";

/** 0: done. 1: the program is wrong, or a check of it failed. 2: the command cannot be carried out as given. */
export type ExitCode = 0 | 1 | 2;

/** Ends a command with a message for the user and no stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The one message for a failure; a stack only for what is a bug of ours, or with HLOOM_DEBUG. */
export function explainFailure(error: unknown): { readonly message: string; readonly exitCode: ExitCode } {
  if (!(error instanceof Error)) return { message: String(error), exitCode: 1 };
  const debug = process.env.HLOOM_DEBUG ? `\n${error.stack}` : "";
  if (error instanceof CommandError) return { message: error.message + debug, exitCode: error.exitCode };
  const usage = [NumpyError, UsageError, BackendNotFoundError].some((type) => error instanceof type);
  if (usage) return { message: error.message + debug, exitCode: 2 };
  if (error instanceof UnsupportedError || error instanceof ShapeError)
    return { message: error.message + debug, exitCode: 1 };
  return { message: `${error.message}${debug}`, exitCode: 1 };
}
