/** Ops whose result shape is an operand (spec: dynamic_*). */
import { anyTensor, defaulted, defineOp, dimensions, integers, tensor } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { DYNAMIC, tensor as tensorType } from "../model/types.ts";
import { convolution as convolve } from "../reference/kernel/convolution.ts";
import { iotaTensor } from "../reference/kernel/create.ts";
import { padElements } from "../reference/kernel/slice.ts";
import { gather } from "../reference/kernel/slices.ts";
import { broadcasted, materialize, sliced, viewTensor } from "../reference/kernel/view.ts";
import { type Tensor, tensorOf, valueType } from "../reference/tensor.ts";
import { convolutionShape, dynamicConvConstraints } from "./convolution.ts";
import {
  compatibleDimension,
  compatibleElement,
  compatibleShape,
  inRange,
  isUnique,
  mostSpecific,
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
import { convDimensionNumbers, gatherDimensionNumbers } from "./records.ts";
import { gatherNumberConstraints, gatherShape } from "./slices.ts";

/** Numbers that an operand holds: sizes, bounds, amounts. */
const sizesIn = ({ data }: Tensor): number[] => Array.from(data, Number);

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
      "`operand` and `result` have the same element type",
      ({ operand, result }) => compatibleElement(operand.element, result.element),
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
      "`output_dimensions` has one size for each dimension of `result`",
      ({ output_dimensions, result }) =>
        compatibleDimension(output_dimensions.shape[0] ?? -1, result.shape.length),
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
  operands: { lhs: tensor, rhs: tensor, padding: integers },
  attributes: {
    window_strides: onesByDefault,
    lhs_dilation: onesByDefault,
    rhs_dilation: onesByDefault,
    window_reversal: noReversalByDefault,
    dimension_numbers: convDimensionNumbers,
    feature_group_count: kinds.i64,
    batch_group_count: kinds.i64,
    precision_config: precisionConfig,
  },
  results: { result: tensor },
  constraints: {
    ...dynamicConvConstraints,
    // StableHLO does not count them here, and shape-polymorphic exports of JAX have one too many.
    C3: [
      "`window_strides` are positive",
      ({ window_strides }) => window_strides?.every((stride) => stride > 0) ?? true,
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
  operands: { operand: tensor, start_indices: integers, slice_sizes: integers },
  attributes: {
    dimension_numbers: gatherDimensionNumbers,
    indices_are_sorted: defaulted(kinds.boolean, false),
  },
  results: { result: tensor },
  constraints: {
    ...gatherNumberConstraints,
    C11: [
      "`slice_sizes` has one size for each dimension of `operand`",
      ({ operand, slice_sizes }) => compatibleDimension(slice_sizes.shape[0] ?? -1, operand.shape.length),
    ],
    C13: [
      "`result` has the batch dimensions of `start_indices` and the dimensions of a window",
      ({ operand, start_indices, dimension_numbers, result }) => {
        const unknown = operand.shape.map(() => DYNAMIC);
        return compatibleShape(
          result,
          withShape(result, gatherShape(start_indices, unknown, dimension_numbers)),
        );
      },
    ],
    C14: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => compatibleElement(operand.element, result.element),
    ],
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
      "`output_shape` has one size for each dimension of `result`",
      ({ output_shape, result }) => compatibleDimension(output_shape.shape[0] ?? -1, result.shape.length),
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
        compatibleElement(operand.element, padding_value.element) &&
        compatibleElement(operand.element, result.element),
    ],
    C2: [
      "`edge_padding_low`, `edge_padding_high` and `interior_padding` have one amount for each dimension of `operand`",
      ({ operand, edge_padding_low, edge_padding_high, interior_padding }) =>
        [edge_padding_low, edge_padding_high, interior_padding].every(({ shape }) =>
          compatibleDimension(shape[0] ?? -1, operand.shape.length),
        ),
    ],
    C4: [
      "`result` has the rank of `operand`",
      ({ operand, result }) => operand.shape.length === result.shape.length,
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
      ({ operand, result }) => compatibleElement(operand.element, result.element),
    ],
    C4: [
      "`output_shape` has one size for each dimension of `result`",
      ({ output_shape, result }) => compatibleDimension(output_shape.shape[0] ?? -1, result.shape.length),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, output_shape }) =>
    tensorOf(sizesIn(output_shape), operand.type.element, operand.data),
});

export const realDynamicSlice = defineOp("stablehlo.real_dynamic_slice", {
  since: "0.9.0",
  summary: "`slice` with the bounds as operands (outside the spec).",
  operands: { operand: tensor, start_indices: dimensions, limit_indices: dimensions, strides: dimensions },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
  constraints: {
    R1: [
      "`start_indices`, `limit_indices` and `strides` have one number for each dimension of `operand` and `result`",
      ({ operand, start_indices, limit_indices, strides, result }) =>
        operand.shape.length === result.shape.length &&
        mostSpecific(start_indices, limit_indices, strides).shape.every((size) =>
          compatibleDimension(size, operand.shape.length),
        ),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, start_indices, limit_indices, strides }) => {
    const [starts, limits, steps] = [start_indices, limit_indices, strides].map(sizesIn) as [
      number[],
      number[],
      number[],
    ];
    const sizes = starts.map((start, d) => Math.max(0, Math.ceil((limits[d]! - start) / steps[d]!)));
    return materialize(sliced(viewTensor(operand), starts, sizes, steps), operand.type.element);
  },
});

export const setDimensionSize = defineOp("stablehlo.set_dimension_size", {
  since: "0.9.0",
  summary: "Declares the size of a bounded dimension (outside the spec).",
  operands: { operand: tensor, size: integers },
  attributes: { dimension: kinds.i64 },
  results: { result: tensor },
  format: "$operand `,` $size `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
  constraints: {
    S1: [
      "`dimension` is in range of `operand`",
      ({ operand, dimension }) => inRange([dimension], operand.shape.length),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, size, dimension }) => {
    const { shape, element } = operand.type;
    const sizes = shape.map((whole, d) => (d === dimension ? Number(size.data[0]) : whole));
    return materialize(
      sliced(
        viewTensor(operand),
        shape.map(() => 0),
        sizes,
      ),
      element,
    );
  },
});
