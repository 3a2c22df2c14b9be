/** `hloom explain FILE`: every stage that a program goes through on a backend, as one page. */
import { checkSupport, loadBackend, runnableProgram, signatureOf } from "@hloom/backend";
import { typeText, type VerifiedModule, writeText } from "@hloom/ir";
import { Command } from "commander";
import { readBytes, readProgram, verifyProgram } from "./input.ts";
import { defaultBackend } from "./run.ts";

interface Options {
  readonly backend: string;
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
    .option("--time", "say how long each stage took")
    .option("--json", "print the stages as JSON")
    .action(async (file: string, options: Options) => {
      const stages = await explain(file, options.backend);
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
  const verified = runnableProgram(verifyProgram(module, source));
  const stages: Stage[] = [
    { name: "read", text: writeText(module), milliseconds: read - began },
    { name: "verify", text: signatureLines(verified), milliseconds: performance.now() - read },
  ];
  const backend = await loadBackend(name, import.meta.url);
  try {
    checkSupport(verified, backend.supports, backend.name);
    const executable = await backend.compile(verified, {
      onStage: (stage) =>
        stages.push({ name: stage.name, text: stage.text(), milliseconds: stage.milliseconds }),
      onWarning: (message) => stages.push({ name: "warning", text: message, milliseconds: 0 }),
    });
    executable.close();
  } finally {
    await backend.close?.();
  }
  return stages;
}

function signatureLines(module: VerifiedModule): string {
  const { inputs, outputs, donated } = signatureOf(module);
  const list = (types: typeof inputs) => types.map((type) => typeText(type)).join(", ") || "nothing";
  return `valid; takes ${list(inputs)}; gives ${list(outputs)}${donated.length > 0 ? `; donates ${donated.join(", ")}` : ""}`;
}

function page(stages: readonly Stage[], withTimes: boolean): string {
  return stages
    .map(({ name, text, milliseconds }, i) => {
      const time = withTimes ? ` (${milliseconds.toFixed(2)} ms)` : "";
      return `// ${i + 1}. ${name}${time}\n${text.trimEnd()}\n`;
    })
    .join("\n");
}
