import {
  type Builder,
  copyModule,
  type Module,
  type Operation,
  stablehlo,
  type TensorType,
  type Value,
  walk,
} from "@hloom/ir";
import { mlx } from "../../dialect.ts";
import { attributes, definedBy, product, range, rankOf, resultTypes, shapeOf, typeOf } from "../lowering.ts";
import type { Idiom } from "./idiom.ts";
import { behind, either, isComputed, numberIn, type Seen } from "./match.ts";

interface Dot {
  readonly lhs: Value;
  readonly rhs: Value;
  readonly batch: readonly (readonly [number, number])[];
  readonly contracted: readonly (readonly [number, number])[];
}

/** A product as sides and dimension pairs, with `first` as the left one. */
function dotOf(operation: Operation | undefined, first?: Value): Dot | undefined {
  if (operation?.name !== "stablehlo.dot_general") return undefined;
  const { dot_dimension_numbers: n } = attributes<{
    dot_dimension_numbers: Readonly<Record<string, readonly number[]>>;
  }>(operation);
  const [lhs, rhs] = operation.operands as [Value, Value];
  const pairs = (kind: string, swap: boolean) =>
    n[`lhs_${kind}_dimensions`]!.map((left, i): readonly [number, number] => {
      const right = n[`rhs_${kind}_dimensions`]![i]!;
      return swap ? [right, left] : [left, right];
    });
  const swap = first !== undefined && first === rhs;
  const [left, right] = swap ? [rhs, lhs] : [lhs, rhs];
  return { lhs: left, rhs: right, batch: pairs("batching", swap), contracted: pairs("contracting", swap) };
}

const freeOf = (rank: number, taken: readonly number[]) => range(rank).filter((d) => !taken.includes(d));

/** The scores before the softmax: their dimensions as those of the product of queries and keys. */
interface Scores {
  readonly dot: Dot;
  /** Dimension of the product for each dimension of the softmax's operand. */
  readonly order: readonly number[];
  readonly scale: number;
  readonly mask?: Mask;
}

/** Added to the scores, or a predicate and what takes their place where it does not hold; seen from the softmax's operand. */
interface Mask {
  readonly seen: Seen;
  readonly fill?: number;
}

/** Downwards from the softmax, through a mask, a scale and transposes in any order, to the product. */
function scoresOf(value: Value, order = range(rankOf(value)), scale = 1, mask?: Mask): Scores | undefined {
  const dot = dotOf(definedBy(value, "stablehlo.dot_general"));
  if (dot) return { dot, order, scale, ...(mask && { mask }) };
  const transpose = definedBy(value, "stablehlo.transpose");
  if (transpose) {
    const { permutation } = attributes<{ permutation: readonly number[] }>(transpose);
    return scoresOf(
      transpose.operands[0]!,
      order.map((d) => permutation[d]!),
      scale,
      mask,
    );
  }
  for (const [inner, factor] of either(definedBy(value, "stablehlo.multiply"))) {
    const number = numberIn(factor);
    if (number !== undefined) return scoresOf(inner, order, scale * number, mask);
  }
  const divide = definedBy(value, "stablehlo.divide");
  const divisor = numberIn(divide?.operands[1]);
  if (divide && divisor) return scoresOf(divide.operands[0]!, order, scale / divisor, mask);
  // A mask that is scaled afterwards is another one.
  return mask || scale !== 1 ? undefined : maskedScores(value, order);
}

function maskedScores(value: Value, order: readonly number[]): Scores | undefined {
  const place = order.map((_, i) => order.indexOf(i));
  const select = definedBy(value, "stablehlo.select");
  const fill = numberIn(select?.operands[2]);
  // A predicate of rank 0 is no mask.
  if (select && fill !== undefined && fill < -1e30 && rankOf(select.operands[0]) > 0)
    return scoresOf(select.operands[1]!, [...order], 1, { seen: behind(select.operands[0]!, place), fill });
  for (const [inner, bias] of either(definedBy(value, "stablehlo.add"))) {
    const found = scoresOf(inner, [...order], 1, { seen: behind(bias, place) });
    if (found) return found;
  }
  return undefined;
}

interface Attention {
  readonly scores: Scores;
  readonly values: Value;
  /** Of the queries: batch, free dimensions in the order of the softmax's operand, and the contracted one. */
  readonly queryOrder: readonly number[];
  readonly keyOrder: readonly number[];
  readonly valueOrder: readonly number[];
  /** Dimensions of the softmax's operand as [batch…, queries…, keys]. */
  readonly scoreOrder: readonly number[];
  readonly batches: number;
  /** Dimension of [batch…, queries…, value] for each dimension of the result. */
  readonly resultOrder: readonly number[];
}

