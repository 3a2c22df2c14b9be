/** Constants and movement of elements. */
import { mlx } from "../dialect.ts";
import {
  attributes,
  type LoweringTable,
  rankOf,
  rename,
  repeated,
  reshape,
  resultTypes,
  shapeOf,
} from "./lowering.ts";

export const shape: LoweringTable = {
  "stablehlo.constant": (operation, builder) => {
    const value = operation.attributes.value;
    return builder.emit(mlx.constant, [], { value }, { results: resultTypes(operation) });
  },
  "stablehlo.iota": (operation, builder) => {
    const { iota_dimension: axis } = attributes<{ iota_dimension: number }>(operation);
    return builder.emit(mlx.iota, [], { axis }, { results: resultTypes(operation) });
  },
  "stablehlo.reshape": (operation, builder) => [
    reshape(builder, operation.operands[0]!, shapeOf(operation.results[0])),
  ],
  "stablehlo.transpose": (operation, builder) => {
    const { permutation } = attributes<{ permutation: readonly number[] }>(operation);
    return builder.emit(mlx.transpose, operation.operands, { permutation });
  },
  "stablehlo.broadcast_in_dim": (operation, builder) => {
    const { broadcast_dimensions: dimensions } = attributes<{ broadcast_dimensions: readonly number[] }>(
      operation,
    );
    return builder.emit(
      mlx.broadcastInDim,
      operation.operands,
      { dimensions },
      { results: resultTypes(operation) },
    );
  },
  "stablehlo.broadcast": (operation, builder) => {
    const added = rankOf(operation.results[0]) - rankOf(operation.operands[0]);
    const dimensions = shapeOf(operation.operands[0]).map((_, d) => d + added);
    return builder.emit(
      mlx.broadcastInDim,
      operation.operands,
      { dimensions },
      { results: resultTypes(operation) },
    );
  },
  "stablehlo.concatenate": (operation, builder) => {
    const { dimension: axis } = attributes<{ dimension: number }>(operation);
    return builder.emit(mlx.concatenate, operation.operands, { axis });
  },
  "stablehlo.slice": (operation, builder) => {
    const { start_indices, limit_indices, strides } = attributes<{
      start_indices: readonly number[];
      limit_indices: readonly number[];
      strides?: readonly number[];
    }>(operation);
    const steps = strides ?? repeated(1, start_indices.length);
    return builder.emit(mlx.slice, operation.operands, {
      start: start_indices,
      limit: limit_indices,
      strides: steps,
    });
  },
  "stablehlo.reverse": (operation, builder) => {
    const { dimensions: axes } = attributes<{ dimensions: readonly number[] }>(operation);
    return builder.emit(mlx.flip, operation.operands, { axes });
  },
  "stablehlo.pad": (operation, builder) => {
    const { edge_padding_low, edge_padding_high, interior_padding } = attributes<{
      edge_padding_low: readonly number[];
      edge_padding_high: readonly number[];
      interior_padding: readonly number[];
    }>(operation);
    const values = { low: edge_padding_low, high: edge_padding_high, interior: interior_padding };
    return builder.emit(mlx.pad, operation.operands, values);
  },
  "stablehlo.dynamic_slice": rename(mlx.dynamicSlice),
  "stablehlo.dynamic_update_slice": rename(mlx.dynamicUpdateSlice),
};
