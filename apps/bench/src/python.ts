/** Contestants in Python: one process each, one JSON line per question and answer (`python/server.py`). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contestant, Prepared } from "./contestant.ts";

const server = fileURLToPath(new URL("../python/server.py", import.meta.url));

export class PythonContestant implements Contestant {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  /** `kind` is what server.py knows: `jax`, `mlx` or `ir`. */
  constructor(name: string, python: string, kind: "jax" | "mlx" | "ir") {
    this.name = name;
    // JAX would open hloom's plugin too, if it were on the path.
    const env = { ...process.env, PYTHONPATH: "" };
    this.#process = spawn(python, [server, kind], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  async prepare(program: string, folder: string): Promise<Prepared> {
    return (await this.#ask({ prepare: program, folder })) as unknown as Prepared;
  }

  async run(program: string, times: number): Promise<readonly number[]> {
    return (await this.#ask({ run: program, times })).samples as readonly number[];
  }

  async close(): Promise<void> {
    const exit = once(this.#process, "exit");
    this.#process.stdin!.end();
    if (this.#process.exitCode === null) await exit;
  }

  async #ask(request: unknown): Promise<Record<string, unknown>> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.name}: its process ended with ${this.#process.exitCode}`);
    const answer = JSON.parse(value) as Record<string, unknown>;
    if (typeof answer.error === "string") throw new Error(answer.error);
    return answer;
  }
}
