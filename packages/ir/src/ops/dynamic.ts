/** Ops whose result shape is an operand (spec: dynamic_*). */
import {
  anyTensor,
  defaulted,
  defineOp,
  dimensions,
  integers,
  labelled,
  sized,
  tensor,
  type Verdict,
  vectorsOf,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import {
  DYNAMIC,
  isStatic,
  sameElement,
  sameType,
  sizeOf,
  type TensorType,
  tensor as tensorType,
} from "../model/types.ts";
import { convolution as convolve } from "../reference/kernel/convolution.ts";
import { iotaTensor } from "../reference/kernel/create.ts";
import { padElements } from "../reference/kernel/slice.ts";
import { gather } from "../reference/kernel/slices.ts";
import { broadcasted, materialize, viewTensor } from "../reference/kernel/view.ts";
import { tensorOf, valueType } from "../reference/tensor.ts";
import { convolutionShape, dynamicConvConstraints } from "./convolution.ts";
import {
  compatible,
  compatibleDimension,
  compatibleElement,
  compatibleShape,
  inRange,
  isUnique,
  sizesIn,
  withShape,
} from "./inference.ts";
import {
  emptyByDefault,
  emptyLists,
  noPadding,
  noReversalByDefault,
  onesByDefault,
  precisionConfig,
} from "./kinds.ts";
import { anyQuantized, broadcastsAxis, keepsAxis, sameScalesIfAny } from "./quantization.ts";
import { convDimensionNumbers, gatherDimensionNumbers } from "./records.ts";
import { areWithin, gatherNumberConstraints, gatherShape, gatherType } from "./slices.ts";
import { arePositive } from "./windows.ts";

/** Whether `sizes`, where they are known, may be the shape of `result`. */
function areSizes(sizes: readonly number[] | undefined, operand: TensorType, result: TensorType): Verdict {
  if (operand.shape[0] !== result.shape.length)
    return `there are ${operand.shape[0]} sizes for ${result.shape.length} dimensions`;
  if (!sizes || (sizes.every((size) => size >= 0) && compatible(withShape(result, sizes), result)))
    return true;
  return `a shape of [${sizes.join(", ")}] does not fit the result`;
}

/** Whether `sizes`, where they are known, are at most 1 in these dimensions. */
function areAtMostOne(sizes: readonly number[] | undefined, dimensions: readonly number[]): boolean {
  return !sizes || dimensions.every((dimension) => sizes[dimension]! <= 1);
}

const noneByDefault = emptyByDefault(kinds.i64Array);

export const dynamicBroadcastInDim = defineOp("stablehlo.dynamic_broadcast_in_dim", {
  since: "0.9.0",
  summary: "`broadcast_in_dim` to the shape `output_dimensions`.",
  operands: { operand: anyTensor, output_dimensions: dimensions },
  attributes: {
    broadcast_dimensions: kinds.i64Array,
    known_expanding_dimensions: noneByDefault,
    known_nonexpanding_dimensions: noneByDefault,
  },
  results: { result: anyTensor },
  format: `$operand \`,\` $output_dimensions \`,\` \`dims\` \`=\` $broadcast_dimensions
    attr-dict \`:\` functional-type(operands, results)`,
  constraints: {
    C1: [
      "`operand` and `result` have the same element type unless they are quantized",
      ({ operand, result }) =>
        anyQuantized(operand, result) || compatibleElement(operand.element, result.element),
    ],
    C2: [
      "`broadcast_dimensions` has one entry for each dimension of `operand`",
      ({ operand, broadcast_dimensions }) => broadcast_dimensions.length === operand.shape.length,
    ],
    C3: [
      "`broadcast_dimensions` are in range of `result`",
      ({ result, broadcast_dimensions }) => inRange(broadcast_dimensions, result.shape.length),
    ],
    C4: ["`broadcast_dimensions` are unique", ({ broadcast_dimensions }) => isUnique(broadcast_dimensions)],
    C5: [
      "each dimension of `operand` is 1 or that of `result` in `broadcast_dimensions`",
      ({ operand, result, broadcast_dimensions }) =>
        operand.shape.every(
          (size, d) => size === 1 || compatibleDimension(size, result.shape[broadcast_dimensions[d]!]!),
        ),
    ],
    C7: [
      "`output_dimensions` are the sizes of `result`",
      ({ output_dimensions, result }, known) =>
        areSizes(known.integers("output_dimensions"), output_dimensions, result),
    ],
    C6: [
      "the quantized dimension of `result` is that of `operand`, with its scales",
      ({ operand, result, broadcast_dimensions }) => broadcastsAxis(operand, result, broadcast_dimensions),
    ],
    C11: [
      "each dimension of `operand` is 1 or the size in `output_dimensions`",
      ({ operand, broadcast_dimensions }, known) => {
        const sizes = known.integers("output_dimensions");
        if (!sizes || operand.shape.includes(DYNAMIC)) return true;
        return operand.shape.every((size, d) => size === 1 || size === sizes[broadcast_dimensions[d]!]);
      },
    ],
    C8: [
      "`known_expanding_dimensions` and `known_nonexpanding_dimensions` are unique",
      ({ known_expanding_dimensions, known_nonexpanding_dimensions }) =>
        isUnique([...(known_expanding_dimensions ?? []), ...(known_nonexpanding_dimensions ?? [])]),
    ],
    C9: [
      "`known_expanding_dimensions` are in range of `operand`",
      ({ operand, known_expanding_dimensions }) =>
        inRange(known_expanding_dimensions ?? [], operand.shape.length),
    ],
    C10: [
      "`known_nonexpanding_dimensions` are in range of `operand`",
      ({ operand, known_nonexpanding_dimensions }) =>
        inRange(known_nonexpanding_dimensions ?? [], operand.shape.length),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, output_dimensions, broadcast_dimensions }) =>
    materialize(
      broadcasted(viewTensor(operand), sizesIn(output_dimensions), broadcast_dimensions),
      operand.type.element,
    ),
});

export const dynamicConv = defineOp("stablehlo.dynamic_conv", {
  since: "0.9.0",
  summary: "`convolution` with the padding as an operand.",
  operands: { lhs: tensor, rhs: tensor, padding: sized(integers) },
  attributes: {
    window_strides: onesByDefault,
    lhs_dilation: onesByDefault,
    rhs_dilation: onesByDefault,
    window_reversal: noReversalByDefault,
    dimension_numbers: convDimensionNumbers,
    feature_group_count: labelled("C21", kinds.positiveI64),
    batch_group_count: labelled("C22", kinds.positiveI64),
    precision_config: precisionConfig,
  },
  results: { result: tensor },
  constraints: {
    ...dynamicConvConstraints,
    C4: [
      "`padding` has two amounts for each spatial dimension",
      ({ lhs, padding: { shape } }) =>
        shape.length === 2 && shape[0] === lhs.shape.length - 2 && shape[1] === 2,
    ],
    // StableHLO looks at the window only where the padding is known; exports of JAX have one stride too many.
    C3: [
      "`window_strides` are positive, one per spatial dimension",
      ({ lhs, window_strides }, known) =>
        !known.integers("padding") || arePositive(window_strides, lhs.shape.length - 2),
    ],
    W1: [
      "the spatial dimensions of `rhs` are not empty",
      ({ rhs, dimension_numbers: d }, known) =>
        !known.integers("padding") ||
        d.kernel_spatial_dimensions.every((dimension) => rhs.shape[dimension] !== 0),
    ],
  },
  vhlo: {
    versions: ["0.9.0", "0.20.0"],
    // Version 1 had a static padding besides the operand, which already overruled it.
    retired: { padding: "0.20.0" },
    downgrade: ({ operands }) => ({ padding: noPadding(operands[0]!.type) }),
  },
  evaluate: ({ lhs, rhs, padding: amounts, ...attributes }, { results }) => {
    const [numbers, pairs] = [sizesIn(amounts), amounts.type.shape[0]!];
    const padding = Array.from({ length: pairs }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
    const shape = convolutionShape({ lhs: lhs.type, rhs: rhs.type, padding, ...attributes });
    return convolve(lhs, rhs, { padding, ...attributes }, tensorType(shape, valueType(results[0]).element));
  },
});

export const dynamicGather = defineOp("stablehlo.dynamic_gather", {
  since: "0.9.0",
  summary: "`gather` with the slice sizes as an operand.",
  operands: {
    operand: tensor,
    start_indices: integers,
    slice_sizes: sized(vectorsOf(integers)),
  },
  attributes: {
    dimension_numbers: gatherDimensionNumbers,
    indices_are_sorted: defaulted(kinds.boolean, false),
  },
  results: { result: tensor },
  constraints: {
    ...gatherNumberConstraints,
    C20: [
      "`slice_sizes` has one size for each dimension of `operand`",
      ({ operand, slice_sizes }) => slice_sizes.shape[0] === operand.shape.length,
    ],
    C9: [
      "`slice_sizes` of collapsed dimensions are at most 1",
      ({ dimension_numbers: d }, known) =>
        areAtMostOne(known.integers("slice_sizes"), d.collapsed_slice_dims),
    ],
    C12: [
      "`slice_sizes` of batching dimensions are at most 1",
      ({ dimension_numbers: d }, known) =>
        areAtMostOne(known.integers("slice_sizes"), d.operand_batching_dims),
    ],
    C21: [
      "`slice_sizes` are within the shape of `operand`",
      ({ operand }, known) => areWithin(known.integers("slice_sizes") ?? [], operand),
    ],
    C22: [
      "`result` has the batch dimensions of `start_indices` and the dimensions of a window",
      ({ operand, start_indices, dimension_numbers, result }) => {
        const unknown = operand.shape.map(() => DYNAMIC);
        return compatibleShape(
          result,
          withShape(result, gatherShape(start_indices, unknown, dimension_numbers)),
        );
      },
    ],
    C23: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => compatibleElement(operand.element, result.element),
    ],
  },
  infer: ({ operand, start_indices, dimension_numbers }, known) => {
    const sizes = known.integers("slice_sizes") ?? operand.shape.map(() => DYNAMIC);
    return [gatherType(operand, start_indices, sizes, dimension_numbers)];
  },
  vhlo: {
    versions: ["0.9.0", "1.1.0"],
    upgrade: (_, attributes) => ({
      ...attributes,
      ...emptyLists("operand_batching_dims", "start_indices_batching_dims"),
    }),
  },
  quantized: "stored",
  evaluate: ({ operand, start_indices, slice_sizes, dimension_numbers }) =>
    gather(operand, start_indices, dimension_numbers, sizesIn(slice_sizes)),
});

export const dynamicIota = defineOp("stablehlo.dynamic_iota", {
  since: "0.9.0",
  summary: "`iota` of the shape `output_shape`.",
  operands: { output_shape: dimensions },
  attributes: { iota_dimension: kinds.i64 },
  results: { result: tensor },
  format: "$output_shape `,` `dim` `=` $iota_dimension attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`iota_dimension` is in range of `result`",
      ({ iota_dimension, result }) => inRange([iota_dimension], result.shape.length),
    ],
    C2: [
      "`output_shape` are the sizes of `result`",
      ({ output_shape, result }, known) => areSizes(known.integers("output_shape"), output_shape, result),
    ],
  },
  evaluate: ({ output_shape, iota_dimension }, { results }) =>
    iotaTensor(
      { kind: "tensor", shape: sizesIn(output_shape), element: valueType(results[0]).element },
      iota_dimension,
    ),
});

