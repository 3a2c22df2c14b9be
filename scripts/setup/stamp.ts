import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/process.ts";

/** Everything that is prepared once per machine; ignored by git. */
export const home: string = join(root, ".hloom");

/** Raise it when the steps below prepare something differently from the same inputs. */
const recipe = "1";

/** The name of a prepared folder's inputs: same digest, nothing to do. */
export function digest(...inputs: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256").update(`${recipe} ${process.platform} ${process.arch}`);
  for (const input of inputs) hash.update("\0").update(input);
  return hash.digest("hex");
}

const stampOf = (folder: string): string => join(folder, ".hloom-stamp");

export function isReady(folder: string, inputs: string): boolean {
  return existsSync(stampOf(folder)) && readFileSync(stampOf(folder), "utf8") === inputs;
}

/** Written last, so that an interrupted set-up is done again. */
export function markReady(folder: string, inputs: string): void {
  writeFileSync(stampOf(folder), inputs);
}

/** Waits its turn: two set-ups at once in one checkout would remove each other's folders. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  const lock = join(home, "setup.lock");
  mkdirSync(home, { recursive: true });
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (!ownerLives(lock)) rmSync(lock, { force: true });
      else if (waited === 0) console.log("… waiting for another set-up of this checkout");
      await new Promise((wake) => setTimeout(wake, 300));
    }
  }
  const release = (): void => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function ownerLives(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
