/** Slices with computed starts, and padding. */
import { reader } from "../element/work.ts";
import { type Tensor, zeros } from "../tensor.ts";
import { assign, broadcasted, materialize, sliced, viewTensor } from "./view.ts";

/** Start indices moved so that a slice of `sizes` lies inside `shape`. */
export function clampedStarts(
  indices: readonly Tensor[],
  shape: readonly number[],
  sizes: readonly number[],
): number[] {
  return indices.map((index, d) => Math.min(Math.max(Number(reader(index)(0)), 0), shape[d]! - sizes[d]!));
}

/** Spec: concatenate. */
export function concatenateTensors(inputs: readonly Tensor[], dimension: number): Tensor {
  const { shape, element } = inputs[0]!.type;
  const total = inputs.reduce((sum, { type }) => sum + type.shape[dimension]!, 0);
  const result = zeros(shape.with(dimension, total), element);
  const starts = shape.map(() => 0);
  for (const input of inputs) {
    assign(sliced(viewTensor(result), starts, input.type.shape), viewTensor(input));
    starts[dimension]! += input.type.shape[dimension]!;
  }
  return result;
}

/** Spec: pad. The operand's elements go `interior + 1` apart into a tensor full of the padding value. */
export function padElements(
  operand: Tensor,
  value: Tensor,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
): Tensor {
  const { shape, element } = operand.type;
  const steps = interior.map((gap) => gap + 1);
  const padded = shape.map((size, d) => size + low[d]! + Math.max(size - 1, 0) * interior[d]! + high[d]!);
  const result = materialize(broadcasted(viewTensor(value), padded, []), element);
  // Negative padding removes the elements that would lie outside.
  const first = shape.map((_, d) => Math.max(0, Math.ceil(-low[d]! / steps[d]!)));
  const after = shape.map((size, d) =>
    Math.min(size, Math.floor((padded[d]! - 1 - low[d]!) / steps[d]!) + 1),
  );
  const kept = shape.map((_, d) => Math.max(0, after[d]! - first[d]!));
  const starts = shape.map((_, d) => low[d]! + first[d]! * steps[d]!);
  assign(sliced(viewTensor(result), starts, kept, steps), sliced(viewTensor(operand), first, kept));
  return result;
}
