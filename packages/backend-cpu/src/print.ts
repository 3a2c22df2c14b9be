/** The stages as text, for `hloom explain`. */
import { type Attribute, attributeText, typeText } from "@hloom/ir";
import type { Assignment } from "./assign.ts";
import type { FlatBlock, Instruction, Variable } from "./flatten.ts";
import type { LoopStep, OpStep, RowsStep, Step, StepBlock, Steps } from "./fuse.ts";
import type { Layout } from "./memory.ts";
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

function instructionText({ name: op, operation, inputs, outputs }: Instruction): string {
  const types = outputs.map((output) => typeText(output.type)).join(", ");
  const attributes = Object.entries(operation.attributes).map(([key, value]) => `${key} = ${brief(value)}`);
  const parts = [
    op,
    list(inputs),
    attributes.length > 0 ? `{${attributes.join(", ")}}` : "",
    types && `: ${types}`,
  ];
  return results(outputs) + parts.filter((part) => part !== "").join(" ");
}

const longestAttribute = 60;

function brief(attribute: Attribute): string {
  const text = attribute.kind === "enum" ? attribute.value : attributeText(attribute);
  return text.length > longestAttribute ? `${text.slice(0, longestAttribute)}…` : text;
}

export function stepsText({ block }: Steps): string {
  const lines: string[] = [];
  const visit = ({ parameters, steps, results }: StepBlock, indent: string) => {
    if (parameters.length > 0) lines.push(`${indent}(${list(parameters)})`);
    for (const step of steps) {
      if (step.kind === "loop") lines.push(...loopText(step, indent));
      else if (step.kind === "rows") lines.push(...rowsText(step, indent));
      else {
        lines.push(`${indent}${opText(step)}`);
        for (const inner of step.blocks) visit(inner, `${indent}  `);
      }
    }
    lines.push(`${indent}return ${list(results)}`);
  };
  visit(block, "");
  return lines.join("\n");
}

function loopText({ shape, loads, outputs, members, reduction }: LoopStep, indent: string): string[] {
  const reads = [...loads].map(([variable, view]) => `${name(variable)}${viewText(variable, view, shape)}`);
  const head = `${results(outputs)}loop ${shape.join("x") || "once"} reads ${reads.join(", ") || "nothing"}`;
  const inner = reduction ? [...members, reduction] : members;
  return [`${indent}${head}`, ...inner.map((one) => `${indent}  ${instructionText(one)}`)];
}

function rowsText({ outer, steps, outputs }: RowsStep, indent: string): string[] {
  const head = `${indent}${results(outputs)}for each row of ${outer.join("x")}`;
  return [head, ...steps.flatMap((step) => loopText(step, `${indent}  `))];
}

/** ` = %3[0, 1] from 4`: by which steps a loop walks the array of another value, or its own. */
function viewText(variable: Variable, view: View, shape: readonly number[]): string {
  const { root, offset, strides } = view;
  if (root === variable && isWhole(view, shape)) return "";
  const walk = `[${strides.join(", ")}]${offset === 0 ? "" : ` from ${offset}`}`;
  if (!root) return ` = position${walk}`;
  return isWhole(view, shape) ? ` = ${name(root)}` : ` = ${name(root)}${walk}`;
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
  if (step.kind === "loop") return `${made}loop ${step.shape.join("x") || "once"}: ${opsText(step)}`;
  return `${made}rows of ${step.outer.join("x")}: ${step.steps.map(opsText).join("; ")}`;
}

function opsText({ members, reduction }: LoopStep): string {
  const ops = members.map(({ name: op }) => op.replace("stablehlo.", ""));
  if (reduction) ops.push("reduce");
  return ops.join(" ") || "copy";
}

const legend =
  "// slots: a argument, d donated, c constant, p in working memory, r result; lives from step to step";

/** Which values are where, and from which step to which. */
export function buffersText({ slots, slotOf }: Assignment, { bytes, offsets }: Layout): string {
  const values = new Map<Slot, string[]>();
  for (const [variable, slot] of slotOf) values.set(slot, [...(values.get(slot) ?? []), name(variable)]);
  const lines = slots.map((slot) => {
    const offset = offsets.get(slot);
    const place = offset === undefined ? "" : ` at ${offset}, ${slot.start} to ${slot.end}`;
    const held = (values.get(slot) ?? ["a copy"]).join(" ");
    return `${slot.kind[0]}${slot.id}: ${slot.bytes} bytes${place}: ${held}`;
  });
  return [`// ${bytes} bytes of working memory`, legend, ...lines].join("\n");
}

export const emittedText = (lines: readonly string[]): string => lines.join("\n");
