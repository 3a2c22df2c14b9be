/**
 * The compile host: a Node process that the PJRT plugin starts, one per JAX process. It reads programs, compiles
 * them for a backend and, for a backend without a native runtime, runs them too.
 */
import { Worker } from "node:worker_threads";
import { descriptors } from "./protocol.ts";
import { serve } from "./serve.ts";

// A long computation blocks the loop that would notice the end of the socket. This thread looks whether the JAX process
// is still there, so that a host never outlives it by more than a second, whatever it is busy with.
const parent = Number(process.argv[2] ?? process.ppid);
const watchdog = new Worker(
  `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, "SIGKILL"), 1000);`,
  { eval: true, execArgv: [] },
);
watchdog.unref();

await serve(descriptors.socket);
process.exit(0);
