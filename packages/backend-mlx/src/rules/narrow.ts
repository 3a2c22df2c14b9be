/**
 * Elements of fewer than 8 bits and floats of 4 to 8 bits are storage: they are moved as they are, and computed with in a
 * type that holds all their values, each result being rounded back. Conversions are the runtime's (`runtime/narrow.h`).
 */

import type { Builder } from "@hloom/ir";
import {
  append,
  createOperation,
  type Element,
  isElement,
  isSmallFloat,
  type Operation,
  type Rule,
  stablehlo,
  type TensorType,
  type Type,
  type Value,
} from "@hloom/ir";

/** The type to compute in: integers wrap and floats round on the way back. */
const wideIntegers = { i2: "i8", i4: "i8", ui2: "ui8", ui4: "ui8" } as const satisfies Partial<
  Record<Element, Element>
>;

export function wideOf(type: Type): Element | undefined {
  if (type.kind !== "tensor" || !isElement(type.element)) return undefined;
  const { element } = type;
  if (element in wideIntegers) return wideIntegers[element as keyof typeof wideIntegers];
  return isSmallFloat(element) && element !== "f16" && element !== "bf16" ? "f32" : undefined;
}

/** What moves elements, calls, or has a body for them. Everything else is arithmetic. */
const moving: ReadonlySet<string> = new Set(
  [
    stablehlo.bitcastConvert,
    stablehlo.broadcast,
    stablehlo.broadcastInDim,
    stablehlo.caseOp,
    stablehlo.concatenate,
    stablehlo.constant,
    stablehlo.convert,
    stablehlo.customCall,
    stablehlo.dynamicSlice,
    stablehlo.dynamicUpdateSlice,
    stablehlo.gather,
    stablehlo.ifOp,
    stablehlo.map,
    stablehlo.pad,
    stablehlo.reduce,
    stablehlo.reduceWindow,
    stablehlo.reshape,
    stablehlo.returnOp,
    stablehlo.reverse,
    stablehlo.scatter,
    stablehlo.select,
    stablehlo.selectAndScatter,
    stablehlo.slice,
    stablehlo.sort,
    stablehlo.transpose,
    stablehlo.tuple,
    stablehlo.getTupleElement,
    stablehlo.whileOp,
  ].map(({ name }) => name),
);

/** Operations that see the bits of an integer as a number with or without a sign, whatever its type says. */
const signOf: Readonly<Record<string, "i" | "ui">> = {
  [stablehlo.popcnt.name]: "ui",
  [stablehlo.countLeadingZeros.name]: "ui",
  [stablehlo.shiftRightLogical.name]: "ui",
  [stablehlo.shiftRightArithmetic.name]: "i",
};

const isNarrow = ({ type }: Value) => wideOf(type) !== undefined;

function convert(builder: Builder, value: Value, element: Element): Value {
  const type = value.type as TensorType;
  if (type.element === element) return value;
  return builder.value(stablehlo.convert, [value], {}, { results: [{ ...type, element }] });
}

/** The value in a wide type, read with the sign that the operation gives it. */
function widened(builder: Builder, value: Value, sign: "i" | "ui" | undefined): Value {
  const element = (value.type as TensorType).element as Element;
  const wide = wideOf(value.type);
  if (!wide || wide === "f32" || !sign) return convert(builder, value, wide ?? element);
  const bits = element.endsWith("2") ? 2 : 4;
  return convert(builder, convert(builder, value, `${sign}${bits}`), `${sign}8`);
}

function inWideType(operation: Operation, builder: Builder): readonly Value[] {
  const sign = signOf[operation.name];
  const operands = operation.operands.map((operand) => widened(builder, operand, sign));
  const results = operation.results.map(({ type }): Type => {
    const wide = wideOf(type);
    if (!wide) return type;
    return { ...(type as TensorType), element: sign ? `${sign}8` : wide };
  });
  const { attributes, regions, location } = operation;
  const wide = createOperation(operation.name, { operands, results, attributes, regions, location });
  append(builder.block, wide);
  return wide.results.map((value, i) =>
    convert(builder, value, (operation.results[i]!.type as TensorType).element as Element),
  );
}

/** The wider type has more zeros to count. */
function countLeadingZeros(operation: Operation, builder: Builder): readonly Value[] {
  const type = operation.results[0]!.type as TensorType;
  const bits = (type.element as Element).endsWith("2") ? 2 : 4;
  const value = widened(builder, operation.operands[0]!, "ui");
  const count = builder.value(stablehlo.countLeadingZeros, [value]);
  const data = new Uint8Array([8 - bits]);
  const extra = { kind: "dense", type: count.type as TensorType, data, splat: true } as const;
  const constant = createOperation("stablehlo.constant", {
    results: [count.type],
    attributes: { value: extra },
    location: operation.location,
  });
  append(builder.block, constant);
  const rest = builder.value(stablehlo.subtract, [count, constant.results[0]!]);
  return [convert(builder, rest, type.element as Element)];
}

/** For every operation of StableHLO and CHLO that computes; `names` are theirs. */
export function narrowRules(names: readonly string[]): readonly Rule[] {
  const on = names.filter((name) => !moving.has(name));
  const matches = (operation: Operation) =>
    operation.operands.some(isNarrow) || operation.results.some(isNarrow) ? operation : undefined;
  const counting: Rule = {
    name: "leading-zeros-of-narrow-integers",
    why: "A byte has more leading zeros than the two or four bits in it.",
    on: ["stablehlo.count_leading_zeros"],
    match: matches,
    emit: (_, builder, operation) => countLeadingZeros(operation, builder),
  };
  const computing: Rule = {
    name: "narrow-elements-in-wide-type",
    why: "MLX has no arithmetic on elements below 8 bits and on floats of 4 to 8 bits; each result is rounded to them.",
    on: on.filter((name) => name !== "stablehlo.count_leading_zeros"),
    match: matches,
    emit: (_, builder, operation) => inWideType(operation, builder),
  };
  return [counting, computing];
}
