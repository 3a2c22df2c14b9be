/** Axes along which a value is still to be reduced: how they may come and go. */
import { type Axis, axisText, endOf, type Mesh, overlap } from "./axes.ts";
import type { Sharding } from "./tensor.ts";

/** Reductions with which axes may be introduced and removed; without one they may not. */
interface Transition {
  readonly introduced?: string;
  readonly removed?: string;
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

export function problemOfTransition(
  from: Sharding,
  to: Sharding,
  mesh: Mesh,
  { introduced, removed }: Transition,
): string | undefined {
  const added = to.unreduced.filter((axis) => !isCovered(axis, from.unreduced, mesh));
  const dropped = from.unreduced.filter((axis) => !isCovered(axis, to.unreduced, mesh));
  if (added.length > 0 && introduced === undefined)
    return `the axis ${axisText(added[0]!)} becomes unreduced here`;
  if (added.length > 0 && to.reduction !== introduced)
    return `axes become unreduced for '${to.reduction}' instead of '${introduced}'`;
  if (dropped.length > 0 && removed === undefined) return `the axis ${axisText(dropped[0]!)} is not reduced`;
  if (dropped.length > 0 && from.reduction !== removed)
    return `axes that are unreduced for '${from.reduction}' are reduced by '${removed}'`;
  const kept = to.unreduced.some((axis) => from.unreduced.some((other) => overlap(axis, other)));
  return kept && from.reduction !== to.reduction
    ? `unreduced axes change from '${from.reduction}' to '${to.reduction}'`
    : undefined;
}
