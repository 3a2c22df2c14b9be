/** Tensors from attributes. */
import type { Attribute } from "../../model/attributes.ts";
import { type Storage, viewOf } from "../../model/storage.ts";
import { type Element, sizeOf, type TensorType } from "../../model/types.ts";
import { complexOf } from "../element/complex.ts";
import { kindOf, writer } from "../element/work.ts";
import { type Tensor, tensorOf, valueType, zeros } from "../tensor.ts";
import { convertTensor } from "./convert.ts";
import { broadcasted, materialize, viewTensor } from "./view.ts";

/** Tensors of constants, kept as long as their attribute: a loop's constants are made once. */
const constants = new WeakMap<Attribute, Tensor>();

/** The tensor that `dense<…>` holds, or `dense_resource<…>` by the blobs of its module. */
export function constantTensor(value: Attribute, resources?: ReadonlyMap<string, Uint8Array>): Tensor {
  let tensor = constants.get(value);
  if (!tensor) constants.set(value, (tensor = readConstant(value, resources)));
  return tensor;
}

function readConstant(value: Attribute, resources?: ReadonlyMap<string, Uint8Array>): Tensor {
  if (value.kind !== "dense" && value.kind !== "resource") throw new TypeError("a constant has no elements");
  const { shape, element } = valueType(value.type);
  const bytes = value.kind === "dense" ? value.data : resources?.get(value.key);
  if (!bytes) throw new Error("the blob of the constant is not in the module");
  const data = viewOf(element, bytes);
  return value.kind === "dense" && value.splat ? splat(shape, element, data) : tensorOf(shape, element, data);
}

function splat(shape: readonly number[], element: Element, data: Storage): Tensor {
  return materialize(broadcasted(viewTensor(tensorOf([], element, data)), shape, []), element);
}

/** A scalar of any element type. */
export function scalarTensor(element: Element, value: number): Tensor {
  const tensor = zeros([], element);
  const kind = kindOf(element);
  writer(tensor)(0, kind === "bigint" ? BigInt(value) : kind === "complex" ? complexOf(value, 0) : value);
  return tensor;
}

/** Each element is its index along `dimension`. */
export function iotaTensor(type: TensorType & { readonly element: Element }, dimension: number): Tensor {
  const size = type.shape[dimension]!;
  const counter = Int32Array.from({ length: size }, (_, i) => i);
  const line = convertTensor(tensorOf([size], "i32", counter), type.element);
  if (sizeOf(type.shape) === size) return tensorOf(type.shape, type.element, line.data);
  return materialize(broadcasted(viewTensor(line), type.shape, [dimension]), type.element);
}
