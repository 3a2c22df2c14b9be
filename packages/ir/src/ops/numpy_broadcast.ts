/** Shapes of CHLO's implicit broadcasts: aligned at the right as numpy has it, or along given dimensions. */
import { DYNAMIC, type ElementType, type TensorType, type Type } from "../model/types.ts";
import { boundOf, withBounds } from "./bounds.ts";

interface Dimension {
  readonly size: number;
  readonly bound: number;
}

const one: Dimension = { size: 1, bound: DYNAMIC };

/** The larger of two dimensions, one of which may be 1; undefined where they do not go together. */
function broadcastDimension(a: Dimension, b: Dimension): Dimension | undefined {
  if (a.size === 1) return b;
  if (b.size === 1) return a;
  if (a.size !== DYNAMIC && b.size !== DYNAMIC) return a.size === b.size ? a : undefined;
  if (a.size !== DYNAMIC || b.size !== DYNAMIC) return a.size === DYNAMIC ? b : a;
  return a.bound === b.bound ? a : { size: DYNAMIC, bound: DYNAMIC };
}

function dimensionsOf(type: TensorType): readonly Dimension[] {
  return type.shape.map((size, d) => ({ size, bound: boundOf(type, d) }));
}

function broadcastAll(lists: readonly (readonly Dimension[])[]): readonly Dimension[] | undefined {
  const rank = Math.max(...lists.map(({ length }) => length));
  const result: Dimension[] = [];
  for (let d = 0; d < rank; d++) {
    let dimension: Dimension | undefined = one;
    for (const list of lists)
      dimension = dimension && broadcastDimension(dimension, list[d - rank + list.length] ?? one);
    if (!dimension) return undefined;
    result.push(dimension);
  }
  return result;
}

/** The operand of lower rank spread over dimensions of the other. */
function spreadOver(
  types: readonly TensorType[],
  places: readonly number[],
): readonly (readonly Dimension[])[] | undefined {
  const [small, large] = [...types].sort((a, b) => a.shape.length - b.shape.length) as [
    TensorType,
    TensorType,
  ];
  const rank = large.shape.length;
  if (places.length !== small.shape.length) return undefined;
  // MLIR's verifier leaves it to the expansion to refuse such places.
  if (places.some((place, i) => place < 0 || place >= rank || (i > 0 && place <= places[i - 1]!)))
    return undefined;
  const spread = new Array<Dimension>(rank).fill(one);
  for (const [i, dimension] of dimensionsOf(small).entries()) spread[places[i]!] = dimension;
  return [dimensionsOf(large), spread];
}

/** The type of a broadcast; a tensor without a rank where an operand has none, or where they do not go together. */
export function broadcastType(
  types: readonly Type[],
  element: ElementType,
  places?: readonly number[],
): Type {
  const unranked = { kind: "unranked", element } as const;
  if (!types.every((type) => type.kind === "tensor")) return unranked;
  const lists = places ? spreadOver(types, places) : types.map(dimensionsOf);
  const dimensions = lists && broadcastAll(lists);
  if (!dimensions) return unranked;
  return withBounds(
    { kind: "tensor", shape: dimensions.map(({ size }) => size), element },
    dimensions.map(({ bound }) => bound),
  );
}
