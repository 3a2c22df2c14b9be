/** Types of StableHLO values (spec: "Types"). Plain data: compare with {@link sameType}, print with {@link typeText}. */
import type { Attribute } from "./attributes.ts";

export const signedIntegers = ["i2", "i4", "i8", "i16", "i32", "i64"] as const;
export const unsignedIntegers = ["ui2", "ui4", "ui8", "ui16", "ui32", "ui64"] as const;
export const floats = [
  "f4E2M1FN",
  "f6E2M3FN",
  "f6E3M2FN",
  "f8E3M4",
  "f8E4M3",
  "f8E4M3FN",
  "f8E4M3FNUZ",
  "f8E4M3B11FNUZ",
  "f8E5M2",
  "f8E5M2FNUZ",
  "f8E8M0FNU",
  "bf16",
  "f16",
  "f32",
  "f64",
] as const;
export const complexes = ["complex<f32>", "complex<f64>"] as const;

export type SignedInteger = (typeof signedIntegers)[number];
export type UnsignedInteger = (typeof unsignedIntegers)[number];
export type IntegerElement = "i1" | SignedInteger | UnsignedInteger;
export type FloatElement = (typeof floats)[number];
export type ComplexElement = (typeof complexes)[number];
/** Element types that have values of their own: what buffers hold and backends compute on. */
export type Element = IntegerElement | FloatElement | ComplexElement;

/** `!quant.uniform<storage<min:max>:expressed[:axis], scale[:zero_point]>` */
export interface QuantizedElement {
  readonly kind: "quantized";
  readonly storage: IntegerElement;
  /** Written `u8` instead of `ui8`: MLIR stores unsigned numbers in a signless integer, which makes another type. */
  readonly signless?: true;
  readonly storageMin: bigint;
  readonly storageMax: bigint;
  readonly expressed: FloatElement;
  /** The quantized dimension of per-axis quantization; absent for per-tensor. */
  readonly axis?: number;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly bigint[];
}

/** An element type that MLIR knows and StableHLO tensors do not hold (`index`, `tf32`, `i17`, …), by its text. */
export interface ForeignElement {
  readonly kind: "foreign";
  readonly text: string;
}

/** All of them. */
export const allElements: readonly Element[] = [
  "i1",
  ...signedIntegers,
  ...unsignedIntegers,
  ...floats,
  ...complexes,
];

export type ElementType = Element | QuantizedElement | ForeignElement;

/** A dimension whose size is not known (`?`). */
export const DYNAMIC = -1;

export interface TensorType {
  readonly kind: "tensor";
  readonly shape: readonly number[];
  readonly element: ElementType;
  /** `#stablehlo.bounds<…>` or a sparse encoding. */
  readonly encoding?: Attribute;
}

export interface TokenType {
  readonly kind: "token";
}

export type Type =
  | TensorType
  | { readonly kind: "unranked"; readonly element: ElementType }
  | { readonly kind: "memref"; readonly shape: readonly number[]; readonly element: ElementType }
  | { readonly kind: "vector"; readonly shape: readonly number[]; readonly element: ElementType }
  | { readonly kind: "scalar"; readonly element: ElementType }
  | TokenType
  | { readonly kind: "none" }
  | { readonly kind: "tuple"; readonly types: readonly Type[] }
  | { readonly kind: "future"; readonly types: readonly Type[] }
  | FunctionType
  /** A type of a dialect that is not modelled, kept by its text without the leading `!`. */
  | { readonly kind: "foreign"; readonly text: string };

export interface FunctionType {
  readonly kind: "function";
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
}

export const token: TokenType = { kind: "token" };

export function tensor(shape: readonly number[], element: ElementType): TensorType {
  return { kind: "tensor", shape, element };
}

export function scalar(element: ElementType): Type {
  return { kind: "scalar", element };
}

/** Number of elements of a static shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Distance of neighbours along each dimension, in elements, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

export function isStatic(type: Type): type is TensorType {
  return type.kind === "tensor" && !type.shape.includes(DYNAMIC);
}

export function isElement(element: ElementType): element is Element {
  return typeof element === "string";
}

export const isInteger = (e: ElementType): e is IntegerElement => typeof e === "string" && /^u?i\d/.test(e);
export const isUnsigned = (e: ElementType): e is UnsignedInteger => typeof e === "string" && e[0] === "u";
export const isSigned = (e: ElementType): e is SignedInteger =>
  typeof e === "string" && e[0] === "i" && e !== "i1";
export const isFloat = (e: ElementType): e is FloatElement => typeof e === "string" && /^(f|bf)\d/.test(e);
export const isComplex = (e: ElementType): e is ComplexElement => typeof e === "string" && e[0] === "c";
export const isQuantized = (e: ElementType): e is QuantizedElement =>
  typeof e === "object" && e.kind === "quantized";

/** By name, because evaluators ask for every operation: a table is much faster than reading the digits. */
const widths = new Map<Element, number>([
  ...["i1" as const, ...signedIntegers, ...unsignedIntegers, ...floats].map((element): [Element, number] => [
    element,
    Number(/\d+/.exec(element)![0]),
  ]),
  ["complex<f32>", 64],
  ["complex<f64>", 128],
]);

/** Bits of one element as StableHLO counts them: `i1` is 1, `f6E2M3FN` is 6, `complex<f32>` is 64. */
export function bitWidth(element: Element): number {
  return widths.get(element)!;
}

/** The element type of the real and imaginary parts; `element` itself when it is not complex. */
export function realElement(element: Element): Element {
  if (element === "complex<f32>") return "f32";
  return element === "complex<f64>" ? "f64" : element;
}

/** Structural equality. Encodings count; `?` equals only `?`. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === "tensor" && b.kind === "tensor" && a.encoding === undefined && b.encoding === undefined) {
    return sameElement(a.element, b.element) && sameShape(a.shape, b.shape);
  }
  return JSON.stringify(a, plain) === JSON.stringify(b, plain);
}

export function sameElement(a: ElementType, b: ElementType): boolean {
  return a === b || (typeof a === "object" && JSON.stringify(a, plain) === JSON.stringify(b, plain));
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value instanceof Uint8Array ? Array.from(value) : value;
}
