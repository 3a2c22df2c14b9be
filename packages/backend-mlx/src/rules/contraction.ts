/** dot_general as a batched matrix product, convolution in MLX's layout (channels last). */
import {
  type Builder,
  isComplex,
  type Operation,
  type stablehlo,
  type TensorType,
  type Value,
  type ViewOf,
} from "@hloom/ir";
import { mlx } from "../dialect.ts";
import {
  attributes,
  type LoweringTable,
  product,
  range,
  rankOf,
  repeated,
  reshape,
  resultTypes,
  shapeOf,
  transpose,
} from "./lowering.ts";

type DotNumbers = ViewOf<typeof stablehlo.dotGeneral>["attributes"]["dot_dimension_numbers"];

/** MLX has matmul: both sides become [batch, rows, contracted] × [batch, contracted, columns]. */
function dotGeneral(
  builder: Builder,
  lhs: Value,
  rhs: Value,
  numbers: DotNumbers,
  result: TensorType,
): Value {
  const lhsShape = shapeOf(lhs);
  const rhsShape = shapeOf(rhs);
  const rest = (rank: number, ...taken: readonly number[][]) =>
    range(rank).filter((d) => !taken.flat().includes(d));
  const lhsFree = rest(
    lhsShape.length,
    [...numbers.lhs_batching_dimensions],
    [...numbers.lhs_contracting_dimensions],
  );
  const rhsFree = rest(
    rhsShape.length,
    [...numbers.rhs_batching_dimensions],
    [...numbers.rhs_contracting_dimensions],
  );
  const sizes = (shape: readonly number[], dimensions: readonly number[]) => dimensions.map((d) => shape[d]!);

  const batch = sizes(lhsShape, numbers.lhs_batching_dimensions);
  const batches = batch.length > 0 ? [product(batch)] : [];
  const rows = product(sizes(lhsShape, lhsFree));
  const columns = product(sizes(rhsShape, rhsFree));
  const contracted = product(sizes(lhsShape, numbers.lhs_contracting_dimensions));

  const left = transpose(builder, lhs, [
    ...numbers.lhs_batching_dimensions,
    ...lhsFree,
    ...numbers.lhs_contracting_dimensions,
  ]);
  const right = transpose(builder, rhs, [
    ...numbers.rhs_batching_dimensions,
    ...numbers.rhs_contracting_dimensions,
    ...rhsFree,
  ]);
  const matrix: TensorType = { ...result, shape: [...batches, rows, columns] };
  const out = builder.value(
    mlx.matmul,
    [
      reshape(builder, left, [...batches, rows, contracted]),
      reshape(builder, right, [...batches, contracted, columns]),
    ],
    {},
    { results: [matrix] },
  );
  return reshape(builder, out, result.shape);
}

type ConvAttributes = ViewOf<typeof stablehlo.convolution>["attributes"];

/** Batch groups as feature groups: [g·n, …, c] → [n, …, g·c], group g in front of the channels. */
function batchGroupsToFeatures(builder: Builder, input: Value, groups: number): Value {
  const [batch, ...rest] = shapeOf(input) as [number, ...number[]];
  const rank = rest.length + 1;
  const split = reshape(builder, input, [groups, batch / groups, ...rest]);
  // [g, n, spatial…, c] → [n, spatial…, g, c]
  const moved = transpose(builder, split, [...range(rank).slice(1, rank), 0, rank]);
  return reshape(builder, moved, [batch / groups, ...rest.slice(0, -1), groups * rest.at(-1)!]);
}

function convolution(
  builder: Builder,
  lhs: Value,
  rhs: Value,
  values: ConvAttributes,
  result: TensorType,
): Value {
  const numbers = values.dimension_numbers;
  const spatial = numbers.input_spatial_dimensions.length;
  let input = transpose(builder, lhs, [
    numbers.input_batch_dimension,
    ...numbers.input_spatial_dimensions,
    numbers.input_feature_dimension,
  ]);
  let weight = transpose(builder, rhs, [
    numbers.kernel_output_feature_dimension,
    ...numbers.kernel_spatial_dimensions,
    numbers.kernel_input_feature_dimension,
  ]);
  const reversed = range(spatial).filter((d) => values.window_reversal?.[d]);
  if (reversed.length > 0) weight = builder.value(mlx.flip, [weight], { axes: reversed.map((d) => d + 1) });
  if (values.batch_group_count > 1) input = batchGroupsToFeatures(builder, input, values.batch_group_count);

  const outputOrder = [
    numbers.output_batch_dimension,
    ...numbers.output_spatial_dimensions,
    numbers.output_feature_dimension,
  ];
  const out = builder.value(
    mlx.convGeneral,
    [input, weight],
    {
      strides: values.window_strides ?? repeated(1, spatial),
      low: values.padding?.map((pair) => pair[0]!) ?? repeated(0, spatial),
      high: values.padding?.map((pair) => pair[1]!) ?? repeated(0, spatial),
      kernel_dilation: values.rhs_dilation ?? repeated(1, spatial),
      input_dilation: values.lhs_dilation ?? repeated(1, spatial),
      groups: values.feature_group_count * values.batch_group_count,
    },
    { results: [{ ...result, shape: outputOrder.map((d) => result.shape[d]!) }] },
  );
  return transpose(
    builder,
    out,
    range(spatial + 2).map((d) => outputOrder.indexOf(d)),
  );
}

/** A real result of complex numbers keeps a part of each sum, which MLX's products would take too early. */
function refuseRealOfComplex({ operands, results }: Operation): string | undefined {
  const complex = ({ type }: Value) => isComplex((type as TensorType).element);
  return operands.some(complex) && !results.every(complex)
    ? "a product of complex numbers has a real result"
    : undefined;
}

export const contraction: LoweringTable = {
  "stablehlo.dot_general": {
    refuse: refuseRealOfComplex,
    emit: (operation, builder) => {
      const { dot_dimension_numbers } = attributes<{ dot_dimension_numbers: DotNumbers }>(operation);
      const [lhs, rhs] = operation.operands as [Value, Value];
      return [dotGeneral(builder, lhs, rhs, dot_dimension_numbers, resultTypes(operation)[0]!)];
    },
  },
  "stablehlo.dot": {
    refuse: refuseRealOfComplex,
    emit: (operation, builder) => {
      const [lhs, rhs] = operation.operands as [Value, Value];
      const numbers = {
        lhs_batching_dimensions: [],
        rhs_batching_dimensions: [],
        lhs_contracting_dimensions: [rankOf(lhs) - 1],
        rhs_contracting_dimensions: [0],
      };
      return [dotGeneral(builder, lhs, rhs, numbers, resultTypes(operation)[0]!)];
    },
  },
  "stablehlo.convolution": {
    refuse: refuseRealOfComplex,
    emit: (operation, builder) => {
      const [lhs, rhs] = operation.operands as [Value, Value];
      const values = attributes<ConvAttributes>(operation);
      return [convolution(builder, lhs, rhs, values, resultTypes(operation)[0]!)];
    },
  },
};
