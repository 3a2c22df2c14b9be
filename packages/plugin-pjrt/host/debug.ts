/** `HLOOM_DEBUG` and `HLOOM_DUMP`: what a person sees of a compilation under JAX. docs/debugging.md has the table. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CompileOptions } from "@hloom/backend";
import { type VerifiedModule, writeText } from "@hloom/ir";
import type { StageTime } from "./protocol.ts";

export interface Observation {
  readonly options: CompileOptions;
  /** So far. */
  readonly stages: readonly StageTime[];
  /** Call when the compilation is over, with the Program if there is one. */
  finish(program?: Uint8Array): void;
}

let compilations = 0;

/** Starts the clock of one compilation and writes down what came in. */
export function observe(name: string, module: VerifiedModule): Observation {
  const level = Number(process.env.HLOOM_DEBUG ?? 0);
  const folder = process.env.HLOOM_DUMP;
  const started = performance.now();
  const number = String(compilations++).padStart(4, "0");
  const stages: StageTime[] = [];

  const dump = (what: string, content: () => string | Uint8Array): void => {
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${number}-${name}.${what}`), content());
  };

  dump("0-input.mlir", () => writeText(module));
  return {
    stages,
    options: {
      onWarning: (message) => say(message),
      onStage({ name: stage, text, milliseconds }) {
        const end = performance.timeOrigin + performance.now();
        stages.push([stage, Math.round((end - milliseconds) * 1000), Math.round(milliseconds * 1000)]);
        if (level >= 2) say(`${name}: ${stage} ${milliseconds.toFixed(1)} ms`);
        dump(`${stages.length}-${stage}.mlir`, text);
      },
    },
    finish(program) {
      if (level >= 1) say(`${name}: compiled in ${(performance.now() - started).toFixed(1)} ms`);
      if (program) dump("program", () => program);
    },
  };
}

function say(line: string): void {
  process.stderr.write(`hloom: ${line}\n`);
}
