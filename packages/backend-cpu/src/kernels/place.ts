/** Ops that put parts of arrays into places of others: concatenate, pad, dynamic slices. All copy bits. */
import { bytesPerElement, type Element, isUnsigned, sizeOf, stridesOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import type { OpStep } from "../fuse.ts";
import { isWhole, type View } from "../view.ts";
import { add, apply, type Code, FunctionCode, type Local, load, set, times, value } from "../wasm/code.ts";
import { copyCode } from "../wasm/copy.ts";
import { constant, type Instruction } from "../wasm/instructions.ts";
import { addressOf } from "../wasm/nest.ts";
import type { Access } from "./loop.ts";
import { accessOf, rawElement } from "./step.ts";

function source(view: View, context: KernelContext): Access {
  return accessOf({ ...view, element: rawElement(view.element) }, context);
}

/** A walk over a part of an output: from `start`, by `step` in each dimension. */
function target(
  output: Variable,
  context: KernelContext,
  start: readonly number[] = [],
  step: readonly number[] = [],
): Access {
  const { shape, element } = tensorType(output);
  const strides = stridesOf(shape);
  const offset = start.reduce((sum, position, d) => sum + position * strides[d]!, 0);
  return {
    slot: context.slotOf(output),
    element: rawElement(element),
    offset,
    strides: strides.map((stride, d) => stride * (step[d] ?? 1)),
  };
}

const concatenate: KernelMaker = ({ instruction, inputs }, context) => {
  const output = instruction.outputs[0]!;
  const axis = instruction.attributes.dimension as number;
  const { shape } = tensorType(output);
  const code = new FunctionCode();
  let at = 0;
  const parts = instruction.inputs.map((input, i) => {
    const part = tensorType(input).shape;
    const start = shape.map((_, d) => (d === axis ? at : 0));
    at += part[axis]!;
    return copyCode(code, part, source(inputs[i]!, context), target(output, context, start));
  });
  return context.program.add(code, parts.flat());
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
  const padding = { ...source(inputs[1]!, context), strides: shape.map(() => 0) };
  const code = new FunctionCode();
  const fill = copyCode(code, shape, padding, target(output, context));
  if (sizeOf(inner) === 0) return context.program.add(code, fill);
  const from = source(inputs[0]!, context);
  const offset = first.reduce((sum, position, d) => sum + position * from.strides[d]!, from.offset);
  const start = first.map((position, d) => low[d]! + position * step[d]!);
  const copy = copyCode(code, inner, { ...from, offset }, target(output, context, start, step));
  return context.program.add(code, [...fill, ...copy]);
};

const indexLoads: Readonly<Record<number, readonly [signed: Instruction, unsigned: Instruction]>> = {
  1: ["i64.load8_s", "i64.load8_u"],
  2: ["i64.load16_s", "i64.load16_u"],
  4: ["i64.load32_s", "i64.load32_u"],
  8: ["i64.load", "i64.load"],
};

/** An index of any integer type, in 64 bits. */
export function indexOf(element: Element, address: Code): Code {
  return load(indexLoads[bytesPerElement(element)]![isUnsigned(element) ? 1 : 0], address);
}

/** An index of any integer type, clamped to 0 … `limit`, in 64 bits. */
export function clampedIndex(code: FunctionCode, element: Element, address: Code, limit: number): Code {
  const index = code.local("i64");
  const unsigned = isUnsigned(element);
  const [most, none] = [constant.i64(BigInt(limit)), constant.i64(0n)];
  const read = set(index, indexOf(element, address));
  const atMost = apply("select", index, most, apply(unsigned ? "i64.lt_u" : "i64.lt_s", index, most));
  if (unsigned) return [...read, ...atMost];
  return [...read, ...set(index, atMost), ...apply("select", index, none, apply("i64.gt_s", index, none))];
}

/** Where a slice whose start is computed begins, in bytes: each index clamped so that the slice lies inside. */
function computedStart(
  code: FunctionCode,
  step: OpStep,
  first: number,
  array: Variable,
  sizes: readonly number[],
  context: KernelContext,
): { readonly start: Local; readonly begin: Code } {
  const { shape, element } = tensorType(array);
  const strides = stridesOf(shape);
  const terms = step.inputs.slice(first).map(({ root, offset }, d) => {
    const slot = context.slotOf(root!);
    const bytes = bytesPerElement(slot.type.element);
    const address = offset === 0 ? addressOf(slot) : add(addressOf(slot), offset * bytes);
    const index = clampedIndex(code, slot.type.element, address, shape[d]! - sizes[d]!);
    return times(apply("i32.wrap_i64", index), strides[d]! * bytesPerElement(element));
  });
  const start = code.local();
  return { start, begin: set(start, terms.length > 0 ? add(...(terms as [Code, ...Code[]])) : value(0)) };
}

const dynamicSlice: KernelMaker = (step, context) => {
  const [operand] = step.instruction.inputs as [Variable];
  const output = step.instruction.outputs[0]!;
  const sizes = tensorType(output).shape;
  const code = new FunctionCode();
  const { start, begin } = computedStart(code, step, 1, operand, sizes, context);
  const from = source(step.inputs[0]!, context);
  const copy = copyCode(code, sizes, from, target(output, context), { from: start });
  return context.program.add(code, [...begin, ...copy]);
};

const dynamicUpdateSlice: KernelMaker = (step, context) => {
  const { instruction, inputs } = step;
  const [operand, update] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const { shape } = tensorType(operand);
  const sizes = tensorType(update).shape;
  const code = new FunctionCode();
  const { start, begin } = computedStart(code, step, 2, operand, sizes, context);
  const to = target(output, context);
  const inPlace = isWhole(inputs[0]!, shape) && context.slotOf(inputs[0]!.root!) === to.slot;
  const copy = inPlace ? [] : copyCode(code, shape, source(inputs[0]!, context), to);
  const write = copyCode(code, sizes, source(inputs[1]!, context), to, { to: start });
  return context.program.add(code, [...copy, ...begin, ...write]);
};

export const placeKernels: Readonly<Record<string, KernelMaker>> = {
  "stablehlo.concatenate": concatenate,
  "stablehlo.pad": pad,
  "stablehlo.dynamic_slice": dynamicSlice,
  "stablehlo.dynamic_update_slice": dynamicUpdateSlice,
};
