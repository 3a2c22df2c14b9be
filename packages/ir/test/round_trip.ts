/** What must hold of every artifact that we write: reading it gives the program back. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  compareVersions,
  currentVersion,
  type Module,
  readBytecode,
  renderDiagnostic,
  type Version,
  writeBytecode,
  writeText,
} from "../src/index.ts";
import { root } from "./data.ts";

/** Every program of the data, by its path: texts and artifacts. */
export function programs(): string[] {
  return ["gen/jax_0_10_2_pjrt", "orig", "cases/stablehlo", "cases/shardy"].flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.mlir(\.bc)?$/.test(file))
      .map((file) => `${folder}/${file}`)
      .sort();
  });
}

/**
 * The program as artifacts can say it: a text may write a default out or leave it out, an artifact has it always. The
 * module itself if there is no artifact of it.
 */
export function settled(module: Module): Module {
  const { bytes } = writeBytecode(module, { version: currentVersion });
  return (bytes && readBytecode(bytes).module) ?? module;
}

/** Before 1.9.0, locations have no ranges. */
const rangesSince: Version = "1.9.0";

/** A version of every op set of StableHLO, and one patch version. */
export const targets: readonly string[] = [
  ...Array.from({ length: 12 }, (_, i) => `0.${9 + i}.0`),
  ...Array.from({ length: 21 }, (_, i) => `1.${i}.0`),
  "1.13.7",
];

export function isOlder(a: string, b: string): boolean {
  return compareVersions(a as Version, b as Version) < 0;
}

/** What a version, VHLO or the format cannot say. */
const refusals = new Set(["bytecode/target", "bytecode/no-vhlo-form", "bytecode/no-stable-form"]);

/** What is wrong with the artifact for `version`; undefined when it is right or cannot be, as `refused` tells. */
export function roundTripComplaint(
  module: Module,
  version: string,
  refused: (version: string) => void = () => {},
): string | undefined {
  const { bytes, diagnostics } = writeBytecode(module, { version });
  if (!bytes) {
    refused(version);
    const wrong = diagnostics.filter(({ code }) => !refusals.has(code));
    return wrong.length > 0 || diagnostics.length === 0
      ? `not written for ${version}: ${wrong.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n")}`
      : undefined;
  }
  const back = readBytecode(bytes);
  if (!back.module)
    return `not read at ${version}: ${back.diagnostics.map((d) => renderDiagnostic(d)).join("\n")}`;
  const locations = !isOlder(version, rangesSince);
  const [before, after] = [writeText(module, { locations }), writeText(back.module, { locations })];
  if (before === after) return undefined;
  const lines = after.split("\n");
  const at = before.split("\n").findIndex((line, i) => line !== lines[i]);
  return `different at ${version}:\n  written ${before.split("\n")[at]}\n  read    ${lines[at]}`;
}
