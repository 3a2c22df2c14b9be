/** Knowledge about one value from two sides. */
import { DYNAMIC, sameType, type TensorType, type Type } from "../../model/types.ts";

/**
 * The type that knows what either knows, with the element type of `declared`; undefined when they contradict each
 * other. Types that refinement knows nothing about stay as declared.
 */
export function mergeTypes(declared: Type, inferred: Type): Type | undefined {
  if (declared.kind === "unranked")
    return inferred.kind === "tensor" ? { ...inferred, element: declared.element } : declared;
  if (declared.kind === "tensor")
    return inferred.kind === "tensor" ? mergeTensors(declared, inferred) : declared;
  if ((declared.kind === "tuple" || declared.kind === "future") && inferred.kind === declared.kind) {
    if (declared.types.length !== inferred.types.length) return undefined;
    const types = declared.types.map((type, i) => mergeTypes(type, inferred.types[i]!));
    return types.every((type) => type !== undefined) ? { kind: declared.kind, types } : undefined;
  }
  return declared;
}

function mergeTensors(declared: TensorType, inferred: TensorType): TensorType | undefined {
  if (declared.shape.length !== inferred.shape.length) return undefined;
  const shape = declared.shape.map((size, d) => (size === DYNAMIC ? inferred.shape[d]! : size));
  const agree = inferred.shape.every((size, d) => size === DYNAMIC || size === shape[d]);
  if (!agree) return undefined;
  // Bounds say nothing about dimensions that are known.
  const { encoding } = declared;
  const keep = encoding && (shape.includes(DYNAMIC) || sameType(declared, { ...declared, shape }));
  return { kind: "tensor", shape, element: declared.element, ...(keep && { encoding }) };
}
