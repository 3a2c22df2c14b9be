/**
 * The compile host: a Node process that the PJRT plugin starts, one per JAX process. It reads programs, compiles
 * them for a backend and, for a backend without a native runtime, runs them too.
 */
import { start } from "./start.ts";

await start();
