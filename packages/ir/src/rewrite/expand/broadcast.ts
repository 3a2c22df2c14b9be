/** CHLO's implicit broadcasts made explicit, also where sizes are known at run time only. */
import type { Value } from "../../model/operation.ts";
import { DYNAMIC, sameShape, type TensorType, tensor } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import type { Builder } from "../builder.ts";
import { sizeAlong, splat } from "../constants.ts";

const typeOf = (value: Value): TensorType => value.type as TensorType;

/** The operands in the shape of the result; those of lower rank go to `dimensions` of it, by default the last ones. */
export function broadcastOperands(
  builder: Builder,
  operands: readonly Value[],
  result: TensorType,
  dimensions: readonly number[] | undefined,
): readonly Value[] {
  const rank = result.shape.length;
  const places = operands.map((operand) => {
    const { length } = typeOf(operand).shape;
    return dimensions?.length === length
      ? dimensions
      : typeOf(operand).shape.map((_, d) => rank - length + d);
  });
  let sizes: Value | undefined;
  return operands.map((operand, i) => {
    const type = { ...typeOf(operand), shape: result.shape };
    const broadcast_dimensions = places[i]!;
    if (!result.shape.includes(DYNAMIC)) {
      if (sameShape(typeOf(operand).shape, result.shape)) return operand;
      return builder.value(
        stablehlo.broadcastInDim,
        [operand],
        { broadcast_dimensions },
        { results: [type] },
      );
    }
    sizes ??= resultSizes(builder, operands, places, result);
    return builder.value(
      stablehlo.dynamicBroadcastInDim,
      [operand, sizes],
      { broadcast_dimensions },
      { results: [type] },
    );
  });
}

/** The size of each dimension of the result: of the operand whose size there is not 1. */
function resultSizes(
  builder: Builder,
  operands: readonly Value[],
  places: readonly (readonly number[])[],
  result: TensorType,
): Value {
  const one = splat(builder, tensor([1], "i64"), "i64", 1);
  const sizes = result.shape.map((size, dimension) => {
    if (size !== DYNAMIC) return splat(builder, tensor([1], "i64"), "i64", size);
    const candidates = operands.flatMap((operand, i) => {
      const own = places[i]!.indexOf(dimension);
      return own < 0 ? [] : [sizeAlong(builder, operand, typeOf(operand).shape[own]!, own)];
    });
    return candidates.reduce((size, candidate) => {
      const stays = builder.value(stablehlo.compare, [candidate, one], { comparison_direction: "EQ" });
      return builder.value(stablehlo.select, [stays, size, candidate]);
    }, one);
  });
  return builder.value(stablehlo.concatenate, sizes, { dimension: 0 });
}
