/** `gather`: windows of the operand at clamped indices. Moves bits of any type. */
import { bytesPerElement, sizeOf, type stablehlo, type ViewOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import type { Variable } from "../flatten.ts";
import {
  add,
  apply,
  type Code,
  extract,
  FunctionCode,
  load,
  set,
  store,
  times,
  wordsOf,
} from "../wasm/code.ts";
import { copyBetween } from "../wasm/copy.ts";
import type { Instruction } from "../wasm/instructions.ts";
import { type Cursor, forAll, forEach } from "../wasm/nest.ts";
import {
  forEachWindow,
  type Geometry,
  geometryOf,
  type IndexedSlots,
  openWindows,
  shapeOf,
  wholeSlot,
} from "./indexed.ts";
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
  const singles = gatherSingles(code, geometry, slots);
  if (singles) return context.program.add(code, singles);
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

const moves: Readonly<Record<number, readonly [Instruction, Instruction]>> = {
  1: ["i32.load8_u", "i32.store8"],
  2: ["i32.load16_u", "i32.store16"],
  4: ["i32.load", "i32.store"],
  8: ["i64.load", "i64.store"],
};

/** Single elements at neighbouring indices of 32 bits: four indices are clamped at once. Undefined for other gathers. */
function gatherSingles(code: FunctionCode, geometry: Geometry, slots: IndexedSlots): Code | undefined {
  const bytes = bytesPerElement(slots.array.type.element);
  const move = moves[bytes];
  const { begin, cursors, dimensions } = openWindows(code, geometry, slots);
  const [last, count] = dimensions.at(-1) ?? [0, 0];
  const [array, result, indices] = cursors as [Cursor, Cursor, Cursor];
  const near = result.strides[last] === bytes && indices.strides[last] === 4 && array.strides[last] === 0;
  const [step, ...others] = geometry.steps;
  const simple = step !== undefined && others.length === 0 && slots.indices.type.element === "i32";
  if (!simple || !near || !move || count < 4 || geometry.batch.includes(0)) return undefined;
  if (sizeOf(geometry.window) !== 1) return undefined;
  const [loadOne, storeOne] = move;
  const places = code.local("v128");
  const limit = geometry.limits[0]!;
  const four = ([inArray, inResult, inIndices]: readonly Cursor[]): Code => {
    const clamped = apply(
      "i32x4.max_s",
      apply("i32x4.min_s", load("v128.load", inIndices!.pointer), wordsOf(limit, limit, limit, limit)),
      wordsOf(0, 0, 0, 0),
    );
    const place = (lane: number) =>
      add(inArray!.pointer, times(extract("i32x4.extract_lane", places, lane), step * bytes));
    return [
      ...set(places, clamped),
      ...[0, 1, 2, 3].flatMap((lane) =>
        store(storeOne, inResult!.pointer, load(loadOne, place(lane)), lane * bytes),
      ),
    ];
  };
  const loops = forAll(code, dimensions.slice(0, -1), cursors, (moved) => {
    const bulk = forEach(code, last, Math.floor(count / 4), moved, four, 4);
    if (count % 4 === 0) return bulk;
    // The last four once more, as far as they were done already.
    const ends = moved.map((cursor) => ({ ...cursor, pointer: code.local() }));
    return [
      ...bulk,
      ...ends.flatMap(({ pointer, strides }, i) =>
        set(pointer, add(moved[i]!.pointer, (count - 4) * strides[last]!)),
      ),
      ...four(ends),
    ];
  });
  return [...begin, ...loops];
}
