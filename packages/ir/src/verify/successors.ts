/** Branches: they lead to blocks of their own region, with the arguments that those take. */
import type { OpDefinition } from "../declare/define.ts";
import { operandsByName } from "../declare/view.ts";
import type { Operation, Value } from "../model/operation.ts";
import { sameType } from "../model/types.ts";
import { typeText } from "../write/text.ts";
import type { Report } from "./verify.ts";

/** Relies on the operands being those that the op declares. */
export function checkSuccessors(definition: OpDefinition, operation: Operation, report: Report): void {
  const { successors } = operation;
  if (successors.length + definition.successors.length === 0) return;
  const code = `${definition.mnemonic}/successors`;
  const [needed, given] = [definition.successors.length, successors.length];
  if (needed !== given) return report(code, `requires ${needed} successors, but has ${given}`);
  const region = operation.parent?.parent;
  const operands = needed > 0 ? operandsByName(definition, operation)! : {};
  successors.forEach((block, i) => {
    if (block.parent !== region) report(code, `successor #${i} is a block of a different region`);
    if (block === region?.blocks[0])
      report(code, `successor #${i} is the entry block of its region, which may not have predecessors`);
    const passed = operands[definition.successors[i]!.operands] as readonly Value[];
    checkArguments(i, passed, block.arguments, (message) => report(code, message));
  });
}

function checkArguments(
  successor: number,
  passed: readonly Value[],
  taken: readonly Value[],
  wrong: (message: string) => void,
): void {
  if (passed.length !== taken.length) {
    wrong(
      `branch has ${passed.length} operands for successor #${successor}, but target block has ${taken.length}`,
    );
    return;
  }
  taken.forEach(({ type }, i) => {
    const given = passed[i]!.type;
    if (sameType(given, type)) return;
    wrong(
      `type mismatch for argument #${i} of successor #${successor}: the block takes '${typeText(type)}', the branch gives '${typeText(given)}'`,
    );
  });
}
