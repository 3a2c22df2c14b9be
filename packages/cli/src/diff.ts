/** `hloom diff A B`: whether two programs are the same, and where they are not. */
import { writeText } from "@hloom/ir";
import { Command } from "commander";
import { structuredPatch } from "diff";
import pc from "picocolors";
import type { ExitCode } from "./errors.ts";
import { readBytes, readProgram } from "./input.ts";

interface Options {
  readonly locations?: true;
  readonly context: string;
  readonly json?: true;
}

export function diffCommand(done: (code: ExitCode) => void): Command {
  return new Command("diff")
    .description(
      "compare two programs in any form by what they say, not by how they are written; exit code 1 when they differ",
    )
    .argument("<a>", "text, bytecode or a jax.export artifact, or - for standard input")
    .argument("<b>", "the other program")
    .option("--locations", "source locations count too")
    .option("--context <lines>", "unchanged lines around each difference", "3")
    .option("--json", "print the differences as JSON")
    .addHelpText("after", "\nExample: hloom diff before.mlir after.mlir.bc")
    .action((a: string, b: string, options: Options) => {
      // Names of values, aliases, the order of attributes and the encoding vanish in the canonical print.
      const print = (file: string) =>
        writeText(readProgram(readBytes(file)), { locations: options.locations ?? false });
      const { hunks } = structuredPatch(a, b, print(a), print(b), undefined, undefined, {
        context: Number(options.context),
      });
      done(hunks.length === 0 ? 0 : 1);
      if (options.json)
        process.stdout.write(`${JSON.stringify({ a, b, same: hunks.length === 0, hunks })}\n`);
      else process.stdout.write(hunks.length === 0 ? "the programs are the same\n" : patchText(a, b, hunks));
    });
}

type Hunks = ReturnType<typeof structuredPatch>["hunks"];

function patchText(a: string, b: string, hunks: Hunks): string {
  const lines = [pc.bold(`--- ${a}`), pc.bold(`+++ ${b}`)];
  for (const hunk of hunks) {
    lines.push(pc.cyan(`@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`));
    for (const line of hunk.lines)
      lines.push(line[0] === "+" ? pc.green(line) : line[0] === "-" ? pc.red(line) : line);
  }
  return `${lines.join("\n")}\n`;
}
