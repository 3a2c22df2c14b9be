/** `hloom verify FILE`: says whether a program is valid StableHLO, and where it is not. */
import { functionsOf, walk } from "@hloom/ir";
import { Command } from "commander";
import { readBytes, readProgram, verifyProgram } from "./input.ts";

export function verifyCommand(): Command {
  return new Command("verify")
    .description("check that FILE is a valid program; exit code 1 and all errors when it is not")
    .argument("<file>", "text, bytecode or a jax.export artifact")
    .option("--json", "print the result as JSON")
    .action((file: string, options: { json?: true }) => {
      const source = readBytes(file);
      const module = verifyProgram(readProgram(source), source);
      let operations = 0;
      walk(module.operation, () => operations++);
      const report = {
        file,
        valid: true,
        functions: functionsOf(module).size,
        operations,
        producer: module.producer,
      };
      const by = report.producer ? `, written by ${report.producer}` : "";
      const line = `${file}: valid, ${report.functions} functions, ${operations} operations${by}`;
      process.stdout.write(`${options.json ? JSON.stringify(report) : line}\n`);
    });
}
