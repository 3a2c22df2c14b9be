/**
 * Elements as numbers to compute with. Element types fall into five kinds, and each kind is computed on in arrays of
 * its own ("work arrays"), so that one short loop per kind serves every type: storing into the array wraps integers
 * and rounds f32; narrower types are widened before and narrowed after.
 */
import { floatCodec, isSmallFloat } from "../../model/floats.ts";
import type { Storage } from "../../model/storage.ts";
import {
  bitWidth,
  complexes,
  type Element,
  type FloatElement,
  floats,
  type IntegerElement,
  signedIntegers,
  unsignedIntegers,
} from "../../model/types.ts";
import type { Tensor } from "../tensor.ts";
import { type Complex, complexOf } from "./complex.ts";

/** i1; integers of up to 32 bits; those of 64; floats; complex numbers. */
export type ElementKind = "boolean" | "integer" | "bigint" | "float" | "complex";

const kinds = new Map<Element, ElementKind>([
  ["i1", "boolean"],
  ...[...signedIntegers, ...unsignedIntegers].map((element): [Element, ElementKind] => [
    element,
    bitWidth(element) === 64 ? "bigint" : "integer",
  ]),
  ...floats.map((element): [Element, ElementKind] => [element, "float"]),
  ...complexes.map((element): [Element, ElementKind] => [element, "complex"]),
]);

export function kindOf(element: Element): ElementKind {
  return kinds.get(element)!;
}

export type Integers = Int32Array | Uint32Array;
export type Bigints = BigInt64Array | BigUint64Array;
/** Floats, or the parts of complex numbers in turn. */
export type Floats = Float32Array | Float64Array;

export function booleansOf(tensor: Tensor): Uint8Array {
  return tensor.data as Uint8Array;
}

export function integersOf({ type, data }: Tensor): Integers {
  if (data instanceof Int32Array || data instanceof Uint32Array) return data;
  return type.element[0] === "u" ? new Uint32Array(data as Uint8Array) : new Int32Array(data as Int8Array);
}

export function bigintsOf(tensor: Tensor): Bigints {
  return tensor.data as Bigints;
}

/** The numbers of a float or complex tensor; f32 and f64 share memory with it. */
export function floatsOf({ type, data }: Tensor): Floats {
  if (!isSmallFloat(type.element)) return data as Floats;
  const { values } = floatCodec(type.element);
  const numbers = new Float64Array(data.length);
  const bits = data as Uint16Array;
  for (let i = 0; i < numbers.length; i++) numbers[i] = values[bits[i]!]!;
  return numbers;
}

/** The storage of integers that were computed as 32-bit ones: the low bits, with the type's sign. */
export function narrowIntegers(element: IntegerElement, work: Integers): Storage {
  const width = bitWidth(element);
  if (width === 32) return work;
  if (width === 16) return element === "i16" ? new Int16Array(work) : new Uint16Array(work);
  const bytes = element[0] === "u" ? new Uint8Array(work) : new Int8Array(work);
  if (width < 8) for (let i = 0; i < bytes.length; i++) bytes[i] = wrapInteger(element, bytes[i]!);
  return bytes;
}

/** The value of an integer type with the low bits of `value`. */
export function wrapInteger(element: IntegerElement, value: number): number {
  const spare = 32 - bitWidth(element);
  return element[0] === "u" || element === "i1" ? (value << spare) >>> spare : (value << spare) >> spare;
}

/** The storage of floats that were computed as doubles (or as f32 for f32), rounded to the type. */
export function narrowFloats(element: FloatElement, work: Floats): Storage {
  if (element === "f64") return work instanceof Float64Array ? work : new Float64Array(work);
  if (element === "f32") return work instanceof Float32Array ? work : new Float32Array(work);
  const { encode } = floatCodec(element);
  const bits =
    element === "f16" || element === "bf16" ? new Uint16Array(work.length) : new Uint8Array(work.length);
  for (let i = 0; i < bits.length; i++) bits[i] = encode(work[i]!);
  return bits;
}

/** An array to compute the results of a float type in: exact enough that one rounding at the end is the only one. */
export function floatWork(element: FloatElement, length: number): Floats {
  return element === "f32" ? new Float32Array(length) : new Float64Array(length);
}

// Single elements ----------------------------------------------------------------------------------------------

/** One element: i1 is 0 or 1, 64-bit integers are bigints. */
export type Scalar = number | bigint | Complex;

/** Reads elements of a tensor by their row-major position. */
export function reader({ type, data }: Tensor): (position: number) => Scalar {
  if (isSmallFloat(type.element)) {
    const { values } = floatCodec(type.element);
    return (position) => values[data[position] as number]!;
  }
  if (kindOf(type.element) !== "complex") return (position) => data[position]!;
  return (position) => complexOf(data[2 * position] as number, data[2 * position + 1] as number);
}

/** Writes elements of a tensor by their row-major position, wrapped or rounded to its type. */
export function writer({ type, data }: Tensor): (position: number, value: Scalar) => void {
  const { element } = type;
  const target = data as { [position: number]: Scalar };
  if (kindOf(element) === "complex") {
    return (position, value) => {
      const { re, im } = value as Complex;
      target[2 * position] = re;
      target[2 * position + 1] = im;
    };
  }
  if (isSmallFloat(element)) {
    const { encode } = floatCodec(element);
    return (position, value) => {
      target[position] = encode(value as number);
    };
  }
  if (/^u?i[124]$/.test(element)) {
    return (position, value) => {
      target[position] = wrapInteger(element as IntegerElement, value as number);
    };
  }
  return (position, value) => {
    target[position] = value;
  };
}
