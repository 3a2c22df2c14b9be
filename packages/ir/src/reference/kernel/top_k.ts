/** top_k: the largest elements along the last dimension in falling order, the earlier one first of equal ones. */
import { allocate } from "../../model/storage.ts";
import { isComplex, sizeOf } from "../../model/types.ts";
import { kindOf, reader } from "../element/work.ts";
import { like, type Tensor, tensorOf } from "../tensor.ts";
import { totalOrderSign } from "./scalars.ts";
import { mergeSort } from "./sort.ts";

/** Values and their positions. Floats are compared by totalOrder: NaN is larger than infinity, +0 than -0. */
export function topK(operand: Tensor, k: number): readonly [Tensor, Tensor] {
  const { shape, element } = operand.type;
  if (isComplex(element)) throw new TypeError(`the order is not defined for ${element}`);
  const length = shape.at(-1)!;
  const resultShape = [...shape.slice(0, -1), k];
  const values = tensorOf(resultShape, element, allocate(element, sizeOf(resultShape)));
  const indices = like(values, "i32");
  const read = reader(operand);
  const larger =
    kindOf(element) === "float"
      ? (i: number, j: number) => totalOrderSign(read(i) as number, read(j) as number) > 0
      : (i: number, j: number) => read(i) > read(j);
  for (let row = 0; row < sizeOf(shape.slice(0, -1)); row++) {
    const order = mergeSort(
      Int32Array.from({ length }, (_, i) => row * length + i),
      larger,
    );
    for (let i = 0; i < k; i++) {
      values.data[row * k + i] = operand.data[order[i]!]!;
      indices.data[row * k + i] = order[i]! - row * length;
    }
  }
  return [values, indices];
}
