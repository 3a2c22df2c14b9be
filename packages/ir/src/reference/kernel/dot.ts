/** dot_general (spec): for each batch index, sums of products over the contracting dimensions. */
import { sizeOf, type TensorType } from "../../model/types.ts";
import { type DotDimensionNumbers, otherDimensions } from "../../ops/dot.ts";
import { type Tensor, valueType, zeros } from "../tensor.ts";
import { offsetsOver } from "./offsets.ts";
import { pack, sumsOfProducts } from "./products.ts";

export function dotGeneral(
  lhs: Tensor,
  rhs: Tensor,
  numbers: DotDimensionNumbers,
  resultType: TensorType,
): Tensor {
  const { shape, element } = valueType(resultType);
  const result = zeros(shape, element);
  const lhsFree = otherDimensions(
    lhs.type.shape.length,
    numbers.lhs_batching_dimensions,
    numbers.lhs_contracting_dimensions,
  );
  const rhsFree = otherDimensions(
    rhs.type.shape.length,
    numbers.rhs_batching_dimensions,
    numbers.rhs_contracting_dimensions,
  );
  const sizesOf = ({ type }: Tensor, dimensions: readonly number[]) =>
    sizeOf(dimensions.map((d) => type.shape[d]!));
  const count = sizesOf(lhs, numbers.lhs_contracting_dimensions);
  const columns = sizesOf(rhs, rhsFree);
  const rows = sizesOf(lhs, lhsFree);
  const lhsPacked = pack(
    lhs,
    offsetsOver(lhs.type.shape, [
      ...numbers.lhs_batching_dimensions,
      ...lhsFree,
      ...numbers.lhs_contracting_dimensions,
    ]),
    result,
  );
  const rhsPacked = pack(
    rhs,
    offsetsOver(rhs.type.shape, [
      ...numbers.rhs_batching_dimensions,
      ...rhsFree,
      ...numbers.rhs_contracting_dimensions,
    ]),
    result,
  );
  const sums = sumsOfProducts(lhsPacked, rhsPacked, result);
  const size = sizeOf(shape);
  for (let position = 0; position < size; position++) {
    const row = Math.floor(position / columns);
    const batch = Math.floor(row / rows);
    sums.add(row * count, (batch * columns + (position % columns)) * count, count);
    sums.store(position);
  }
  return result;
}
