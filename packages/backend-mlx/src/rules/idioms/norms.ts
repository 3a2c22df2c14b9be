import type { Operation, Value } from "@hloom/ir";
import { mlx } from "../../dialect.ts";
import { attributes, definedBy, rankOf, shapeOf } from "../lowering.ts";
import type { Idiom } from "./idiom.ts";
import { behind, either, isComputed, numberIn, rowMean, type Seen, squared, underRoot } from "./match.ts";

interface Norm {
  readonly operand: Value;
  readonly eps: number;
  readonly weight?: Value;
}

/** `v + eps` of a row, for a small eps. */
function withEpsilon(seen: Seen): { readonly seen: Seen; readonly eps: number } | undefined {
  for (const [mean, epsilon] of either(definedBy(seen.value, "stablehlo.add"))) {
    const eps = numberIn(epsilon);
    if (eps !== undefined && eps >= 0 && eps < 1) return { seen: behind(mean, seen.dims), eps };
  }
  return undefined;
}

/** `scale` when a value is `1 / √(mean(square) + eps)` of each row of the last axis. */
function scaleOf(value: Value): { readonly square: Value; readonly eps: number } | undefined {
  const seen = behind(value);
  const root = underRoot(seen.value);
  const sum = root && withEpsilon(behind(root, seen.dims));
  const mean = sum && rowMean(sum.seen);
  return mean && mean.axis === rankOf(mean.operand) - 1 ? { square: mean.operand, eps: sum.eps } : undefined;
}

/** A vector along the last axis of the value that it is broadcast to. */
function alongLast(value: Value): Value | undefined {
  const { value: source, dims } = behind(value);
  const size = shapeOf(value).at(-1);
  return dims.length === 1 && dims[0] === rankOf(value) - 1 && shapeOf(source)[0] === size
    ? source
    : undefined;
}

/** `x · scale`, or `x · (scale · weight)` as Flax writes it. */
function normOf(
  operation: Operation,
  squareIsOf: (square: Value, x: Value) => Value | undefined,
): Norm | undefined {
  for (const [x, factor] of either(operation)) {
    for (const [scale, other] of [
      [factor, undefined] as const,
      ...either(definedBy(factor, "stablehlo.multiply")),
    ]) {
      const found = scaleOf(scale);
      const operand = found && squareIsOf(found.square, x);
      const weight = other && alongLast(other);
      if (!found || !operand || !isComputed(operand) || (other && !weight)) continue;
      return { operand, eps: found.eps, ...(weight && { weight }) };
    }
  }
  return undefined;
}

/** x when `value` is x minus the mean of its row. */
function centred(value: Value): Value | undefined {
  const subtract = definedBy(value, "stablehlo.subtract");
  const [x, mean] = subtract?.operands ?? [];
  const of = mean && rowMean(behind(mean));
  return of && of.operand === x && of.axis === rankOf(x) - 1 ? x : undefined;
}

const inputsOf = ({ operand, weight }: Norm) => (weight ? [operand, weight] : [operand]);

