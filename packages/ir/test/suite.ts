/** Groups of tests over data that may not be there. */
import { existsSync } from "node:fs";
import { describe, it } from "vitest";
import { root } from "./data.ts";

/** A group of tests over the conformance data; without the data, one skipped test says so. */
export function describeData(title: string, body: () => void): void {
  const missing = `needs the conformance data: set HLOOM_CONFORMANCE (looked in ${root})`;
  if (existsSync(root)) describe(title, body);
  else describe(title, () => it.skip(missing, () => {}));
}
