/** Regions as tapes: a tape sees only its inputs, so captured values are repeated inside or passed. */
import { isolate, type Operation, type Region, type Value } from "@hloom/ir";

const isConstant = (operation: Operation) => operation.name === "mlx.constant";

/** Regions without captures, constants repeated inside. The caller has refused other captures. */
export function ownRegions(operation: Operation): readonly Region[] {
  const passed = isolate(operation.regions, isConstant);
  if (passed.length > 0) throw new Error(`${operation.name}: the body uses values from outside`);
  return operation.regions;
}

/** Regions whose captured values became further arguments, and those values. */
export function closedRegions(operation: Operation): {
  readonly regions: readonly Region[];
  readonly captured: readonly Value[];
} {
  const captured = isolate(operation.regions, isConstant);
  return { regions: operation.regions, captured };
}
