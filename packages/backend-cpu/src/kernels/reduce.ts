/** Reductions whose body the generator knows: sums and maxima, argmax pairs, log-sum-exp, any scalar code. */
import { isComplex } from "@hloom/ir";
import { type FlatBlock, type Instruction, tensorType, type Variable } from "../flatten.ts";
import { assign, capturesOf, elementOf, emitBlock, isScalarOp, type Names, nameOf } from "./emit.ts";
import { type Expression, isComputable } from "./scalar.ts";

/** A `reduce` whose body can be written as statements on scalars. */
export function isSimpleReduction({ name, inputs, blocks }: Instruction): boolean {
  if (name !== "stablehlo.reduce") return false;
  if (!inputs.every((input) => elementOf(input) && isComputable(elementOf(input)!))) return false;
  return isScalarFunction(blocks[0]!) && !isPromoting(blocks[0]!, inputs);
}

/** Whether a body folds in another element type than that of the operands, which come before the init values. */
export function isPromoting({ parameters }: FlatBlock, inputs: readonly Variable[]): boolean {
  const count = inputs.length / 2;
  const foldedInto = (i: number) => parameters[(i + count) % inputs.length]!;
  return inputs.some((input, i) => elementOf(input) !== elementOf(foldedInto(i)));
}

/** Whether a block is scalar code that the generator can write. */
export function isScalarFunction(block: FlatBlock): boolean {
  const names: Names = new Map();
  for (const variable of [...block.parameters, ...capturesOf(block)]) {
    const { type } = variable;
    const element = elementOf(variable);
    if (type.kind !== "tensor" || type.shape.length > 0 || !element || !isComputable(element)) return false;
    names.set(variable, nameOf(variable));
  }
  return emitBlock(block, names) !== undefined;
}

/** The one op that a body applies to its two parameters, e.g. `stablehlo.add`; undefined for other bodies. */
export function simpleReducer(block: FlatBlock): string | undefined {
  const [instruction, ...others] = block.instructions;
  if (!instruction || others.length > 0 || instruction.inputs.length !== 2 || !isScalarOp(instruction))
    return undefined;
  if (block.results.length !== 1 || block.results[0] !== instruction.outputs[0]) return undefined;
  const [a, b] = block.parameters;
  const [x, y] = instruction.inputs;
  return (a === x && b === y) || (a === y && b === x) ? instruction.name : undefined;
}

/** Which dimensions a `reduce` reduces, one flag for each of its operand's. */
export function reducedDimensions(instruction: Instruction): boolean[] {
  const dimensions = new Set(instruction.attributes.dimensions as readonly number[]);
  return tensorType(instruction.inputs[0]!).shape.map((_, d) => dimensions.has(d));
}

const longSum = 256;

/** How many elements go into each result. */
export function lengthOf(instruction: Instruction): number {
  const { shape } = tensorType(instruction.inputs[0]!);
  return (instruction.attributes.dimensions as readonly number[]).reduce(
    (length, d) => length * shape[d]!,
    1,
  );
}

export interface Combination {
  readonly accumulators: readonly { readonly name: Expression; readonly init: Expression }[];
  readonly combine: readonly string[];
  readonly finish: readonly Expression[];
}

/**
 * Accumulators and the statements that bring one more element in. `names` knows operands, inits and captures.
 * Long sums of f32 are kept in double precision: in single precision they would lose digits that any other order
 * of summation keeps. Short ones follow the specification's arithmetic.
 */
export function combinationOf(instruction: Instruction, names: Names): Combination {
  const count = instruction.inputs.length / 2;
  const operands = instruction.inputs.slice(0, count).map((input) => names.get(input)!);
  const inits = instruction.inputs.slice(count).map((input) => names.get(input)!);
  const block = instruction.blocks[0]!;
  const accumulators = inits.map((init, i) => ({ init, name: accumulatorName(instruction.outputs[i]!) }));
  const element = elementOf(instruction.outputs[0]!);
  if (element === "f32" && simpleReducer(block) === "stablehlo.add" && lengthOf(instruction) > longSum) {
    const name = accumulators[0]!.name as string;
    return { accumulators, combine: [`${name} += ${operands[0]};`], finish: [`fround(${name})`] };
  }
  const inner: Names = new Map(names);
  block.parameters.forEach((parameter, i) => {
    inner.set(parameter, i < count ? accumulators[i]!.name : operands[i - count]!);
  });
  const { statements, results } = emitBlock(block, inner)!;
  return {
    accumulators,
    combine: [
      ...statements,
      ...assignAll(
        accumulators.map(({ name }) => name),
        results,
      ),
    ],
    finish: accumulators.map(({ name }) => name),
  };
}

/** Several assignments at once: results may mention accumulators that are assigned before them. */
export function assignAll(targets: readonly Expression[], values: readonly Expression[]): string[] {
  if (targets.length === 1) return [assign(targets[0]!, values[0]!, "")];
  const held = targets.map((target, i) =>
    typeof target === "string" ? `next${i}` : ([`next${i}r`, `next${i}i`] as const),
  );
  return [
    ...held.map((name, i) => assign(name, values[i]!)),
    ...targets.map((target, i) => assign(target, held[i]!, "")),
  ];
}

function accumulatorName(output: Variable): Expression {
  const name = `sum${output.id}`;
  return isComplex(elementOf(output)!) ? [`${name}r`, `${name}i`] : name;
}
