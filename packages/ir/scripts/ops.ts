/** Writes docs/ops.md: every operation as its declaration states it. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allDefinitions, type OpDefinition } from "@hloom/ir";

const specification = "https://github.com/openxla/stablehlo/blob/main/docs/spec.md";
const arity = { one: "", optional: " (optional)", variadic: " (any number)" } as const;

function section(definition: OpDefinition): string {
  const fields = [
    ...definition.operands.map((f) => `| operand | \`${f.name}\` | ${f.description}${arity[f.arity]} |`),
    ...definition.attributes.map(
      (f) => `| attribute | \`${f.name}\` | ${f.kind.description}${presence(f)} |`,
    ),
    ...definition.regions.map((f) => `| region | \`${f.name}\` | ${f.description}${arity[f.arity]} |`),
    ...definition.results.map((f) => `| result | \`${f.name}\` | ${f.description}${arity[f.arity]} |`),
  ];
  const table = fields.length > 0 ? `\n| | name | what |\n|---|---|---|\n${fields.join("\n")}\n` : "";
  const constraints = definition.constraints
    .map(({ label, sentence }) => `- ${label}: ${sentence}.`)
    .join("\n");
  const facts = [
    definition.since && `VHLO since ${definition.since}`,
    definition.infer && "result types are inferred",
    definition.evaluate ? "has a reference meaning" : "has no reference meaning",
    definition.terminator && "ends its block",
  ].filter((fact) => typeof fact === "string");
  return `### ${definition.name}

${definition.summary} ${sentenceOf(facts)}${link(definition)}
${table}${constraints ? `\n${constraints}\n` : ""}`;
}

function presence({ required, default: value, since }: OpDefinition["attributes"][number]): string {
  const notes = [
    required ? undefined : value === undefined ? "optional" : `default ${JSON.stringify(value)}`,
    since && `since ${since}`,
  ].filter((note) => note !== undefined);
  return notes.length > 0 ? ` (${notes.join(", ")})` : "";
}

function sentenceOf(facts: readonly string[]): string {
  const text = facts.join("; ");
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** Ops outside of the spec have no anchor there. */
function link({ dialect, mnemonic }: OpDefinition): string {
  return dialect === "stablehlo" ? ` [Spec](${specification}#${mnemonic.toLowerCase()})` : "";
}

const definitions = [...allDefinitions()].sort((a, b) => (a.name < b.name ? -1 : 1));
const byDialect = Map.groupBy(definitions, ({ dialect }) => dialect);
const parts = [...byDialect].map(
  ([dialect, ops]) => `## ${dialect} (${ops.length})\n\n${ops.map(section).join("\n")}`,
);
const text = `# Operations

Generated from the declarations in [packages/ir/src/ops](../packages/ir/src/ops) by \`pnpm generate\`. Labels of constraints are those of the
StableHLO specification.

${parts.join("\n")}`;
writeFileSync(fileURLToPath(new URL("../../../docs/ops.md", import.meta.url)), text);
