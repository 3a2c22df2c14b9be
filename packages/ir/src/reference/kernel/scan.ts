/** chlo.scan: a fold along one dimension that also gives what it has on the way. */
import type { RegionFunction } from "../../declare/define.ts";
import type { Type } from "../../model/types.ts";
import { otherDimensions } from "../../ops/dot.ts";
import { compatible } from "../../ops/inference.ts";
import { asTensor, type Tensor, tensorOf, valueType, zeros } from "../tensor.ts";
import { assign, materialize, sliced, viewTensor } from "./view.ts";

/** The outputs, stacked along `dimension`, and then the carries after the last step. */
export function scan(
  inputs: readonly Tensor[],
  inits: readonly Tensor[],
  dimension: number,
  backward: boolean,
  body: RegionFunction,
  resultTypes: readonly Type[],
): Tensor[] {
  const count = resultTypes.length - inits.length;
  requireCarries(inits, resultTypes.slice(count));
  const length = inputs[0]?.type.shape[dimension] ?? valueType(resultTypes[0]).shape[dimension]!;
  const outputs = resultTypes.slice(0, count).map((type) => {
    const { shape, element } = valueType(type);
    return zeros(
      shape.map((size, d) => (d === dimension ? length : size)),
      element,
    );
  });
  let carries: readonly Tensor[] = inits;
  for (let step = 0; step < length; step++) {
    const at = backward ? length - 1 - step : step;
    const results = body(...inputs.map((input) => sliceAt(input, dimension, at)), ...carries).map(asTensor);
    for (const [i, output] of outputs.entries()) setSlice(output, dimension, at, results[i]!);
    carries = results.slice(count);
  }
  return [...outputs, ...carries];
}

/** MLIR's verifier leaves this open; a step cannot take what the one before it gives when the types differ. */
function requireCarries(inits: readonly Tensor[], carries: readonly Type[]): void {
  for (const [i, { type }] of inits.entries()) {
    const carry = valueType(carries[i]);
    if (!compatible(carry, type))
      throw new Error(`the body makes carry #${i} another type than the one that it starts with`);
  }
}

function placeOf(shape: readonly number[], dimension: number, at: number) {
  const starts = shape.map((_, d) => (d === dimension ? at : 0));
  const sizes = shape.map((size, d) => (d === dimension ? 1 : size));
  return [starts, sizes] as const;
}

/** One element along `dimension`, which is gone from its shape. */
function sliceAt(tensor: Tensor, dimension: number, at: number): Tensor {
  const { shape, element } = tensor.type;
  const slice = materialize(sliced(viewTensor(tensor), ...placeOf(shape, dimension, at)), element);
  return tensorOf(
    otherDimensions(shape.length, [dimension]).map((d) => shape[d]!),
    element,
    slice.data,
  );
}

function setSlice(target: Tensor, dimension: number, at: number, value: Tensor): void {
  const [starts, sizes] = placeOf(target.type.shape, dimension, at);
  assign(
    sliced(viewTensor(target), starts, sizes),
    viewTensor(tensorOf(sizes, value.type.element, value.data)),
  );
}
