/** Writes docs/passes.md: every pass with its summary, and the rules that it consists of. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Pass, passes } from "../src/index.ts";

function section({ name, summary, rules }: Pass): string {
  const lines = (rules ?? []).map((rule) => `- \`${rule.name}\`: ${rule.why}`);
  return `## ${name}\n\n${summary[0]!.toUpperCase()}${summary.slice(1)}.\n${lines.length > 0 ? `\n${lines.join("\n")}\n` : ""}`;
}

const text = `# Passes

Generated from [packages/ir/src/rewrite/passes](../packages/ir/src/rewrite/passes) by \`pnpm generate\`. \`hloom opt FILE --pass NAME…\` runs
them in the order given; programs use them by name (\`passNamed\`) or as functions of \`@hloom/ir\`. A pass gives a new module of the same
meaning and leaves its input as it is. \`specialize\` combines those about shapes: given what the arguments are, it makes a program static.

${passes.map(section).join("\n")}`;
writeFileSync(fileURLToPath(new URL("../../../docs/passes.md", import.meta.url)), text);
