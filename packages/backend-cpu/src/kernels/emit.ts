/** Turns instructions on single elements into statements of JavaScript. */
import { type Element, floatCodec, isComplex, isElement, isFloat, viewOf } from "@hloom/ir";
import type { FlatBlock, Instruction, Variable } from "../flatten.ts";
import { helpers } from "./helpers.ts";
import { type Expression, fit, isBig, isComputable, scalarOps } from "./scalar.ts";

/** The names that values have in the generated code. */
export type Names = Map<Variable, Expression>;

export function elementOf(variable: Variable): Element | undefined {
  const { type } = variable;
  return type.kind === "tensor" && isElement(type.element) ? type.element : undefined;
}

/** Whether `instruction` has a row in the table for its element types. */
export function isScalarOp(instruction: Instruction): boolean {
  if (!(instruction.name in scalarOps) || instruction.outputs.length !== 1) return false;
  const all = [...instruction.inputs, ...instruction.outputs].map(elementOf);
  if (!all.every((element) => element !== undefined && isComputable(element))) return false;
  const args = instruction.inputs.map((input) => nameOf(input));
  const expression = expressionOf(instruction, args);
  return (
    expression !== undefined &&
    (typeof expression !== "string") === isComplex(elementOf(instruction.outputs[0]!)!)
  );
}

/** The names of a value's parts. */
export function nameOf(variable: Variable): Expression {
  const name = variable.id < 0 ? `copy${-variable.id}` : `v${variable.id}`;
  return isComplex(elementOf(variable)!) ? [`${name}r`, `${name}i`] : name;
}

function expressionOf(instruction: Instruction, parts: readonly Expression[]): Expression | undefined {
  return scalarOps[instruction.name]!({
    parts,
    args: parts.map((part) => (typeof part === "string" ? part : part[0])),
    operands: instruction.inputs.map((input) => elementOf(input)!),
    result: elementOf(instruction.outputs[0]!)!,
    attributes: instruction.attributes,
  });
}

/** `const v7 = v3 + v5;`. A product in `exact` keeps all its digits: a double holds the product of two f32 numbers. */
export function statementOf(
  instruction: Instruction,
  names: Names,
  exact: ReadonlySet<Instruction> = new Set(),
): string {
  const output = instruction.outputs[0]!;
  const args = instruction.inputs.map((input) => names.get(input)!);
  const expression = exact.has(instruction) ? args.join(" * ") : expressionOf(instruction, args)!;
  const name = nameOf(output);
  names.set(output, name);
  return assign(name, expression);
}

export function assign(
  name: Expression,
  expression: Expression,
  keyword: "const " | "let " | "" = "const ",
): string {
  if (typeof name === "string") return `${keyword}${name} = ${expression};`;
  // Parts may refer to each other's old values: evaluate both before assigning.
  if (keyword === "") return `[${name.join(", ")}] = [${(expression as readonly string[]).join(", ")}];`;
  return `${keyword}${name[0]} = ${expression[0]}, ${name[1]} = ${expression[1]};`;
}

/** A scalar constant as a literal. */
export function literalOf(instruction: Instruction): Expression | undefined {
  const value = instruction.attributes.value as { kind: string; data: Uint8Array } | undefined;
  const element = elementOf(instruction.outputs[0]!);
  if (instruction.name !== "stablehlo.constant" || value?.kind !== "dense" || !element) return undefined;
  if (!isComputable(element)) return undefined;
  const short = element === "bf16" || element === "f16" ? floatCodec(element).values : undefined;
  const data = Array.from(viewOf(element, value.data) as ArrayLike<number>, (x) => short?.[x] ?? x);
  const text = (x: number | bigint) =>
    typeof x === "bigint" ? `${x}n` : Object.is(x, -0) ? "-0" : String(x);
  return isComplex(element) ? [text(data[0]!), text(data[1]!)] : text(data[0]!);
}

