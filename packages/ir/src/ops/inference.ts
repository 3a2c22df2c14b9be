/** Type inference and type tests that several families share (spec: "Type inference", "Functions on types"). */
import { DYNAMIC, type ElementType, isQuantized, sameElement, type TensorType } from "../model/types.ts";
import { boundOf, boundsOf, withBounds } from "./bounds.ts";

/** Whether two dimensions may be equal at run time. */
export function compatibleDimension(a: number, b: number): boolean {
  return a === DYNAMIC || b === DYNAMIC || a === b;
}

export function compatibleShape(a: TensorType, b: TensorType): boolean {
  return a.shape.length === b.shape.length && a.shape.every((d, i) => compatibleDimension(d, b.shape[i]!));
}

/**
 * Spec: `baseline_element_type`. Quantized elements agree when they express the same type in the same storage, both per
 * tensor or both per axis.
 */
export function compatibleElement(a: ElementType, b: ElementType): boolean {
  if (!isQuantized(a) || !isQuantized(b)) return sameElement(a, b);
  return (
    a.storage === b.storage &&
    a.signless === b.signless &&
    a.storageMin === b.storageMin &&
    a.storageMax === b.storageMax &&
    a.expressed === b.expressed &&
    (a.axis === undefined) === (b.axis === undefined)
  );
}

/** Spec: `baseline_type(a) = baseline_type(b)`, where a dynamic dimension agrees with any other up to its bound. */
export function compatible(a: TensorType, b: TensorType): boolean {
  // Readers give equal types one object: most comparisons end here.
  if (a === b) return true;
  return (
    compatibleElement(a.element, b.element) && compatibleShape(a, b) && fitsBounds(a, b) && fitsBounds(b, a)
  );
}

/** Whether sizes that are known in `a` are within the bounds of `b`. */
function fitsBounds(a: TensorType, b: TensorType): boolean {
  const bounds = boundsOf(b);
  return bounds.every((bound, i) => bound === DYNAMIC || a.shape[i]! <= bound);
}

/** Each with each: what is compatible with a dynamic dimension may differ. */
function agree(types: readonly TensorType[], pair: (a: TensorType, b: TensorType) => boolean): boolean {
  return types.every((a, i) => types.slice(i + 1).every((b) => pair(a, b)));
}

export function allCompatible(...types: readonly TensorType[]): boolean {
  return agree(types, compatible);
}

export function haveOneShape(types: readonly TensorType[]): boolean {
  return agree(types, compatibleShape);
}

interface Dimension {
  readonly size: number;
  readonly bound: number;
}
type Merge = (a: Dimension, b: Dimension, index: number) => Dimension;

/** Types of one rank, dimension by dimension; elements are those of the first. */
function merge(types: readonly TensorType[], rule: Merge): TensorType {
  const [first, ...others] = types as [TensorType, ...TensorType[]];
  if (others.every((other) => other === first)) return first;
  const dimensions = first.shape.map((size, i) =>
    others.reduce<Dimension>(
      (known, other) => rule(known, { size: other.shape[i] ?? DYNAMIC, bound: boundOf(other, i) }, i),
      { size, bound: boundOf(first, i) },
    ),
  );
  const prototype = types.find(({ encoding }) => encoding)?.encoding;
  return withBounds(
    { kind: "tensor", shape: dimensions.map(({ size }) => size), element: first.element },
    types.some((type) => boundsOf(type).length > 0) ? dimensions.map(({ bound }) => bound) : [],
    prototype,
  );
}

const most: Merge = (a, b, index) => {
  if (a.size === DYNAMIC && b.size === DYNAMIC) {
    const bounds = [a.bound, b.bound].filter((bound) => bound !== DYNAMIC);
    return { size: DYNAMIC, bound: bounds.length > 0 ? Math.min(...bounds) : DYNAMIC };
  }
  if (a.size !== DYNAMIC && b.size !== DYNAMIC && a.size !== b.size)
    throw new Error(`sizes ${a.size} and ${b.size} of dimension ${index} differ`);
  const size = a.size === DYNAMIC ? b.size : a.size;
  const bound = a.bound === DYNAMIC ? b.bound : a.bound;
  if (bound !== DYNAMIC && size > bound)
    throw new Error(`size ${size} of dimension ${index} is above the bound ${bound}`);
  return { size, bound: DYNAMIC };
};

const least: Merge = (a, b, index) => {
  if (a.size !== DYNAMIC && b.size !== DYNAMIC) {
    if (a.size !== b.size) throw new Error(`sizes ${a.size} and ${b.size} of dimension ${index} differ`);
    return { size: a.size, bound: DYNAMIC };
  }
  const [left, right] = [a.size === DYNAMIC ? a.bound : a.size, b.size === DYNAMIC ? b.bound : b.size];
  return {
    size: DYNAMIC,
    bound: left === DYNAMIC || right === DYNAMIC ? DYNAMIC : Math.max(left, right),
  };
};

/** The size and bound that two dimensions have in common; throws where there is none. */
export function mostSpecificDimension(a: TensorType, i: number, b: TensorType, j: number): Dimension {
  return most({ size: a.shape[i]!, bound: boundOf(a, i) }, { size: b.shape[j]!, bound: boundOf(b, j) }, i);
}

/** The type that knows the most about every dimension; throws when the types contradict each other. */
export function mostSpecific(...types: readonly TensorType[]): TensorType {
  return merge(types, most);
}

/** The type of a value that has one of the types. */
export function leastSpecific(...types: readonly TensorType[]): TensorType {
  return merge(types, least);
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

/** Numbers that an operand holds: sizes, bounds, amounts. */
export const sizesIn = ({ data }: { readonly data: ArrayLike<number | bigint> }): number[] =>
  Array.from(data, Number);
