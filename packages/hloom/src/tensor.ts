/** Results: arrays with their shape and element type. */
import { type Element, floatCodec, type HostTensor, isSmallFloat, type Storage } from "@hloom/ir";
import { type DType, dtypeOf, typeText } from "./dtype.ts";

/** A complex number where one element stands alone. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** One element: booleans for `bool`, bigints for 64-bit integers. */
export type Scalar = number | bigint | boolean | Complex;

/** Elements in nested arrays, one level per dimension. */
export type Nested = Scalar | readonly Nested[];

/** How elements are held: see {@link Tensor.data}. */
export type TensorData = Storage;

/** An array of numbers: what programs return, and one of the things that they take. */
export class Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * The elements, row-major. `bool` is 0 or 1 in a Uint8Array; 64-bit integers are bigints; floats of 16 bits and less
   * are widened to a Float32Array; complex numbers are two neighbours, real part first.
   */
  readonly data: TensorData;

  constructor(dtype: DType, shape: readonly number[], data: TensorData) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  /** The number of elements. */
  get size(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** The only element. Throws when there is not exactly one. */
  item(): Scalar {
    if (this.size !== 1) throw new Error(`${this} has ${this.size} elements, not one`);
    return this.#at(0);
  }

  /** The elements in nested arrays; of a tensor without dimensions the element itself. */
  toNested(): Nested {
    const build = (dimension: number, start: number, size: number): Nested => {
      const length = this.shape[dimension];
      if (length === undefined) return this.#at(start);
      const step = size / length;
      return Array.from({ length }, (_, i) => build(dimension + 1, start + i * step, step));
    };
    return build(0, 0, this.size);
  }

  /** `float32[2,3]` */
  toString(): string {
    return typeText(this.dtype, this.shape);
  }

  #at(index: number): Scalar {
    if (this.dtype === "bool") return this.data[index] !== 0;
    if (this.dtype === "complex64" || this.dtype === "complex128")
      return { re: Number(this.data[2 * index]), im: Number(this.data[2 * index + 1]) };
    return this.data[index]!;
  }
}

/** What a backend gave, without copying unless its elements are bit patterns. */
export function tensorOf({ type, data }: HostTensor): Tensor {
  const { shape } = type;
  const element: Element = type.element;
  if (!isSmallFloat(element)) return new Tensor(dtypeOf[element], shape, data);
  const { values } = floatCodec(element);
  return new Tensor(
    dtypeOf[element],
    shape,
    Float32Array.from(data as Uint8Array, (bits) => values[bits]!),
  );
}
