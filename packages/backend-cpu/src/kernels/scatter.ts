/** `scatter` into one array: windows of the updates are combined into it, one after the other. */
import { type Storage, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import type { FlatBlock, Variable } from "../flatten.ts";
import { isWhole } from "../view.ts";
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
import { geometryOf, shapeOf, type Windows, wholeSlot, windowsOf } from "./indexed.ts";
import { copyKernel } from "./move.ts";
import { isPromoting, isScalarFunction } from "./reduce.ts";
import { fastScatter } from "./scatter_code.ts";

type ScatterNumbers = ViewOf<typeof stablehlo.scatter>["attributes"]["scatter_dimension_numbers"];

export const scatter: KernelMaker = ({ instruction, inputs, captures }, context) => {
  const body = instruction.blocks[0]!;
  if (instruction.inputs.length !== 3 || captures.size > 0 || !isScalarFunction(body)) return undefined;
  const [array, indices, updates] = instruction.inputs as [Variable, Variable, Variable];
  if (isPromoting(body, [updates, array])) return undefined;
  const d = instruction.attributes.scatter_dimension_numbers as ScatterNumbers;
  const shape = shapeOf(array);
  const skipped = [...d.inserted_window_dims, ...d.input_batching_dims];
  const windowed = shape.map((_, axis) => axis).filter((axis) => !skipped.includes(axis));
  const sizes = shape.map((_, axis) => {
    const place = windowed.indexOf(axis);
    return place < 0 ? 1 : shapeOf(updates)[d.update_window_dims[place]!]!;
  });
  const geometry = geometryOf(shape, shapeOf(indices), shapeOf(updates), sizes, {
    windowDimensions: d.update_window_dims,
    collapsed: d.inserted_window_dims,
    batching: d.input_batching_dims,
    indicesBatching: d.scatter_indices_batching_dims,
    indexed: d.scatter_dims_to_operand_dims,
    indexVector: d.index_vector_dim,
  });
  const [from, at, source] = inputs.map((view) => wholeSlot(view, context)) as [
    ReturnType<typeof wholeSlot>,
    ReturnType<typeof wholeSlot>,
    ReturnType<typeof wholeSlot>,
  ];
  const to = context.slotOf(instruction.outputs[0]!);
  const inPlace = from === to && isWhole(inputs[0]!, shape);
  const fast = fastScatter(body, geometry, { from, array: to, indices: at, other: source, inPlace }, context);
  if (fast) return fast;
  const windows = windowsOf(geometry);
  const copy = inPlace ? undefined : copyKernel(from, to);
  const combine = combiner(body, array);
  const inBounds = bounds(shape, sizes, windows, d);
  return () => {
    copy?.();
    const { vectors, outside, outer, inner } = windows;
    for (let b = 0; b < vectors.length; b++) {
      const start = inBounds.start(at.data, b);
      if (start !== undefined) combine(to.data, source.data, start, outside[b]!, inner, outer, inner.length);
      else {
        // A window that hangs over the edge: element by element.
        for (let i = 0; i < inner.length; i++) {
          const position = inBounds.element(at.data, b, i);
          if (position !== undefined)
            combine(to.data, source.data, position, outside[b]! + outer[i]!, zero, zero, 1);
        }
      }
    }
  };
};

const zero = new Int32Array(1);

type Combine = (
  to: Storage,
  from: Storage,
  x: number,
  y: number,
  inner: Int32Array,
  outer: Int32Array,
  n: number,
) => void;

/** `to[x + inner[i]] = body(to[x + inner[i]], from[y + outer[i]])` for the first `n` elements of a window. */
function combiner(body: FlatBlock, array: Variable): Combine {
  const element = elementOf(array)!;
  const [old, update] = body.parameters as [Variable, Variable];
  const names: Names = new Map([
    [old, nameOf(old)],
    [update, nameOf(update)],
  ]);
  const { statements, results } = emitBlock(body, names)!;
  const text = `return (to, from, x, y, inner, outer, n) => {
for (let i = 0; i < n; i++) {
const p = x + inner[i];
${assign(names.get(old)!, loadOf(element, "to", "p"))}
${assign(names.get(update)!, loadOf(element, "from", "y + outer[i]"))}
${statements.join("\n")}
${storeTo(element, "to", "p", results[0]!)}
}
};`;
  // Names of variables differ from op to op; the text must not, to be shared.
  return compileText(renumber(text), [])() as Combine;
}

/** Where windows lie, with indices as they are: what is out of bounds is left out. */
function bounds(shape: readonly number[], sizes: readonly number[], windows: Windows, d: ScatterNumbers) {
  const { vectors, vectorStep, inside, steps, limits } = windows;
  const skipped = [...d.inserted_window_dims, ...d.input_batching_dims];
  const windowed = shape.map((_, axis) => axis).filter((axis) => !skipped.includes(axis));
  const window = windowed.map((axis) => sizes[axis]!);
  const coordinates = windowed.map((_, k) =>
    positionsOf(
      window,
      window.map((_, other) => (other === k ? 1 : 0)),
    ),
  );
  const strides = stridesOf(shape);
  return {
    /** The position of a window that lies inside, else undefined. */
    start(indices: Storage, b: number): number | undefined {
      let position = inside[b]!;
      for (let k = 0; k < steps.length; k++) {
        const index = Number(indices[vectors[b]! + k * vectorStep]);
        if (index < 0 || index > limits[k]!) return undefined;
        position += index * steps[k]!;
      }
      return position;
    },
    /** The position of one element of a window, if it lies inside. */
    element(indices: Storage, b: number, i: number): number | undefined {
      const at = shape.map(() => 0);
      windowed.forEach((axis, k) => {
        at[axis]! += coordinates[k]![i]!;
      });
      d.scatter_dims_to_operand_dims.forEach((axis, k) => {
        at[axis]! += Number(indices[vectors[b]! + k * vectorStep]);
      });
      if (at.some((coordinate, axis) => coordinate < 0 || coordinate >= shape[axis]!)) return undefined;
      return at.reduce((sum, coordinate, axis) => sum + coordinate * strides[axis]!, inside[b]!);
    },
  };
}
