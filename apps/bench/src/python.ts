/** Contestants in Python: one process each, one JSON line per question and answer (`python/server.py`). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contestant, Prepared } from "./contestant.ts";

const server = fileURLToPath(new URL("../python/server.py", import.meta.url));

export class PythonContestant implements Contestant {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: Interface;

  /** `kind` is what server.py knows: `jax` or `mlx`. */
  constructor(name: string, python: string, kind: "jax" | "mlx") {
    this.name = name;
    // The platform hloom would be opened too, if it were on the path.
    const env = { ...process.env, PYTHONPATH: "" };
    this.#process = spawn(python, [server, kind], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#lines = createInterface({ input: this.#process.stdout! });
  }

  async prepare(program: string, folder: string): Promise<Prepared> {
    return (await this.#ask({ prepare: program, folder })) as unknown as Prepared;
  }

  async run(program: string, times: number): Promise<readonly number[]> {
    return (await this.#ask({ run: program, times })).samples as readonly number[];
  }

  async close(): Promise<void> {
    this.#process.stdin!.end();
    if (this.#process.exitCode === null) await once(this.#process, "exit");
  }

  async #ask(request: unknown): Promise<Record<string, unknown>> {
    const answer = once(this.#lines, "line") as Promise<[string]>;
    const death = once(this.#process, "exit").then(([code]) => {
      throw new Error(`${this.name} exited with ${code}`);
    });
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const [line] = await Promise.race([answer, death]);
    const parsed = JSON.parse(line) as Record<string, unknown>;
    if (typeof parsed.error === "string") throw new Error(parsed.error);
    return parsed;
  }
}