export const dynamicPad = defineOp("stablehlo.dynamic_pad", {
  since: "0.9.0",
  summary: "`pad` with the amounts as operands.",
  operands: {
    operand: tensor,
    padding_value: tensor,
    edge_padding_low: dimensions,
    edge_padding_high: dimensions,
    interior_padding: dimensions,
  },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`operand`, `padding_value` and `result` have the same element type",
      ({ operand, padding_value, result }) =>
        sameElement(operand.element, padding_value.element) && sameElement(operand.element, result.element),
    ],
    I2: ["`padding_value` is a scalar", ({ padding_value }) => padding_value.shape.length === 0],
    C2: [
      "`edge_padding_low`, `edge_padding_high` and `interior_padding` have one amount for each dimension of `operand`",
      ({ operand, edge_padding_low, edge_padding_high, interior_padding }) =>
        sameType(edge_padding_low, edge_padding_high) &&
        sameType(edge_padding_low, interior_padding) &&
        edge_padding_low.shape[0] === operand.shape.length,
    ],
    C3: [
      "`interior_padding` is not negative",
      (_, known) => (known.integers("interior_padding") ?? []).every((amount) => amount >= 0),
    ],
    C4: [
      "`result` has the sizes of `operand` with the amounts of padding",
      ({ operand, result }, known) => {
        if (operand.shape.length !== result.shape.length) return "`operand` and `result` differ in rank";
        const [low, high, interior] = ["edge_padding_low", "edge_padding_high", "interior_padding"].map(
          (name) => known.integers(name),
        );
        if (!low || !high || !interior || !isStatic(operand) || !isStatic(result)) return true;
        return result.shape.every((size, d) => {
          const from = operand.shape[d]!;
          return size === from + low[d]! + high[d]! + Math.max(from - 1, 0) * interior[d]!;
        });
      },
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, padding_value, ...amounts }) =>
    padElements(
      operand,
      padding_value,
      sizesIn(amounts.edge_padding_low),
      sizesIn(amounts.edge_padding_high),
      sizesIn(amounts.interior_padding),
    ),
});

