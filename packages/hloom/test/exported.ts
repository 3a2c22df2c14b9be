/** What fixtures/export.py exports, by name. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TreeInput } from "../src/index.ts";

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");

export const hasPython = existsSync(python);

export interface ExportedCase {
  /** `Exported.serialize()`. */
  readonly exported: Uint8Array;
  /** `Exported.mlir_module_serialized`. */
  readonly artifact: Uint8Array;
  /** `Exported.mlir_module()`. */
  readonly text: string;
  readonly args: readonly TreeInput[];
  /** The leaves of the results, as JAX's CPU computes them. */
  readonly results: readonly unknown[];
}

interface Answer {
  readonly exported: string;
  readonly artifact: string;
  readonly text: string;
  readonly args: readonly TreeInput[];
  readonly results: readonly unknown[];
}

/** Empty without Python. */
export function exportedCases(): ReadonlyMap<string, ExportedCase> {
  if (!hasPython) return new Map();
  const script = join(import.meta.dirname, "fixtures/export.py");
  const answers = JSON.parse(execFileSync(python, [script], { encoding: "utf8" })) as Record<string, Answer>;
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
  return new Map(
    Object.entries(answers).map(([name, { exported, artifact, ...rest }]) => [
      name,
      { exported: bytes(exported), artifact: bytes(artifact), ...rest },
    ]),
  );
}
