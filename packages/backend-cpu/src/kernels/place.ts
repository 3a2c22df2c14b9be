/** Ops that put parts of arrays into places of others: concatenate, pad, dynamic slices. All copy bits. */
import { bytesPerElement, type Element, isComplex, sizeOf, stridesOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import type { OpStep } from "../lower.ts";
import { Slot } from "../slot.ts";
import { isWhole, type View } from "../view.ts";
import { type Access, compileLoop, type Kernel } from "./loop.ts";
import type { Expression } from "./scalar.ts";
import { accessOf, rawElement } from "./step.ts";

const copied = (element: Element): Expression => (isComplex(element) ? ["x", "y"] : "x");

/** Copies the points of `shape` from one walk to another. */
export function copyLoop(shape: readonly number[], from: Access, to: Access): Kernel {
  const name = copied(from.element);
  return compileLoop({
    shape,
    loads: [{ access: from, name }],
    body: [],
    stores: [{ access: to, value: name }],
  });
}

function source(view: View, context: KernelContext): Access {
  return accessOf({ ...view, element: rawElement(view.element) }, context);
}

/** A walk over a part of an output: from `start`, by `step` in each dimension. */
function target(
  output: Variable,
  start: readonly number[],
  step: readonly number[],
  context: KernelContext,
): Access {
  const { shape, element } = tensorType(output);
  const strides = stridesOf(shape);
  const offset = start.reduce((sum, position, d) => sum + position * strides[d]!, 0);
  return {
    slot: context.slotOf(output),
    element: rawElement(element),
    offset,
    strides: strides.map((stride, d) => stride * step[d]!),
  };
}

const sequence =
  (kernels: readonly Kernel[]): Kernel =>
  () => {
    for (let i = 0; i < kernels.length; i++) kernels[i]!();
  };

const concatenate: KernelMaker = ({ instruction, inputs }, context) => {
  const output = instruction.outputs[0]!;
  const axis = instruction.attributes.dimension as number;
  const { shape } = tensorType(output);
  let at = 0;
  const parts = instruction.inputs.map((input, i) => {
    const part = tensorType(input).shape;
    const start = shape.map((_, d) => (d === axis ? at : 0));
    at += part[axis]!;
    const to = target(
      output,
      start,
      shape.map(() => 1),
      context,
    );
    return copyLoop(part, source(inputs[i]!, context), to);
  });
  return sequence(parts);
};

/** Fills with the padding value, then copies the elements that fall inside; negative padding cuts some off. */
const pad: KernelMaker = ({ instruction, inputs }, context) => {
  const output = instruction.outputs[0]!;
  const operand = tensorType(instruction.inputs[0]!).shape;
  const { shape } = tensorType(output);
  const low = instruction.attributes.edge_padding_low as readonly number[];
  const step = (instruction.attributes.interior_padding as readonly number[]).map((interior) => interior + 1);
  const first = low.map((edge, d) => (edge >= 0 ? 0 : Math.ceil(-edge / step[d]!)));
  const end = low.map((edge, d) => Math.min(operand[d]!, Math.floor((shape[d]! - 1 - edge) / step[d]!) + 1));
  const inner = first.map((from, d) => Math.max(0, end[d]! - from));
  const value = source(inputs[1]!, context);
  const all = target(
    output,
    shape.map(() => 0),
    shape.map(() => 1),
    context,
  );
  const fill = copyLoop(shape, { ...value, strides: shape.map(() => 0) }, all);
  if (sizeOf(inner) === 0) return fill;
  const from = source(inputs[0]!, context);
  const offset = first.reduce((sum, position, d) => sum + position * from.strides[d]!, from.offset);
  const start = first.map((position, d) => low[d]! + position * step[d]!);
  const copy = copyLoop(inner, { ...from, offset }, target(output, start, step, context));
  return sequence([fill, copy]);
};

/** The position of a slice whose start is computed: each index clamped so that the slice lies inside. */
function clampedStart(
  step: OpStep,
  first: number,
  shape: readonly number[],
  sizes: readonly number[],
  context: KernelContext,
): () => number {
  const indices = step.inputs.slice(first).map(({ root }) => context.slotOf(root!));
  const strides = stridesOf(shape);
  const limits = shape.map((size, d) => size - sizes[d]!);
  return () => {
    let position = 0;
    for (let d = 0; d < indices.length; d++) {
      const index = Number(indices[d]!.data[0]);
      const limit = limits[d]!;
      position += (index < 0 ? 0 : Math.min(index, limit)) * strides[d]!;
    }
    return position;
  };
}

/** A slot of `length` elements that starts at a position of another's. */
function windowOf(slot: Slot, length: number): { window: Slot; moveTo: (position: number) => void } {
  const { element } = slot.type;
  const window = new Slot(slot.id, { kind: "tensor", element, shape: [length] }, "own");
  const bytes = bytesPerElement(element);
  const moveTo = (position: number) => {
    window.address = slot.address + position * bytes;
  };
  return { window, moveTo };
}

/** How many elements a walk spans from its first to its last. */
function span(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((sum, size, d) => sum + (size - 1) * strides[d]!, 1);
}

const dynamicSlice: KernelMaker = (step, context) => {
  const { instruction, inputs } = step;
  const [operand] = instruction.inputs as [Variable];
  const output = instruction.outputs[0]!;
  const { shape, element } = tensorType(operand);
  const sizes = tensorType(output).shape;
  const start = clampedStart(step, 1, shape, sizes, context);
  const from = context.slotOf(inputs[0]!.root!);
  const to = context.slotOf(output);
  if (sizeOf(sizes) === 1 && !isComplex(element)) {
    return () => {
      to.data[0] = from.data[start()]!;
    };
  }
  const strides = stridesOf(shape);
  const { window, moveTo } = windowOf(from, span(sizes, strides));
  const all = target(
    output,
    sizes.map(() => 0),
    sizes.map(() => 1),
    context,
  );
  const copy = copyLoop(sizes, { slot: window, element: rawElement(element), offset: 0, strides }, all);
  if (sizeOf(sizes) === 0) return () => {};
  return () => {
    moveTo(start());
    copy();
  };
};

const dynamicUpdateSlice: KernelMaker = (step, context) => {
  const { instruction, inputs } = step;
  const [operand, update] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const { shape, element } = tensorType(operand);
  const sizes = tensorType(update).shape;
  const start = clampedStart(step, 2, shape, sizes, context);
  const to = context.slotOf(output);
  const whole = isWhole(inputs[0]!, shape);
  const inPlace = whole && context.slotOf(inputs[0]!.root!) === to;
  const all = target(
    output,
    shape.map(() => 0),
    shape.map(() => 1),
    context,
  );
  const copy = inPlace ? undefined : copyLoop(shape, source(inputs[0]!, context), all);
  if (sizeOf(sizes) === 0) return copy ?? (() => {});
  const from = source(inputs[1]!, context);
  if (inPlace && sizeOf(sizes) === 1 && !isComplex(element)) {
    const single = from.slot!;
    return () => {
      to.data[start()] = single.data[from.offset]!;
    };
  }
  const strides = stridesOf(shape);
  const { window, moveTo } = windowOf(to, span(sizes, strides));
  const write = copyLoop(sizes, from, { slot: window, element: rawElement(element), offset: 0, strides });
  return () => {
    copy?.();
    moveTo(start());
    write();
  };
};

export const placeKernels: Readonly<Record<string, KernelMaker>> = {
  "stablehlo.concatenate": concatenate,
  "stablehlo.pad": pad,
  "stablehlo.dynamic_slice": dynamicSlice,
  "stablehlo.dynamic_update_slice": dynamicUpdateSlice,
};
