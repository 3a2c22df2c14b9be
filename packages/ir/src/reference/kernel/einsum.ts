/** Einstein sums of one or two tensors (einsum, unary_einsum): the sum over all letters that the result lacks. */
import { type Element, sizeOf, stridesOf, type TensorType } from "../../model/types.ts";
import type { Einsum } from "../../ops/dot.ts";
import { complexOf } from "../element/complex.ts";
import { kindOf, writer } from "../element/work.ts";
import { type Tensor, valueType, zeros } from "../tensor.ts";
import { offsetsOf } from "./offsets.ts";
import { pack, sumsOfProducts } from "./products.ts";

export function einsum(
  operands: readonly Tensor[],
  { operands: letters, result: kept }: Einsum,
  type: TensorType,
): Tensor {
  const { shape, element } = valueType(type);
  const result = zeros(shape, element);
  const sizes = new Map(
    operands.flatMap(({ type }, i) => letters[i]!.map((letter, d) => [letter, type.shape[d]!])),
  );
  const summed = [...sizes.keys()].filter((letter) => !kept.includes(letter));
  const walk = [...kept, ...summed];
  const count = sizeOf(summed.map((letter) => sizes.get(letter)!));
  const packed = operands.map((operand, i) => {
    // A letter that occurs twice in one operand walks its diagonal; one that does not occur repeats.
    const strides = stridesOf(operand.type.shape);
    const strideOf = (letter: string) =>
      letters[i]!.reduce((sum, own, d) => sum + (own === letter ? strides[d]! : 0), 0);
    const positions = offsetsOf(
      walk.map((letter) => sizes.get(letter)!),
      walk.map(strideOf),
    );
    return pack(operand, positions, result);
  });
  const ones = () => pack(oneOf(element), new Int32Array(sizeOf(shape) * count), result);
  const sums = sumsOfProducts(packed[0]!, packed[1] ?? ones(), result);
  for (let i = 0; i < sizeOf(shape); i++) {
    sums.add(i * count, i * count, count);
    sums.store(i);
  }
  return result;
}

function oneOf(element: Element): Tensor {
  const one = zeros([1], element);
  const kind = kindOf(element);
  writer(one)(0, kind === "complex" ? complexOf(1, 0) : kind === "bigint" ? 1n : 1);
  return one;
}
