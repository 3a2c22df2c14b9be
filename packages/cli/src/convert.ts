/** `hloom convert IN OUT`: any form of a program to text. */
import { writeText } from "@hloom/ir";
import { Command } from "commander";
import { CommandError } from "./errors.ts";
import { readBytes, readProgram, verifyProgram, writeBytes } from "./input.ts";

interface Options {
  readonly generic?: true;
  readonly locations?: true;
  readonly verify: boolean;
}

export function convertCommand(): Command {
  return new Command("convert")
    .description("write the program IN (text, bytecode or a jax.export artifact) as text to OUT")
    .argument("<in>", "the program, or - for standard input")
    .argument("[out]", "where the text goes, or - for standard output", "-")
    .option("--generic", "MLIR's generic form, the same for every operation")
    .option("--locations", "with source locations")
    .option("--no-verify", "also convert a program that does not verify")
    .action((input: string, output: string, options: Options) => {
      if (/\.(mlirbc|bc)$/.test(output)) {
        throw new CommandError(
          `writing bytecode (${output}) is not implemented yet; choose a name that ends in .mlir`,
        );
      }
      const source = readBytes(input);
      const module = readProgram(source);
      if (options.verify) verifyProgram(module, source);
      writeBytes(
        output,
        writeText(module, { generic: options.generic ?? false, locations: options.locations ?? false }),
      );
    });
}
