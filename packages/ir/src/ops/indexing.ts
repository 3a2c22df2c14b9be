/** Indexing by computed positions (spec: gather, scatter, sort). */
import { defaulted, defineOp, integers, region, tensor, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { emptyLists } from "./kinds.ts";
import { gatherDimensionNumbers, scatterDimensionNumbers } from "./records.ts";

export const gather = defineOp("stablehlo.gather", {
  since: "0.9.0",
  summary: "Slices of `operand` that start at `start_indices`, laid out by `dimension_numbers`.",
  operands: { operand: tensor, start_indices: integers },
  attributes: {
    dimension_numbers: gatherDimensionNumbers,
    slice_sizes: kinds.i64Array,
    indices_are_sorted: defaulted(kinds.boolean, false),
  },
  results: { result: tensor },
  vhlo: {
    versions: ["0.9.0", "1.1.0"],
    upgrade: (_, attributes) => ({
      ...attributes,
      ...emptyLists("operand_batching_dims", "start_indices_batching_dims"),
    }),
  },
});

export const scatter = defineOp("stablehlo.scatter", {
  since: "0.9.0",
  summary: "Copies of `inputs` whose slices at `scatter_indices` are combined with `updates`.",
  operands: { inputs: variadic(tensor), scatter_indices: tensor, updates: variadic(tensor) },
  attributes: {
    scatter_dimension_numbers: scatterDimensionNumbers,
    indices_are_sorted: defaulted(kinds.boolean, false),
    unique_indices: defaulted(kinds.boolean, false),
  },
  results: { results: variadic(tensor) },
  regions: { update_computation: region },
  vhlo: {
    versions: ["0.9.0", "1.1.0"],
    upgrade: (_, attributes) => ({
      ...attributes,
      ...emptyLists("input_batching_dims", "scatter_indices_batching_dims"),
    }),
  },
});

export const sort = defineOp("stablehlo.sort", {
  since: "0.9.0",
  summary: "Sorts slices of `inputs` along `dimension` together, in the order of `comparator`.",
  operands: { inputs: variadic(tensor) },
  attributes: { dimension: defaulted(kinds.i64, -1), is_stable: defaulted(kinds.boolean, false) },
  results: { results: variadic(tensor) },
  regions: { comparator: region },
});

export const torchIndexSelect = defineOp("stablehlo.torch_index_select", {
  since: "0.9.0",
  summary: "Rows of `operand` along `dim` at `index`, after `batch_dims` shared dimensions (outside the spec).",
  operands: { operand: tensor, index: tensor },
  attributes: { dim: kinds.i64, batch_dims: kinds.i64 },
  results: { result: tensor },
});
