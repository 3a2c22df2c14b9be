/** Writes src/opcodes.ts from runtime/ops.def: `tsx scripts/opcodes.ts`. A test fails when the two differ. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export function opcodesText(): string {
  const rows = [
    ...readFileSync(at("../runtime/ops.def"), "utf8").matchAll(
      /^(?:OP|CONTROL)\((\d+), (\w+), (-?\d+), (-?\d+), "([^"]*)"\)/gm,
    ),
  ].map(([, opcode, name, operands, results, parameters]) => {
    const list = parameters
      ? parameters
          .split(",")
          .map((item) => `["${item.replace(":", '", "')}"]`)
          .join(", ")
      : "";
    return `  { opcode: ${opcode}, name: "${name}", operands: ${operands}, results: ${results}, parameters: [${list}] },`;
  });
  return `/** Generated from runtime/ops.def by scripts/opcodes.ts. */

export type ParameterKind =
  | "int"
  | "ints"
  | "float"
  | "floats"
  | "element"
  | "elements"
  | "string"
  | "bytes"
  | "tape"
  | "tapes";

export interface OpRow {
  readonly opcode: number;
  readonly name: string;
  /** -1: any number. */
  readonly operands: number;
  readonly results: number;
  readonly parameters: readonly (readonly [name: string, kind: ParameterKind])[];
}

// biome-ignore format: a table
export const opRows = [
${rows.join("\n")}
] as const satisfies readonly OpRow[];

export type OpName = (typeof opRows)[number]["name"];
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(at("../src/opcodes.ts"), opcodesText());
