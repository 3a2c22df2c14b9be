/** `hloom coverage FILE…`: which backends run these programs, and what is missing where. */
import { type Backend, liveOperations, loadBackend, missingIn } from "@hloom/backend";
import { Command } from "commander";
import type { ExitCode } from "./errors.ts";
import { readBytes, readProgram, verifyProgram } from "./input.ts";

interface Options {
  readonly backend: readonly string[];
  readonly json?: true;
}

interface Row {
  readonly file: string;
  /** Operation name → how often it occurs among those that a run may execute. */
  readonly operations: Readonly<Record<string, number>>;
  /** Backend → what it lacks, each with its place; empty when it runs the program. */
  readonly missing: Readonly<Record<string, readonly string[]>>;
}

export function coverageCommand(done: (code: ExitCode) => void): Command {
  return new Command("coverage")
    .description(
      "say which backends run the programs, and name what each lacks; exit code 1 when no backend runs one",
    )
    .argument("<files...>", "text, bytecode or jax.export artifacts")
    .option("--backend <names...>", "which backends", ["cpu", "mlx"])
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample: hloom coverage model.mlir --backend mlx")
    .action(async (files: readonly string[], options: Options) => {
      const backends = await Promise.all(options.backend.map((name) => loadBackend(name, import.meta.url)));
      const rows = files.map((file) => rowOf(file, backends));
      await Promise.all(backends.map((backend) => backend.close?.()));
      done(rows.every(({ missing }) => Object.values(missing).some((list) => list.length === 0)) ? 0 : 1);
      process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : rows.map(rowText).join("\n"));
    });
}

function rowOf(file: string, backends: readonly Backend[]): Row {
  const source = readBytes(file);
  const module = verifyProgram(readProgram(source), source);
  const operations: Record<string, number> = {};
  for (const { name } of liveOperations(module)) operations[name] = (operations[name] ?? 0) + 1;
  const missing: Record<string, string[]> = {};
  for (const { name, supports } of backends) {
    missing[name] = missingIn(module, supports).map(
      ({ op, location, reason }) => `${op} at ${location}: ${reason}`,
    );
  }
  return { file, operations, missing };
}

function rowText({ file, operations, missing }: Row): string {
  const total = Object.values(operations).reduce((sum, count) => sum + count, 0);
  const lines = [`${file}: ${total} operations of ${Object.keys(operations).length} kinds`];
  for (const [backend, list] of Object.entries(missing)) {
    lines.push(
      list.length === 0 ? `  ${backend}: runs it` : `  ${backend}: lacks`,
      ...list.map((item) => `    ${item}`),
    );
  }
  return `${lines.join("\n")}\n`;
}
