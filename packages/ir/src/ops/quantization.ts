/** How the quantization of operands and results must agree (spec: the constraints on per-axis quantized tensors). */
import { isQuantized, type QuantizedElement, sizeOf, type TensorType } from "../model/types.ts";
import { compatibleElement } from "./inference.ts";

function sameScales(a: QuantizedElement, b: QuantizedElement): boolean {
  return (
    a.scales.length === b.scales.length &&
    a.scales.every((scale, i) => scale === b.scales[i]) &&
    a.zeroPoints.every((zeroPoint, i) => zeroPoint === b.zeroPoints[i])
  );
}

/** The same element type; quantized ones have the same scales, and both have an axis or neither. */
export function sameElements(operand: TensorType, result: TensorType): boolean {
  const [a, b] = [operand.element, result.element];
  if (!isQuantized(a) || !isQuantized(b)) return compatibleElement(a, b);
  return compatibleElement(a, b) && (a.axis === undefined) === (b.axis === undefined) && sameScales(a, b);
}

/** Both axes of per-axis quantized types; undefined unless both types have one. */
function axesOf(operand: TensorType, result: TensorType): readonly [number, number] | undefined {
  const [a, b] = [operand.element, result.element];
  if (!isQuantized(a) || !isQuantized(b) || a.axis === undefined || b.axis === undefined) return undefined;
  return [a.axis, b.axis];
}

/** Spec: reshape C3: the quantized dimension stays whole, with as many elements before it. */
export function keepsAxis(operand: TensorType, result: TensorType): boolean {
  const axes = axesOf(operand, result);
  if (!axes) return true;
  const before = (type: TensorType, axis: number) => sizeOf(type.shape.slice(0, axis));
  const sameSize = operand.shape[axes[0]] === result.shape[axes[1]];
  return sameSize && before(operand, axes[0]) === before(result, axes[1]);
}

/** Spec: transpose C4: the axis is permuted along. */
export function permutesAxis(
  operand: TensorType,
  result: TensorType,
  permutation: readonly number[],
): boolean {
  const axes = axesOf(operand, result);
  return !axes || axes[0] === permutation[axes[1]];
}

/** Spec: broadcast_in_dim C1: the same elements, where one scale of an axis of size 1 may become many. */
export function broadcastElements(operand: TensorType, result: TensorType): boolean {
  const [a, b] = [operand.element, result.element];
  if (!axesOf(operand, result) || !isQuantized(a) || !isQuantized(b)) return sameElements(operand, result);
  return compatibleElement(a, b);
}

/** Spec: broadcast_in_dim C6. */
export function broadcastsAxis(
  operand: TensorType,
  result: TensorType,
  dimensions: readonly number[],
): boolean {
  const axes = axesOf(operand, result);
  const [a, b] = [operand.element, result.element];
  if (!axes || !isQuantized(a) || !isQuantized(b)) return true;
  if (axes[1] !== dimensions[axes[0]]) return false;
  if (operand.shape[axes[0]] !== 1) return sameScales(a, b);
  return (
    b.scales.every((scale) => scale === a.scales[0]) && b.zeroPoints.every((zero) => zero === a.zeroPoints[0])
  );
}

/** Spec: add C4 to C7: operands quantized per axis have the result's axis; a per-axis operand needs a per-axis result. */
export function sharesAxis(operand: TensorType, result: TensorType): boolean {
  const [a, b] = [operand.element, result.element];
  if (!isQuantized(a) || !isQuantized(b) || a.axis === undefined) return true;
  return a.axis === b.axis;
}
