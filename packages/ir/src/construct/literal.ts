/** Constants from what JavaScript has: numbers, lists of them, typed arrays. */
import type { DenseAttribute } from "../model/attributes.ts";
import { allocate, bytesOf, type Storage, slotsPerElement } from "../model/storage.ts";
import { type Element, isElement, isInteger, sizeOf, type TensorType } from "../model/types.ts";
import { kindOf, type Scalar, writer } from "../reference/element/work.ts";
import type { Tensor } from "../reference/tensor.ts";
import { typeText } from "../write/text.ts";

/** A complex number; a plain number is one without an imaginary part. */
export interface ComplexLiteral {
  readonly re: number;
  readonly im: number;
}
export type ScalarLiteral = number | bigint | boolean | ComplexLiteral;
export interface ListLiteral extends ReadonlyArray<Literal> {}
export type Literal = ScalarLiteral | ListLiteral;

const elementOfArray = new Map<unknown, Element>([
  [Int8Array, "i8"],
  [Uint8Array, "ui8"],
  [Int16Array, "i16"],
  [Uint16Array, "ui16"],
  [Int32Array, "i32"],
  [Uint32Array, "ui32"],
  [BigInt64Array, "i64"],
  [BigUint64Array, "ui64"],
  [Float32Array, "f32"],
  [Float64Array, "f64"],
]);

/**
 * The `dense<…>` of a literal. `as` is a type, of which one number fills every element, or only the elements, whose
 * shape is then the literal's. A typed array holds the elements in the host layout and needs no `as`.
 */
export function dense(value: Literal | Storage, as?: Element | TensorType): DenseAttribute {
  return ArrayBuffer.isView(value) ? fromStorage(value, as) : fromLiteral(value, as);
}

function fromStorage(data: Storage, as: Element | TensorType | undefined): DenseAttribute {
  const element = elementIn(as) ?? elementOfArray.get(data.constructor)!;
  const fits = allocate(element, 0).constructor === data.constructor;
  if (!fits) throw new TypeError(`a ${data.constructor.name} does not hold elements of type ${element}`);
  const count = data.length / slotsPerElement(element);
  const type = typeof as === "object" ? as : plain([count], element);
  if (sizeOf(type.shape) !== count)
    throw new TypeError(`${count} elements are no ${typeText(type)}, which has ${sizeOf(type.shape)}`);
  return attributeOf(type, bytesOf(data).slice(), count);
}

function fromLiteral(value: Literal, as: Element | TensorType | undefined): DenseAttribute {
  const shape = shapeOf(value);
  const element = elementIn(as);
  if (element === undefined)
    throw new TypeError("a constant of JavaScript numbers needs a type or element type");
  const type = typeof as === "object" ? as : plain(shape, element);
  const splat = shape.length === 0;
  if (!splat && (shape.length !== type.shape.length || shape.some((size, d) => size !== type.shape[d])))
    throw new TypeError(`a literal of shape ${shape.join("x")} is no ${typeText(type)}`);
  const count = sizeOf(shape);
  const tensor: Tensor = { type: plain([count], element), data: allocate(element, count) };
  const write = writer(tensor);
  let position = 0;
  forEachScalar(value, (scalar) => write(position++, scalarOf(scalar, element)));
  const bytes = bytesOf(tensor.data);
  return splat && sizeOf(type.shape) > 0
    ? { kind: "dense", type, data: bytes, splat: true }
    : attributeOf(type, splat ? new Uint8Array() : bytes, sizeOf(type.shape));
}

const plain = (shape: readonly number[], element: Element): Tensor["type"] => ({
  kind: "tensor",
  shape,
  element,
});

function elementIn(as: Element | TensorType | undefined): Element | undefined {
  if (typeof as !== "object") return as;
  if (isElement(as.element)) return as.element;
  throw new TypeError(`a ${typeText(as)} has no plain elements`);
}

/** Equal elements are kept once, as MLIR keeps them. */
function attributeOf(type: TensorType, bytes: Uint8Array, count: number): DenseAttribute {
  const width = count === 0 ? 0 : bytes.length / count;
  const splat = count > 0 && bytes.every((byte, i) => byte === bytes[i % width]);
  return { kind: "dense", type, data: splat ? bytes.slice(0, width) : bytes, splat };
}

function shapeOf(value: Literal): number[] {
  if (!isList(value)) return [];
  const [first = [], ...others] = value.map(shapeOf);
  if (others.some((other) => other.join() !== first.join()))
    throw new TypeError("the lists of a constant have different lengths");
  return [value.length, ...first];
}

const isList = (value: Literal): value is ListLiteral => Array.isArray(value);

function forEachScalar(value: Literal, take: (scalar: ScalarLiteral) => void): void {
  if (!isList(value)) return take(value);
  for (const inner of value) forEachScalar(inner, take);
}

function scalarOf(value: ScalarLiteral, element: Element): Scalar {
  const kind = kindOf(element);
  if (kind === "complex") return typeof value === "object" ? value : { re: Number(value), im: 0 };
  if (typeof value === "object") throw new TypeError(`a complex number is no ${element}`);
  if (kind === "boolean") return value ? 1 : 0;
  if (isInteger(element) && typeof value === "number" && !Number.isInteger(value))
    throw new TypeError(`${value} is no ${element}`);
  return kind === "bigint" ? BigInt(value) : Number(value);
}
