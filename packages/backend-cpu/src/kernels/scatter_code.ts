/** Scatters as WebAssembly: where a window lies inside or outside of the array, and never across its edge. */
import type { KernelContext } from "../build.ts";
import type { FlatBlock } from "../flatten.ts";
import type { Slot } from "../slot.ts";
import { add, apply, type Code, copyBytes, FunctionCode, set, times, when } from "../wasm/code.ts";
import { copyBetween } from "../wasm/copy.ts";
import { hasFusedMultiplyAdd } from "../wasm/features.ts";
import { constant } from "../wasm/instructions.ts";
import { addressOf, type Cursor, forAll } from "../wasm/nest.ts";
import { sweepCode } from "../wasm/sweep.ts";
import { Graph } from "../wasm/vector.ts";
import { decode, encode, isVectorElement, memoryOf } from "../wasm/vector_values.ts";
import { forEachWindow, type Geometry, type IndexedSlots } from "./indexed.ts";
import { mergeDimensions } from "./loop.ts";
import { vectorForm } from "./operand.ts";
import { blockValues } from "./pass.ts";
import { indexOf } from "./place.ts";

interface ScatterSlots extends IndexedSlots {
  /** The array before; it is copied unless its memory is that of the result. */
  readonly from: Slot;
  readonly inPlace: boolean;
}

/** Undefined where windows may hang over the edge, or lanes cannot compute the body. */
export function fastScatter(
  body: FlatBlock,
  geometry: Geometry,
  slots: ScatterSlots,
  context: KernelContext,
): Code | undefined {
  const code = new FunctionCode();
  const head: number[] = [];
  const { steps, limits, indexedSizes } = geometry;
  if (indexedSizes.some((size) => size !== 1)) return undefined;
  const start = code.local();
  const combine = combination(code, head, body, geometry, slots, context);
  if (!combine) return undefined;
  const loops = forEachWindow(
    code,
    geometry,
    slots,
    ({ array, other, index, indexElement, elementBytes }) => {
      const indices = steps.map((_, k) => {
        const held = code.local("i64");
        return { held, read: set(held, indexOf(indexElement, index(k))) };
      });
      // Negative indices are large when taken without sign.
      const inside = indices
        .map(({ held }, k) => apply("i64.le_u", held, constant.i64(BigInt(limits[k]!))))
        .reduce<Code>((all, one) => apply("i32.and", all, one), constant.i32(1));
      const terms = indices.map(({ held }, k) =>
        times(apply("i32.wrap_i64", held), steps[k]! * elementBytes),
      );
      const moved = set(start, add(array.pointer, ...terms));
      return [
        ...indices.flatMap(({ read }) => read),
        ...when(inside, [...moved, ...combine({ ...array, pointer: start }, other)]),
      ];
    },
  );
  // No index is inside of a dimension without elements.
  const bring = limits.some((limit) => limit < 0) ? [] : loops;
  const { from, array, inPlace } = slots;
  const copy = inPlace ? [] : copyBytes(addressOf(array), addressOf(from), array.bytes);
  return context.program.add(code, [...head, ...copy, ...bring]);
}

/** What is done with a window of the array and one of the updates. */
function combination(
  code: FunctionCode,
  head: number[],
  body: FlatBlock,
  { window }: Geometry,
  { array }: ScatterSlots,
  context: KernelContext,
): ((array: Cursor, other: Cursor) => Code) | undefined {
  const { element } = array.type;
  const bytes = array.bytes / Math.max(1, array.size);
  if (body.results[0] === body.parameters[1]) return (to, from) => copyBetween(code, window, from, to, bytes);
  if (!isVectorElement(element)) return undefined;
  const graph = new Graph({ fma: hasFusedMultiplyAdd() });
  const { lane, scale } = memoryOf(element);
  const [old, update] = [graph.leaf("old", lane, { scale }), graph.leaf("update", lane, { scale })];
  const args = [decode(graph, element, old), decode(graph, element, update)];
  const result = vectorForm(() => blockValues(graph, body, new Map(), args)[0]);
  if (!result) return undefined;
  const node = encode(graph, element, result);
  return (to, from) => {
    const groups = mergeDimensions(window, [to.strides, from.strides]);
    const sizes = groups.map((group) => group.reduce((size, d) => size * window[d]!, 1));
    const merged = (cursor: Cursor): Cursor => ({
      ...cursor,
      strides: groups.length > 0 ? groups.map((group) => cursor.strides[group.at(-1)!]!) : [bytes],
    });
    const last = Math.max(0, sizes.length - 1);
    const outer = sizes.slice(0, last).map((size, d) => [d, size] as const);
    return forAll(code, outer, [merged(to), merged(from)], ([one, other]) =>
      sweepCode({
        ...{ function: code, head, callee: context.program.callee },
        ...{ dimension: last, count: sizes[last] ?? 1, batch: Math.max(1, 32 / bytes) },
        reads: [
          { leaf: old, cursor: one! },
          { leaf: update, cursor: other! },
        ],
        writes: () => [{ node, cursor: one! }],
      }),
    );
  };
}
