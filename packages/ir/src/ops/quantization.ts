/** How the quantization of operands and results must agree (spec: the constraints on quantized tensors). */
import type { Verdict } from "../declare/define.ts";
import {
  DYNAMIC,
  type ElementType,
  isQuantized,
  type QuantizedElement,
  sameElement,
  sizeOf,
  type TensorType,
} from "../model/types.ts";
import { compatibleElement } from "./inference.ts";

export function sameScales(a: QuantizedElement, b: QuantizedElement): boolean {
  return (
    a.scales.length === b.scales.length &&
    a.scales.every((scale, i) => scale === b.scales[i]) &&
    a.zeroPoints.every((zeroPoint, i) => zeroPoint === b.zeroPoints[i])
  );
}

/** Whether any of the types is quantized. */
export function anyQuantized(...types: readonly TensorType[]): boolean {
  return types.some(({ element }) => isQuantized(element));
}

/** The axis of an element that is quantized per axis. */
export function axisOf(element: ElementType): number | undefined {
  return isQuantized(element) ? element.axis : undefined;
}

/** The same element type; quantized ones have the same scales, and both have an axis or neither. */
export function sameElements(operand: TensorType, result: TensorType): boolean {
  const [a, b] = [operand.element, result.element];
  return compatibleElement(a, b) && (!isQuantized(a) || !isQuantized(b) || sameScales(a, b));
}

/** Spec: dynamic_reshape C1: where both are quantized, and both with an axis or both without, the elements are the same. */
export function sameScalesIfAny(operand: TensorType, result: TensorType): boolean {
  const [a, b] = [operand.element, result.element];
  if (!isQuantized(a) || !isQuantized(b) || (a.axis === undefined) !== (b.axis === undefined)) return true;
  return a.axis === undefined ? sameElement(a, b) : sameScales(a, b);
}

/** Both axes of per-axis quantized types; undefined unless both types have one. */
function axesOf(operand: TensorType, result: TensorType): readonly [number, number] | undefined {
  const [a, b] = [axisOf(operand.element), axisOf(result.element)];
  return a === undefined || b === undefined ? undefined : [a, b];
}

/** Spec: reshape C3: the quantized dimension stays whole, with as many elements before it. */
export function keepsAxis(operand: TensorType, result: TensorType): boolean {
  const axes = axesOf(operand, result);
  if (!axes) return true;
  const [size, other] = [operand.shape[axes[0]], result.shape[axes[1]]];
  if (size !== other && size !== DYNAMIC && other !== DYNAMIC) return false;
  if (operand.shape.includes(DYNAMIC) || result.shape.includes(DYNAMIC)) return true;
  const before = (type: TensorType, axis: number) => sizeOf(type.shape.slice(0, axis));
  return before(operand, axes[0]) === before(result, axes[1]);
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
  return axesOf(operand, result)
    ? compatibleElement(operand.element, result.element)
    : sameElements(operand, result);
}

/** Spec: broadcast_in_dim C6. */
export function broadcastsAxis(
  operand: TensorType,
  result: TensorType,
  dimensions: readonly number[],
): Verdict {
  const axes = axesOf(operand, result);
  const [a, b] = [operand.element, result.element];
  if (!axes || !isQuantized(a) || !isQuantized(b)) return true;
  const [from, to] = axes;
  if (to !== dimensions[from])
    return `dimension ${from} of the operand goes to ${dimensions[from]}, but the result is quantized along ${to}`;
  if (operand.shape[from] !== 1) return true;
  const wrong = b.scales.findIndex(
    (scale, i) => scale !== a.scales[0] || b.zeroPoints[i] !== a.zeroPoints[0],
  );
  return wrong < 0 || `scale or zero point #${wrong} of the result is not the one of the operand`;
}

/** Spec: dot_general C14, convolution C28. */
export function quantizesRight(lhs: TensorType, rhs: TensorType, result: TensorType): boolean {
  return (
    !anyQuantized(lhs, rhs, result) ||
    (isQuantized(rhs.element) && isQuantized(lhs.element) === isQuantized(result.element))
  );
}

/** Spec: dot_general C17, convolution C31. */
export function sharesStorage({ element: a }: TensorType, { element: b }: TensorType): boolean {
  return !isQuantized(a) || !isQuantized(b) || a.storage === b.storage;
}

/** Spec: dot_general C18, convolution C32. */
export function sharesExpressed(...types: readonly TensorType[]): boolean {
  const quantized = types.map(({ element }) => element).filter(isQuantized);
  return quantized.length < types.length || quantized.every((e) => e.expressed === quantized[0]!.expressed);
}

/** Spec: dot_general C19, convolution C33: the result has an axis only where `rhs` has one. */
export function keepsGranularity(lhs: TensorType, rhs: TensorType, result: TensorType): boolean {
  return (
    !isQuantized(lhs.element) || axisOf(rhs.element) !== undefined || axisOf(result.element) === undefined
  );
}

/** Spec: dot_general C20, convolution C34: `rhs` alone is quantized, and expresses the others' elements. */
export function expressesOthers(lhs: TensorType, rhs: TensorType, result: TensorType): boolean {
  if (isQuantized(lhs.element) || !isQuantized(rhs.element)) return true;
  return rhs.element.expressed === lhs.element && sameElement(lhs.element, result.element);
}
