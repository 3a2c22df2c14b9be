import type { TensorType } from "@hloom/ir";

/** The operand whose shape the result takes: the first that is not a splat. */
export function broadcastShape(...types: readonly TensorType[]): readonly number[] {
  return (types.find((type) => type.shape.length > 0) ?? types[0]!).shape;
}
