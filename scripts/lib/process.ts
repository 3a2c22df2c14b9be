import { spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository, from which every script works. */
export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** A failure that the user can act on: printed as one line, without a stack. */
export class UserError extends Error {}

/** The repository's own tools come first, also when a script is started without pnpm. */
process.env["PATH"] = [join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `inherit` shows the output, `quiet` keeps it and shows it only on failure. */
  readonly output?: "inherit" | "quiet";
}

/** Runs a program to its end and gives its exit status; 127 when it cannot be started. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const quiet = options.output === "quiet";
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    let kept = "";
    child.stdout?.on("data", (text) => (kept += text));
    child.stderr?.on("data", (text) => (kept += text));
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.on("close", (code, signal) => {
      if (quiet && code !== 0) process.stderr.write(kept);
      done(code ?? (signal ? 128 : 1));
    });
  });
}

/** Runs a program that must succeed. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<void> {
  const code = await run(command, args, options);
  if (code !== 0) throw new UserError(`failed (exit ${code}): ${[command, ...args].join(" ")}`);
}

/** Standard output of a short program, or undefined when it fails. */
export function capture(command: string, args: readonly string[]): string | undefined {
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** One visible line when a slow step starts and one, with the elapsed time, when it ends. */
export async function step<T>(label: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  console.log(`… ${label}`);
  try {
    const result = await work();
    console.log(`✓ ${label} (${seconds(start)})`);
    return result;
  } catch (error) {
    console.log(`✗ ${label} (${seconds(start)})`);
    throw error;
  }
}

/** Whether this module is the script that was started; links on the way to it (macOS: /tmp) do not matter. */
export function isMain(url: string): boolean {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === realpathSync(fileURLToPath(url));
}

/** Runs a script's main function; a number it gives is the exit status, a UserError is shown by its message alone. */
export function main(work: () => Promise<unknown>): void {
  work().then(
    (code) => {
      process.exitCode = typeof code === "number" ? code : 0;
    },
    (error: unknown) => {
      console.error(error instanceof UserError ? `error: ${error.message}` : error);
      process.exitCode = 1;
    },
  );
}