const sharedName = "hloom.shared";

/** Marks weights that others use too, as gradients do: they have to be stored, and computing them twice would cost more. */
export function markShared(module: Module): Module {
  const copy = copyModule(module);
  const uses = new Map<Value, number>();
  walk(copy.operation, ({ operands }) => {
    for (const operand of operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  });
  walk(copy.operation, (operation) => {
    if (operation.name === mlx.softmax.name && uses.get(operation.results[0]!) !== 1)
      operation.attributes = { ...operation.attributes, [sharedName]: { kind: "unit" } };
  });
  return copy;
}

function attentionOf(operation: Operation): Attention | undefined {
  for (const side of [0, 1]) {
    const softmax = definedBy(operation.operands[side], mlx.softmax.name);
    if (softmax?.attributes[sharedName]) continue;
    const out = softmax && dotOf(operation, operation.operands[side]);
    const scores = softmax && scoresOf(softmax.operands[0]!);
    if (!softmax || !out || !scores || !isComputed(softmax.operands[0]!)) continue;
    const found = dimensionsOf(softmax, out, scores, side === 0);
    if (found) return found;
  }
  return undefined;
}

function dimensionsOf(
  softmax: Operation,
  out: Dot,
  scores: Scores,
  scoresFirst: boolean,
): Attention | undefined {
  const { dot, order } = scores;
  const { axis } = attributes<{ axis: number }>(softmax);
  const batches = dot.batch.length;
  const queryFree = freeOf(
    rankOf(dot.lhs),
    [...dot.batch, ...dot.contracted].map(([d]) => d),
  );
  const keyFree = freeOf(
    rankOf(dot.rhs),
    [...dot.batch, ...dot.contracted].map(([, d]) => d),
  );
  const valueFree = freeOf(
    rankOf(out.rhs),
    [...out.batch, ...out.contracted].map(([, d]) => d),
  );
  const [key] = keyFree;
  const single = keyFree.length === 1 && valueFree.length === 1 && dot.contracted.length === 1;
  // The product's dimensions are batch, free ones of the left, free ones of the right side.
  const isKey = (d: number) => order[d] === batches + queryFree.length;
  const [contracted] = out.contracted;
  if (!single || key === undefined || !isKey(axis) || out.contracted.length !== 1 || contracted?.[0] !== axis)
    return undefined;
  const outBatch = out.batch.map(([d]) => d);
  if (out.batch.length !== batches || !outBatch.every((d) => order[d]! < batches)) return undefined;
  const queries = range(order.length).filter((d) => order[d]! >= batches && d !== axis);
  const valueOf = (d: number) => out.batch.find(([score]) => score === d)![1];
  const canonical = [...outBatch, ...queries];
  const outFree = freeOf(order.length, [...outBatch, axis]);
  const resultSides = scoresFirst ? [...outFree, -1] : [-1, ...outFree];
  return {
    scores,
    values: out.rhs,
    batches,
    queryOrder: [
      ...outBatch.map((d) => dot.batch[order[d]!]![0]),
      ...queries.map((d) => queryFree[order[d]! - batches]!),
      dot.contracted[0]![0],
    ],
    keyOrder: [...outBatch.map((d) => dot.batch[order[d]!]![1]), key, dot.contracted[0]![1]],
    valueOrder: [...outBatch.map(valueOf), contracted[1], valueFree[0]!],
    scoreOrder: [...canonical, axis],
    resultOrder: [...outBatch, ...resultSides].map((d) => (d < 0 ? canonical.length : canonical.indexOf(d))),
  };
}

function transposed(builder: Builder, value: Value, permutation: readonly number[]): Value {
  return builder.value(stablehlo.transpose, [value], { permutation });
}

function reshaped(builder: Builder, value: Value, shape: readonly number[]): Value {
  return builder.value(stablehlo.reshape, [value], {}, { results: [{ ...typeOf(value), shape }] });
}

/** [1, batch, rows, columns] of a value with `batches` batch dimensions first and the columns last. */
function flattened(builder: Builder, value: Value, permutation: readonly number[], batches: number): Value {
  const moved = transposed(builder, value, permutation);
  const shape = shapeOf(moved);
  const rows = product(shape.slice(batches, -1));
  return reshaped(builder, moved, [1, product(shape.slice(0, batches)), rows, shape.at(-1)!]);
}

/** What is added to the scores, as [1, batch or 1, queries, keys]. */
function biasOf(builder: Builder, { seen, fill }: Mask, attention: Attention, scores: TensorType): Value {
  const { scoreOrder, batches } = attention;
  const wide = range(seen.dims.length).filter((d) => seen.dims[d] !== -1);
  const compact = reshaped(
    builder,
    seen.value,
    wide.map((d) => shapeOf(seen.value)[d]!),
  );
  const bias = fill === undefined ? compact : chosen(builder, compact, fill, scores.element);
  const dimensions = wide.map((d) => scoreOrder.indexOf(seen.dims[d]!));
  const inBatch = dimensions.some((d) => d < batches);
  const full = scoreOrder.map((d, i) => (i < batches && !inBatch ? 1 : scores.shape[d]!));
  const results = [{ ...typeOf(bias), shape: full }];
  const spread = builder.value(
    stablehlo.broadcastInDim,
    [bias],
    { broadcast_dimensions: dimensions },
    { results },
  );
  return reshaped(builder, spread, [
    1,
    product(full.slice(0, batches)),
    product(full.slice(batches, -1)),
    full.at(-1)!,
  ]);
}

function chosen(builder: Builder, predicate: Value, fill: number, element: TensorType["element"]): Value {
  const type: TensorType = { ...typeOf(predicate), element };
  const number = (value: number) => {
    const single: TensorType = { ...type, element: "f32" };
    const data = new Uint8Array(new Float32Array([value]).buffer);
    const dense = { kind: "dense", type: single, data, splat: true } as const;
    const constant = builder.value(stablehlo.constant, [], { value: dense }, { results: [single] });
    return element === "f32"
      ? constant
      : builder.value(stablehlo.convert, [constant], {}, { results: [type] });
  };
  return builder.value(stablehlo.select, [predicate, number(0), number(fill)]);
}

export const attention: Idiom<Attention> = {
  name: "attention",
  why: "Scores are made, softened and used a few rows at a time, and never stored. Heads that share keys are rows of one.",
  on: ["stablehlo.dot_general"],
  match: attentionOf,
  emit: (found, builder, operation) => {
    const { scores, values, batches } = found;
    const { dot, mask, scale } = scores;
    const softmax = operation.operands.map((value) => definedBy(value, mlx.softmax.name)).find((one) => one)!;
    const q = flattened(builder, dot.lhs, found.queryOrder, batches);
    const k = flattened(builder, dot.rhs, found.keyOrder, batches);
    const v = flattened(builder, values, found.valueOrder, batches);
    const bias = mask ? [biasOf(builder, mask, found, typeOf(softmax.results[0]))] : [];
    const type: TensorType = { ...typeOf(v), shape: [...shapeOf(q).slice(0, -1), shapeOf(v).at(-1)!] };
    const attended = builder.value(
      mlx.scaledDotProductAttention,
      [q, k, v, ...bias],
      { scale, causal: 0 },
      { results: [type] },
    );
    const score = typeOf(softmax.results[0]).shape;
    const queries = found.scoreOrder.slice(0, -1).map((d) => score[d]!);
    const unfolded = reshaped(builder, attended, [...queries, type.shape.at(-1)!]);
    const result = transposed(builder, unfolded, found.resultOrder);
    return typeOf(result).element === resultTypes(operation)[0]!.element
      ? [result]
      : builder.emit(stablehlo.convert, [result], {}, { results: resultTypes(operation) });
  },
  tolerance: 1e-5,
  example: `module {
  func.func @main(%q: tensor<2x5x2x3x4xf32>, %k: tensor<2x7x2x4xf32>, %v: tensor<2x7x2x6xf32>, %m: tensor<5x7xi1>) -> tensor<2x2x6x5x3xf32> {
    %half = stablehlo.constant dense<0.5> : tensor<2x2x5x3x7xf32>
    %low = stablehlo.constant dense<-2.38197633E+38> : tensor<2x2x5x3x7xf32>
    %0 = stablehlo.dot_general %q, %k, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3] : (tensor<2x5x2x3x4xf32>, tensor<2x7x2x4xf32>) -> tensor<2x2x5x3x7xf32>
    %1 = stablehlo.multiply %0, %half : tensor<2x2x5x3x7xf32>
    %2 = stablehlo.broadcast_in_dim %m, dims = [2, 4] : (tensor<5x7xi1>) -> tensor<2x2x5x3x7xi1>
    %3 = stablehlo.select %2, %1, %low : tensor<2x2x5x3x7xi1>, tensor<2x2x5x3x7xf32>
    %4 = "mlx.softmax"(%3) {axis = 4 : i64} : (tensor<2x2x5x3x7xf32>) -> tensor<2x2x5x3x7xf32>
    %5 = stablehlo.dot_general %v, %4, batching_dims = [0, 2] x [0, 1], contracting_dims = [1] x [4] : (tensor<2x7x2x6xf32>, tensor<2x2x5x3x7xf32>) -> tensor<2x2x6x5x3xf32>
    return %5 : tensor<2x2x6x5x3xf32>
  }
}`,
};
