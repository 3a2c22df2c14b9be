/** Backends by name. The CPU backend is part of this package; others are looked for when they are asked for, on Node. */
import { type Backend, loadBackend } from "@hloom/backend";
import { cpu } from "@hloom/backend-cpu";

/**
 * Opens a backend to share between programs; the caller closes it. `cpu` runs anywhere; `mlx` (the package
 * `@hloom/backend-mlx`) and other packages named `hloom-backend-NAME` on Node only.
 */
export async function openBackend(name: "cpu" | "mlx" | (string & {})): Promise<Backend> {
  if (name === "cpu") return cpu();
  if (typeof process === "undefined" || !process.versions?.node)
    throw new Error(`backend "${name}" needs Node; in a browser the backend is "cpu"`);
  return await loadBackend(name, import.meta.url);
}
