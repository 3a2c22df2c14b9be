import { stablehlo, type Value } from "@hloom/ir";
import { mlx } from "../../dialect.ts";
import { definedBy, product, resultTypes, shapeOf } from "../lowering.ts";
import type { Idiom } from "./idiom.ts";
import { behind, either, isComputed, numberIn, type RowReduction, rowReduction, type Seen } from "./match.ts";
import { rowMaximum } from "./softmax.ts";

/** The largest element where it is finite, else zero: what JAX subtracts, so that ∞ - ∞ does not happen. */
function finiteMaximum(seen: Seen): RowReduction | undefined {
  const select = definedBy(seen.value, "stablehlo.select");
  const [test, largest, zero] = select?.operands ?? [];
  const tested = definedBy(test, "stablehlo.is_finite")?.operands[0];
  return tested && largest === tested && numberIn(zero) === 0
    ? rowMaximum(behind(largest, seen.dims))
    : undefined;
}

/** The sum in the logarithm; JAX takes its magnitude, which changes nothing. */
function sumOf(logarithm: Value): Value | undefined {
  const sum = definedBy(logarithm, "stablehlo.log")?.operands[0];
  return definedBy(sum, "stablehlo.abs")?.operands[0] ?? sum;
}

export const logsumexp: Idiom<{ operand: Value; axis: number }> = {
  name: "logsumexp",
  why: "Two visits to each row instead of four, and infinite rows need no care.",
  on: ["stablehlo.add"],
  match: (operation) => {
    for (const [logarithm, offset] of either(operation)) {
      const sum = sumOf(logarithm);
      const total = sum && totalOf(sum);
      const shifted = definedBy(
        definedBy(total?.operand, "stablehlo.exponential")?.operands[0],
        "stablehlo.subtract",
      );
      const [operand, subtracted] = shifted?.operands ?? [];
      if (!total || !operand || !subtracted || !isComputed(operand)) continue;
      const seen = behind(subtracted);
      const largest = finiteMaximum(seen);
      const isRow =
        product(shapeOf(operation.results[0])) * shapeOf(operand)[total.axis]! === product(shapeOf(operand));
      if (
        !isRow ||
        seen.value !== behind(offset).value ||
        largest?.operand !== operand ||
        largest.axis !== total.axis
      )
        continue;
      return { operand, axis: total.axis };
    }
    return undefined;
  },
  emit: ({ operand, axis }, builder, operation) => {
    const kept = builder.value(mlx.logsumexp, [operand], { axis });
    return builder.emit(stablehlo.reshape, [kept], {}, { results: resultTypes(operation) });
  },
  tolerance: 1e-6,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>) -> tensor<4xf32> {
    %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %0 = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %1 = stablehlo.broadcast_in_dim %low, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<4xf32>
    %3 = stablehlo.is_finite %2 : (tensor<4xf32>) -> tensor<4xi1>
    %4 = stablehlo.broadcast_in_dim %zero, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %5 = stablehlo.select %3, %2, %4 : tensor<4xi1>, tensor<4xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32>
    %7 = stablehlo.subtract %x, %6 : tensor<4x8xf32>
    %8 = stablehlo.exponential %7 : tensor<4x8xf32>
    %9 = stablehlo.reduce(%8 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %10 = stablehlo.abs %9 : tensor<4xf32>
    %11 = stablehlo.log %10 : tensor<4xf32>
    %12 = stablehlo.add %11, %5 : tensor<4xf32>
    return %12 : tensor<4xf32>
  }
}`,
};

/** The sum with its operand, seen from the result of the reduction itself. */
function totalOf(sum: Value): RowReduction | undefined {
  const { value } = behind(sum);
  const source = definedBy(value, "stablehlo.reduce")?.operands[0];
  if (!source) return undefined;
  const axes = shapeOf(source).map((_, d) => d);
  for (const axis of axes) {
    const found = rowReduction({ value, dims: axes.filter((d) => d !== axis) }, "stablehlo.add", 0);
    if (found?.axis === axis) return found;
  }
  return undefined;
}
