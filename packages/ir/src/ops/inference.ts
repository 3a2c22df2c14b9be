/** Type inference and type tests that several families share (spec: "Type inference", "Functions on types"). */
import { DYNAMIC, type ElementType, isQuantized, sameElement, type TensorType } from "../model/types.ts";

/** Whether two dimensions may be equal at run time. */
export function compatibleDimension(a: number, b: number): boolean {
  return a === DYNAMIC || b === DYNAMIC || a === b;
}

export function compatibleShape(a: TensorType, b: TensorType): boolean {
  return a.shape.length === b.shape.length && a.shape.every((d, i) => compatibleDimension(d, b.shape[i]!));
}

/** Spec: `baseline_element_type`. Quantized elements agree when they express the same type in the same storage. */
export function compatibleElement(a: ElementType, b: ElementType): boolean {
  if (isQuantized(a) && isQuantized(b)) return a.storage === b.storage && a.expressed === b.expressed;
  return sameElement(a, b);
}

/** Spec: `baseline_type(a) = baseline_type(b)`, where a dynamic dimension agrees with any other. */
export function compatible(a: TensorType, b: TensorType): boolean {
  return compatibleElement(a.element, b.element) && compatibleShape(a, b);
}

export function allCompatible(...types: readonly TensorType[]): boolean {
  return types.every((type) => compatible(types[0]!, type));
}

/** The type that knows the most about every dimension; the types are compatible. */
export function mostSpecific(...types: readonly TensorType[]): TensorType {
  const first = types[0]!;
  const shape = first.shape.map((dimension, i) => {
    const known = types.find((type) => type.shape[i] !== DYNAMIC);
    return known?.shape[i] ?? dimension;
  });
  const encoding = types.find((type) => type.encoding)?.encoding;
  const bounded = encoding && shape.includes(DYNAMIC);
  return { kind: "tensor", shape, element: first.element, ...(bounded && { encoding }) };
}

/** `type` with another element type. */
export function withElement(type: TensorType, element: ElementType): TensorType {
  return { ...type, element };
}

/** A tensor of `element` with the given shape and no encoding. */
export function withShape(type: TensorType, shape: readonly number[]): TensorType {
  return { kind: "tensor", shape, element: type.element };
}

/** Whether `values` holds no number twice. */
export function isUnique(values: readonly number[]): boolean {
  return new Set(values).size === values.length;
}

/** Whether each value is an index below `limit`. */
export function inRange(values: readonly number[], limit: number): boolean {
  return values.every((value) => value >= 0 && value < limit);
}

export function isScalar(type: TensorType): boolean {
  return type.shape.length === 0;
}
