/** `sort`: by the digits of keys when the comparator is an order by keys, else by a stable merge of positions. */
import { isComplex, type Storage, stridesOf } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type FlatBlock, tensorType, type Variable } from "../flatten.ts";
import type { OpStep } from "../lower.ts";
import { type Slot, scratch } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import { radix } from "../wasm/radix.ts";
import { assign, compileText, elementOf, emitBlock, loadOf, type Names, nameOf, renumber } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import type { Kernel } from "./loop.ts";
import { type Key, keyReader, keysOf, keyWriter, wordsIn } from "./order.ts";
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

/** From so many keys on larger digits pay: fewer rounds, but larger tables. */
const manyKeys = 4096;

function sortByKeys({ sources, targets, starts, length: n, step }: Rows, keys: readonly Key[]): Kernel {
  const writers = keys.map((key) => ({ operand: key.operand, words: wordsIn(key), write: keyWriter(key) }));
  const alone = sources.length === 1 && keys.length === 1 && writers[0]!.words === 1;
  const read =
    alone && tensorType(keys[0]!.block.parameters[0]!).element.endsWith("32")
      ? keyReader(keys[0]!)
      : undefined;
  const bits = n < manyKeys ? 8 : 11;
  const wordCount = writers.reduce((sum, { words }) => sum + words, 0);
  const { sort, pick } = radix();
  /** Positions of the row's elements in sorted order, at the address of the items. */
  const order = (at: Room) => {
    const { words } = arena;
    for (let i = 0; i < n; i++) words[(at.items >> 2) + i] = i;
    for (let w = wordCount - 1; w >= 0; w--) {
      pick(at.words + 4 * n * w, at.items, at.items + 4 * n, at.keys);
      sort(at.keys, at.spareKeys, at.items, at.spareItems, n, at.counts, bits, 1);
    }
  };
  const writeKeys = (start: number, at: Room): boolean => {
    let place = at.words >> 2;
    let same = true;
    for (const { operand, words, write } of writers) {
      const { data } = sources[operand]!;
      same = write(data, start, step, n, arena.words, place, place + n) && same;
      place += words * n;
    }
    return same;
  };
  return () => {
    const at = roomFor(n, wordCount, bits);
    for (const start of starts) {
      if (writeKeys(start, at) && read) {
        sort(at.words, at.spareKeys, 0, 0, n, at.counts, bits, 0);
        read(arena.words, at.words >> 2, n, (targets[0]!.address >> 2) + start, step);
        continue;
      }
      order(at);
      const items = new Int32Array(arena.buffer, at.items, n);
      targets.forEach((target, k) => {
        permute(sources[k]!.data as Float32Array, target.data as Float32Array, items, start, step);
      });
    }
  };
}

function permute(from: Float32Array, to: Float32Array, items: Int32Array, start: number, step: number): void {
  for (let i = 0, at = start; i < items.length; i++, at += step) to[at] = from[start + items[i]! * step]!;
}

type Room = Readonly<Record<"counts" | "keys" | "spareKeys" | "items" | "spareItems" | "words", number>>;

function roomFor(n: number, wordCount: number, bits: number): Room {
  const counts = arena.scratch(4 * (2 ** bits + n * (4 + wordCount)));
  const keys = counts + 4 * 2 ** bits;
  const [spareKeys, items, spareItems, words] = [1, 2, 3, 4].map((i) => keys + 4 * n * i) as [
    number,
    number,
    number,
    number,
  ];
  return { counts, keys, spareKeys, items, spareItems, words };
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
