/** `select_and_scatter`, the gradient of pooling: each window's chosen element receives the window's value. */
import { isComplex, sizeOf, stridesOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import { type FlatBlock, tensorType, type Variable } from "../flatten.ts";
import type { Slot } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import {
  assign,
  compileText,
  elementOf,
  emitBlock,
  loadOf,
  type Names,
  nameOf,
  renumber,
  storeTo,
} from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import { compileLoop } from "./loop.ts";
import { isPromoting, isScalarFunction } from "./reduce.ts";

interface Attributes {
  readonly window_dimensions: readonly number[];
  readonly window_strides?: readonly number[];
  readonly padding?: readonly (readonly number[])[];
}

export const selectAndScatter: KernelMaker = ({ instruction, inputs, captures }, context) => {
  const [operand, source, start] = instruction.inputs as [Variable, Variable, Variable];
  const element = elementOf(operand);
  const simple = instruction.blocks.every(isScalarFunction);
  if (captures.size > 0 || !simple || !element || isComplex(element)) return undefined;
  const [selection, fold] = instruction.blocks as [FlatBlock, FlatBlock];
  if (isPromoting(selection, [operand, operand]) || isPromoting(fold, [source, start])) return undefined;
  const attributes = instruction.attributes as unknown as Attributes;
  const { shape } = tensorType(operand);
  const padding = shape.map((_, d) => attributes.padding?.[d] ?? [0, 0]) as [number, number][];
  const padded = shape.map((size, d) => size + padding[d]![0] + padding[d]![1]);
  const strides = stridesOf(padded);
  const steps = strides.map((stride, d) => stride * (attributes.window_strides?.[d] ?? 1));
  const tables = [
    positionsOf(tensorType(source).shape, steps),
    positionsOf(attributes.window_dimensions, strides),
    placesOf(shape, padded, padding),
  ];
  const [values, updates, init] = inputs.map((view) => wholeSlot(view, context)) as [Slot, Slot, Slot];
  const result = context.slotOf(instruction.outputs[0]!);
  const all = [result.size];
  const fill = compileLoop({
    shape: all,
    loads: [{ access: { slot: init, element, offset: 0, strides: [0] }, name: "x" }],
    body: [],
    stores: [{ access: { slot: result, element, offset: 0, strides: [1] }, value: "x" }],
  });
  const scatter = compiled(
    instruction.blocks[0]!,
    instruction.blocks[1]!,
    operand,
  )([values, updates, result], tables);
  return () => {
    fill();
    scatter();
  };
};

/** Where each element of the padded operand is in the operand; -1 for padding. */
function placesOf(
  shape: readonly number[],
  padded: readonly number[],
  padding: readonly [number, number][],
): Int32Array {
  const places = new Int32Array(sizeOf(padded)).fill(-1);
  const strides = stridesOf(padded);
  const start = padding.reduce((sum, [low], d) => sum + low * strides[d]!, 0);
  positionsOf(shape, strides, start).forEach((place, i) => {
    places[place] = i;
  });
  return places;
}

type Compiled = (slots: readonly Slot[], tables: readonly Int32Array[]) => () => void;

function compiled(select: FlatBlock, scatter: FlatBlock, operand: Variable): Compiled {
  const element = elementOf(operand)!;
  const namesOf = (block: FlatBlock): Names =>
    new Map(block.parameters.map((parameter) => [parameter, nameOf(parameter)]));
  const [selectNames, scatterNames] = [namesOf(select), namesOf(scatter)];
  const [chosen, current] = select.parameters.map((parameter) => selectNames.get(parameter)!);
  const [old, update] = scatter.parameters.map((parameter) => scatterNames.get(parameter)!);
  const test = emitBlock(select, selectNames)!;
  const combine = emitBlock(scatter, scatterNames)!;
  const text = `const [values, updates, result] = slots;
const [windows, inner, places] = tables;
return () => {
const x = values.data, u = updates.data, r = result.data;
for (let w = 0; w < windows.length; w++) {
let best = -1;
for (let i = 0; i < inner.length; i++) {
const q = places[windows[w] + inner[i]];
if (q < 0) continue;
if (best < 0) { best = q; continue; }
${assign(chosen!, loadOf(element, "x", "best"))}
${assign(current!, loadOf(element, "x", "q"))}
${test.statements.join("\n")}
if (!${test.results[0]}) best = q;
}
if (best < 0) continue;
${assign(old!, loadOf(element, "r", "best"))}
${assign(update!, loadOf(element, "u", "w"))}
${combine.statements.join("\n")}
${storeTo(element, "r", "best", combine.results[0]!)}
}
};`;
  return compileText(renumber(text), ["slots", "tables"]) as Compiled;
}
