/** How a tensor is split over processes. */
import type { ProcessGrid } from "../../declare/define.ts";
import { coordinatesOf, type Mesh, placeAlong, placement, type Sharding } from "../../ops/mesh.ts";

export interface Tiling {
  /** Into how many parts each dimension is split. */
  readonly counts: readonly number[];
  /** Of each partition: which part along each dimension it has. */
  readonly parts: readonly (readonly number[])[];
  /** Of each partition: where it is in the mesh, to find a neighbour that has some other part. */
  readonly places: readonly (readonly number[])[];
  /** Into how many addends the tensor is split besides, and which of them each partition has. */
  readonly addends: number;
  readonly addend: readonly number[];
}

const whole = (partitions: number) => ({ addends: 1, addend: new Array<number>(partitions).fill(0) });

export function isReplicated({ counts, addends }: Tiling): boolean {
  return addends === 1 && counts.every((count) => count === 1);
}

/** Whether every partition has the same part by both. */
export function isSame(a: Tiling, b: Tiling): boolean {
  const key = ({ counts, parts, addends, addend }: Tiling) =>
    JSON.stringify([counts, parts, addends, addend]);
  return key(a) === key(b);
}

export function replicated(rank: number, { partitions }: ProcessGrid): Tiling {
  const nothing = new Array<number>(rank).fill(0);
  return {
    counts: new Array<number>(rank).fill(1),
    parts: Array.from({ length: partitions }, () => nothing),
    places: Array.from({ length: partitions }, (_, partition) => [partition]),
    ...whole(partitions),
  };
}

/** By Shardy; over the `manual` axes only, when they are given. */
export function shardyTiling(
  sharding: Sharding,
  mesh: Mesh,
  { partitions }: ProcessGrid,
  manual?: readonly string[],
): Tiling {
  const positions = Array.from({ length: partitions }, (_, id) => Math.max(0, mesh.deviceIds.indexOf(id)));
  const placements = positions.map((position) => placement(sharding, mesh, position, manual));
  const unreduced = sharding.unreduced_axes.map(({ fields }) => fields);
  const summed = unreduced.filter(({ name }) => manual?.includes(name) ?? true);
  const sums = positions.map((position) => placeAlong(summed, mesh, position));
  return {
    counts: placements[0]!.map(({ count }) => count),
    parts: placements.map((dimensions) => dimensions.map(({ index }) => index)),
    places: positions.map((position) => coordinatesOf(mesh, position)),
    addends: sums[0]!.count,
    addend: sums.map(({ index }) => index),
  };
}

/** The partition that has an addend of the part `wanted` and differs from `self` on the fewest axes of the mesh. */
export function holderOf(tiling: Tiling, wanted: readonly number[], addend: number, self: number): number {
  const { parts, places } = tiling;
  const distance = (other: number) =>
    places[other]!.reduce((sum, at, axis) => sum + (at === places[self]![axis] ? 0 : 1), 0);
  let best = -1;
  for (const [other, part] of parts.entries()) {
    if (tiling.addend[other] !== addend || part.some((index, d) => index !== wanted[d])) continue;
    if (best < 0 || distance(other) < distance(best)) best = other;
  }
  if (best < 0) throw new Error("no process has a part of a tensor");
  return best;
}
