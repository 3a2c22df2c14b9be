/** Movement of elements: shapes change, values do not. */
import { anyTensor, defineOp, sizedOrBounded, tensor, variadic } from "../declare/define.ts";
import { i64, i64Array } from "../declare/kinds.ts";
import {
  DYNAMIC,
  isStatic,
  sameElement,
  sizeOf,
  type TensorType,
  tensor as tensorType,
} from "../model/types.ts";
import { scalarTensor } from "../reference/kernel/create.ts";
import { concatenateTensors, padElements } from "../reference/kernel/slice.ts";
import { broadcasted, materialize, permuted, reversed, viewTensor } from "../reference/kernel/view.ts";
import { valueType } from "../reference/tensor.ts";
import { boundOf, boundsOf, withBounds } from "./bounds.ts";
import {
  compatible,
  compatibleDimension,
  inRange,
  isScalar,
  isUnique,
  mostSpecific,
  withShape,
} from "./inference.ts";
import { broadcastElements, broadcastsAxis, keepsAxis, permutesAxis, sameElements } from "./quantization.ts";

export const broadcastInDim = defineOp("stablehlo.broadcast_in_dim", {
  since: "0.9.0",
  summary: "Repeats the operand along the dimensions that are not in `broadcast_dimensions`.",
  operands: { operand: anyTensor },
  attributes: { broadcast_dimensions: i64Array },
  results: { result: sizedOrBounded(anyTensor) },
  format: "$operand `,` `dims` `=` $broadcast_dimensions attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => broadcastElements(operand, result),
    ],
    C2: [
      "`broadcast_dimensions` names a dimension of `result` for each dimension of `operand`",
      ({ operand, broadcast_dimensions }) => broadcast_dimensions.length === operand.shape.length,
    ],
    C3: [
      "`broadcast_dimensions` are dimensions of `result`",
      ({ broadcast_dimensions, result }) => inRange(broadcast_dimensions, result.shape.length),
    ],
    C4: ["`broadcast_dimensions` are unique", ({ broadcast_dimensions }) => isUnique(broadcast_dimensions)],
    C5: [
      "each dimension of `operand` has size 1 or the size of its dimension of `result`",
      ({ operand, broadcast_dimensions, result }) =>
        operand.shape.every(
          (size, d) => size === 1 || size === DYNAMIC || size === result.shape[broadcast_dimensions[d]!],
        ),
    ],
    C6: [
      "the quantized dimension of `result` is that of `operand`, with its scales",
      ({ operand, result, broadcast_dimensions }) => broadcastsAxis(operand, result, broadcast_dimensions),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, broadcast_dimensions }, { results }) => {
    const { shape, element } = valueType(results[0]);
    return materialize(broadcasted(viewTensor(operand), shape, broadcast_dimensions), element);
  },
});

export const broadcast = defineOp("stablehlo.broadcast", {
  since: "0.9.0",
  summary: "Repeats the operand along new leading dimensions; broadcast_in_dim replaces it.",
  operands: { operand: tensor },
  attributes: { broadcast_sizes: i64Array },
  results: { result: anyTensor },
  format: "$operand `,` `sizes` `=` $broadcast_sizes attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`broadcast_sizes` are not negative",
      ({ broadcast_sizes }) => broadcast_sizes.every((size) => size >= 0),
    ],
  },
  infer: ({ operand, broadcast_sizes }) => [withShape(operand, [...broadcast_sizes, ...operand.shape])],
  quantized: "stored",
  evaluate: ({ operand, broadcast_sizes }) => {
    const { shape, element } = operand.type;
    const dimensions = shape.map((_, d) => broadcast_sizes.length + d);
    return materialize(broadcasted(viewTensor(operand), [...broadcast_sizes, ...shape], dimensions), element);
  },
});

