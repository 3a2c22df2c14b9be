/** `sort`: by the digits of keys when the comparator is an order by keys, else by a stable merge of positions. */
import { isComplex, type Storage, stridesOf } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type FlatBlock, tensorType, type Variable } from "../flatten.ts";
import type { OpStep } from "../fuse.ts";
import { type Slot, scratch } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import { orderByDigits } from "./digits.ts";
import { assign, compileText, elementOf, emitBlock, loadOf, type Names, nameOf, renumber } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import type { Kernel } from "./loop.ts";
import { type Key, keyReader, keysOf, wordsIn } from "./order.ts";
import { isScalarFunction } from "./reduce.ts";

export const sort: KernelMaker = (step, context) => {
  const { instruction, captures } = step;
  const comparator = instruction.blocks[0]!;
  const elements = instruction.inputs.map((input) => elementOf(input));
  if (captures.size > 0 || !isScalarFunction(comparator) || elements.some((e) => !e || isComplex(e)))
    return undefined;
  const rows = rowsOf(step, context);
  const keys = rows.length >= worthDigits ? keysOf(comparator) : undefined;
  return keys ? sortByKeys(rows, keys) : sortByMerging(rows, comparator, instruction.inputs);
};

/** Shorter rows are merged: tables of digits take longer than that. */
const worthDigits = 128;

/** Operands and results as rows: those of an array begin at `starts`, and their elements are `step` apart. */
interface Rows {
  readonly sources: readonly Slot[];
  readonly targets: readonly Slot[];
  readonly starts: Int32Array;
  readonly length: number;
  readonly step: number;
}

function rowsOf({ instruction, inputs }: OpStep, context: KernelContext): Rows {
  const { shape } = tensorType(instruction.inputs[0]!);
  const axis = ((instruction.attributes.dimension as number) + shape.length) % Math.max(1, shape.length);
  const others = shape.map((size, d) => (d === axis ? 1 : size));
  return {
    sources: inputs.map((view) => wholeSlot(view, context)),
    targets: instruction.outputs.map((output) => context.slotOf(output)),
    starts: shape.includes(0) ? new Int32Array(0) : positionsOf(others, stridesOf(shape)),
    length: shape[axis] ?? 1,
    step: stridesOf(shape)[axis] ?? 1,
  };
}

function sortByKeys({ sources, targets, starts, length: n, step }: Rows, keys: readonly Key[]): Kernel {
  const digits = orderByDigits(sources, n, step, keys);
  const [key] = keys as [Key];
  const { element } = tensorType(key.block.parameters[0]!);
  // Elements of 32 bits that are alone need not be moved: they can be told from their keys.
  const alone = sources.length === 1 && keys.length === 1 && wordsIn(key) === 1 && element.endsWith("32");
  const read = alone ? keyReader(key) : undefined;
  return () => {
    const room = digits.room();
    for (const start of starts) {
      if (digits.writeKeys(start, room) && read) {
        digits.sortKeys(room);
        read(arena.words, room.words >> 2, n, (targets[0]!.address >> 2) + start, step);
        continue;
      }
      const items = digits.order(room);
      targets.forEach((target, k) => {
        permute(sources[k]!.data as Float32Array, target.data as Float32Array, items, start, step);
      });
    }
  };
}

function permute(from: Float32Array, to: Float32Array, items: Int32Array, start: number, step: number): void {
  for (let i = 0, at = start; i < items.length; i++, at += step) to[at] = from[start + items[i]! * step]!;
}

function sortByMerging(
  { sources, targets, starts, length, step }: Rows,
  comparator: FlatBlock,
  inputs: readonly Variable[],
): Kernel {
  const lanes = inputs.map((input) => scratch(elementOf(input)!, length));
  const compare = comparatorOf(comparator, inputs);
  const order = new Int32Array(length);
  const spare = new Int32Array(length);
  return () => {
    const rows = lanes.map(({ data }) => data);
    const less = compare(rows);
    for (const row of starts) {
      sources.forEach(({ data }, k) => {
        for (let i = 0, at = row; i < length; i++, at += step) rows[k]![i] = data[at]!;
      });
      const sorted = sortPositions(order, spare, less);
      targets.forEach(({ data }, k) => {
        for (let i = 0, at = row; i < length; i++, at += step) data[at] = rows[k]![sorted[i]!]!;
      });
    }
  };
}
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
