/**
 * What operations of the runtime mean, in StableHLO: so the reference evaluator runs every stage of the pipeline, and a rule
 * is tested by evaluating both of its sides.
 */
import { type Builder, type Operation, type Rule, stablehlo, type TensorType, type Value } from "@hloom/ir";
import { mlx } from "./dialect.ts";
import { attributes, range, rankOf, shapeOf, typeOf } from "./rules/lowering.ts";

type Meaning = (operation: Operation, builder: Builder) => readonly Value[];

/** A number of any element, everywhere. */
function splat(builder: Builder, type: TensorType, number: number): Value {
  const bytes = new Uint8Array(new Float32Array([number]).buffer);
  const single: TensorType = { kind: "tensor", shape: [], element: "f32" };
  const value = { kind: "dense", type: single, data: bytes, splat: true } as const;
  const constant = builder.value(stablehlo.constant, [], { value }, { results: [single] });
  const results = [scalarOf(type)];
  const typed = builder.value(stablehlo.convert, [constant], {}, { results });
  return type.shape.length === 0 ? typed : spread(builder, typed, type.shape, []);
}

const scalarOf = ({ element }: TensorType): TensorType => ({ kind: "tensor", shape: [], element });

function spread(
  builder: Builder,
  value: Value,
  shape: readonly number[],
  dimensions: readonly number[],
): Value {
  const results = [{ ...typeOf(value), shape }];
  return builder.value(stablehlo.broadcastInDim, [value], { broadcast_dimensions: dimensions }, { results });
}

/** The reduction of one axis, spread over it again. */
function rowWise(
  builder: Builder,
  operand: Value,
  axis: number,
  combiner: typeof stablehlo.add | typeof stablehlo.maximum,
  initial: number,
): Value {
  const { shape } = typeOf(operand);
  const scalar = scalarOf(typeOf(operand));
  const start = splat(builder, scalar, initial);
  const body = builder.region([scalar, scalar], (inner, args) => {
    inner.emit(stablehlo.returnOp, [inner.value(combiner, args)]);
  });
  const kept = range(shape.length).filter((d) => d !== axis);
  const results = [{ ...typeOf(operand), shape: kept.map((d) => shape[d]!) }];
  const options = { results, regions: [body] };
  const reduced = builder.value(stablehlo.reduce, [operand, start], { dimensions: [axis] }, options);
  return spread(builder, reduced, shape, kept);
}

/** Exponentials of the distances to the largest element of each row, that element, and their sum. */
function exponentials(builder: Builder, operand: Value, axis: number) {
  const largest = rowWise(builder, operand, axis, stablehlo.maximum, -Infinity);
  const terms = builder.value(stablehlo.exponential, [builder.value(stablehlo.subtract, [operand, largest])]);
  return { largest, terms, sum: rowWise(builder, terms, axis, stablehlo.add, 0) };
}

function head(builder: Builder, operand: Value, axis: number): Value {
  const shape = shapeOf(operand);
  return builder.value(stablehlo.slice, [operand], {
    start_indices: shape.map(() => 0),
    limit_indices: shape.with(axis, 1),
    strides: shape.map(() => 1),
  });
}

/** `x / √(mean(x²) + eps)` of the last axis. */
function scaled(builder: Builder, x: Value, eps: number): Value {
  const axis = rankOf(x) - 1;
  const square = builder.value(stablehlo.multiply, [x, x]);
  const count = splat(builder, typeOf(x), shapeOf(x)[axis]!);
  const mean = builder.value(stablehlo.divide, [rowWise(builder, square, axis, stablehlo.add, 0), count]);
  const root = builder.value(stablehlo.rsqrt, [
    builder.value(stablehlo.add, [mean, splat(builder, typeOf(x), eps)]),
  ]);
  return builder.value(stablehlo.multiply, [x, root]);
}

function alongLast(builder: Builder, vector: Value, x: Value): Value {
  return spread(builder, vector, shapeOf(x), [rankOf(x) - 1]);
}

function norm(builder: Builder, operation: Operation, centred: boolean): Value {
  const { eps } = attributes<{ eps: number }>(operation);
  const [x, weight, bias] = operation.operands as [Value, Value?, Value?];
  const axis = rankOf(x) - 1;
  const count = splat(builder, typeOf(x), shapeOf(x)[axis]!);
  const mean = () => builder.value(stablehlo.divide, [rowWise(builder, x, axis, stablehlo.add, 0), count]);
  const unit = scaled(builder, centred ? builder.value(stablehlo.subtract, [x, mean()]) : x, eps);
  const weighted = weight ? builder.value(stablehlo.multiply, [unit, alongLast(builder, weight, x)]) : unit;
  return bias ? builder.value(stablehlo.add, [weighted, alongLast(builder, bias, x)]) : weighted;
}

