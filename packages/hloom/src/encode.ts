/** Single values as elements: what each element type takes, and what it refuses. */
import { bitWidth, type Element, floatCodec, isComplex, isFloat, isSmallFloat, isUnsigned } from "@hloom/ir";
import type { Parameter } from "./arguments.ts";
import { dtypeOf } from "./dtype.ts";
import { ArgumentError } from "./errors.ts";

export interface Encoder {
  /** The element as a typed array holds it. Throws {@link ArgumentError} when the type cannot hold the value. */
  readonly encode: (value: unknown) => number | bigint;
  readonly checkAll: (values: ArrayLike<number>) => void;
}

export function encoderFor({ name, element }: Parameter): Encoder {
  const refuse = (value: unknown, reason: string) =>
    new ArgumentError(name, `contains ${String(value)}, ${reason}`);
  const encode = encodeAs(element, refuse);
  return {
    encode,
    checkAll: (values) => {
      for (let i = 0; i < values.length; i++) encode(values[i]);
    },
  };
}

type Refuse = (value: unknown, reason: string) => ArgumentError;

function encodeAs(element: Element, refuse: Refuse): (value: unknown) => number | bigint {
  if (isFloat(element) || isComplex(element)) {
    const bits = isSmallFloat(element) ? floatCodec(element).encode : (value: number) => value;
    return (value) => {
      if (typeof value !== "number") throw refuse(value, `which is no number for ${dtypeOf[element]}`);
      return bits(value);
    };
  }
  if (element === "i1") {
    return (value) => {
      if (value === true || value === 1) return 1;
      if (value === false || value === 0) return 0;
      throw refuse(value, "which is neither true nor false");
    };
  }
  return integerAs(element, refuse);
}

function integerAs(element: Element, refuse: Refuse): (value: unknown) => number | bigint {
  const bits = bitWidth(element);
  const signed = !isUnsigned(element);
  const lowest = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const highest = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  return (value) => {
    const whole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
    if (!whole) throw refuse(value, `which is no integer for ${dtypeOf[element]}`);
    const integer = BigInt(value as number | bigint);
    if (integer < lowest || integer > highest)
      throw refuse(value, `which is out of the range of ${dtypeOf[element]}`);
    return bits === 64 ? integer : Number(integer);
  };
}
