/** Shapes of dot products and Einstein sums. */

import type { ValueOf } from "../declare/kinds.ts";
import { DYNAMIC, type TensorType } from "../model/types.ts";
import { boundOf, withBounds } from "./bounds.ts";
import { compatibleDimension, mostSpecificDimension } from "./inference.ts";
import type { dotDimensionNumbers } from "./records.ts";

export type DotDimensionNumbers = ValueOf<typeof dotDimensionNumbers>;

/** Dimensions of a tensor of `rank` that are in none of the lists, in order. */
export function otherDimensions(rank: number, ...lists: readonly (readonly number[])[]): number[] {
  return Array.from({ length: rank }, (_, d) => d).filter((d) => !lists.some((list) => list.includes(d)));
}

/** Whether dimension `lhsDimensions[i]` of `lhs` may equal dimension `rhsDimensions[i]` of `rhs`, for all i. */
export function sameDimensions(
  lhs: TensorType,
  lhsDimensions: readonly number[],
  rhs: TensorType,
  rhsDimensions: readonly number[],
): boolean {
  return lhsDimensions.every((d, i) => compatibleDimension(lhs.shape[d]!, rhs.shape[rhsDimensions[i]!]!));
}

/** Spec: dot_general C12. */
export function dotResultShape(
  lhs: TensorType,
  rhs: TensorType,
  numbers: DotDimensionNumbers,
): readonly number[] {
  return dotResultType(lhs, rhs, numbers).shape;
}

/** The shape of a dot product with its bounds; the elements are those of `lhs`. */
export function dotResultType(lhs: TensorType, rhs: TensorType, numbers: DotDimensionNumbers): TensorType {
  const { lhs_batching_dimensions: left, rhs_batching_dimensions: right } = numbers;
  const lhsFree = otherDimensions(lhs.shape.length, left, numbers.lhs_contracting_dimensions);
  const rhsFree = otherDimensions(rhs.shape.length, right, numbers.rhs_contracting_dimensions);
  const dimensions = [
    ...left.map((d, i) => mostSpecificDimension(lhs, d, rhs, right[i]!)),
    ...lhsFree.map((d) => ({ size: lhs.shape[d]!, bound: boundOf(lhs, d) })),
    ...rhsFree.map((d) => ({ size: rhs.shape[d]!, bound: boundOf(rhs, d) })),
  ];
  const shaped: TensorType = {
    kind: "tensor",
    shape: dimensions.map(({ size }) => size),
    element: lhs.element,
  };
  return withBounds(
    shaped,
    dimensions.map(({ bound }) => bound),
  );
}

/** Letters of each operand and of the result; `...` stands for the dimensions that no letter names. */
export interface Einsum {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** `ij,jk->ik`, for operands of the given types. */
export function parseEinsum(config: string, types: readonly TensorType[]): Einsum {
  const [left = "", right] = config.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  const ellipsis = (term: string, rank: number) => Math.max(0, rank - term.replace("...", "").length);
  const extra = Math.max(
    0,
    ...terms.map((term, i) => (term.includes("...") ? ellipsis(term, types[i]?.shape.length ?? 0) : 0)),
  );
  // Dimensions under `...` align at the right, as numpy's do.
  const lettersOf = (term: string, count: number) => {
    const hidden = Array.from({ length: extra }, (_, i) => `...${i}`).slice(extra - count);
    const [before = "", after = ""] = term.split("...");
    return term.includes("...") ? [...before, ...hidden, ...after] : [...term];
  };
  const operands = terms.map((term, i) => lettersOf(term, ellipsis(term, types[i]?.shape.length ?? 0)));
  return { operands, result: right === undefined ? implicitResult(operands) : lettersOf(right, extra) };
}

/** Without `->` the result has the letters that occur once, in alphabetical order. */
function implicitResult(operands: readonly (readonly string[])[]): string[] {
  const all = operands.flat();
  return all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort();
}

/** Undefined when a letter names dimensions of different sizes, or the ranks do not fit. */
export function einsumResultShape(
  { operands, result }: Einsum,
  types: readonly TensorType[],
): number[] | undefined {
  const sizes = new Map<string, number>();
  for (const [i, letters] of operands.entries()) {
    const shape = types[i]?.shape;
    if (shape?.length !== letters.length) return undefined;
    for (const [d, letter] of letters.entries()) {
      const known = sizes.get(letter) ?? DYNAMIC;
      if (!compatibleDimension(known, shape[d]!)) return undefined;
      sizes.set(letter, known === DYNAMIC ? shape[d]! : known);
    }
  }
  const shape = result.map((letter) => sizes.get(letter));
  return shape.every((size) => size !== undefined) ? shape : undefined;
}
