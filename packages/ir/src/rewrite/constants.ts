/** Constants of a program as values, and values as constants. */
import type { DenseAttribute } from "../model/attributes.ts";
import { definingOperation, type Value } from "../model/operation.ts";
import { bytesOf } from "../model/storage.ts";
import {
  DYNAMIC,
  type Element,
  isElement,
  sizeOf,
  type TensorType,
  type Type,
  tensor,
} from "../model/types.ts";
import { stablehlo } from "../ops/index.ts";
import { kindOf, writer } from "../reference/element/work.ts";
import { evaluateOp } from "../reference/evaluate.ts";
import { isTensor, type Tensor, zeros } from "../reference/tensor.ts";
import type { Builder } from "./builder.ts";

/** Above this a folded constant costs more memory than computing it costs time. */
const maximumElements = 256;

/** Whether values of the type are worth knowing: static, plain and not large. */
export function isSmallTensor(type: Type): boolean {
  return (
    type.kind === "tensor" &&
    !type.shape.includes(DYNAMIC) &&
    type.encoding === undefined &&
    isElement(type.element) &&
    sizeOf(type.shape) <= maximumElements
  );
}

/** The value, when a small constant defines it. */
export function constantOf(value: Value): Tensor | undefined {
  const operation = definingOperation(value);
  if (operation?.name !== stablehlo.constant.name || !isSmallTensor(value.type)) return undefined;
  const [datum] = evaluateOp(operation, []);
  return datum && isTensor(datum) ? datum : undefined;
}

/** Numbers of an integer constant, in row-major order. */
export function integersIn(value: Value | undefined): readonly number[] | undefined {
  const tensor = value && constantOf(value);
  return tensor && Array.from(tensor.data, Number);
}

export function denseOf({ type, data }: Tensor): DenseAttribute {
  const bytes = bytesOf(data).slice();
  const count = sizeOf(type.shape);
  const width = count === 0 ? 0 : bytes.length / count;
  const splat = count > 0 && bytes.every((byte, i) => byte === bytes[i % width]);
  return { kind: "dense", type, data: splat ? bytes.slice(0, width) : bytes, splat };
}

/** Appends a constant. */
export function emitConstant(builder: Builder, tensor: Tensor, type: Type = tensor.type): Value {
  return builder.value(stablehlo.constant, [], { value: denseOf(tensor) }, { results: [type] });
}

/** A constant of one number in the shape of `like`, which may be known at run time only. */
export function splat(builder: Builder, like: Value | TensorType, element: Element, value: number): Value {
  const type = { ...("owner" in like ? (like.type as TensorType) : like), element };
  if (!type.shape.includes(DYNAMIC)) {
    const filled = { ...scalarDense(element, value), type };
    const nothing = { ...filled, data: new Uint8Array(), splat: false };
    return builder.value(stablehlo.constant, [], { value: sizeOf(type.shape) === 0 ? nothing : filled });
  }
  if (!("owner" in like)) throw new Error("the shape of a constant is not known");
  const scalar = builder.value(stablehlo.constant, [], { value: scalarDense(element, value) });
  const operands = [scalar, shapeOf(builder, like)];
  return builder.value(
    stablehlo.dynamicBroadcastInDim,
    operands,
    { broadcast_dimensions: [] },
    { results: [type] },
  );
}

function scalarDense(element: Element, value: number): DenseAttribute {
  const scalar = zeros([], element);
  writer(scalar)(0, kindOf(element) === "bigint" ? BigInt(value) : value);
  return { kind: "dense", type: scalar.type, data: bytesOf(scalar.data), splat: true };
}

/** The sizes of a value as a tensor of i64, for what has a dynamic shape. */
export function shapeOf(builder: Builder, value: Value): Value {
  const { shape } = value.type as TensorType;
  const sizes = shape.map((size, dimension) => sizeAlong(builder, value, size, dimension));
  if (sizes.length === 0) return splat(builder, tensor([0], "i64"), "i64", 0);
  return builder.value(stablehlo.concatenate, sizes, { dimension: 0 });
}

/** One size as a tensor of one i64. */
export function sizeAlong(builder: Builder, value: Value, size: number, dimension: number): Value {
  if (size !== DYNAMIC) return splat(builder, tensor([1], "i64"), "i64", size);
  const scalar = builder.value(stablehlo.getDimensionSize, [value], { dimension });
  const wide = builder.value(stablehlo.convert, [scalar], {}, { results: [tensor([], "i64")] });
  return builder.value(stablehlo.reshape, [wide], {}, { results: [tensor([1], "i64")] });
}
