/**
 * The compile host: a Node process that the PJRT plugin starts, one per JAX process. It reads programs, compiles
 * them for a backend and, for a backend without a native runtime, runs them too.
 */
import { enableCompileCache } from "node:module";

// What V8 made of the sources is kept for the next start, which so takes a third of the time.
enableCompileCache();
const { start } = await import("./start.ts");
await start();
