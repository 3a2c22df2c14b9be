/** The stages as text, for `hloom explain`. */
import { sizeOf, typeText } from "@hloom/ir";
import type { FlatBlock, Instruction, Variable } from "./flatten.ts";
import type { LoopStep, Lowered, OpStep, Step, StepBlock } from "./lower.ts";
import type { Plan } from "./plan.ts";
import type { Slot } from "./slot.ts";
import { isWhole, type View } from "./view.ts";

const name = ({ id }: Variable): string => (id < 0 ? `%c${-id}` : `%${id}`);
const list = (variables: readonly Variable[]): string => variables.map(name).join(", ");
const results = (variables: readonly Variable[]): string =>
  variables.length > 0 ? `${list(variables)} = ` : "";
const typed = (variable: Variable): string => `${name(variable)}: ${typeText(variable.type)}`;

export function flatText(block: FlatBlock): string {
  const lines: string[] = [];
  const visit = ({ parameters, instructions, results }: FlatBlock, indent: string) => {
    lines.push(`${indent}(${parameters.map(typed).join(", ")})`);
    for (const instruction of instructions) {
      lines.push(`${indent}${instructionText(instruction)}`);
      for (const inner of instruction.blocks) visit(inner, `${indent}  `);
    }
    lines.push(`${indent}return ${list(results)}`);
  };
  visit(block, "");
  return lines.join("\n");
}

function instructionText({ name: op, inputs, outputs }: Instruction): string {
  const types = outputs.map((output) => typeText(output.type)).join(", ");
  return `${results(outputs)}${op} ${list(inputs)}${types && ` : ${types}`}`;
}

export function loweredText({ block }: Lowered): string {
  const lines: string[] = [];
  const visit = ({ parameters, steps, results }: StepBlock, indent: string) => {
    if (parameters.length > 0) lines.push(`${indent}(${list(parameters)})`);
    for (const step of steps) {
      lines.push(`${indent}${step.kind === "loop" ? loopText(step) : opText(step)}`);
      if (step.kind === "loop") {
        for (const member of step.members) lines.push(`${indent}  ${instructionText(member)}`);
        if (step.reduction) lines.push(`${indent}  ${instructionText(step.reduction)}`);
      } else for (const inner of step.blocks) visit(inner, `${indent}  `);
    }
    lines.push(`${indent}return ${list(results)}`);
  };
  visit(block, "");
  return lines.join("\n");
}

function loopText({ shape, loads, outputs }: LoopStep): string {
  const reads = [...loads].map(([variable, view]) => `${name(variable)} ${viewText(view, shape)}`);
  return `${results(outputs)}loop ${shape.join("x") || "once"} reads ${reads.join(", ") || "nothing"}`;
}

function viewText(view: View, shape: readonly number[]): string {
  const { root, offset, strides } = view;
  if (root && isWhole(view, shape)) return "as it is";
  const walk = `[${strides.join(", ")}]${offset === 0 ? "" : ` from ${offset}`}`;
  return root ? `is ${name(root)} by ${walk}` : `is its position by ${walk}`;
}

function opText({ instruction, inputs, outputs }: OpStep): string {
  const args = inputs.map(({ root }) => (root ? name(root) : "?")).join(", ");
  return `${results(outputs)}${instruction.name} ${args}`;
}

/** `%7 in s3 = loop 128 of 4 ops` */
export function lineOf(step: Step, slotOf: ReadonlyMap<Variable, Slot>): string {
  const outputs = step.outputs.map((output) => {
    const slot = slotOf.get(output);
    return `${name(output)}${slot ? ` in ${slot.kind[0]}${slot.id}` : ""}`;
  });
  const made = outputs.length > 0 ? `${outputs.join(", ")} = ` : "";
  if (step.kind === "op") return `${made}${step.instruction.name}`;
  const ops = step.members.map(({ name: op }) => op.replace("stablehlo.", ""));
  if (step.reduction) ops.push("reduce");
  return `${made}loop ${step.shape.join("x") || "once"}: ${ops.join(" ") || "copy"}`;
}

export function planText(plan: Plan, lines: readonly string[]): string {
  const sizes = plan.signature.inputs.map((type) => sizeOf(type.shape));
  const head = `${sizes.length} arguments, ${plan.bytes} bytes of working memory`;
  return [head, ...lines].join("\n");
}
