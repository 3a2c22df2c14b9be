import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process.ts";

/** The files that git tracks or would track, relative to the root: never node_modules, dist, build or .hloom. */
export function sourceFiles(...patterns: readonly string[]): string[] {
  const text = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard", "--", ...patterns], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return [...new Set(text.split("\0"))].filter((file) => file && existsSync(join(root, file))).sort();
}
