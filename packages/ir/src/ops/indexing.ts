/** Indexing by computed positions (spec: gather, scatter, sort). */

import { defaulted, defineOp, indices, integers, region, tensor, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { sameElement } from "../model/types.ts";
import { folding, parameterElement, promoted } from "../reference/kernel/fold.ts";
import { forEachUpdate, gather as gatherSlices, selectRows } from "../reference/kernel/slices.ts";
import { sort as sortSlices } from "../reference/kernel/sort.ts";
import { copyOf } from "../reference/kernel/view.ts";
import { valueType } from "../reference/tensor.ts";
import { promotion } from "./extensions.ts";
import { compatibleShape, haveOneShape, inRange, withElement, withShape } from "./inference.ts";
import { emptyLists } from "./kinds.ts";
import { gatherDimensionNumbers, scatterDimensionNumbers } from "./records.ts";
import {
  comparatorArguments,
  comparesWith,
  foldsWith,
  isIndexElement,
  outputElement,
  reducerArguments,
} from "./regions.ts";
import { gatherConstraints, gatherType, scatterConstraints } from "./slices.ts";

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
  constraints: {
    ...gatherConstraints,
    C23: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElement(operand.element, result.element),
    ],
  },
  infer: ({ operand, start_indices, slice_sizes, dimension_numbers }) => [
    gatherType(operand, start_indices, slice_sizes, dimension_numbers),
  ],
  vhlo: {
    versions: ["0.9.0", "1.1.0"],
    upgrade: (_, attributes) => ({
      ...attributes,
      ...emptyLists("operand_batching_dims", "start_indices_batching_dims"),
    }),
  },
  quantized: "stored",
  evaluate: ({ operand, start_indices, dimension_numbers, slice_sizes }) =>
    gatherSlices(operand, start_indices, dimension_numbers, slice_sizes),
});

export const scatter = defineOp("stablehlo.scatter", {
  since: "0.9.0",
  summary: "Copies of `inputs` whose slices at `scatter_indices` are combined with `updates`.",
  operands: { inputs: variadic(tensor), scatter_indices: indices, updates: variadic(tensor) },
  attributes: {
    scatter_dimension_numbers: scatterDimensionNumbers,
    indices_are_sorted: defaulted(kinds.boolean, false),
    unique_indices: defaulted(kinds.boolean, false),
  },
  results: { results: variadic(tensor) },
  regions: { update_computation: region },
  regionArguments: ({ inputs }) => ({ update_computation: reducerArguments(inputs) }),
  constraints: {
    ...scatterConstraints,
    C23: [
      "`update_computation` folds scalars of the element types of `inputs` and `updates`",
      ({ update_computation, inputs, updates }) =>
        foldsWith(update_computation, { inputs, inits: updates.map((update) => withShape(update, [])) }),
    ],
  },
  infer: ({ inputs, update_computation }) =>
    inputs.map((input, i) => withElement(input, outputElement(update_computation, i, input.element))),
  vhlo: {
    versions: ["0.9.0", "1.1.0"],
    extensions: [promotion],
    upgrade: (_, attributes) => ({
      ...attributes,
      ...emptyLists("input_batching_dims", "scatter_indices_batching_dims"),
    }),
  },
  evaluate: ({ inputs, scatter_indices, updates, update_computation, ...attributes }, { operation }) => {
    const region = operation.regions[0]!;
    const n = inputs.length;
    const results = inputs.map((input, i) => copyOf(promoted(input, parameterElement(region, i))));
    const sources = updates.map((update, i) => promoted(update, parameterElement(region, n + i)));
    const combine = folding(region, update_computation, results, sources);
    const [input, update] = [inputs[0]!.type, updates[0]!.type];
    forEachUpdate(input.shape, scatter_indices, update.shape, attributes.scatter_dimension_numbers, combine);
    return results;
  },
});

export const sort = defineOp("stablehlo.sort", {
  since: "0.9.0",
  summary: "Sorts slices of `inputs` along `dimension` together, in the order of `comparator`.",
  operands: { inputs: variadic(tensor) },
  attributes: { dimension: defaulted(kinds.i64, -1), is_stable: defaulted(kinds.boolean, false) },
  results: { results: variadic(tensor) },
  regions: { comparator: region },
  regionArguments: ({ inputs }) => ({ comparator: comparatorArguments(inputs) }),
  constraints: {
    C1: ["there is at least one of `inputs`", ({ inputs }) => inputs.length > 0],
    C3: [
      "`inputs` and `results` have the same shape",
      ({ inputs, results }) => haveOneShape([...inputs, ...results]),
    ],
    C4: [
      "`dimension` is in range, negative ones counted from the last",
      ({ inputs, dimension }) => {
        const rank = inputs[0]?.shape.length ?? 0;
        return inRange([dimension + rank], 2 * rank);
      },
    ],
    C5: [
      "`comparator` takes two scalars of each of `inputs` and returns a predicate",
      ({ comparator, inputs }) => comparesWith(comparator, inputs),
    ],
  },
  infer: ({ inputs }) => inputs,
  evaluate: ({ inputs, dimension, comparator }, { operation }) =>
    sortSlices(inputs, dimension, operation.regions[0]!, comparator),
});

export const torchIndexSelect = defineOp("stablehlo.torch_index_select", {
  since: "0.9.0",
  summary:
    "Rows of `operand` along `dim` at `index`, after `batch_dims` shared dimensions (outside the spec).",
  operands: { operand: tensor, index: tensor },
  attributes: { dim: kinds.i64, batch_dims: kinds.i64 },
  results: { result: tensor },
  constraints: {
    T1: [
      "`index` holds integers, and `dim` and `batch_dims` are in range",
      ({ operand, index, dim, batch_dims }) =>
        isIndexElement(index.element) &&
        inRange([dim], operand.shape.length) &&
        inRange([batch_dims], Math.min(dim, index.shape.length) + 1),
    ],
    T2: [
      "the shape of `result` is that of `operand` with `dim` replaced by the dimensions of `index` after `batch_dims`",
      ({ operand, index, dim, batch_dims, result }) =>
        compatibleShape(
          result,
          withShape(result, [
            ...operand.shape.slice(0, dim),
            ...index.shape.slice(batch_dims),
            ...operand.shape.slice(dim + 1),
          ]),
        ),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, index, dim, batch_dims }, { results }) => {
    const [from, to] = [operand.type.element, valueType(results[0]).element];
    if (from !== to) throw new TypeError(`rows of ${from} as ${to} are not defined for this operation`);
    return selectRows(operand, index, dim, batch_dims);
  },
});