/** Values that a block uses and does not define. */
export function capturesOf(block: FlatBlock, into: Set<Variable> = new Set()): Set<Variable> {
  const own = new Set(block.parameters);
  const use = (variable: Variable) => {
    if (!own.has(variable)) into.add(variable);
  };
  for (const { inputs, outputs, blocks } of block.instructions) {
    inputs.forEach(use);
    for (const inner of blocks) for (const variable of capturesOf(inner)) use(variable);
    for (const output of outputs) own.add(output);
  }
  block.results.forEach(use);
  return into;
}

/**
 * The statements of a block on scalars (a reducer, a comparator), with its parameters and captured values named
 * already. Undefined when an instruction in it has no row in the table.
 */
export function emitBlock(
  block: FlatBlock,
  names: Names,
): { statements: string[]; results: Expression[] } | undefined {
  const statements: string[] = [];
  for (const instruction of block.instructions) {
    const output = instruction.outputs[0];
    const scalar = output?.type.kind === "tensor" && output.type.shape.length === 0;
    if (!scalar) return undefined;
    const literal = literalOf(instruction);
    const alias = isRename(instruction) ? names.get(instruction.inputs[0]!) : undefined;
    if (literal !== undefined || alias !== undefined) names.set(output, (literal ?? alias)!);
    else if (isScalarOp(instruction)) statements.push(statementOf(instruction, names));
    else return undefined;
  }
  const results = block.results.map((result) => names.get(result));
  return results.every((name) => name !== undefined) ? { statements, results } : undefined;
}

export const isRename = ({ name }: Instruction): boolean =>
  ["stablehlo.reshape", "stablehlo.broadcast_in_dim"].includes(name);

/** The value at `index` of an array that holds `element`. */
export function loadOf(element: Element, array: string, index: string): Expression {
  if (isComplex(element)) return [`${array}[2 * (${index})]`, `${array}[2 * (${index}) + 1]`];
  if (element === "bf16" || element === "f16") return `${element}Values[${array}[${index}]]`;
  return `${array}[${index}]`;
}

export function storeTo(element: Element, array: string, index: string, value: Expression): string {
  if (isComplex(element))
    return `${array}[2 * (${index})] = ${value[0]}; ${array}[2 * (${index}) + 1] = ${value[1]};`;
  if (element === "bf16") return `${array}[${index}] = bitsOfBf16(${value});`;
  if (element === "f16") return `${array}[${index}] = bitsOfF16(${value});`;
  return `${array}[${index}] = ${value};`;
}

/** An index as a value of `element`: what iota holds. */
export function indexAs(element: Element, index: string): Expression {
  if (isComplex(element)) return [index, "0"];
  return isBig(element) ? `BigInt(${index})` : isFloat(element) ? fit(element, index) : index;
}

/** Numbers the variables of a text in order of appearance, so that equal code is equal text. */
export function renumber(text: string): string {
  const numbers = new Map<string, number>();
  return text.replace(/\b(v|copy|sum)(\d+)/g, (_, kind: string, id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return `${kind}${numbers.get(id)}`;
  });
}

const compiled = new Map<string, (...args: never[]) => unknown>();

/**
 * Compiles `text`, the body of a function of `parameters`, once per text: kernels of the same structure share their
 * machine code. Helpers that the text mentions are in scope.
 */
export function compileText(text: string, parameters: readonly string[]): (...args: unknown[]) => unknown {
  const key = `${parameters.join()}\n${text}`;
  let factory = compiled.get(key);
  if (!factory) {
    const used = Object.keys(helpers).filter((name) => new RegExp(`\\b${name}\\b`).test(text));
    const head = used.length > 0 ? `const { ${used.join(", ")} } = helpers;\n` : "";
    const make = new Function("helpers", ...parameters, `"use strict";\n${head}${text}`);
    factory = (...args) => make(helpers, ...args);
    compiled.set(key, factory);
  }
  return factory as (...args: unknown[]) => unknown;
}
