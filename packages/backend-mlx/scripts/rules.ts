/** Writes docs/rules.md: the stages of the MLX pipeline and why each of their rules exists. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pipeline } from "@hloom/backend-mlx";

const code = (name: string) => `\`${name}\``;
/** A rule about everything names nothing. */
const looksAt = (names: readonly string[]) =>
  names.length > 12 ? `${names.length} operations` : names.map(code).join(", ");
const isRow = (name: string) => name.endsWith("-to-mlx");

const stages = pipeline.map(({ name, summary, rules }) => {
  const rewrites = rules.filter((rule) => !isRow(rule.name));
  const lowered = rules.filter((rule) => isRow(rule.name)).flatMap((rule) => rule.on);
  const body = rewrites.map((rule) => `| \`${rule.name}\` | ${looksAt(rule.on)} | ${rule.why} |`);
  return [
    `## ${name}\n\n${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    ...(body.length > 0 ? [`| rule | looks at | why |\n|---|---|---|\n${body.join("\n")}`] : []),
    ...(lowered.length > 0 ? [`One row for each of ${lowered.sort().map(code).join(", ")}.`] : []),
  ].join("\n\n");
});
const text = `# Rules of the MLX backend

Generated from [packages/backend-mlx/src/pipeline.ts](../packages/backend-mlx/src/pipeline.ts) by \`pnpm generate\`.

Idioms can be switched off: \`HLOOM_RULES_OFF=softmax,threefry\` leaves both as the program writes them. \`threefry\`, in the first stage, finds
functions that compute JAX's random bits by their results, and makes them one operation each.

${stages.join("\n\n")}
`;
writeFileSync(fileURLToPath(new URL("../../../docs/rules.md", import.meta.url)), text);
