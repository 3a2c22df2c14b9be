import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { capture, must, root, step, UserError } from "./process.ts";

const native: readonly string[] = ["backend-mlx", "plugin-pjrt"].map((name) => join(root, "packages", name));

/** A copied checkout carries build folders that name their old place; CMake refuses those, so drop them. */
function dropForeignBuilds(): void {
  for (const folder of native) {
    const cache = join(folder, "build", "CMakeCache.txt");
    if (!existsSync(cache)) continue;
    const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, "utf8"))?.[1];
    if (home !== folder) rmSync(join(folder, "build"), { recursive: true, force: true });
  }
}

function requireTools(): void {
  if (capture("cmake", ["--version"]) === undefined) {
    throw new UserError(
      "cmake not found: install it (Debian, Ubuntu: apt install cmake; macOS: brew install cmake)",
    );
  }
  const compilers = [process.env["CXX"], "c++", "g++", "clang++"].filter((name) => name !== undefined);
  if (!compilers.some((name) => capture(name, ["--version"]) !== undefined)) {
    throw new UserError(
      "no C++20 compiler found: install g++ 12 or newer (Debian, Ubuntu: apt install g++; macOS: xcode-select --install), or set CXX",
    );
  }
}

/** Builds all packages and both native libraries; quick when nothing changed. */
export async function build(): Promise<void> {
  requireTools();
  dropForeignBuilds();
  await step("build: TypeScript packages and native libraries", () =>
    must("pnpm", ["build"], { output: "quiet", env: { TURBO_TELEMETRY_DISABLED: "1" } }),
  );
}

/** What Python needs to find the plugin in this checkout: its `jax_plugins` namespace package. */
export function pluginPath(): string {
  const own = join(root, "packages", "plugin-pjrt", "python");
  const given = process.env["PYTHONPATH"];
  return given ? `${own}:${given}` : own;
}
