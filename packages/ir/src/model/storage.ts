/**
 * The host layout of tensors, shared by constants, buffers, files and every backend: row-major, little endian,
 * `i1` one byte of 0 or 1, integers of 2 and 4 bits and floats of 4 to 8 bits one byte each, complex as (re, im).
 * It is the layout of numpy with ml_dtypes, and the one that JAX hands to a plugin.
 */
import type { Element, TensorType } from "./types.ts";
import { bitWidth, isElement, sizeOf } from "./types.ts";

export type Storage =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

type StorageConstructor = {
  new (length: number): Storage;
  new (buffer: ArrayBufferLike, offset?: number, length?: number): Storage;
  readonly BYTES_PER_ELEMENT: number;
};

/** f16, bf16 and the 4 to 8-bit floats are held as bit patterns; `declare` nothing else about them here. */
const constructors: Record<Element, StorageConstructor> = {
  i1: Uint8Array,
  i2: Int8Array,
  i4: Int8Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  ui2: Uint8Array,
  ui4: Uint8Array,
  ui8: Uint8Array,
  ui16: Uint16Array,
  ui32: Uint32Array,
  ui64: BigUint64Array,
  f4E2M1FN: Uint8Array,
  f6E2M3FN: Uint8Array,
  f6E3M2FN: Uint8Array,
  f8E3M4: Uint8Array,
  f8E4M3: Uint8Array,
  f8E4M3FN: Uint8Array,
  f8E4M3FNUZ: Uint8Array,
  f8E4M3B11FNUZ: Uint8Array,
  f8E5M2: Uint8Array,
  f8E5M2FNUZ: Uint8Array,
  f8E8M0FNU: Uint8Array,
  bf16: Uint16Array,
  f16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
  "complex<f32>": Float32Array,
  "complex<f64>": Float64Array,
};

/** Bytes that one element takes in the host layout. */
export function bytesPerElement(element: Element): number {
  return Math.max(1, bitWidth(element) / 8) | 0;
}

/** Slots of the typed array per element: 2 for complex, else 1. */
export function slotsPerElement(element: Element): 1 | 2 {
  return element[0] === "c" ? 2 : 1;
}

export function allocate(element: Element, size: number): Storage {
  return new constructors[element](size * slotsPerElement(element));
}

/** A typed view of `bytes`; copies when the bytes are not aligned for the element. */
export function viewOf(element: Element, bytes: Uint8Array): Storage {
  const constructor = constructors[element];
  const aligned = bytes.byteOffset % constructor.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new constructor(
    aligned.buffer,
    aligned.byteOffset,
    aligned.byteLength / constructor.BYTES_PER_ELEMENT,
  );
}

export function bytesOf(data: Storage): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A value in host memory: what goes into and comes out of every backend, and what `evaluate` computes on. */
export interface HostTensor {
  readonly type: TensorType & { readonly element: Element };
  readonly data: Storage;
}

/** Bytes of a static tensor in the host layout. Throws on `?` dimensions and on quantized elements. */
export function byteLength(type: TensorType): number {
  if (!isElement(type.element)) throw new Error("a tensor without plain elements has no host layout");
  return sizeOf(type.shape) * bytesPerElement(type.element);
}
