import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { capture, must, root, step, UserError } from "../lib/process.ts";
import { digest, home, isReady, markReady } from "./stamp.ts";

// The pinned jaxlib has wheels for these; a newer Python would try to build from source and fail late.
const oldest = 11;
const newest = 14;

/** The interpreter of the private environment that holds JAX. */
export const python: string = join(home, "python", "bin", "python");

/** The interpreter of the second environment, with MLX's own Python package, that only the bench asks for. */
export const pythonMlx: string = join(home, "python-mlx", "bin", "python");

/** A Python of the machine that can make virtual environments. HLOOM_PYTHON wins. */
export function findPython(): string {
  const chosen = process.env["HLOOM_PYTHON"];
  const names = chosen ? [chosen] : ["python3", "python3.13", "python3.12", "python3.11", "python3.14"];
  const seen: string[] = [];
  for (const name of names) {
    const text = capture(name, ["-c", "import sys; print(*sys.version_info[:3], sep='.')"]);
    if (text === undefined) continue;
    const [major, minor] = text.split(".").map(Number) as [number, number, number];
    if (major !== 3 || minor < oldest || minor > newest) seen.push(`${name} is ${text}`);
    else if (capture(name, ["-c", "import ensurepip, venv"]) === undefined)
      seen.push(`${name} cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)`);
    else return name;
  }
  throw new UserError(
    `Python 3.${oldest} to 3.${newest} not found${seen.length ? ` (${seen.join("; ")})` : ""}: ` +
      "install one (Debian 12, Ubuntu 24.04: apt install python3 python3-venv; macOS: brew install python@3.13), " +
      "or name one: set HLOOM_PYTHON=/path/to/python3",
  );
}

async function environment(folder: string, lock: string, label: string): Promise<void> {
  const place = join(home, folder);
  const requirements = join(root, "python", lock);
  // HLOOM_PYTHON only says from what it is made: a shell without it must not make it anew.
  const inputs = digest(readFileSync(requirements));
  if (isReady(place, inputs) && existsSync(join(place, "bin", "python"))) return;
  const base = findPython();
  await step(`${label}: private Python environment from ${base}`, async () => {
    rmSync(place, { recursive: true, force: true });
    await must(base, ["-m", "venv", place], { output: "quiet" });
  });
  const count = readFileSync(requirements, "utf8").match(/^[\w.-]+==/gm)?.length ?? 0;
  await step(`${label}: ${count} pinned packages, each checked against its hash`, () =>
    must(
      join(place, "bin", "python"),
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"].concat(
        "--only-binary=:all:",
        "--require-hashes",
        "-r",
        requirements,
      ),
      { output: "quiet" },
    ),
  );
  markReady(place, inputs);
}

/** JAX and what the tests and examples use. */
export const setUpPython = (): Promise<void> => environment("python", "requirements.txt", "python");

/** MLX's own Python package, apart from JAX's environment so that neither can hide a clash of the two. */
export const setUpPythonMlx = (): Promise<void> =>
  environment("python-mlx", "requirements-mlx.txt", "python-mlx");

/** A cross compiler, for {@link file://../check-macos.ts}. */
export const setUpZig = (): Promise<void> => environment("zig", "requirements-zig.txt", "zig");

export const zigPython: string = join(home, "zig", "bin", "python");
