/** Where the conformance data is: beside the repository, or where the environment says. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const shared = fileURLToPath(new URL("../../../../shared/", import.meta.url));
export const conformanceData = process.env.HLOOM_CONFORMANCE ?? `${shared}conformance`;
export const workloadData = process.env.HLOOM_WORKLOADS ?? `${shared}workloads`;

/** Whether the data is there; says in one line when it is not. */
export function hasData(directory: string): boolean {
  const found = existsSync(directory);
  if (!found) console.log(`skipped: ${directory} does not exist`);
  return found;
}
