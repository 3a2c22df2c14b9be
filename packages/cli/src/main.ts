/** The `hloom` command: one file per verb, listed here. */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { convertCommand } from "./convert.ts";
import { coverageCommand } from "./coverage.ts";
import { diffCommand } from "./diff.ts";
import { doctorCommand } from "./doctor.ts";
import { type ExitCode, explainFailure } from "./errors.ts";
import { explainCommand } from "./explain.ts";
import { fuzzCommand } from "./fuzz.ts";
import { optCommand } from "./opt.ts";
import { runCommand } from "./run.ts";
import { verifyCommand } from "./verify.ts";

/** Runs a command line (without `node hloom`) and returns its exit code; errors become one message on standard error. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const done = (code: ExitCode): void => {
    exitCode = code;
  };
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const program = new Command("hloom")
    .description(
      "Runs and inspects StableHLO programs, e.g. those that JAX makes. FILE may be -, standard input.",
    )
    .version(version)
    .showHelpAfterError("(hloom --help, or hloom VERB --help, says what it takes)");
  const commands = [
    runCommand(done),
    explainCommand(),
    convertCommand(),
    verifyCommand(),
    optCommand(),
    diffCommand(done),
    coverageCommand(done),
    doctorCommand(done),
    fuzzCommand(done),
  ];
  for (const command of commands) {
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong; help and version end this way too, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message, exitCode: code } = explainFailure(error);
    process.stderr.write(`hloom: ${message}\n`);
    return code;
  }
}