export const concatenate = defineOp("stablehlo.concatenate", {
  since: "0.9.0",
  summary: "Joins tensors along one dimension.",
  operands: { inputs: variadic(tensor) },
  attributes: { dimension: i64 },
  results: { result: tensor },
  format:
    "custom<VariadicOperandWithAttribute>($inputs) `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
  constraints: {
    C3: ["there is at least one input", ({ inputs }) => inputs.length > 0],
    C1: [
      "all `inputs` have the same element type",
      ({ inputs }) => inputs.every(({ element }) => sameElement(element, inputs[0]!.element)),
    ],
    C2: [
      "all `inputs` have the same shape, but for `dimension`",
      ({ inputs, dimension }) =>
        inputs.every(
          ({ shape }) =>
            shape.length === inputs[0]!.shape.length &&
            shape.every((size, d) => d === dimension || compatibleDimension(size, inputs[0]!.shape[d]!)),
        ),
    ],
    C4: [
      "`dimension` is a dimension of the inputs",
      ({ inputs, dimension }) => inputs.every(({ shape }) => inRange([dimension], shape.length)),
    ],
    C5: [
      "`result` has the element type of `inputs`",
      ({ inputs, result }) => inputs.every(({ element }) => sameElement(element, result.element)),
    ],
  },
  infer: ({ inputs, dimension }) => [concatenated(inputs, dimension)],
  quantized: "stored",
  evaluate: ({ inputs, dimension }) => concatenateTensors(inputs, dimension),
});

export const getDimensionSize = defineOp("stablehlo.get_dimension_size", {
  since: "0.9.0",
  summary: "The size of one dimension.",
  operands: { operand: anyTensor },
  attributes: { dimension: i64 },
  results: { result: tensor },
  format: "$operand `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`dimension` is a dimension of `operand`",
      ({ operand, dimension }) => inRange([dimension], operand.shape.length),
    ],
  },
  infer: () => [tensorType([], "i32")],
  quantized: "stored",
  evaluate: ({ operand, dimension }) => scalarTensor("i32", operand.type.shape[dimension]!),
});

export const pad = defineOp("stablehlo.pad", {
  since: "0.9.0",
  summary: "Adds a value around and between the elements; negative padding removes elements.",
  operands: { operand: tensor, padding_value: tensor },
  attributes: { edge_padding_low: i64Array, edge_padding_high: i64Array, interior_padding: i64Array },
  results: { result: tensor },
  format:
    "$operand `,` $padding_value `,` `low` `=` $edge_padding_low `,` `high` `=` $edge_padding_high `,` `interior` `=` $interior_padding attr-dict `:` functional-type(operands, results)",
  constraints: {
    I2: ["`padding_value` is a scalar", ({ padding_value }) => isScalar(padding_value)],
    C1: [
      "`operand`, `padding_value` and `result` have the same element type",
      ({ operand, padding_value, result }) =>
        sameElement(operand.element, padding_value.element) && sameElement(operand.element, result.element),
    ],
    C2: [
      "`edge_padding_low`, `edge_padding_high` and `interior_padding` have one entry for each dimension of `operand`",
      ({ operand, edge_padding_low, edge_padding_high, interior_padding }) =>
        [edge_padding_low, edge_padding_high, interior_padding].every(
          ({ length }) => length === operand.shape.length,
        ),
    ],
    C3: [
      "`interior_padding` is not negative",
      ({ interior_padding }) => interior_padding.every((size) => size >= 0),
    ],
    C4: [
      "no dimension is left with a negative size or bound",
      (args) =>
        [args.operand.shape, boundsOf(args.operand)].every((sizes) =>
          sizes.every((size, d) => size === DYNAMIC || paddedSize(args, size, d) >= 0),
        ),
    ],
  },
  infer: (args) => {
    const { operand } = args;
    const padded = withShape(operand, paddedSizes(args, operand.shape));
    return [withBounds(padded, paddedSizes(args, boundsOf(operand)), operand.encoding)];
  },
  quantized: "stored",
  evaluate: ({ operand, padding_value, edge_padding_low, edge_padding_high, interior_padding }) =>
    padElements(operand, padding_value, edge_padding_low, edge_padding_high, interior_padding),
});

export const reshape = defineOp("stablehlo.reshape", {
  since: "0.9.0",
  summary: "The same elements in the same order, in another shape.",
  operands: { operand: anyTensor },
  results: { result: sizedOrBounded(anyTensor) },
  format: "operands attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElements(operand, result),
    ],
    C2: [
      "`operand` and `result` have the same number of elements",
      ({ operand, result }) =>
        !isStatic(operand) || !isStatic(result) || sizeOf(operand.shape) === sizeOf(result.shape),
    ],
    C3: [
      "the quantized dimension of `operand` is that of `result`",
      ({ operand, result }) => keepsAxis(operand, result),
    ],
  },
  quantized: "stored",
  // Values are immutable, so the result may share the operand's memory.
  evaluate: ({ operand }, { results }) => ({ type: valueType(results[0]), data: operand.data }),
});

