/** Axes along which a value is still to be reduced: how they may come and go. */
import { type Axis, endOf, type Mesh, overlap } from "./axes.ts";
import type { Sharding } from "./tensor.ts";

/** Reductions with which axes may be introduced and removed. */
interface Transition {
  readonly introduced: string;
  readonly removed: string;
}

/** Whether every device of `axis` is in `others`, part by part. */
function isCovered(axis: Axis, others: readonly Axis[], mesh: Mesh): boolean {
  const parts = others.filter(({ name }) => name === axis.name);
  let start = axis.part?.pre ?? 1;
  const end = endOf(axis, mesh);
  while (start < end) {
    const next = parts.find((part) => (part.part?.pre ?? 1) <= start && endOf(part, mesh) > start);
    if (!next) return false;
    start = endOf(next, mesh);
  }
  return true;
}

/** Axes along which the value needs no reduction before and needs one after. */
export function introducedAxes(from: Sharding, to: Sharding, mesh: Mesh): readonly Axis[] {
  return to.unreduced.filter((axis) => !isCovered(axis, from.unreduced, mesh));
}

export function problemOfTransition(
  from: Sharding,
  to: Sharding,
  mesh: Mesh,
  { introduced, removed }: Transition,
): string | undefined {
  const added = introducedAxes(from, to, mesh);
  const dropped = introducedAxes(to, from, mesh);
  if (added.length > 0 && to.reduction !== introduced)
    return `axes become unreduced for '${to.reduction}' instead of '${introduced}'`;
  if (dropped.length > 0 && from.reduction !== removed)
    return `axes that are unreduced for '${from.reduction}' are reduced by '${removed}'`;
  const kept = to.unreduced.some((axis) => from.unreduced.some((other) => overlap(axis, other)));
  return kept && from.reduction !== to.reduction
    ? `unreduced axes change from '${from.reduction}' to '${to.reduction}'`
    : undefined;
}
