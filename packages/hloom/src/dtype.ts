/** Element types by the names that JAX and numpy use. */
import type { Element } from "@hloom/ir";

/** Total: a new element type needs its name here. */
export const dtypeOf = {
  i1: "bool",
  i2: "int2",
  i4: "int4",
  i8: "int8",
  i16: "int16",
  i32: "int32",
  i64: "int64",
  ui2: "uint2",
  ui4: "uint4",
  ui8: "uint8",
  ui16: "uint16",
  ui32: "uint32",
  ui64: "uint64",
  f4E2M1FN: "float4_e2m1fn",
  f6E2M3FN: "float6_e2m3fn",
  f6E3M2FN: "float6_e3m2fn",
  f8E3M4: "float8_e3m4",
  f8E4M3: "float8_e4m3",
  f8E4M3FN: "float8_e4m3fn",
  f8E4M3FNUZ: "float8_e4m3fnuz",
  f8E4M3B11FNUZ: "float8_e4m3b11fnuz",
  f8E5M2: "float8_e5m2",
  f8E5M2FNUZ: "float8_e5m2fnuz",
  f8E8M0FNU: "float8_e8m0fnu",
  bf16: "bfloat16",
  f16: "float16",
  f32: "float32",
  f64: "float64",
  "complex<f32>": "complex64",
  "complex<f64>": "complex128",
} as const satisfies Record<Element, string>;

/** `float32`, `bfloat16`, `int64`, `bool`, … */
export type DType = (typeof dtypeOf)[Element];

const elements = new Map(Object.entries(dtypeOf).map(([element, dtype]) => [dtype, element as Element]));

export function elementOf(dtype: DType): Element {
  return elements.get(dtype)!;
}

/** A dimension whose size only an argument tells is "?". */
export type Shape = readonly (number | "?")[];

/** As JAX prints it: `float32[2,3]`. */
export function typeText(dtype: DType, shape: Shape): string {
  return `${dtype}[${shape.join(",")}]`;
}
