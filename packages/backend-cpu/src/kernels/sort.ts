/** `sort`: rows are ordered by a stable merge of positions, with the comparator compiled. */
import { isComplex, type Storage, stridesOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import { type FlatBlock, tensorType, type Variable } from "../flatten.ts";
import { scratch } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import { assign, compileText, elementOf, emitBlock, loadOf, type Names, nameOf, renumber } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import { isScalarFunction } from "./reduce.ts";

export const sort: KernelMaker = ({ instruction, inputs, captures }, context) => {
  const comparator = instruction.blocks[0]!;
  const elements = instruction.inputs.map((input) => elementOf(input));
  if (captures.size > 0 || !isScalarFunction(comparator) || elements.some((e) => !e || isComplex(e)))
    return undefined;
  const { shape } = tensorType(instruction.inputs[0]!);
  const axis = ((instruction.attributes.dimension as number) + shape.length) % Math.max(1, shape.length);
  const length = shape[axis] ?? 1;
  const step = stridesOf(shape)[axis] ?? 1;
  const others = shape.map((size, d) => (d === axis ? 1 : size));
  const rows = positionsOf(others, stridesOf(shape));
  const sources = inputs.map((view) => wholeSlot(view, context));
  const targets = instruction.outputs.map((output) => context.slotOf(output));
  const lanes = elements.map((element) => scratch(element!, length).data);
  const less = comparatorOf(comparator, instruction.inputs)(lanes);
  const order = new Int32Array(length);
  const spare = new Int32Array(length);
  return () => {
    for (const row of rows) {
      sources.forEach(({ data }, k) => {
        for (let i = 0, at = row; i < length; i++, at += step) lanes[k]![i] = data[at]!;
      });
      const sorted = sortPositions(order, spare, less);
      targets.forEach(({ data }, k) => {
        for (let i = 0, at = row; i < length; i++, at += step) data[at] = lanes[k]![sorted[i]!]!;
      });
    }
  };
};

type Less = (i: number, j: number) => boolean | number;

/** The comparator on positions of rows. Its parameters alternate: left and right of each operand. */
function comparatorOf(block: FlatBlock, inputs: readonly Variable[]): (lanes: readonly Storage[]) => Less {
  const names: Names = new Map();
  const loads = block.parameters.map((parameter, p) => {
    const name = nameOf(parameter);
    names.set(parameter, name);
    const operand = p >> 1;
    return assign(name, loadOf(elementOf(inputs[operand]!)!, `a${operand}`, p % 2 === 0 ? "i" : "j"));
  });
  const { statements, results } = emitBlock(block, names)!;
  const arrays = inputs.map((_, k) => `a${k}`).join(", ");
  const text = `const [${arrays}] = lanes;
return (i, j) => {
${[...loads, ...statements].join("\n")}
return ${results[0]};
};`;
  return compileText(renumber(text), ["lanes"]) as (lanes: readonly Storage[]) => Less;
}

const insertionLength = 12;

/** Positions 0, 1, … in sorted order; equal ones keep their order. Returns one of the two arrays. */
function sortPositions(order: Int32Array, spare: Int32Array, less: Less): Int32Array {
  const { length } = order;
  for (let from = 0; from < length; from += insertionLength) {
    for (let i = from; i < Math.min(from + insertionLength, length); i++) {
      let at = i;
      while (at > from && less(i, order[at - 1]!)) {
        order[at] = order[at - 1]!;
        at--;
      }
      order[at] = i;
    }
  }
  let [source, target] = [order, spare];
  for (let width = insertionLength; width < length; width *= 2) {
    for (let from = 0; from < length; from += 2 * width) merge(source, target, from, width, less);
    [source, target] = [target, source];
  }
  return source;
}

function merge(source: Int32Array, target: Int32Array, from: number, width: number, less: Less): void {
  const { length } = source;
  const middle = Math.min(from + width, length);
  const end = Math.min(from + 2 * width, length);
  let left = from;
  let right = middle;
  for (let at = from; at < end; at++) {
    const takeRight = right < end && (left >= middle || less(source[right]!, source[left]!));
    target[at] = takeRight ? source[right++]! : source[left++]!;
  }
}
