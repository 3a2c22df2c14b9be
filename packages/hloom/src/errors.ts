/** What callers can do wrong, or be given. */

/** An argument has the wrong shape, type or structure. The message names the argument and what the program takes. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
  /** The argument's name, with the way into it: `params['layers'][0]`. */
  readonly argument: string;

  constructor(argument: string, problem: string) {
    super(`argument ${argument} ${problem}`);
    this.argument = argument;
  }
}

/** The bytes or the text are no program that can be run. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}
