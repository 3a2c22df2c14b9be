/** `hloom opt FILE --pass NAME…`: rewrites a program by named passes and prints it. */
import { passes, passNamed, verify, writeText } from "@hloom/ir";
import { Command } from "commander";
import { CommandError } from "./errors.ts";
import { readBytes, readProgram, renderAll, verifyProgram, writeBytes } from "./input.ts";

interface Options {
  readonly pass: readonly string[];
  readonly output: string;
  readonly generic?: true;
  readonly locations?: true;
  readonly list?: true;
}

const listing = (): string => passes.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join("\n");

export function optCommand(): Command {
  return new Command("opt")
    .description("rewrite FILE by named passes, in the order given, and print the result")
    .argument("[file]", "text, bytecode or a jax.export artifact; - is standard input", "-")
    .option("-p, --pass <names...>", "the passes", [])
    .option("-o, --output <file>", "where the text goes", "-")
    .option("--generic", "MLIR's generic form")
    .option("--locations", "with source locations")
    .option("--list", "list the passes")
    .addHelpText("after", `\nPasses:\n${listing()}\n\nExample: hloom opt model.mlir --pass inline fold cse`)
    .action((file: string, options: Options) => {
      if (options.list) {
        process.stdout.write(`${listing()}\n`);
        return;
      }
      const source = readBytes(file);
      let module = verifyProgram(readProgram(source), source);
      for (const name of options.pass) {
        const pass = passNamed(name);
        if (!pass)
          throw new CommandError(
            `there is no pass "${name}"; there are ${passes.map((p) => p.name).join(", ")}`,
          );
        const result = verify(pass.run(module));
        if (!result.module) {
          const problems = renderAll(result.diagnostics, {
            name: `after pass ${name}`,
            bytes: new Uint8Array(),
          });
          throw new CommandError(
            `pass "${name}" made an invalid program, which is a defect of hloom:\n${problems}`,
            1,
          );
        }
        module = result.module;
      }
      const form = { generic: options.generic ?? false, locations: options.locations ?? false };
      writeBytes(options.output, writeText(module, form));
    });
}
