/** Constants of the program as host tensors. */
import { allocate, type DenseAttribute, type HostTensor, isElement, sizeOf, viewOf } from "@hloom/ir";
import { type Instruction, tensorType } from "./flatten.ts";

export type ConstantTensor = HostTensor;

/** The value of a `constant`; of a splat only its one element, as a scalar. Undefined for what is not plain elements. */
export function constantOf(instruction: Instruction): { tensor: ConstantTensor; splat: boolean } | undefined {
  const value = instruction.attributes.value as DenseAttribute | { kind: "resource" };
  const type = tensorType(instruction.outputs[0]!);
  if (value?.kind !== "dense" || !isElement(type.element)) return undefined;
  const data = viewOf(type.element, value.data);
  if (!value.splat) return { tensor: { type, data }, splat: false };
  return { tensor: { type: { ...type, shape: [] }, data }, splat: true };
}

export function zeros(type: HostTensor["type"]): HostTensor {
  return { type, data: allocate(type.element, sizeOf(type.shape)) };
}
