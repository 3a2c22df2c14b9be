/** chlo.ragged_dot: dot products of the groups that one dimension of `lhs` is cut into, one after another. */
import type { ValueOf } from "../../declare/kinds.ts";
import { slotsPerElement } from "../../model/storage.ts";
import { sizeOf, type TensorType } from "../../model/types.ts";
import { type DotDimensionNumbers, otherDimensions } from "../../ops/dot.ts";
import type { raggedDotDimensionNumbers } from "../../ops/records.ts";
import { type Tensor, tensorOf, valueType, zeros } from "../tensor.ts";
import { dotGeneral } from "./dot.ts";
import { indexOf } from "./offsets.ts";
import { copyOf, materialize, sliced, viewTensor } from "./view.ts";

type RaggedNumbers = ValueOf<typeof raggedDotDimensionNumbers>;

/**
 * By what the ragged dimension is: a free one of `lhs` meets the matrix of its group in `rhs`, a contracting one gives
 * a product per group, and batches outside of all groups give zeros.
 */
export function raggedDot(
  lhs: Tensor,
  rhs: Tensor,
  groupSizes: Tensor,
  numbers: RaggedNumbers,
  resultType: TensorType,
): Tensor {
  const [ragged = 0] = numbers.lhs_ragged_dimensions;
  const { shape, element } = valueType(resultType);
  const result = zeros(shape, element);
  const groups = groupSizes.type.shape.at(-1)!;
  const members = membership(ragged, groupSizes, numbers.lhs_batching_dimensions);
  const contracting = numbers.lhs_contracting_dimensions.indexOf(ragged);
  for (let group = 0; group < groups; group++) {
    const own = masked(lhs, (index) => members(index) === group);
    if (contracting >= 0) {
      // What is outside of the group is zero on both sides, so that nothing infinite meets a zero.
      const other = maskedLike(rhs, lhs, numbers, (index) => members(index) === group);
      const part = dotGeneral(own, other, numbers, { ...resultType, shape: shape.slice(1) });
      result.data.set(part.data as never, group * part.data.length);
    } else {
      const [groupDim] = numbers.rhs_group_dimensions;
      const [matrix, dot] =
        groupDim === undefined
          ? [rhs, numbers]
          : [selected(rhs, groupDim, group), without(numbers, groupDim)];
      copyGroup(
        result,
        dotGeneral(own, matrix, dot, resultType),
        lhs,
        numbers,
        (index) => members(index) === group,
      );
    }
  }
  return result;
}

type Index = readonly number[];

/** The group that an index of `lhs` is in; -1 for none. */
function membership(ragged: number, groupSizes: Tensor, batching: readonly number[]) {
  const groups = groupSizes.type.shape.at(-1)!;
  const prefix = groupSizes.type.shape.slice(0, -1);
  return (index: Index): number => {
    const row = prefix.reduce((at, size, d) => at * size + index[batching[d] ?? d]!, 0);
    let end = 0;
    for (let group = 0; group < groups; group++) {
      end += Number(groupSizes.data[row * groups + group]);
      if (index[ragged]! < end) return group;
    }
    return -1;
  };
}

function masked(tensor: Tensor, keep: (index: Index) => boolean): Tensor {
  const result = copyOf(tensor);
  const slots = slotsPerElement(tensor.type.element);
  const zero = zeros([], tensor.type.element).data;
  for (let i = 0; i < sizeOf(tensor.type.shape); i++) {
    if (keep(indexOf(i, tensor.type.shape))) continue;
    for (let s = 0; s < slots; s++) result.data[i * slots + s] = zero[s]!;
  }
  return result;
}

/** `rhs` masked by the indices of `lhs` that its batching and contracting dimensions run along with. */
function maskedLike(
  rhs: Tensor,
  lhs: Tensor,
  numbers: RaggedNumbers,
  keep: (index: Index) => boolean,
): Tensor {
  const from = [...numbers.rhs_batching_dimensions, ...numbers.rhs_contracting_dimensions];
  const to = [...numbers.lhs_batching_dimensions, ...numbers.lhs_contracting_dimensions];
  return masked(rhs, (index) => {
    const lhsIndex = lhs.type.shape.map(() => 0);
    for (const [i, d] of from.entries()) lhsIndex[to[i]!] = index[d]!;
    return keep(lhsIndex);
  });
}

function selected(tensor: Tensor, dimension: number, at: number): Tensor {
  const { shape, element } = tensor.type;
  const starts = shape.map((_, d) => (d === dimension ? at : 0));
  const sizes = shape.map((size, d) => (d === dimension ? 1 : size));
  const slice = materialize(sliced(viewTensor(tensor), starts, sizes), element);
  return tensorOf(
    otherDimensions(shape.length, [dimension]).map((d) => shape[d]!),
    element,
    slice.data,
  );
}

/** Dimension numbers of `rhs` without its group dimension. */
function without(numbers: RaggedNumbers, groupDim: number): DotDimensionNumbers {
  const shifted = (dimensions: readonly number[]) => dimensions.map((d) => (d > groupDim ? d - 1 : d));
  return {
    lhs_batching_dimensions: numbers.lhs_batching_dimensions,
    lhs_contracting_dimensions: numbers.lhs_contracting_dimensions,
    rhs_batching_dimensions: shifted(numbers.rhs_batching_dimensions),
    rhs_contracting_dimensions: shifted(numbers.rhs_contracting_dimensions),
  };
}

/** Copies the elements of the result whose index of `lhs` is in the group. */
function copyGroup(
  result: Tensor,
  part: Tensor,
  lhs: Tensor,
  numbers: RaggedNumbers,
  keep: (index: Index) => boolean,
): void {
  const free = otherDimensions(
    lhs.type.shape.length,
    numbers.lhs_batching_dimensions,
    numbers.lhs_contracting_dimensions,
  );
  const places = [...numbers.lhs_batching_dimensions, ...free];
  const slots = slotsPerElement(result.type.element);
  for (let i = 0; i < sizeOf(result.type.shape); i++) {
    const index = indexOf(i, result.type.shape);
    const lhsIndex = lhs.type.shape.map(() => 0);
    for (const [place, d] of places.entries()) lhsIndex[d] = index[place]!;
    if (!keep(lhsIndex)) continue;
    for (let s = 0; s < slots; s++) result.data[i * slots + s] = part.data[i * slots + s]!;
  }
}
