/** `gather`: windows of the operand at clamped indices. Moves bits of any type. */
import { isComplex, type Storage, type stablehlo, type ViewOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import { isConsecutive } from "../walk.ts";
import { shapeOf, type Windows, wholeSlot, windowsOf } from "./indexed.ts";

type GatherNumbers = ViewOf<typeof stablehlo.gather>["attributes"]["dimension_numbers"];

export const gather: KernelMaker = ({ instruction, inputs }, context) => {
  const [operand, indices] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const { element } = tensorType(operand);
  if (isComplex(element)) return undefined;
  const d = instruction.attributes.dimension_numbers as GatherNumbers;
  const sizes = instruction.attributes.slice_sizes as readonly number[];
  const windows = windowsOf(shapeOf(operand), shapeOf(indices), shapeOf(output), sizes, {
    windowDimensions: d.offset_dims,
    collapsed: d.collapsed_slice_dims,
    batching: d.operand_batching_dims,
    indicesBatching: d.start_indices_batching_dims,
    indexed: d.start_index_map,
    indexVector: d.index_vector_dim,
  });
  const [from, at] = [wholeSlot(inputs[0]!, context), wholeSlot(inputs[1]!, context)];
  const to = context.slotOf(output);
  const copy =
    windows.inner.length === 1
      ? copyElements
      : isConsecutive(windows.inner) && isConsecutive(windows.outer)
        ? copyRows
        : copyWindows;
  const starts = new Int32Array(windows.vectors.length);
  return () => {
    windowStarts(at.data, windows, starts);
    copy(from.data as Float32Array, to.data as Float32Array, windows, starts);
  };
};

/** Where each window begins, with indices clamped so that it lies inside. */
function windowStarts(indices: Storage, windows: Windows, starts: Int32Array): void {
  const { vectors, vectorStep, inside, steps, limits } = windows;
  starts.set(inside);
  for (let k = 0; k < steps.length; k++) {
    const [step, limit, offset] = [steps[k]!, limits[k]!, k * vectorStep];
    for (let b = 0; b < starts.length; b++) {
      const index = Number(indices[vectors[b]! + offset]);
      starts[b]! += (index < 0 ? 0 : Math.min(index, limit)) * step;
    }
  }
}

function copyElements(from: Float32Array, to: Float32Array, { outside }: Windows, starts: Int32Array): void {
  for (let b = 0; b < starts.length; b++) to[outside[b]!] = from[starts[b]!]!;
}

function copyRows(
  from: Float32Array,
  to: Float32Array,
  { outside, inner }: Windows,
  starts: Int32Array,
): void {
  const length = inner.length;
  for (let b = 0; b < starts.length; b++) {
    for (let i = 0, x = starts[b]!, y = outside[b]!; i < length; i++) to[y + i] = from[x + i]!;
  }
}

function copyWindows(
  from: Float32Array,
  to: Float32Array,
  { outside, inner, outer }: Windows,
  starts: Int32Array,
): void {
  for (let b = 0; b < starts.length; b++) {
    const [x, y] = [starts[b]!, outside[b]!];
    for (let i = 0; i < inner.length; i++) to[y + outer[i]!] = from[x + inner[i]!]!;
  }
}
