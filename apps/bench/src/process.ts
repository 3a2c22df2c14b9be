/** Contestants in processes of their own: one JSON line per question and answer (`python/server.py`, `hloom_server.ts`). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contestant, Prepared } from "./contestant.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A contestant of `python/server.py`: `jax`, `reference`, `mlx` or `ir`. */
export function pythonServer(python: string, kind: "jax" | "reference" | "mlx" | "ir"): Command {
  const server = fileURLToPath(new URL("../python/server.py", import.meta.url));
  // JAX would open hloom's plugin too, if it were on the path.
  return { program: python, args: [server, kind], env: { PYTHONPATH: "" } };
}

/** A backend of hloom in a Node of its own. */
export function hloomServer(backend: string, env: Readonly<Record<string, string>> = {}): Command {
  const server = fileURLToPath(new URL("./hloom_server.ts", import.meta.url));
  return { program: process.execPath, args: ["--conditions=@hloom/source", server, backend], env };
}

/** The command on the given cores only, so that it sees no others: by Linux's taskset, elsewhere not at all. */
export function pinned(command: Command, cores: string): Command {
  if (process.platform !== "linux") return command;
  const { program, args, env } = command;
  return { program: "taskset", args: ["-c", cores, program, ...args], ...(env && { env }) };
}

interface Child {
  readonly process: ChildProcess;
  readonly answers: AsyncIterator<string>;
}

/** A question that takes longer than `limit` seconds, or ends the process, fails; the next one starts another process. */
export class ProcessContestant implements Contestant {
  readonly name: string;
  readonly #command: Command;
  readonly #limit: number;
  #child: Child | undefined;

  constructor(name: string, command: Command, limit = 600) {
    this.name = name;
    this.#command = command;
    this.#limit = limit;
  }

  async prepare(program: string, folder: string): Promise<Prepared> {
    return (await this.#ask({ prepare: program, folder })) as unknown as Prepared;
  }

  async run(program: string, times: number): Promise<readonly number[]> {
    return (await this.#ask({ run: program, times })).samples as readonly number[];
  }

  async close(): Promise<void> {
    const child = this.#child?.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.stdin!.end();
    await exit;
  }

  #start(): Child {
    const { program, args, env } = this.#command;
    const stdio = ["pipe", "pipe", "inherit"] as const;
    const child = spawn(program, args, { stdio: [...stdio], env: { ...process.env, ...env } });
    // Neither a start that fails nor writing to a process that has ended is an error of its own: the missing answer is.
    child.on("error", () => {});
    child.stdin!.on("error", () => {});
    return { process: child, answers: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
  }

  async #ask(request: unknown): Promise<Record<string, unknown>> {
    this.#child ??= this.#start();
    const { process: child, answers } = this.#child;
    const timer = setTimeout(() => child.kill("SIGKILL"), this.#limit * 1000);
    child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    clearTimeout(timer);
    if (done) {
      this.#child = undefined;
      throw new Error(`the process ended, or took longer than ${this.#limit} s`);
    }
    const answer = JSON.parse(value) as Record<string, unknown>;
    if (typeof answer.error === "string") throw new Error(answer.error);
    return answer;
  }
}
