/** Looking at StableHLO the way idioms are written: through broadcasts, at reductions of rows, at numbers. */
import type { Operation, TensorType, Value } from "@hloom/ir";
import { combinerOf, numberOf } from "../bodies.ts";
import { attributes, definedBy, range, rankOf, shapeOf, typeOf } from "../lowering.ts";

/** A value as seen from a larger one: its dimension `d` is `dims[d]` of the larger one, -1 for a dimension of one element. */
export interface Seen {
  readonly value: Value;
  readonly dims: readonly number[];
}

/** What is behind broadcasts, and reshapes that only add or remove dimensions of one element. */
export function behind(value: Value, dims: readonly number[] = range(rankOf(value))): Seen {
  const broadcast = definedBy(value, "stablehlo.broadcast_in_dim");
  if (broadcast) {
    const { broadcast_dimensions } = attributes<{ broadcast_dimensions: readonly number[] }>(broadcast);
    return behind(
      broadcast.operands[0]!,
      broadcast_dimensions.map((d) => dims[d]!),
    );
  }
  const reshape = definedBy(value, "stablehlo.reshape");
  const inner = reshape && withoutUnits(shapeOf(reshape.operands[0]), shapeOf(value), dims);
  return inner ? behind(reshape.operands[0]!, inner) : { value, dims };
}

/** Dimensions of `inner` as `dims` of `outer`, when the shapes differ by dimensions of one element only. */
function withoutUnits(
  inner: readonly number[],
  outer: readonly number[],
  dims: readonly number[],
): number[] | undefined {
  const wide = range(outer.length).filter((d) => outer[d] !== 1);
  const result: number[] = [];
  for (const size of inner) {
    if (size === 1) result.push(-1);
    else {
      const d = wide.shift();
      if (d === undefined || outer[d] !== size) return undefined;
      result.push(dims[d]!);
    }
  }
  return wide.length === 0 ? result : undefined;
}

/** The number that every element of the value is. */
export function numberIn(value: Value | undefined): number | undefined {
  if (!value) return undefined;
  const { value: source } = behind(value);
  const dense = definedBy(source, "stablehlo.constant")?.attributes.value;
  if (dense?.kind !== "dense" || typeof dense.type.element !== "string") return undefined;
  const isSingle = dense.splat || dense.type.shape.every((size) => size === 1);
  const number = isSingle ? numberOf(dense.type.element, dense.data) : undefined;
  return number === undefined ? undefined : Number(number);
}

export interface RowReduction {
  readonly operand: Value;
  readonly axis: number;
}

/** A reduction over one axis by `combiner` from `initial`, seen from its operand through broadcasts along that axis. */
export function rowReduction(
  { value, dims }: Seen,
  combiner: string,
  initial: number,
): RowReduction | undefined {
  const reduce = definedBy(value, "stablehlo.reduce");
  if (reduce?.operands.length !== 2 || combinerOf(reduce.regions[0]!) !== combiner) return undefined;
  const { dimensions } = attributes<{ dimensions: readonly number[] }>(reduce);
  const [operand, start] = reduce.operands as [Value, Value];
  const axis = dimensions[0]!;
  const kept = range(rankOf(operand)).filter((d) => d !== axis);
  const inPlace = kept.every((d, i) => dims[i] === d || (dims[i] === -1 && shapeOf(operand)[d] === 1));
  return dimensions.length === 1 && inPlace && numberIn(start) === initial ? { operand, axis } : undefined;
}

/** The mean along one axis: a sum over a count, or times its reciprocal. */
export function rowMean(seen: Seen): RowReduction | undefined {
  const divide = definedBy(seen.value, "stablehlo.divide");
  const multiply = definedBy(seen.value, "stablehlo.multiply");
  const operation = divide ?? multiply;
  if (!operation) return undefined;
  const [sum, factor] = operation.operands as [Value, Value];
  const reduction = rowReduction(behind(sum, seen.dims), "stablehlo.add", 0);
  const number = numberIn(factor);
  if (!reduction || number === undefined) return undefined;
  const count = shapeOf(reduction.operand)[reduction.axis]!;
  return number === (divide ? count : Math.fround(1 / count)) ? reduction : undefined;
}

/** The operands of a commutative operation in both orders. */
export function either(operation: Operation | undefined): readonly (readonly [Value, Value])[] {
  if (operation?.operands.length !== 2) return [];
  const [a, b] = operation.operands as [Value, Value];
  return [
    [a, b],
    [b, a],
  ];
}

/** x when the value is x², written as a product, a square or an integer power. */
export function squared(value: Value): Value | undefined {
  const square = definedBy(value, "chlo.square");
  if (square) return square.operands[0];
  const product = definedBy(value, "stablehlo.multiply");
  return product && product.operands[0] === product.operands[1] ? product.operands[0] : undefined;
}

/** 1/√x of the value, written as one operation or as two. */
export function underRoot(value: Value): Value | undefined {
  return definedBy(value, "stablehlo.rsqrt")?.operands[0];
}

const computed: ReadonlySet<TensorType["element"]> = new Set(["f32", "f16", "bf16"]);

/** Whether the runtime has the idioms for this element. */
export const isComputed = (value: Value): boolean => computed.has(typeOf(value).element);
