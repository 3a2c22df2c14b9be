/** Element-wise rows: mostly one name for another; see runtime/ops.def for the semantics, which are StableHLO's. */
import { bitWidth, type Element, isElement, type OpDefinition, type TensorType, type Value } from "@hloom/ir";
import { mlx } from "../dialect.ts";
import {
  attributes,
  convert,
  type Lowering,
  type LoweringTable,
  rename,
  resultTypes,
  typeOf,
  withFreeBroadcasts,
} from "./lowering.ts";

/** StableHLO mnemonic → mlx operation of the same meaning, one operand. */
const unary = {
  "stablehlo.abs": mlx.abs,
  "stablehlo.negate": mlx.negate,
  "stablehlo.sign": mlx.sign,
  "stablehlo.ceil": mlx.ceil,
  "stablehlo.floor": mlx.floor,
  "stablehlo.round_nearest_afz": mlx.round,
  "stablehlo.round_nearest_even": mlx.roundEven,
  "stablehlo.exponential": mlx.exp,
  "stablehlo.exponential_minus_one": mlx.expm1,
  "stablehlo.log": mlx.log,
  "stablehlo.log_plus_one": mlx.log1p,
  "stablehlo.logistic": mlx.sigmoid,
  "stablehlo.sqrt": mlx.sqrt,
  "stablehlo.rsqrt": mlx.rsqrt,
  "stablehlo.cbrt": mlx.cbrt,
  "stablehlo.sine": mlx.sin,
  "stablehlo.cosine": mlx.cos,
  "stablehlo.tan": mlx.tan,
  "stablehlo.tanh": mlx.tanh,
  "stablehlo.is_finite": mlx.isFinite,
  "stablehlo.not": mlx.invert,
  "stablehlo.popcnt": mlx.popcount,
  "stablehlo.count_leading_zeros": mlx.countLeadingZeros,
  "stablehlo.real": mlx.real,
  "stablehlo.imag": mlx.imag,
  "stablehlo.convert": mlx.convert,
  "chlo.erf": mlx.erf,
  "chlo.erf_inv": mlx.erfInv,
  "chlo.erfc": mlx.erfc,
  "chlo.asin": mlx.asin,
  "chlo.acos": mlx.acos,
  "chlo.atan": mlx.atan,
  "chlo.sinh": mlx.sinh,
  "chlo.cosh": mlx.cosh,
  "chlo.asinh": mlx.asinh,
  "chlo.acosh": mlx.acosh,
  "chlo.atanh": mlx.atanh,
  "chlo.tan": mlx.tan,
  "chlo.lgamma": mlx.lgamma,
  "chlo.digamma": mlx.digamma,
  "chlo.square": mlx.square,
  "chlo.conj": mlx.conjugate,
  "chlo.is_inf": mlx.isInf,
} as const satisfies Record<string, OpDefinition>;

/** The same for two and three operands, which may be splats. */
const broadcasting = {
  "stablehlo.add": mlx.add,
  "stablehlo.subtract": mlx.subtract,
  "stablehlo.multiply": mlx.multiply,
  "stablehlo.divide": mlx.divide,
  "stablehlo.remainder": mlx.remainder,
  "stablehlo.power": mlx.power,
  "stablehlo.maximum": mlx.maximum,
  "stablehlo.minimum": mlx.minimum,
  "stablehlo.atan2": mlx.arctan2,
  "stablehlo.and": mlx.bitwiseAnd,
  "stablehlo.or": mlx.bitwiseOr,
  "stablehlo.xor": mlx.bitwiseXor,
  "stablehlo.shift_left": mlx.leftShift,
  "stablehlo.shift_right_logical": mlx.rightShiftLogical,
  "stablehlo.shift_right_arithmetic": mlx.rightShiftArithmetic,
  "stablehlo.complex": mlx.complex,
  "stablehlo.select": mlx.select,
  "stablehlo.clamp": mlx.clamp,
  "chlo.next_after": mlx.nextAfter,
} as const satisfies Record<string, OpDefinition>;

const rowsOf = (
  table: Readonly<Record<string, OpDefinition>>,
  row: (target: OpDefinition) => LoweringTable[string],
) => Object.fromEntries(Object.entries(table).map(([op, target]) => [op, row(target)]));

/** Integers of 2 and 4 bits hold their value in a byte, floats of 4 and 6 bits their pattern, which is a number without sign. */
const bitcast: Lowering = {
  refuse: (operation) => {
    const elements = [...operation.operands, ...operation.results].map(
      ({ type }) => (type as TensorType).element,
    );
    const [from, to] = elements.map((element) => (isElement(element) ? bitWidth(element) : 0)) as [
      number,
      number,
    ];
    return from === to || (from >= 8 && to >= 8)
      ? undefined
      : `its elements share bytes: ${elements.join(" to ")}`;
  },
  emit: (operation, builder) => {
    const result = resultTypes(operation)[0]!;
    const [operand] = operation.operands as [Value];
    const signed = (element: TensorType["element"]) => element === "i2" || element === "i4";
    const from = typeOf(operand).element;
    const bits = signed(from) ? convert(builder, operand, `u${from}` as Element) : operand;
    if (!signed(result.element)) return builder.emit(mlx.view, [bits], {}, { results: [result] });
    const unsigned: TensorType = { ...result, element: `u${result.element}` as Element };
    return [convert(builder, builder.value(mlx.view, [bits], {}, { results: [unsigned] }), result.element)];
  },
};

export const elementwise: LoweringTable = {
  ...rowsOf(unary, (target) => rename(target)),
  ...rowsOf(
    broadcasting,
    (target) => (operation, builder) =>
      builder.emit(target, withFreeBroadcasts(operation), {}, { results: resultTypes(operation) }),
  ),
  "stablehlo.compare": (operation, builder) => {
    const { comparison_direction: direction, compare_type } = attributes<{
      comparison_direction: string;
      compare_type?: string;
    }>(operation);
    const total = compare_type === "TOTALORDER" ? 1 : 0;
    return builder.emit(mlx.compare, withFreeBroadcasts(operation), { direction, total });
  },
  "stablehlo.bitcast_convert": bitcast,
  "stablehlo.reduce_precision": (operation, builder) => {
    const { exponent_bits, mantissa_bits } = attributes<{ exponent_bits: number; mantissa_bits: number }>(
      operation,
    );
    return builder.emit(mlx.reducePrecision, operation.operands, { exponent_bits, mantissa_bits });
  },
  "stablehlo.map": (operation, builder) => {
    const results = resultTypes(operation);
    return builder.emit(mlx.map, operation.operands, {}, { results, regions: operation.regions });
  },
};
