/**
 * Views: the elements of a tensor in another order, without moving them. Transposes, slices, reversals and broadcasts
 * are changes of a view's offset and strides; `assign` moves the elements. Nothing here looks at values.
 */
import type { Storage } from "../../model/storage.ts";
import { type Element, sizeOf, stridesOf } from "../../model/types.ts";
import { like, type Tensor, zeros } from "../tensor.ts";

/** Memory as units of 1, 2 or 4 bytes; wider elements are several units. */
type Units = Uint8Array | Uint16Array | Uint32Array;

export interface View {
  readonly units: Units;
  /** Units per element. */
  readonly width: number;
  /** Where the first element is, and how far the next one is along each dimension, in elements. */
  readonly offset: number;
  readonly strides: readonly number[];
  readonly shape: readonly number[];
}

function unitsOf(data: Storage): Units {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT } = data;
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

export function viewTensor({ type, data }: Tensor): View {
  const units = unitsOf(data);
  const bytes = type.element[0] === "c" ? 2 * data.BYTES_PER_ELEMENT : data.BYTES_PER_ELEMENT;
  const width = bytes / units.BYTES_PER_ELEMENT;
  return { units, width, offset: 0, strides: stridesOf(type.shape), shape: type.shape };
}

/** Dimension `d` of the result is dimension `permutation[d]` of the view. */
export function permuted(view: View, permutation: readonly number[]): View {
  return {
    ...view,
    strides: permutation.map((d) => view.strides[d]!),
    shape: permutation.map((d) => view.shape[d]!),
  };
}

/** Dimension `d` of the view becomes `dimensions[d]` of `shape`; sizes of one and new dimensions repeat. */
export function broadcasted(view: View, shape: readonly number[], dimensions: readonly number[]): View {
  const strides = new Array<number>(shape.length).fill(0);
  dimensions.forEach((dimension, d) => {
    if (view.shape[d] !== 1) strides[dimension] = view.strides[d]!;
  });
  return { ...view, strides, shape };
}

/** Along the given dimensions from the last element to the first. */
export function reversed(view: View, dimensions: readonly number[]): View {
  let { offset } = view;
  const strides = [...view.strides];
  for (const d of dimensions) {
    offset += Math.max(0, view.shape[d]! - 1) * strides[d]!;
    strides[d] = -strides[d]!;
  }
  return { ...view, offset, strides };
}

/** `sizes` elements from `starts`, `steps` apart. */
export function sliced(
  view: View,
  starts: readonly number[],
  sizes: readonly number[],
  steps?: readonly number[],
): View {
  const offset = starts.reduce((at, start, d) => at + start * view.strides[d]!, view.offset);
  const strides = steps ? view.strides.map((stride, d) => stride * steps[d]!) : view.strides;
  return { ...view, offset, strides, shape: sizes };
}

/** A new tensor with the view's elements. */
export function materialize(view: View, element: Element): Tensor {
  const result = zeros(view.shape, element);
  assign(viewTensor(result), view);
  return result;
}

export function copyOf({ type, data }: Tensor): Tensor {
  return { type, data: data.slice() };
}

/** Copies every element of `source` to its place in `target`; the shapes are equal. */
export function assign(target: View, source: View): void {
  if (sizeOf(target.shape) === 0) return;
  const { shape, to, from } = joined(target, source);
  const inner = shape.length - 1;
  const index = new Array<number>(shape.length).fill(0);
  let toAt = target.offset * target.width;
  let fromAt = source.offset * source.width;
  for (;;) {
    copyRun(target.units, toAt, to[inner]!, source.units, fromAt, from[inner]!, shape[inner]!);
    // Advance the outer indices like the digits of a counter.
    let d = inner - 1;
    for (; d >= 0; d--) {
      toAt += to[d]!;
      fromAt += from[d]!;
      if (++index[d]! < shape[d]!) break;
      toAt -= to[d]! * shape[d]!;
      fromAt -= from[d]! * shape[d]!;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

/** Shape and strides in units, with dimensions joined where both views step through them as through one. */
function joined(target: View, source: View) {
  const shape: number[] = [target.width];
  const to: number[] = [1];
  const from: number[] = [1];
  for (let d = target.shape.length - 1; d >= 0; d--) {
    const size = target.shape[d]!;
    if (size === 1) continue;
    const toStride = target.strides[d]! * target.width;
    const fromStride = source.strides[d]! * source.width;
    const run = shape[0]!;
    if (run === 1) {
      [shape[0], to[0], from[0]] = [size, toStride, fromStride];
    } else if (toStride === to[0]! * run && fromStride === from[0]! * run) {
      shape[0] = run * size;
    } else {
      shape.unshift(size);
      to.unshift(toStride);
      from.unshift(fromStride);
    }
  }
  return { shape, to, from };
}

function copyRun(
  to: Units,
  toAt: number,
  toStep: number,
  from: Units,
  fromAt: number,
  fromStep: number,
  length: number,
): void {
  if (toStep === 1 && fromStep === 1 && length > 8) {
    to.set(from.subarray(fromAt, fromAt + length), toAt);
  } else if (toStep === 1 && fromStep === 0) {
    to.fill(from[fromAt]!, toAt, toAt + length);
  } else {
    for (let i = 0; i < length; i++, toAt += toStep, fromAt += fromStep) to[toAt] = from[fromAt]!;
  }
}

/** Each element from `onTrue` where the predicate, of the same shape or a scalar, holds; else from `onFalse`. */
export function selectElements(pred: Tensor, onTrue: Tensor, onFalse: Tensor): Tensor {
  const truths = pred.data as Uint8Array;
  if (truths.length === 1) return truths[0] ? onTrue : onFalse;
  const result = copyOf(onFalse);
  const { units: to, width } = viewTensor(result);
  const from = unitsOf(onTrue.data);
  for (let i = 0; i < truths.length; i++) {
    if (truths[i]) for (let at = i * width; at < (i + 1) * width; at++) to[at] = from[at]!;
  }
  return result;
}

/** Complex numbers from their parts. */
export function pairElements(re: Tensor, im: Tensor): Tensor {
  const element = re.type.element === "f64" ? "complex<f64>" : "complex<f32>";
  const result = like(re, element);
  const data = result.data as Float64Array;
  for (let i = 0; i < re.data.length; i++) {
    data[2 * i] = re.data[i] as number;
    data[2 * i + 1] = im.data[i] as number;
  }
  return result;
}
