/** Values that are only another way to look at an array: broadcasts, transposes, slices, reversals, reshapes, iota. */
import { type Element, sizeOf, stridesOf } from "@hloom/ir";
import { type Instruction, tensorType, type Variable } from "./flatten.ts";

/** Element `index` of the viewed value is element `offset + Σ index × stride` of `root`. */
export interface View {
  /** The value that has memory; absent for iota, whose elements are the positions themselves. */
  readonly root: Variable | undefined;
  readonly element: Element;
  readonly offset: number;
  /** One for each dimension of the viewed value. */
  readonly strides: readonly number[];
}

/** A value seen as it is. */
export function identity(variable: Variable): View {
  const { shape, element } = tensorType(variable);
  return { root: variable, element, offset: 0, strides: stridesOf(shape) };
}

/** Whether the view has the elements of its root, all of them in order: a value that needs no copy. */
export function isWhole(view: View, shape: readonly number[]): boolean {
  if (!view.root || view.offset !== 0) return false;
  const size = sizeOf(shape);
  if (size !== sizeOf(tensorType(view.root).shape)) return false;
  const rowMajor = stridesOf(shape);
  return size === 0 || shape.every((dimension, d) => dimension === 1 || view.strides[d] === rowMajor[d]);
}

/** Shape and strides without dimensions of size 1: values that differ in those alone are walked alike. */
export function squeeze(shape: readonly number[]): number[] {
  return shape.filter((dimension) => dimension !== 1);
}

export function squeezeView(view: View, shape: readonly number[]): View {
  return { ...view, strides: view.strides.filter((_, d) => shape[d] !== 1) };
}

type Viewer = (instruction: Instruction, operand: View, shape: readonly number[]) => View | undefined;

/** The result as a view of what the operand is a view of; undefined when it needs a copy. */
export function viewThrough(instruction: Instruction, operand: View): View | undefined {
  const { shape } = tensorType(instruction.inputs[0]!);
  return viewers[instruction.name]?.(instruction, operand, shape);
}

export const isViewOp = (name: string): boolean => name in viewers;

const viewers: Readonly<Record<string, Viewer>> = {
  "stablehlo.broadcast_in_dim": ({ attributes, outputs }, operand, shape) => {
    const dimensions = attributes.broadcast_dimensions as readonly number[];
    const strides = tensorType(outputs[0]!).shape.map(() => 0);
    dimensions.forEach((dimension, d) => {
      if (shape[d] !== 1) strides[dimension] = operand.strides[d]!;
    });
    return { ...operand, strides };
  },
  "stablehlo.transpose": ({ attributes }, operand) => {
    const permutation = attributes.permutation as readonly number[];
    return { ...operand, strides: permutation.map((d) => operand.strides[d]!) };
  },
  "stablehlo.slice": ({ attributes }, operand) => {
    const starts = attributes.start_indices as readonly number[];
    const steps = attributes.strides as readonly number[];
    const offset = starts.reduce((sum, start, d) => sum + start * operand.strides[d]!, operand.offset);
    return { ...operand, offset, strides: operand.strides.map((stride, d) => stride * steps[d]!) };
  },
  "stablehlo.reverse": ({ attributes }, operand, shape) => {
    const reversed = new Set(attributes.dimensions as readonly number[]);
    if (shape.includes(0)) return { ...operand };
    let { offset } = operand;
    const strides = operand.strides.map((stride, d) => {
      if (!reversed.has(d)) return stride;
      offset += stride * (shape[d]! - 1);
      return -stride;
    });
    return { ...operand, offset, strides };
  },
  "stablehlo.reshape": ({ outputs }, operand, shape) => {
    const strides = reshapeStrides(shape, operand.strides, tensorType(outputs[0]!).shape);
    return strides && { ...operand, strides };
  },
};

/** Strides of the same elements in another shape, if each new dimension is a regular walk. */
function reshapeStrides(
  from: readonly number[],
  strides: readonly number[],
  to: readonly number[],
): number[] | undefined {
  if (from.includes(0)) return to.map(() => 0);
  const result = new Array<number>(to.length).fill(0);
  let f = 0;
  let t = 0;
  while (f < from.length || t < to.length) {
    // The shortest runs of old and new dimensions with equal sizes.
    let oldSize = from[f] ?? 1;
    let newSize = to[t] ?? 1;
    let oldEnd = f + 1;
    let newEnd = t + 1;
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= from[oldEnd++]!;
      else newSize *= to[newEnd++]!;
    }
    const run = mergedStride(from.slice(f, oldEnd), strides.slice(f, oldEnd));
    if (run === undefined) return undefined;
    let stride = run;
    for (let d = Math.min(newEnd, to.length) - 1; d >= t; d--) {
      result[d] = stride;
      stride *= to[d]!;
    }
    f = oldEnd;
    t = newEnd;
  }
  return result;
}

/** The step between neighbours when some dimensions are walked as one. */
function mergedStride(shape: readonly number[], strides: readonly number[]): number | undefined {
  let step: number | undefined;
  let expected = 0;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    if (step === undefined) step = strides[d]!;
    else if (strides[d] !== expected) return undefined;
    expected = strides[d]! * shape[d]!;
  }
  return step ?? 0;
}
