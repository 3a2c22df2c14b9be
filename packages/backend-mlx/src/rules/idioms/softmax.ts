import type { Value } from "@hloom/ir";
import { mlx } from "../../dialect.ts";
import { definedBy } from "../lowering.ts";
import type { Idiom } from "./idiom.ts";
import { behind, either, isComputed, numberIn, type RowReduction, rowReduction, type Seen } from "./match.ts";

/** The largest element of each row; JAX also takes the larger of it and -∞. */
export function rowMaximum(seen: Seen): RowReduction | undefined {
  const direct = rowReduction(seen, "stablehlo.maximum", -Infinity);
  if (direct) return direct;
  for (const [bound, largest] of either(definedBy(seen.value, "stablehlo.maximum"))) {
    if (numberIn(bound) === -Infinity)
      return rowReduction(behind(largest, seen.dims), "stablehlo.maximum", -Infinity);
  }
  return undefined;
}

export const softmax: Idiom<{ operand: Value; axis: number }> = {
  name: "softmax",
  why: "One visit to each row instead of five.",
  on: ["stablehlo.divide"],
  match: ({ operands: [numerator, denominator] }) => {
    const exponential = definedBy(numerator, "stablehlo.exponential");
    const shifted = definedBy(exponential?.operands[0], "stablehlo.subtract");
    const sum = shifted && rowReduction(behind(denominator!), "stablehlo.add", 0);
    const [operand, offset] = shifted?.operands ?? [];
    if (!sum || !operand || !offset || sum.operand !== numerator || !isComputed(operand)) return undefined;
    const largest = rowMaximum(behind(offset));
    return largest?.operand === operand && largest.axis === sum.axis
      ? { operand, axis: sum.axis }
      : undefined;
  },
  emit: ({ operand, axis }, builder) => builder.emit(mlx.softmax, [operand], { axis }),
  tolerance: 1e-6,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %0 = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %1 = stablehlo.broadcast_in_dim %low, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<4xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<4xf32>) -> tensor<4x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1] : (tensor<4x1xf32>) -> tensor<4x8xf32>
    %5 = stablehlo.subtract %x, %4 : tensor<4x8xf32>
    %6 = stablehlo.exponential %5 : tensor<4x8xf32>
    %7 = stablehlo.reduce(%6 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32>
    %9 = stablehlo.divide %6, %8 : tensor<4x8xf32>
    return %9 : tensor<4x8xf32>
  }
}`,
};
