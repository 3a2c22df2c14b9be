/** The compile host as one file, for the wheel: the backends that come with hloom are inside; others are packages, as ever. */
import { type Backend, loadBackend } from "@hloom/backend";
import cpuBackend from "@hloom/backend-cpu";
import mlxBackend from "@hloom/backend-mlx";
import { start } from "./start.ts";

const included: Readonly<Record<string, () => Backend | Promise<Backend>>> = {
  cpu: cpuBackend,
  mlx: mlxBackend,
};

await start(async (name) => (included[name] ?? (() => loadBackend(name)))());
