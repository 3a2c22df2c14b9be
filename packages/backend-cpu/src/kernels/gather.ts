/** `gather`: windows of the operand at clamped indices. Moves bits of any type. */
import type { stablehlo, ViewOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import type { Variable } from "../flatten.ts";
import { add, apply, type Code, FunctionCode, set, times } from "../wasm/code.ts";
import { copyBetween } from "../wasm/copy.ts";
import { forEachWindow, geometryOf, shapeOf, wholeSlot } from "./indexed.ts";
import { clampedIndex } from "./place.ts";

type GatherNumbers = ViewOf<typeof stablehlo.gather>["attributes"]["dimension_numbers"];

export const gather: KernelMaker = ({ instruction, inputs }, context) => {
  const [operand, indices] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const d = instruction.attributes.dimension_numbers as GatherNumbers;
  const sizes = instruction.attributes.slice_sizes as readonly number[];
  const geometry = geometryOf(shapeOf(operand), shapeOf(indices), shapeOf(output), sizes, {
    windowDimensions: d.offset_dims,
    collapsed: d.collapsed_slice_dims,
    batching: d.operand_batching_dims,
    indicesBatching: d.start_indices_batching_dims,
    indexed: d.start_index_map,
    indexVector: d.index_vector_dim,
  });
  const slots = {
    array: wholeSlot(inputs[0]!, context),
    indices: wholeSlot(inputs[1]!, context),
    other: context.slotOf(output),
  };
  const code = new FunctionCode();
  const start = code.local();
  const loops = forEachWindow(
    code,
    geometry,
    slots,
    ({ array, other, index, indexElement, elementBytes }) => {
      const terms = geometry.steps.map((step, k): Code => {
        const clamped = clampedIndex(code, indexElement, index(k), geometry.limits[k]!);
        return times(apply("i32.wrap_i64", clamped), step * elementBytes);
      });
      const window = { ...array, pointer: start };
      return [
        ...set(start, add(array.pointer, ...terms)),
        ...copyBetween(code, geometry.window, window, other, elementBytes),
      ];
    },
  );
  return context.program.add(code, loops);
};
