/** `hloom verify FILE`: says whether a program is valid StableHLO, and where it is not. */
import {
  type Diagnostic,
  filePosition,
  functionsOf,
  hasErrors,
  positionIn,
  readModule,
  verify,
  walk,
} from "@hloom/ir";
import { Command } from "commander";
import { readBytes, readProgram, type Source, verifyProgram } from "./input.ts";

export function verifyCommand(): Command {
  return new Command("verify")
    .description("check that FILE is a valid program; exit code 1 and all errors when it is not")
    .argument("<file>", "text, bytecode or a jax.export artifact")
    .option("--json", "print the result as JSON")
    .action((file: string, options: { json?: true }) => {
      const source = readBytes(file);
      if (options.json) printProblems(source);
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

/** All diagnostics as JSON, each with the place that a person should look at. */
function printProblems(source: Source): void {
  const read = readModule(source.bytes, { file: source.name });
  const all = read.module ? verify(read.module).diagnostics : read.diagnostics;
  if (!hasErrors(all)) return;
  const text = new TextDecoder().decode(source.bytes);
  const diagnostics = all.map((diagnostic) => entry(diagnostic, source.name, text));
  process.stdout.write(`${JSON.stringify({ file: source.name, valid: false, diagnostics })}\n`);
}

/** `line` and `column` are those of the operation or the token, `range` that of the operand or attribute at fault. */
function entry({ span, part, location, ...rest }: Diagnostic, file: string, text: string) {
  const exact = part ?? span;
  const range = exact && {
    start: positionIn(text, exact.start),
    end: positionIn(text, exact.end),
  };
  const position = span ? { file, ...positionIn(text, span.start) } : location && filePosition(location);
  const place = position && { file: position.file, line: position.line, column: position.column };
  return { ...rest, ...place, ...(range && { range }) };
}