export const reverse = defineOp("stablehlo.reverse", {
  since: "0.9.0",
  summary: "Reverses the order of the elements along some dimensions.",
  operands: { operand: tensor },
  attributes: { dimensions: i64Array },
  results: { result: tensor },
  format:
    "$operand `,` `dims` `=` $dimensions attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($result))",
  constraints: {
    C1: [
      "`operand` and `result` have the same type",
      ({ operand, result }) => compatible(operand, result) && sameElement(operand.element, result.element),
    ],
    C2: ["`dimensions` are unique", ({ dimensions }) => isUnique(dimensions)],
    C3: [
      "`dimensions` are dimensions of `result`",
      ({ dimensions, result }) => inRange(dimensions, result.shape.length),
    ],
  },
  infer: ({ operand }) => [operand],
  quantized: "stored",
  evaluate: ({ operand, dimensions }) =>
    materialize(reversed(viewTensor(operand), dimensions), operand.type.element),
});

export const transpose = defineOp("stablehlo.transpose", {
  since: "0.9.0",
  summary: "Permutes the dimensions.",
  operands: { operand: anyTensor },
  attributes: { permutation: i64Array },
  results: { result: anyTensor },
  format: "$operand `,` `dims` `=` $permutation attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElements(operand, result),
    ],
    C2: [
      "`permutation` is a permutation of the dimensions of `operand`",
      ({ operand, permutation }) =>
        permutation.length === operand.shape.length &&
        isUnique(permutation) &&
        inRange(permutation, operand.shape.length),
    ],
    C4: [
      "the quantized dimension of `operand` is that of `result`, permuted",
      ({ operand, result, permutation }) => permutesAxis(operand, result, permutation),
    ],
  },
  infer: ({ operand, permutation }) => {
    const bounds = boundsOf(operand);
    const permuted = withShape(
      operand,
      permutation.map((d) => operand.shape[d]!),
    );
    return [
      withBounds(permuted, bounds.length > 0 ? permutation.map((d) => bounds[d]!) : [], operand.encoding),
    ];
  },
  quantized: "stored",
  evaluate: ({ operand, permutation }) =>
    materialize(permuted(viewTensor(operand), permutation), operand.type.element),
});

interface Padding {
  readonly operand: { readonly shape: readonly number[] };
  readonly edge_padding_low: readonly number[];
  readonly edge_padding_high: readonly number[];
  readonly interior_padding: readonly number[];
}

/** Spec: pad C4, of one dimension. */
function paddedSize(
  { edge_padding_low, edge_padding_high, interior_padding }: Padding,
  size: number,
  d: number,
): number {
  const interior = Math.max(size - 1, 0) * interior_padding[d]!;
  return size + edge_padding_low[d]! + interior + edge_padding_high[d]!;
}

/** Sizes or bounds of the result from those of the operand. */
function paddedSizes(args: Padding, sizes: readonly number[]): number[] {
  return sizes.map((size, d) => (size === DYNAMIC ? DYNAMIC : paddedSize(args, size, d)));
}

/** Spec: concatenate C6; where sizes are not known the sum of the bounds is a bound. */
function concatenated(inputs: readonly TensorType[], dimension: number): TensorType {
  const alike = inputs.map((input) => {
    const bounds = boundsOf(input);
    const shape = withShape(input, input.shape.with(dimension, DYNAMIC));
    return withBounds(shape, bounds.length > 0 ? bounds.with(dimension, DYNAMIC) : [], input.encoding);
  });
  const known = mostSpecific(...alike);
  const sizes = inputs.map(({ shape }) => shape[dimension]!);
  const limits = inputs.map((input, i) => (sizes[i] === DYNAMIC ? boundOf(input, dimension) : sizes[i]!));
  const total = sizes.includes(DYNAMIC) ? DYNAMIC : sum(sizes);
  const bound = total !== DYNAMIC || limits.includes(DYNAMIC) ? DYNAMIC : sum(limits);
  const result = withShape(known, known.shape.with(dimension, total));
  const anyBounds = inputs.some((input) => boundsOf(input).length > 0);
  const bounds = anyBounds ? known.shape.map((_, d) => (d === dimension ? bound : boundOf(known, d))) : [];
  return withBounds(result, bounds, inputs.find(({ encoding }) => encoding)?.encoding);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
