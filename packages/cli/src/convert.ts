/** `hloom convert IN OUT`: any form of a program to text or to a portable artifact. */
import { defaultTarget, type Module, writeBytecode, writeText } from "@hloom/ir";
import { Command, Option } from "commander";
import { CommandError } from "./errors.ts";
import { readBytes, readProgram, renderAll, type Source, verifyProgram, writeBytes } from "./input.ts";

interface Options {
  readonly to?: "text" | "bytecode";
  readonly target?: string;
  readonly generic?: true;
  readonly locations?: true;
  readonly stripLocations?: true;
  readonly verify: boolean;
}

export function convertCommand(): Command {
  return new Command("convert")
    .description("write the program IN (text, bytecode or a jax.export artifact) to OUT")
    .argument("<in>", "the program, or - for standard input")
    .argument("[out]", "where it goes, or - for standard output; .bc and .mlirbc mean bytecode", "-")
    .addOption(new Option("--to <form>", "what to write, whatever OUT ends in").choices(["text", "bytecode"]))
    .option("--target <version>", `bytecode: the StableHLO that must read it (default ${defaultTarget})`)
    .option("--strip-locations", "bytecode: without source locations")
    .option("--generic", "text: MLIR's generic form, the same for every operation")
    .option("--locations", "text: with source locations")
    .option("--no-verify", "also convert a program that does not verify")
    .action((input: string, output: string, options: Options) => {
      const form = options.to ?? (/\.(mlirbc|bc)$/.test(output) ? "bytecode" : "text");
      refuseOptionsOfOther(form, options);
      const source = readBytes(input);
      const module = readProgram(source);
      if (options.verify) verifyProgram(module, source);
      writeBytes(output, form === "bytecode" ? bytecodeOf(module, options, source) : textOf(module, options));
    });
}

const optionsOf = {
  text: [
    ["generic", "--generic"],
    ["locations", "--locations"],
  ],
  bytecode: [
    ["target", "--target"],
    ["stripLocations", "--strip-locations"],
  ],
} as const;

function refuseOptionsOfOther(form: "text" | "bytecode", options: Options): void {
  const other = form === "text" ? "bytecode" : "text";
  for (const [name, flag] of optionsOf[other]) {
    if (options[name] !== undefined) throw new CommandError(`${flag} is about ${other}, and OUT is ${form}`);
  }
}

function textOf(module: Module, { generic, locations }: Options): string {
  return writeText(module, { generic: generic ?? false, locations: locations ?? false });
}

function bytecodeOf(module: Module, { target, stripLocations }: Options, source: Source): Uint8Array {
  const { bytes, diagnostics } = writeBytecode(module, {
    ...(target !== undefined && { version: target }),
    locations: stripLocations === undefined,
  });
  if (!bytes) throw new CommandError(renderAll(diagnostics, source), 1);
  return bytes;
}
