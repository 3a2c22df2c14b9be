/** From what JavaScript has to the arrays that a program takes: typed arrays, nested arrays, tensors, single numbers. */
import {
  allocate,
  DYNAMIC,
  type Element,
  floatCodec,
  type HostTensor,
  isComplex,
  isSmallFloat,
  type Storage,
  sizeOf,
  slotsPerElement,
  tensor,
} from "@hloom/ir";
import { dtypeOf, typeText } from "./dtype.ts";
import { encoderFor } from "./encode.ts";
import { ArgumentError } from "./errors.ts";
import type { Complex, Nested } from "./tensor.ts";

/** Any typed array: its kind must be that of the argument's element type. */
export type TypedArray = ArrayBufferView & ArrayLike<number | bigint>;

/** Elements with the shape that they have; a {@link Tensor} is one. */
export interface Shaped {
  readonly data: TypedArray | readonly number[];
  readonly shape: readonly number[];
}

/** One array for a program: row-major elements of the argument's shape, or nested arrays, or one number. */
export type ArrayInput = TypedArray | Shaped | Nested;

/** What a program takes in one place. A size that only the argument tells is {@link DYNAMIC}. */
export interface Parameter {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
}

/** Throws {@link ArgumentError} when the value has another shape or type than the parameter. */
export function hostTensorOf(parameter: Parameter, value: ArrayInput): HostTensor {
  const { element } = parameter;
  const { shape, elements } = shapedElements(parameter, value);
  const fits =
    shape.length === parameter.shape.length &&
    parameter.shape.every((size, i) => size === DYNAMIC || size === shape[i]);
  if (!fits) throw mismatch(parameter, `has the shape [${shape.join(", ")}]`);
  const slots = sizeOf(shape) * (isTyped(elements) ? slotsPerElement(element) : 1);
  if (elements.length !== slots)
    throw new ArgumentError(
      parameter.name,
      `has ${elements.length} numbers, which is not ${slots} for the shape [${shape.join(", ")}]`,
    );
  const type = { ...tensor(shape, element), element };
  return {
    type,
    data: isTyped(elements) ? fromTyped(parameter, elements) : fromScalars(parameter, elements, shape),
  };
}

function mismatch({ name, element, shape }: Parameter, problem: string): ArgumentError {
  const sizes = shape.map((size) => (size === DYNAMIC ? "?" : size));
  return new ArgumentError(name, `${problem}; the program takes ${typeText(dtypeOf[element], sizes)}`);
}

function isTyped(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

interface ShapedElements {
  readonly shape: readonly number[];
  readonly elements: TypedArray | readonly unknown[];
}

function shapedElements(parameter: Parameter, value: ArrayInput): ShapedElements {
  if (isTyped(value)) return { shape: shapeFor(parameter, value.length), elements: value };
  if (Array.isArray(value)) return flattened(parameter, value);
  if (typeof value === "object" && value !== null && "data" in value)
    return { shape: value.shape, elements: value.data };
  return { shape: [], elements: [value] };
}

/** A typed array alone has the parameter's shape; one unknown size follows from its length. */
function shapeFor(parameter: Parameter, length: number): readonly number[] {
  const { element, shape } = parameter;
  const unknown = shape.filter((size) => size === DYNAMIC).length;
  const known = shape.reduce((product, size) => (size === DYNAMIC ? product : product * size), 1);
  const count = length / slotsPerElement(element);
  if (unknown === 0 && count === known) return shape;
  if (unknown === 1 && known > 0 && count % known === 0)
    return shape.map((size) => (size === DYNAMIC ? count / known : size));
  if (unknown > 1)
    throw mismatch(parameter, "is a typed array whose shape is not clear: pass { data, shape }");
  throw mismatch(parameter, `has ${count} elements`);
}

function flattened(parameter: Parameter, value: readonly unknown[]): ShapedElements {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const elements: unknown[] = [];
  const visit = (level: unknown, depth: number): void => {
    if (
      Array.isArray(level) !== depth < shape.length ||
      (Array.isArray(level) && level.length !== shape[depth])
    )
      throw new ArgumentError(parameter.name, "is ragged: nested arrays of one level have one length");
    if (!Array.isArray(level)) elements.push(level);
    else for (const inner of level) visit(inner, depth + 1);
  };
  visit(value, 0);
  return { shape, elements };
}

/** The array itself where its kind is the one that holds the element type: backends copy what they are given. */
function fromTyped(parameter: Parameter, array: TypedArray): Storage {
  const { element } = parameter;
  const empty = allocate(element, 0);
  const kind = array.constructor.name;
  if (isSmallFloat(element)) {
    if (!/^Float/.test(kind))
      throw mismatch(parameter, `is a ${kind}; floats of its size are passed as a Float32Array`);
    const { encode } = floatCodec(element);
    return (empty.constructor as typeof Uint16Array).from(array as ArrayLike<number>, encode);
  }
  if (array.constructor !== empty.constructor)
    throw mismatch(parameter, `is a ${kind}; pass a ${empty.constructor.name}, or nested arrays of numbers`);
  if (element === "i1") encoderFor(parameter).checkAll(array as Uint8Array);
  return array as unknown as Storage;
}

function fromScalars(parameter: Parameter, scalars: readonly unknown[], shape: readonly number[]): Storage {
  const { element } = parameter;
  const data = allocate(element, sizeOf(shape));
  const { encode } = encoderFor(parameter);
  if (isComplex(element)) {
    scalars.forEach((scalar, i) => {
      const { re, im } =
        typeof scalar === "object" && scalar !== null ? (scalar as Complex) : { re: scalar, im: 0 };
      data[2 * i] = encode(re) as number;
      data[2 * i + 1] = encode(im) as number;
    });
  } else {
    scalars.forEach((scalar, i) => {
      data[i] = encode(scalar);
    });
  }
  return data;
}
