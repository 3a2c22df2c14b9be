/** Cutting tensors into the parts that processes have, and joining them again. */
import type { Value } from "../../model/operation.ts";
import { type Element, type TensorType, tensor } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import type { Builder } from "../builder.ts";
import { splat } from "../constants.ts";
import { classesOf, type Lanes, perClass } from "./lanes.ts";
import { holderOf, isReplicated, isSame, type Tiling } from "./tiling.ts";

/** The type of a part. Throws when the parts are not equal. */
export function partType(whole: TensorType, { counts }: Tiling): TensorType {
  const shape = whole.shape.map((size, d) => {
    const count = counts[d] ?? 1;
    if (size % count === 0) return size / count;
    throw new Error(`dimension ${d} of size ${size} does not divide into ${count} equal parts`);
  });
  return tensor(shape, whole.element);
}

/** Part `index` along each dimension. */
export function sliceAt(builder: Builder, whole: Value, index: readonly number[], part: TensorType): Value {
  const type = whole.type as TensorType;
  if (type.shape.every((size, d) => size === part.shape[d])) return whole;
  const starts = part.shape.map((size, d) => size * (index[d] ?? 0));
  const limits = starts.map((start, d) => start + part.shape[d]!);
  const strides = starts.map(() => 1);
  const attributes = { start_indices: starts, limit_indices: limits, strides };
  return builder.value(stablehlo.slice, [whole], attributes);
}

/** What wholes were joined from, so that cutting one the same way again gives the very parts. */
const joined = new WeakMap<Value, { readonly parts: Lanes; readonly tiling: Tiling }>();

/** Each process keeps its part; of several addends the first is the tensor, and the others are zero. */
export function split(builder: Builder, whole: Lanes, tiling: Tiling): Lanes {
  if (whole[0]!.type.kind !== "tensor") return whole;
  const origin = joined.get(whole[0]!);
  if (origin && isSame(origin.tiling, tiling) && whole.every((value) => value === whole[0]))
    return origin.parts;
  const type = partType(whole[0]!.type, tiling);
  const made = new Map<Value, Map<string, Value>>();
  let nothing: Value | undefined;
  return whole.map((value, lane) => {
    const partition = lane % tiling.parts.length;
    if (tiling.addend[partition] !== 0) return (nothing ??= splat(builder, type, type.element as Element, 0));
    const index = tiling.parts[partition]!;
    const cuts = made.get(value) ?? new Map<string, Value>();
    made.set(value, cuts);
    const cut = cuts.get(index.join()) ?? sliceAt(builder, value, index, type);
    cuts.set(index.join(), cut);
    return cut;
  });
}

/** Each process gets the whole, from those whose parts are its neighbours'. */
export function join(builder: Builder, parts: Lanes, tiling: Tiling): Lanes {
  const { counts } = tiling;
  if (parts[0]!.type.kind !== "tensor" || isReplicated(tiling)) return parts;
  const partitions = tiling.parts.length;
  const indices = allIndices(counts);
  const pieces = indices.map((index) => {
    const addends = Array.from({ length: tiling.addends }, (_, addend) =>
      parts.map((_, lane) => {
        const partition = lane % partitions;
        return parts[lane - partition + holderOf(tiling, index, addend, partition)]!;
      }),
    );
    return sum(builder, addends);
  });
  const classes = classesOf(pieces, parts.length);
  const [whole] = perClass(classes, (lane) => [
    assemble(
      builder,
      pieces.map((values) => values[lane]!),
      counts,
    ),
  ]);
  if (new Set(whole).size === 1) joined.set(whole![0]!, { parts, tiling });
  return whole!;
}

/** The sum of the addends of each process. */
function sum(builder: Builder, addends: readonly Lanes[]): Lanes {
  if (addends.length === 1) return addends[0]!;
  const classes = classesOf(addends, addends[0]!.length);
  const [total] = perClass(classes, (lane) => [
    addends
      .map((values) => values[lane]!)
      .reduce((before, value) => builder.value(stablehlo.add, [before, value])),
  ]);
  return total!;
}

/** Row-major. */
function allIndices(counts: readonly number[]): number[][] {
  return counts.reduce<number[][]>(
    (prefixes, count) =>
      prefixes.flatMap((prefix) => Array.from({ length: count }, (_, i) => [...prefix, i])),
    [[]],
  );
}

/** Pieces in row-major order, joined along the last dimension first. */
function assemble(builder: Builder, pieces: readonly Value[], counts: readonly number[]): Value {
  let rows = pieces;
  for (let d = counts.length - 1; d >= 0; d--) {
    const count = counts[d]!;
    if (count === 1) continue;
    rows = Array.from({ length: rows.length / count }, (_, i) =>
      concatenate(builder, rows.slice(i * count, (i + 1) * count), d),
    );
  }
  return rows[0]!;
}

export function concatenate(builder: Builder, values: readonly Value[], dimension: number): Value {
  return values.length === 1 ? values[0]! : builder.value(stablehlo.concatenate, values, { dimension });
}
