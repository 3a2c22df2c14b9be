/** `hloom explain FILE`: every stage that a program goes through on a backend, as one page. */
import {
  type CompileOptions,
  checkSupport,
  donatedArguments,
  entryOf,
  loadBackend,
  runnableProgram,
} from "@hloom/backend";
import { functionType, typeText, type VerifiedModule, writeText } from "@hloom/ir";
import { Command } from "commander";
import { CommandError } from "./errors.ts";
import { readBytes, readProgram, verifyProgram } from "./input.ts";
import { defaultBackend } from "./run.ts";

interface Options {
  readonly backend: string;
  readonly stage?: readonly string[];
  readonly time?: true;
  readonly json?: true;
}

interface Stage {
  readonly name: string;
  readonly text: string;
  readonly milliseconds: number;
}

export function explainCommand(): Command {
  return new Command("explain")
    .description("print every stage from the program that was read down to what the backend runs")
    .argument("<file>", "text, bytecode or a jax.export artifact, or - for standard input")
    .option("--backend <name>", "the backend whose stages are printed", defaultBackend())
    .option("--stage <names...>", "only these stages")
    .option("--time", "say how long each stage took")
    .option("--json", "print the stages as JSON")
    .action(async (file: string, options: Options) => {
      const stages = chosen(await explain(file, options.backend), options.stage);
      process.stdout.write(
        options.json ? `${JSON.stringify(stages)}\n` : page(stages, options.time ?? false),
      );
    });
}

async function explain(file: string, name: string): Promise<Stage[]> {
  const source = readBytes(file);
  const began = performance.now();
  const module = readProgram(source);
  const read = performance.now();
  const checked = verifyProgram(module, source);
  const stages: Stage[] = [{ name: "read", text: writeText(module), milliseconds: read - began }];
  const onStage: NonNullable<CompileOptions["onStage"]> = ({ name, text, milliseconds }) =>
    stages.push({ name, text: text(), milliseconds });
  const verify = { name: "verify", text: signatureLines(checked), milliseconds: performance.now() - read };
  stages.push(verify);
  const verified = runnableProgram(checked, undefined, { onStage });
  const backend = await loadBackend(name, import.meta.url);
  try {
    checkSupport(verified, backend.supports, backend.name);
    const executable = await backend.compile(verified, {
      onStage,
      onWarning: (message) => stages.push({ name: "warning", text: message, milliseconds: 0 }),
    });
    executable.close();
  } finally {
    await backend.close?.();
  }
  return stages;
}

function chosen(stages: readonly Stage[], names: readonly string[] | undefined): readonly Stage[] {
  const unknown = names?.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined)
    throw new CommandError(
      `no stage is called ${unknown}; there are: ${stages.map(({ name }) => name).join(", ")}`,
    );
  return names ? stages.filter(({ name }) => names.includes(name)) : stages;
}

function signatureLines(module: VerifiedModule): string {
  const entry = entryOf(module);
  const { inputs, results } = functionType(entry);
  const donated = donatedArguments(entry);
  const list = (types: typeof inputs) => types.map((type) => typeText(type)).join(", ") || "nothing";
  return `valid; takes ${list(inputs)}; gives ${list(results)}${donated.length > 0 ? `; donates ${donated.join(", ")}` : ""}`;
}

/** A program that a stage leaves as it was is not printed again: the word "unchanged" says more. */
function page(stages: readonly Stage[], withTimes: boolean): string {
  let program = "";
  const parts = stages.map(({ name, text, milliseconds }, i) => {
    const time = withTimes ? ` (${milliseconds.toFixed(2)} ms)` : "";
    const head = `// ${i + 1}. ${name}${time}`;
    if (text === program) return `${head}: unchanged\n`;
    if (text.startsWith("module")) program = text;
    return `${head}\n${text.trimEnd()}\n`;
  });
  return parts.join("\n");
}