export const dynamicReshape = defineOp("stablehlo.dynamic_reshape", {
  since: "0.9.0",
  summary: "`reshape` to the shape `output_shape`.",
  operands: { operand: anyTensor, output_shape: dimensions },
  results: { result: anyTensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) =>
        anyQuantized(operand, result)
          ? sameScalesIfAny(operand, result)
          : compatibleElement(operand.element, result.element),
    ],
    C2: [
      "`operand` and `result` have the same number of elements, that of `output_shape`",
      ({ operand, result }, known) => {
        if (!isStatic(operand)) return true;
        const count = sizeOf(operand.shape);
        const sizes = known.integers("output_shape");
        return (!isStatic(result) || sizeOf(result.shape) === count) && (!sizes || sizeOf(sizes) === count);
      },
    ],
    C3: [
      "the quantized dimension of `operand` is that of `result`",
      ({ operand, result }) => keepsAxis(operand, result),
    ],
    C4: [
      "`output_shape` are the sizes of `result`",
      ({ output_shape, result }, known) => areSizes(known.integers("output_shape"), output_shape, result),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, output_shape }) => {
    const shape = sizesIn(output_shape);
    const [has, asked] = [sizeOf(operand.type.shape), sizeOf(shape)];
    if (has !== asked)
      throw new Error(`\`output_shape\` is [${shape.join(", ")}], and the operand has ${has} elements`);
    return tensorOf(shape, operand.type.element, operand.data);
  },
});
