/** The spec's `quantize` and `dequantize` as arithmetic; each step rounds to the expressed type, as evaluation does. */
import type { Value } from "../../model/operation.ts";
import {
  bitWidth,
  type Element,
  isStatic,
  type QuantizedElement,
  type TensorType,
  tensor,
} from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import { writer } from "../../reference/element/work.ts";
import { zeros } from "../../reference/tensor.ts";
import type { Builder } from "../builder.ts";
import { emitConstant, shapeOf, splat } from "../constants.ts";

/** What stored integers express: `(stored - zero point) * scale`. */
export function dequantize(builder: Builder, stored: Value, element: QuantizedElement): Value {
  // The difference may be out of the storage type's range, and within that of 32 or 64 bits.
  const wide = bitWidth(element.storage) < 64 ? "i32" : "i64";
  const integers = convert(builder, stored, wide);
  const shifted = isZero(element.zeroPoints)
    ? integers
    : perScale(builder, "subtract", integers, element, element.zeroPoints.map(Number));
  return perScale(builder, "multiply", convert(builder, shifted, element.expressed), element, element.scales);
}

/** The integers that express floats best: `round(value / scale + zero point)` within the storage range. */
export function quantize(builder: Builder, value: Value, element: QuantizedElement): Value {
  const scaled = perScale(builder, "divide", value, element, element.scales);
  const shifted = isZero(element.zeroPoints)
    ? scaled
    : perScale(builder, "add", scaled, element, element.zeroPoints.map(Number));
  const [lowest, highest] = [element.storageMin, element.storageMax].map((bound) =>
    splat(builder, tensor([], element.expressed), element.expressed, Number(bound)),
  );
  const clamped = builder.value(stablehlo.clamp, [lowest!, shifted, highest!]);
  return convert(builder, builder.value(stablehlo.roundNearestEven, [clamped]), element.storage);
}

function isZero(zeroPoints: readonly bigint[]): boolean {
  return zeroPoints.every((zeroPoint) => zeroPoint === 0n);
}

type Operator = "add" | "subtract" | "multiply" | "divide";

/** The value with a number for each scale: one for all of it, or one for each index along the axis. */
function perScale(
  builder: Builder,
  operator: Operator,
  value: Value,
  { axis }: QuantizedElement,
  numbers: readonly number[],
): Value {
  const element = (value.type as TensorType).element as Element;
  const spread =
    axis === undefined
      ? splat(builder, value, element, numbers[0]!)
      : spreadAlong(builder, value, axis, emitNumbers(builder, numbers, element));
  return builder.value(stablehlo[operator], [value, spread]);
}

function emitNumbers(builder: Builder, numbers: readonly number[], element: Element): Value {
  const tensor = zeros([numbers.length], element);
  const write = writer(tensor);
  for (const [i, number] of numbers.entries()) write(i, element === "i64" ? BigInt(number) : number);
  return emitConstant(builder, tensor);
}

function spreadAlong(builder: Builder, like: Value, axis: number, vector: Value): Value {
  const broadcast_dimensions = [axis];
  const results = [like.type];
  return isStatic(like.type)
    ? builder.value(stablehlo.broadcastInDim, [vector], { broadcast_dimensions }, { results })
    : builder.value(
        stablehlo.dynamicBroadcastInDim,
        [vector, shapeOf(builder, like)],
        { broadcast_dimensions },
        { results },
      );
}

function convert(builder: Builder, value: Value, element: Element): Value {
  const type = value.type as TensorType;
  if (type.element === element) return value;
  return builder.value(stablehlo.convert, [value], {}, { results: [{ ...type, element }] });
}
