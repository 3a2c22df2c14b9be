/** Backends are packages: a name leads to one that is installed, by anyone. */
import type { Backend } from "./backend.ts";
import nullBackend from "./null.ts";

/** What a backend package's default export is. */
export type BackendFactory = () => Backend | Promise<Backend>;

/** `mlx` means `@hloom/backend-mlx`, else `hloom-backend-mlx`; a path or a scoped name is taken as it is. */
export function backendCandidates(name: string): string[] {
  return /^[./@]/.test(name) ? [name] : [`@hloom/backend-${name}`, `hloom-backend-${name}`];
}

/** Thrown when no package of the name is installed; says where it was looked for. */
export class BackendNotFoundError extends Error {
  override readonly name = "BackendNotFoundError";
}

/**
 * Opens the backend that `name` stands for: an installed package or a path, looked up from the user's directory first
 * and then from `from` (a file URL; by default this package). Rejects with {@link BackendNotFoundError}, or with
 * whatever the package itself says when it cannot start, e.g. that its native library is missing.
 */
export async function loadBackend(name: string, from: string = import.meta.url): Promise<Backend> {
  if (name === "null") return nullBackend();
  const { pathToFileURL } = nodeModule("node:url");
  const file = resolveBackend(name, from);
  const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  if (typeof module.default !== "function") {
    throw new Error(
      `${file} is not a hloom backend: its default export must be a function that returns a Backend`,
    );
  }
  return await (module.default as BackendFactory)();
}

function resolveBackend(name: string, from: string): string {
  const { createRequire } = nodeModule("node:module");
  const { pathToFileURL } = nodeModule("node:url");
  const bases = [pathToFileURL(`${process.cwd()}/noop.js`).href, from, import.meta.url];
  const candidates = backendCandidates(name);
  for (const candidate of candidates) {
    for (const base of bases) {
      try {
        return createRequire(base).resolve(candidate);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
  throw new BackendNotFoundError(
    `backend "${name}" is not installed: looked for ${candidates.join(" and ")} from ${process.cwd()}; ` +
      `the ones that come with hloom are cpu, mlx and null`,
  );
}

/** Not imported, so that bundles for browsers have nothing to resolve. */
const nodeModule = ((id: string) => process.getBuiltinModule(id)) as typeof process.getBuiltinModule;

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
}
