/** Whether two types may be the same at run time: `?` agrees with any size up to its bound. */
import type { Attribute } from "../model/attributes.ts";
import { DYNAMIC, isQuantized, sameElement, sameType, type TensorType, type Type } from "../model/types.ts";

export function compatibleTypes(a: Type, b: Type): boolean {
  if (a.kind === "tensor" && b.kind === "tensor") return compatibleTensors(a, b);
  if (a.kind === "unranked" || b.kind === "unranked")
    return "element" in a && "element" in b && sameElement(a.element, b.element);
  if ((a.kind === "tuple" && b.kind === "tuple") || (a.kind === "future" && b.kind === "future")) {
    return (
      a.types.length === b.types.length && a.types.every((type, i) => compatibleTypes(type, b.types[i]!))
    );
  }
  return sameType(a, b);
}

function compatibleTensors(a: TensorType, b: TensorType): boolean {
  if (a.shape.length !== b.shape.length || !compatibleElements(a, b)) return false;
  const [aBounds, bBounds] = [boundsOf(a.encoding), boundsOf(b.encoding)];
  return a.shape.every((size, i) => {
    const other = b.shape[i]!;
    return (
      size === other ||
      (size === DYNAMIC ? fits(other, aBounds?.[i]) : other === DYNAMIC && fits(size, bBounds?.[i]))
    );
  });
}

/** Whether a size that is known is within the bound of one that is not. */
function fits(size: number, bound: number | undefined): boolean {
  return size === DYNAMIC || bound === undefined || bound < 0 || size <= bound;
}

function boundsOf(encoding: Attribute | undefined): readonly number[] | undefined {
  return encoding?.kind === "record" ? (encoding.fields.bounds as readonly number[] | undefined) : undefined;
}

/** Quantized elements agree when they express the same type in the same storage. */
function compatibleElements(a: TensorType, b: TensorType): boolean {
  if (isQuantized(a.element) && isQuantized(b.element)) {
    return a.element.storage === b.element.storage && a.element.expressed === b.element.expressed;
  }
  // A constant gives quantized elements by their storage, `uniform_quantize` and its like by what they express.
  for (const [quantized, plain] of [
    [a.element, b.element],
    [b.element, a.element],
  ] as const) {
    if (isQuantized(quantized)) return quantized.storage === plain || quantized.expressed === plain;
  }
  return sameElement(a.element, b.element);
}
