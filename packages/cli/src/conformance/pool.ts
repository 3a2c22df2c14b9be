/** Runs cases in worker processes, each with a time limit. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Verdict } from "./case.ts";
import type { Request } from "./worker.ts";

export interface PoolOptions {
  readonly workers: number;
  readonly limitSeconds: number;
  readonly onDone: (request: Request, verdict: Verdict, milliseconds: number) => void;
}

const workerFile = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "worker.ts" : "worker.js", import.meta.url),
);

/** Resolves when all cases have a verdict; a case that kills its worker or exceeds the limit fails. */
export async function runPool(requests: readonly Request[], options: PoolOptions): Promise<void> {
  let next = 0;
  const lane = async () => {
    let worker: ChildProcess | undefined;
    while (next < requests.length) {
      const request = requests[next++]!;
      worker ??= fork(workerFile);
      const began = performance.now();
      const answer = await ask(worker, request, options.limitSeconds);
      if (answer.dead) worker = undefined;
      options.onDone(request, answer.verdict, performance.now() - began);
    }
    worker?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, requests.length) }, lane));
}

function ask(
  worker: ChildProcess,
  request: Request,
  limit: number,
): Promise<{ verdict: Verdict; dead: boolean }> {
  return new Promise((resolve) => {
    const finish = (verdict: Verdict, dead: boolean) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      if (dead) worker.kill("SIGKILL");
      resolve({ verdict, dead });
    };
    const failed = (reason: string) => finish({ verdict: "fail", reason }, true);
    const timer = setTimeout(() => failed(`it was still running after ${limit} s`), limit * 1000);
    worker.on("message", (verdict) => finish(verdict as Verdict, false));
    worker.on("error", (error) => failed(error.message));
    worker.on("exit", (code, signal) => failed(`the process ended with ${signal ?? `code ${code}`}`));
    worker.send(request);
  });
}