export const layerNorm: Idiom<Norm> = {
  name: "layer-norm",
  why: "One visit to each row instead of four.",
  on: ["stablehlo.multiply"],
  match: (operation) =>
    normOf(operation, (square, x) => {
      const operand = centred(x);
      const difference = squared(square);
      return operand && difference && centred(difference) === operand ? operand : undefined;
    }),
  emit: (norm, builder) => builder.emit(mlx.layerNorm, inputsOf(norm), { eps: norm.eps }),
  tolerance: 1e-5,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %n = stablehlo.constant dense<8.0> : tensor<4x1xf32>
    %eps = stablehlo.constant dense<1.0e-05> : tensor<4x1xf32>
    %0 = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0] : (tensor<4xf32>) -> tensor<4x1xf32>
    %2 = stablehlo.divide %1, %n : tensor<4x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<4x1xf32>) -> tensor<4x8xf32>
    %4 = stablehlo.subtract %x, %3 : tensor<4x8xf32>
    %5 = stablehlo.multiply %4, %4 : tensor<4x8xf32>
    %6 = stablehlo.reduce(%5 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %7 = stablehlo.reshape %6 : (tensor<4xf32>) -> tensor<4x1xf32>
    %8 = stablehlo.divide %7, %n : tensor<4x1xf32>
    %9 = stablehlo.add %8, %eps : tensor<4x1xf32>
    %10 = stablehlo.rsqrt %9 : tensor<4x1xf32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1] : (tensor<4x1xf32>) -> tensor<4x8xf32>
    %12 = stablehlo.multiply %4, %11 : tensor<4x8xf32>
    return %12 : tensor<4x8xf32>
  }
}`,
};

export const rmsNorm: Idiom<Norm> = {
  name: "rms-norm",
  why: "One visit to each row instead of three.",
  on: ["stablehlo.multiply"],
  match: (operation) => normOf(operation, (square, x) => (squared(square) === x ? x : undefined)),
  emit: (norm, builder) => builder.emit(mlx.rmsNorm, inputsOf(norm), { eps: norm.eps }),
  tolerance: 1e-5,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>, %w: tensor<8xf32>) -> tensor<4x8xf32> {
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %n = stablehlo.constant dense<8.0> : tensor<4x1xf32>
    %eps = stablehlo.constant dense<1.0e-06> : tensor<4x1xf32>
    %0 = chlo.square %x : tensor<4x8xf32> -> tensor<4x8xf32>
    %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [0] : (tensor<4xf32>) -> tensor<4x1xf32>
    %3 = stablehlo.divide %2, %n : tensor<4x1xf32>
    %4 = stablehlo.add %3, %eps : tensor<4x1xf32>
    %5 = stablehlo.rsqrt %4 : tensor<4x1xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1] : (tensor<4x1xf32>) -> tensor<4x8xf32>
    %7 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
    %8 = stablehlo.multiply %6, %7 : tensor<4x8xf32>
    %9 = stablehlo.multiply %x, %8 : tensor<4x8xf32>
    return %9 : tensor<4x8xf32>
  }
}`,
};

interface Further {
  readonly norm: Operation;
  readonly vector: Value;
}

/** A norm of `count` operands, and the vector that is applied to its result. */
function further(operation: Operation, names: readonly string[], count: number): Further | undefined {
  for (const [result, other] of either(operation)) {
    const norm = names.map((name) => definedBy(result, name)).find((found) => found !== undefined);
    const vector = alongLast(other);
    if (norm?.operands.length === count && vector) return { norm, vector };
  }
  return undefined;
}

export const normWeight: Idiom<Further> = {
  name: "norm-weight",
  why: "The weight is applied while a row is at hand.",
  on: ["stablehlo.multiply"],
  match: (operation) => further(operation, [mlx.layerNorm.name, mlx.rmsNorm.name], 1),
  emit: ({ norm, vector }, builder) => {
    const { eps } = attributes<{ eps: number }>(norm);
    const definition = norm.name === mlx.layerNorm.name ? mlx.layerNorm : mlx.rmsNorm;
    return builder.emit(definition, [...norm.operands, vector], { eps });
  },
  tolerance: 1e-6,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>, %w: tensor<8xf32>) -> tensor<4x8xf32> {
    %0 = "mlx.rms_norm"(%x) {eps = 1.0e-06 : f64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %1 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
    %2 = stablehlo.multiply %1, %0 : tensor<4x8xf32>
    return %2 : tensor<4x8xf32>
  }
}`,
};

export const normBias: Idiom<Further> = {
  name: "norm-bias",
  why: "The bias is added while a row is at hand.",
  on: ["stablehlo.add"],
  match: (operation) => further(operation, [mlx.layerNorm.name], 2),
  emit: ({ norm, vector }, builder) => {
    const { eps } = attributes<{ eps: number }>(norm);
    return builder.emit(mlx.layerNorm, [...norm.operands, vector], { eps });
  },
  tolerance: 1e-6,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>, %w: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
    %0 = "mlx.layer_norm"(%x, %w) {eps = 1.0e-05 : f64} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    %1 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
    %2 = stablehlo.add %0, %1 : tensor<4x8xf32>
    return %2 : tensor<4x8xf32>
  }
}`,
};
