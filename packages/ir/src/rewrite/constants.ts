/** Constants of a program as values, and values as constants. */
import type { DenseAttribute } from "../model/attributes.ts";
import { definingOperation, type Value } from "../model/operation.ts";
import { bytesOf } from "../model/storage.ts";
import { DYNAMIC, isElement, sizeOf, type Type } from "../model/types.ts";
import { stablehlo } from "../ops/index.ts";
import { evaluateOp } from "../reference/evaluate.ts";
import { isTensor, type Tensor } from "../reference/tensor.ts";
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
