/** The constraints and the result types that an operation's declaration asks for. */
import type { Known, OpDefinition } from "../declare/define.ts";
import { knownOf, operandParts, typeArguments } from "../declare/view.ts";
import type { Operation } from "../model/operation.ts";
import type { Part } from "../model/spans.ts";
import type { Type } from "../model/types.ts";
import { definitionOf } from "../ops/index.ts";
import { compatibleTypes } from "../ops/regions.ts";
import { typeText } from "../write/text.ts";
import { valueText } from "./notes.ts";
import type { Report } from "./verify.ts";

/** What `typeArguments` gives. */
type NamedArguments = Readonly<Record<string, unknown>>;

/**
 * Reports every constraint that does not hold; its sentence names fields in backticks, whose values go into the notes.
 * Whether all hold.
 */
export function checkConstraints(
  definition: OpDefinition,
  operation: Operation,
  args: NamedArguments,
  known: Known,
  report: Report,
): boolean {
  let sound = true;
  for (const { label, sentence, test } of definition.constraints) {
    const notes: string[] = [];
    try {
      const verdict = test(args as never, known);
      if (verdict === true) continue;
      if (verdict !== false) notes.push(verdict);
    } catch (problem) {
      // Constraints that come later may rely on those that failed.
      if (!sound) continue;
      notes.push(`testing it failed: ${messageOf(problem)}`);
    }
    sound = false;
    const names = Array.from(sentence.matchAll(/`(\w+)`/g), ([, name]) => name!);
    for (const name of names) {
      const note = Object.hasOwn(args, name) ? `${name} = ${valueText(args[name])}` : undefined;
      if (note && !notes.includes(note)) notes.push(note);
    }
    report(`${definition.mnemonic}/${label}`, `requires that ${sentence}`, {
      notes,
      part: partOf(definition, operation, names),
    });
  }
  return sound;
}

/** The first of the named fields that the text of the operation spells out. */
function partOf(definition: OpDefinition, operation: Operation, names: readonly string[]): Part | undefined {
  for (const name of names) {
    if (operation.attributes[name]) return { kind: "attribute", name };
    const field = definition.operands.findIndex((operand) => operand.name === name);
    const parts = field < 0 ? undefined : operandParts(definition, operation);
    const count = parts?.[field]?.length ?? 0;
    if (parts && count > 0) return { kind: "operands", index: parts.slice(0, field).flat().length, count };
  }
  return undefined;
}

/**
 * The types that the declaration of an operation infers for its results, whatever it declares them to be; where element
 * types are free, as those of a dot product are, they are `index`. Undefined for an op that infers nothing; throws where
 * no types follow.
 */
export function inferredTypes(operation: Operation): readonly Type[] | undefined {
  const definition = definitionOf(operation.name);
  const args = definition && typeArguments(definition, operation, false);
  if (!args) return undefined;
  const known = knownOf(definition, operation);
  if (definition.infer) return definition.infer(args as never, known);
  const element = { kind: "foreign", text: "index" } as const;
  return definition.inferShapes?.(args as never, known).map((type) => ({ ...type, element }));
}

/** Declared result types must be what follows from the operands, up to what is known only at run time. */
export function checkInference(
  definition: OpDefinition,
  operation: Operation,
  args: NamedArguments,
  known: Known,
  report: Report,
): void {
  if (!definition.infer) return;
  const code = `${definition.mnemonic}/result-types`;
  let inferred: readonly Type[];
  try {
    inferred = definition.infer(args as never, known);
  } catch (problem) {
    report(code, `failed to infer returned types: ${messageOf(problem)}`);
    return;
  }
  const declared = operation.results.map((value) => value.type);
  const agree = (definition.fits ?? compatibleTypes)(inferred, declared);
  if (agree) return;
  const [from, to] = [inferred, declared].map((types) =>
    types.map((type) => `'${typeText(type)}'`).join(", "),
  );
  report(code, `inferred type(s) ${from} are incompatible with return type(s) of operation ${to}`);
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}
