/** The life of a compile host. */
import { Worker } from "node:worker_threads";
import type { Backend } from "@hloom/backend";
import { descriptors } from "./protocol.ts";
import { serve } from "./serve.ts";

/** Serves until the JAX process goes, then ends this one. */
export async function start(open?: (name: string) => Promise<Backend>): Promise<never> {
  // A long computation blocks the loop that would notice the end of the socket. This thread looks whether the JAX
  // process is still there, so that a host never outlives it by more than a second, whatever it is busy with.
  const parent = Number(process.argv[2] ?? process.ppid);
  const watchdog = new Worker(
    `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, "SIGKILL"), 1000);`,
    { eval: true, execArgv: [] },
  );
  watchdog.unref();

  await serve(descriptors.socket, open);
  process.exit(0);
}
