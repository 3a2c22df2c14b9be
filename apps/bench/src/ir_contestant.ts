/** hloom's readers, verifier and printer, timed in this process. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Module, type ReadResult, readModule, renderDiagnostic, verify, writeText } from "@hloom/ir";
import type { Contestant, Prepared } from "./contestant.ts";

/** What is timed: `bytecode` and `text` read, and verify as C++ does; `verify` and `print` are of a module in memory. */
export const verbs = ["bytecode", "text", "verify", "print"] as const;

export class HloomReader implements Contestant {
  readonly name: string;
  readonly #ready = new Map<string, () => unknown>();

  constructor(name: string) {
    this.name = name;
  }

  /** Bytecode is what C++ wrote into the folder when it prepared the same program. */
  async prepare(program: string, folder: string): Promise<Prepared> {
    const [verb, path] = program.split(" ") as [string, string];
    const text = readFileSync(path, "utf8");
    const artifact = join(folder, `${basename(path)}.bc`);
    const bytes = verb === "bytecode" ? readFileSync(artifact) : new Uint8Array();
    const start = performance.now();
    const module = moduleOf(readModule(text));
    const work: Record<string, () => unknown> = {
      bytecode: () => verify(moduleOf(readModule(bytes))),
      text: () => verify(moduleOf(readModule(text))),
      verify: () => verify(module),
      print: () => writeText(module),
    };
    this.#ready.set(program, work[verb]!);
    return { compile: performance.now() - start };
  }

  async run(program: string, times: number): Promise<readonly number[]> {
    const run = this.#ready.get(program)!;
    return Array.from({ length: times }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    });
  }

  async close(): Promise<void> {
    this.#ready.clear();
  }
}

function moduleOf({ module, diagnostics }: ReadResult): Module {
  if (module) return module;
  throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
}
