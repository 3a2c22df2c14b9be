import { bodyOf, type Operation, type Region, type Value } from "@hloom/ir";
import { mlx } from "../../dialect.ts";
import { extremes } from "../bodies.ts";
import { attributes, definedBy, resultTypes, typeOf } from "../lowering.ts";
import type { Idiom } from "./idiom.ts";
import { numberIn } from "./match.ts";

/** A body as text: each operation with its operands by number, arguments first. */
function shapeOfBody(region: Region): string {
  const block = bodyOf(region);
  const numbers = new Map<Value, number>(block.arguments.map((argument, i) => [argument, i]));
  return block.operations
    .map((operation) => {
      for (const result of operation.results) numbers.set(result, numbers.size);
      const direction =
        operation.name === "stablehlo.compare"
          ? attributes<{ comparison_direction: string }>(operation).comparison_direction
          : operation.name.slice(operation.name.indexOf(".") + 1);
      return `${direction} ${operation.operands.map((value) => numbers.get(value) ?? "?").join(" ")}`;
    })
    .join("; ");
}

/**
 * How JAX compares (value, place) with (value, place): the better value, NaN being best of all, and of equal ones the
 * earlier. Floats: 4 = a > b, 5 = a ≠ a, 6 = 4 or 5; integers need no look at NaN.
 */
const bodies: Readonly<Record<string, (direction: "GT" | "LT") => string>> = {
  float: (d) =>
    `${d} 0 2; NE 0 0; or 4 5; EQ 0 2; LT 1 3; and 7 8; or 6 9; select 6 0 2; select 10 1 3; return 11 12`,
  integer: (d) => `${d} 0 2; EQ 0 2; LT 1 3; and 5 6; or 4 7; select 4 0 2; select 8 1 3; return 9 10`,
};

interface Extreme {
  readonly definition: typeof mlx.argmax | typeof mlx.argmin;
  readonly reduction: typeof mlx.max | typeof mlx.min;
  readonly axis: number;
}

function extremeOf(operation: Operation): Extreme | undefined {
  const body = shapeOfBody(operation.regions[0]!);
  const [axis, ...more] = attributes<{ dimensions: readonly number[] }>(operation).dimensions;
  const places = definedBy(operation.operands[1], "stablehlo.iota");
  const isPlace =
    places && attributes<{ iota_dimension: number }>(places).iota_dimension === axis && more.length === 0;
  if (axis === undefined || !isPlace || typeOf(operation.operands[0]).shape[axis] === 0) return undefined;
  const { element } = typeOf(operation.operands[0]);
  const [lowest, highest] = typeof element === "string" ? extremes(element) : [];
  const is = (direction: "GT" | "LT", initial: number | bigint | undefined) =>
    Object.values(bodies).some((text) => text(direction) === body) &&
    numberIn(operation.operands[2]) === Number(initial) &&
    numberIn(operation.operands[3]) === 0;
  if (is("GT", lowest)) return { definition: mlx.argmax, reduction: mlx.max, axis };
  return is("LT", highest) ? { definition: mlx.argmin, reduction: mlx.min, axis } : undefined;
}

export const argmax: Idiom<Extreme> = {
  name: "argmax",
  why: "A search instead of a reduction of pairs.",
  on: ["stablehlo.reduce"],
  match: (operation) => (operation.operands.length === 4 ? extremeOf(operation) : undefined),
  emit: ({ definition, reduction, axis }, builder, operation) => {
    const [operand] = operation.operands as [Value];
    const [values, places] = resultTypes(operation);
    return [
      builder.value(reduction, [operand], { axes: [axis] }, { results: [values!] }),
      builder.value(definition, [operand], { axis }, { results: [places!] }),
    ];
  },
  tolerance: 0,
  example: `module {
  func.func @main(%x: tensor<4x8xf32>) -> tensor<4xi32> {
    %0 = stablehlo.iota dim = 1 : tensor<4x8xi32>
    %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %1:2 = stablehlo.reduce(%x init: %low), (%0 init: %zero) across dimensions = [1] : (tensor<4x8xf32>, tensor<4x8xi32>, tensor<f32>, tensor<i32>) -> (tensor<4xf32>, tensor<4xi32>)
     reducer(%a: tensor<f32>, %b: tensor<f32>) (%i: tensor<i32>, %j: tensor<i32>) {
      %2 = stablehlo.compare GT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %3 = stablehlo.compare NE, %a, %a, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %4 = stablehlo.or %2, %3 : tensor<i1>
      %5 = stablehlo.compare EQ, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %6 = stablehlo.compare LT, %i, %j, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %7 = stablehlo.and %5, %6 : tensor<i1>
      %8 = stablehlo.or %4, %7 : tensor<i1>
      %9 = stablehlo.select %4, %a, %b : tensor<i1>, tensor<f32>
      %10 = stablehlo.select %8, %i, %j : tensor<i1>, tensor<i32>
      stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
    }
    return %1#1 : tensor<4xi32>
  }
}`,
};