/** The best element of a row and the first place that has it; NaN is best of all. */
function best(operation: Operation, builder: Builder, direction: "GT" | "LT"): readonly Value[] {
  const [operand] = operation.operands as [Value];
  const { axis } = attributes<{ axis: number }>(operation);
  const { shape } = typeOf(operand);
  const result = typeOf(operation.results[0]);
  const [scalar, place] = [scalarOf(typeOf(operand)), scalarOf(result)];
  const compare = (inner: Builder, how: string, x: Value, y: Value) =>
    inner.value(stablehlo.compare, [x, y], { comparison_direction: how });
  const body = builder.region([scalar, place, scalar, place], (inner, [a, i, b, j]) => {
    const wins = inner.value(stablehlo.or, [compare(inner, direction, a!, b!), compare(inner, "NE", a!, a!)]);
    const tied = inner.value(stablehlo.and, [compare(inner, "EQ", a!, b!), compare(inner, "LT", i!, j!)]);
    const earlier = inner.value(stablehlo.or, [wins, tied]);
    inner.emit(stablehlo.returnOp, [
      inner.value(stablehlo.select, [wins, a!, b!]),
      inner.value(stablehlo.select, [earlier, i!, j!]),
    ]);
  });
  const places = builder.value(
    stablehlo.iota,
    [],
    { iota_dimension: axis },
    { results: [{ ...result, shape }] },
  );
  const initial = splat(builder, scalar, direction === "GT" ? -Infinity : Infinity);
  const first = splat(builder, place, 0);
  const types = [{ ...typeOf(operand), shape: result.shape }, result];
  const options = { results: types, regions: [body] };
  const reduced = builder.emit(
    stablehlo.reduce,
    [operand, places, initial, first],
    { dimensions: [axis] },
    options,
  );
  return [reduced[1]!];
}

function extreme(combiner: typeof stablehlo.add | typeof stablehlo.maximum, initial: number): Meaning {
  return (operation, builder) => {
    const [operand] = operation.operands as [Value];
    const { axes } = attributes<{ axes: readonly number[] }>(operation);
    const scalar = scalarOf(typeOf(operand));
    const body = builder.region([scalar, scalar], (inner, args) => {
      inner.emit(stablehlo.returnOp, [inner.value(combiner, args)]);
    });
    const start = splat(builder, scalar, initial);
    const results = operation.results.map(({ type }) => type);
    return builder.emit(
      stablehlo.reduce,
      [operand, start],
      { dimensions: axes },
      { results, regions: [body] },
    );
  };
}

/** softmax(scale · q kᵀ + bias) v */
function attention(operation: Operation, builder: Builder): readonly Value[] {
  const { scale } = attributes<{ scale: number }>(operation);
  const [q, k, v, bias] = operation.operands as [Value, Value, Value, Value?];
  const dot = (lhs: Value, rhs: Value, contracted: number, shape: readonly number[]) =>
    builder.value(
      stablehlo.dotGeneral,
      [lhs, rhs],
      {
        dot_dimension_numbers: {
          lhs_batching_dimensions: [0, 1],
          rhs_batching_dimensions: [0, 1],
          lhs_contracting_dimensions: [3],
          rhs_contracting_dimensions: [contracted],
        },
      },
      { results: [{ ...typeOf(lhs), shape }] },
    );
  const rows = shapeOf(q).slice(0, 3);
  const raw = dot(q, k, 3, [...rows, shapeOf(k)[2]!]);
  const scaled = builder.value(stablehlo.multiply, [raw, splat(builder, typeOf(raw), scale)]);
  const biased = bias
    ? builder.value(stablehlo.add, [scaled, spread(builder, bias, shapeOf(scaled), [0, 1, 2, 3])])
    : scaled;
  const { terms, sum } = exponentials(builder, biased, 3);
  const weights = builder.value(stablehlo.divide, [terms, sum]);
  return [dot(weights, v, 2, [...rows, shapeOf(v)[3]!])];
}

const meanings: Readonly<Record<string, Meaning>> = {
  [mlx.softmax.name]: (operation, builder) => {
    const { axis } = attributes<{ axis: number }>(operation);
    const { terms, sum } = exponentials(builder, operation.operands[0]!, axis);
    return [builder.value(stablehlo.divide, [terms, sum])];
  },
  [mlx.logsumexp.name]: (operation, builder) => {
    const { axis } = attributes<{ axis: number }>(operation);
    const { largest, sum } = exponentials(builder, operation.operands[0]!, axis);
    const value = builder.value(stablehlo.add, [builder.value(stablehlo.log, [sum]), largest]);
    return [head(builder, value, axis)];
  },
  [mlx.layerNorm.name]: (operation, builder) => [norm(builder, operation, true)],
  [mlx.rmsNorm.name]: (operation, builder) => [norm(builder, operation, false)],
  [mlx.scaledDotProductAttention.name]: attention,
  [mlx.argmax.name]: (operation, builder) => best(operation, builder, "GT"),
  [mlx.argmin.name]: (operation, builder) => best(operation, builder, "LT"),
  [mlx.max.name]: extreme(stablehlo.maximum, -Infinity),
  [mlx.min.name]: extreme(stablehlo.minimum, Infinity),
};

/** Operations of the runtime as operations of StableHLO. */
export const meaning: readonly Rule[] = Object.entries(meanings).map(([name, emit]) => ({
  name: `meaning-of-${name}`,
  why: "What the operation of the runtime computes.",
  on: [name],
  match: (operation) => operation,
  emit: (_, builder, operation) => emit(operation, builder),
}));
