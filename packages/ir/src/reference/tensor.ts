/** Values at evaluation time. */
import { allocate, type HostTensor, type Storage, slotsPerElement } from "../model/storage.ts";
import { type Element, isElement, sizeOf, type TensorType, type Type } from "../model/types.ts";

export type Tensor = HostTensor;

/** A tensor, a token, or a tuple of them. */
export type Datum = Tensor | TokenDatum | TupleDatum;

export interface TokenDatum {
  readonly token: true;
}

export interface TupleDatum {
  readonly elements: readonly Datum[];
}

export const tokenDatum: TokenDatum = { token: true };

export function isTensor(datum: Datum): datum is Tensor {
  return "data" in datum;
}

/** The datum as a tensor. Throws for tokens and tuples: the verifier keeps them from where tensors are wanted. */
export function asTensor(datum: Datum | undefined): Tensor {
  if (datum && isTensor(datum)) return datum;
  throw new TypeError("a tensor is expected, not a token or a tuple");
}

export function tensorOf(shape: readonly number[], element: Element, data: Storage): Tensor {
  return { type: { kind: "tensor", shape, element }, data };
}

/** A new tensor of zeros. */
export function zeros(shape: readonly number[], element: Element): Tensor {
  return tensorOf(shape, element, allocate(element, sizeOf(shape)));
}

/** A tensor of `shape` and `element`, to be filled. */
export function like(tensor: Tensor, element: Element = tensor.type.element): Tensor {
  return {
    type: { kind: "tensor", shape: tensor.type.shape, element },
    data: allocate(element, elementCount(tensor)),
  };
}

/** Number of elements; a complex number is one. */
export function elementCount(tensor: Tensor): number {
  return tensor.data.length / slotsPerElement(tensor.type.element);
}

/** `type` as the type of a value: a tensor of plain elements. Throws for other types. */
export function valueType(type: Type | undefined): TensorType & { readonly element: Element } {
  if (type?.kind === "tensor" && isElement(type.element))
    return type as TensorType & { readonly element: Element };
  throw new TypeError("evaluation of quantized tensors, tokens and tuples is not available here");
}
