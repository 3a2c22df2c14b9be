/** Attributes: compile-time constants attached to operations, as MLIR spells them. Declarations give them typed views. */

import type { Location } from "./location.ts";
import type { ElementType, TensorType, Type } from "./types.ts";

export type Attribute =
  | { readonly kind: "unit" }
  /** `value` is the two's complement number that the type's signedness gives; booleans are `i1` with 0n or 1n. */
  | { readonly kind: "integer"; readonly value: bigint; readonly type: Type }
  /** `bits` is the exact bit pattern at the type's width, so that NaN payloads survive. */
  | { readonly kind: "float"; readonly bits: bigint; readonly type: Type }
  | { readonly kind: "string"; readonly value: string; readonly type?: Type }
  | { readonly kind: "type"; readonly type: Type }
  | { readonly kind: "array"; readonly elements: readonly Attribute[] }
  | DictionaryAttribute
  /** `@root::@nested` */
  | { readonly kind: "symbol"; readonly path: readonly string[] }
  /** `array<i64: 1, 2>`; integers are bigint, floats their bit patterns, `i1` 0n or 1n. */
  | { readonly kind: "denseArray"; readonly element: ElementType; readonly values: readonly bigint[] }
  | DenseAttribute
  | { readonly kind: "denseString"; readonly type: TensorType; readonly values: readonly string[] }
  | { readonly kind: "resource"; readonly key: string; readonly type: TensorType }
  /** An enum value: `#stablehlo<comparison_direction EQ>` is `{ name: "stablehlo.comparison_direction", value: "EQ" }`. */
  | { readonly kind: "enum"; readonly name: string; readonly value: string }
  /** A structured dialect attribute, `#stablehlo.dot<…>`, `#sdy.sharding<…>`; `ops/records.ts` declares the fields. */
  | RecordAttribute
  | { readonly kind: "location"; readonly location: Location }
  /** An attribute of a dialect that is not modelled, kept by its text without the leading `#`. */
  | { readonly kind: "foreign"; readonly text: string };

export interface DictionaryAttribute {
  readonly kind: "dictionary";
  readonly entries: Attributes;
}

/**
 * `dense<…> : tensor<…>`. `data` holds row-major elements in the host layout of `storage.ts` (`i1` and sub-byte
 * types one byte each, complex as pairs); a splat holds exactly one element.
 */
export interface DenseAttribute {
  readonly kind: "dense";
  readonly type: TensorType;
  readonly data: Uint8Array;
  readonly splat: boolean;
}

export interface RecordAttribute {
  readonly kind: "record";
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Named attributes of one operation; keys keep their order of appearance. */
export type Attributes = Readonly<Record<string, Attribute>>;

export const unit: Attribute = { kind: "unit" };

export function integerAttribute(value: bigint | number, element: ElementType = "i64"): Attribute {
  return { kind: "integer", value: BigInt(value), type: { kind: "scalar", element } };
}

export function booleanAttribute(value: boolean): Attribute {
  return integerAttribute(value ? 1n : 0n, "i1");
}

export function stringAttribute(value: string): Attribute {
  return { kind: "string", value };
}

export function enumAttribute(name: string, value: string): Attribute {
  return { kind: "enum", name, value };
}

export function i64Array(values: readonly number[]): Attribute {
  return { kind: "denseArray", element: "i64", values: values.map(BigInt) };
}

export function symbolAttribute(...path: string[]): Attribute {
  return { kind: "symbol", path };
}
