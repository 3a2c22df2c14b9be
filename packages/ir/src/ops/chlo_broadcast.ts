/** CHLO's implicit broadcasts: StableHLO's element-wise ops whose operands are first made of one shape, as numpy has it. */
import {
  complexes,
  defineOp,
  floatParts,
  floats,
  integersOrPredicates,
  type OpDefinition,
  optional,
  predicates,
  tensor,
  unrankedToo,
  type ValueField,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { isComplex, isFloat, sameElement, type TensorType } from "../model/types.ts";
import { broadcasted, materialize, viewTensor } from "../reference/kernel/view.ts";
import { type Tensor, valueType } from "../reference/tensor.ts";
import * as binary from "./binary.ts";
import { nextAfter, polygamma, zeta } from "./chlo.ts";
import { chloComparisonDirection, chloComparisonType } from "./enums.ts";
import { compatibleElement } from "./inference.ts";
import { broadcastType } from "./numpy_broadcast.ts";

type Field = ValueField<TensorType, "one">;

const broadcastFormat = "$lhs `,` $rhs attr-dict `:` `(` type($lhs) `,` type($rhs) `)` `->` type(results)";

/** The op without broadcast, whose evaluation is the op with it on spread operands. */
type Base = OpDefinition;

function broadcast(base: Base, operands: Field = tensor, results: Field = operands) {
  const [operand, result] = [unrankedToo(operands), unrankedToo(results)];
  return defineOp(`chlo.broadcast_${base.mnemonic}`, {
    summary: `\`${base.mnemonic}\` after broadcasting both operands to one shape.`,
    operands: { lhs: operand, rhs: operand },
    attributes: { broadcast_dimensions: optional(kinds.i64Array) },
    results: { result },
    format: broadcastFormat,
    constraints: {
      C1: [
        "`lhs` and `rhs` have the same element type",
        ({ lhs, rhs }) => compatibleElement(lhs.element, rhs.element),
      ],
      C2: [
        "`result` has the element type of `lhs`",
        ({ lhs, result: type }) =>
          compatibleElement(lhs.element, type.element) || (isFloat(lhs.element) && isComplex(type.element)),
      ],
    },
    infer: ({ lhs, rhs, broadcast_dimensions }) => {
      const toComplex = base.mnemonic === "complex";
      const element = toComplex ? (lhs.element === "f64" ? "complex<f64>" : "complex<f32>") : lhs.element;
      return [broadcastType([lhs, rhs], element, broadcast_dimensions)];
    },
    evaluate: ({ lhs, rhs, broadcast_dimensions }, context) => {
      const { shape } = valueType(context.results[0]);
      const operands = [spread(lhs, shape, broadcast_dimensions), spread(rhs, shape, broadcast_dimensions)];
      const names = base.operands.map(({ name }, i) => [name, operands[i]!]);
      return base.evaluate!(Object.fromEntries(names) as never, context);
    },
  });
}

/** The operand of lower rank goes to `dimensions` of the shape, by default the last ones, as numpy has it. */
function spread(
  operand: Tensor,
  shape: readonly number[],
  dimensions: readonly number[] | undefined,
): Tensor {
  const { length } = operand.type.shape;
  const places = operand.type.shape.map((_, d) => shape.length - length + d);
  const given = dimensions?.length === length ? dimensions : undefined;
  return materialize(broadcasted(viewTensor(operand), shape, given ?? places), operand.type.element);
}

export const broadcastAdd = broadcast(binary.add);
export const broadcastAnd = broadcast(binary.and, integersOrPredicates);
export const broadcastAtan2 = broadcast(binary.atan2);
export const broadcastComplex = broadcast(binary.complex, floatParts, complexes);
export const broadcastDivide = broadcast(binary.divide);
export const broadcastMaximum = broadcast(binary.maximum);
export const broadcastMinimum = broadcast(binary.minimum);
export const broadcastMultiply = broadcast(binary.multiply);
export const broadcastNextAfter = broadcast(nextAfter);
export const broadcastOr = broadcast(binary.or, integersOrPredicates);
export const broadcastPolygamma = broadcast(polygamma);
export const broadcastPower = broadcast(binary.power);
export const broadcastRemainder = broadcast(binary.remainder);
export const broadcastShiftLeft = broadcast(binary.shiftLeft);
export const broadcastShiftRightArithmetic = broadcast(binary.shiftRightArithmetic);
export const broadcastShiftRightLogical = broadcast(binary.shiftRightLogical);
export const broadcastSubtract = broadcast(binary.subtract);
export const broadcastXor = broadcast(binary.xor, integersOrPredicates);
export const broadcastZeta = broadcast(zeta, floats);

export const broadcastCompare = defineOp("chlo.broadcast_compare", {
  summary: "`compare` after broadcasting both operands to one shape.",
  operands: { lhs: unrankedToo(tensor), rhs: unrankedToo(tensor) },
  attributes: {
    broadcast_dimensions: optional(kinds.i64Array),
    comparison_direction: chloComparisonDirection,
    compare_type: optional(chloComparisonType),
  },
  results: { result: unrankedToo(predicates) },
  format: broadcastFormat,
  constraints: {
    C1: [
      "`lhs` and `rhs` have the same element type",
      ({ lhs, rhs }) => compatibleElement(lhs.element, rhs.element),
    ],
  },
  infer: ({ lhs, rhs, broadcast_dimensions }) => [broadcastType([lhs, rhs], "i1", broadcast_dimensions)],
  evaluate: ({ lhs, rhs, broadcast_dimensions, comparison_direction, compare_type }, context) => {
    const shape = valueType(context.results[0]).shape;
    const [left, right] = [
      spread(lhs, shape, broadcast_dimensions),
      spread(rhs, shape, broadcast_dimensions),
    ];
    return binary.compare.evaluate!(
      { lhs: left, rhs: right, comparison_direction, compare_type } as never,
      context,
    );
  },
});

export const broadcastSelect = defineOp("chlo.broadcast_select", {
  summary: "`select` after broadcasting all operands to one shape.",
  operands: { pred: predicates, on_true: unrankedToo(tensor), on_false: unrankedToo(tensor) },
  results: { result: unrankedToo(tensor) },
  constraints: {
    C1: [
      "`on_true` and `on_false` have the same element type",
      ({ on_true, on_false }) => sameElement(on_true.element, on_false.element),
    ],
  },
  infer: ({ pred, on_true, on_false }) => [broadcastType([pred, on_true, on_false], on_true.element)],
  format: `$pred \`,\` $on_true \`,\` $on_false attr-dict \`:\`
    \`(\` type($pred) \`,\` type($on_true) \`,\` type($on_false) \`)\` \`->\` type(results)`,
  evaluate: ({ pred, on_true, on_false }, context) => {
    const shape = valueType(context.results[0]).shape;
    const operands = { pred: spread(pred, shape, undefined), on_true: spread(on_true, shape, undefined) };
    const args = { ...operands, on_false: spread(on_false, shape, undefined) };
    return binary.select.evaluate!(args as never, context);
  },
});
