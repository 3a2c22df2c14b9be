/** Upper bounds of dynamic dimensions, which StableHLO keeps in the encoding of a tensor (spec outline: "Dynamism"). */
import type { Attribute, RecordAttribute } from "../model/attributes.ts";
import { DYNAMIC, type TensorType, type Type } from "../model/types.ts";
import { typeExtensions } from "./records.ts";

/** The bound of each dimension, -1 for none; an empty list when the type has no bounds at all. */
export function boundsOf(type: Type): readonly number[] {
  const encoding = type.kind === "tensor" ? type.encoding : undefined;
  return encoding ? (typeExtensions.decode(encoding)?.bounds ?? []) : [];
}

/** The bound of one dimension, -1 for none. */
export function boundOf(type: TensorType, dimension: number): number {
  return boundsOf(type)[dimension] ?? DYNAMIC;
}

/** `type` with bounds instead of its encoding; with an empty list the encoding of `prototype` stays. */
export function withBounds(
  { shape, element }: TensorType,
  bounds: readonly number[],
  prototype?: Attribute,
): TensorType {
  const type: TensorType = { kind: "tensor", shape, element };
  if (bounds.length === 0) return prototype ? { ...type, encoding: prototype } : type;
  if (bounds.every((bound) => bound === DYNAMIC)) return type;
  return { ...type, encoding: typeExtensions.encode({ bounds }) as RecordAttribute };
}
