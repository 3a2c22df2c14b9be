/** Functions of the bits of numbers: next_after and mulhi. */
import type { Value } from "../../model/operation.ts";
import { bitWidth, type Element, isUnsigned, type TensorType } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import type { Builder } from "../builder.ts";
import { splat } from "../constants.ts";
import { convert, type Direction, Formula } from "../formula.ts";

const elementOf = (value: Value): Element => (value.type as TensorType).element as Element;
const unsignedOf = (element: Element): Element => `ui${bitWidth(element)}` as Element;

/** The float after `x` towards `y`: its bits plus one away from zero, minus one towards it. */
export function nextAfter(builder: Builder, x: Value, y: Value): Value {
  const f = new Formula(builder, x);
  const element = unsignedOf(elementOf(x));
  const bitsType = { ...f.type, element };
  const view = (value: Value, type: TensorType) =>
    builder.value(stablehlo.bitcastConvert, [value], {}, { results: [type] });
  const bits = view(x, bitsType);
  const one = splat(builder, bits, element, 1);
  const away = builder.value(stablehlo.add, [bits, one]);
  const towards = builder.value(stablehlo.subtract, [bits, one]);
  const upwards = f.compare(y, "GT", x);
  const isPositive = f.compare(x, "GT", 0);
  const grows = builder.value(stablehlo.compare, [isPositive, upwards], { comparison_direction: "EQ" });
  const moved = builder.value(stablehlo.select, [grows, away, towards]);
  // From zero to the smallest number, on the side of y.
  const sign = splat(builder, bits, element, 2 ** (bitWidth(element) - 1));
  const smallest = builder.value(stablehlo.select, [upwards, one, builder.value(stablehlo.or, [sign, one])]);
  const stepped = builder.value(stablehlo.select, [f.compare(x, "EQ", 0), smallest, moved]);
  const next = f.select(f.compare(x, "EQ", y), y, view(stepped, f.type));
  return f.select(f.or(f.isNaN(x), f.isNaN(y)), NaN, next);
}

/** The high half of a product: of a product of twice the width, or of four products of half of it. */
export function multiplyHigh(builder: Builder, x: Value, y: Value): Value {
  const element = elementOf(x);
  const width = bitWidth(element);
  if (width === 64) return multiplyHigh64(builder, x, y);
  const wide = `${isUnsigned(element) ? "ui" : "i"}${Math.max(8, 2 * width)}` as Element;
  const product = builder.value(stablehlo.multiply, [convert(builder, x, wide), convert(builder, y, wide)]);
  const shift = isUnsigned(element) ? stablehlo.shiftRightLogical : stablehlo.shiftRightArithmetic;
  const high = builder.value(shift, [product, splat(builder, product, wide, width)]);
  return convert(builder, high, element);
}

function multiplyHigh64(builder: Builder, x: Value, y: Value): Value {
  const [a, b] = [convert(builder, x, "ui64"), convert(builder, y, "ui64")];
  const high = unsignedHigh(builder, a, b);
  if (elementOf(x) === "ui64") return high;
  // Two's complement: a negative factor is 2^64 too large.
  const zero = splat(builder, a, "ui64", 0);
  const excess = (factor: Value, other: Value) => {
    const isNegative = builder.value(stablehlo.compare, [factor, splat(builder, x, "i64", 0)], {
      comparison_direction: "LT" satisfies Direction,
      compare_type: "SIGNED",
    });
    return builder.value(stablehlo.select, [isNegative, other, zero]);
  };
  const once = builder.value(stablehlo.subtract, [high, excess(x, b)]);
  return convert(builder, builder.value(stablehlo.subtract, [once, excess(y, a)]), "i64");
}

function unsignedHigh(builder: Builder, a: Value, b: Value): Value {
  const half = splat(builder, a, "ui64", 32);
  const mask = splat(builder, a, "ui64", 0xffffffff);
  const high = (value: Value) => builder.value(stablehlo.shiftRightLogical, [value, half]);
  const low = (value: Value) => builder.value(stablehlo.and, [value, mask]);
  const times = (p: Value, q: Value) => builder.value(stablehlo.multiply, [p, q]);
  const plus = (p: Value, q: Value) => builder.value(stablehlo.add, [p, q]);
  const [ah, al, bh, bl] = [high(a), low(a), high(b), low(b)];
  // No sum overflows: (2^32 - 1)² + 2 (2^32 - 1) = 2^64 - 1.
  const middle = plus(times(al, bh), high(times(al, bl)));
  const carried = plus(times(ah, bl), low(middle));
  return plus(times(ah, bh), plus(high(middle), high(carried)));
}
