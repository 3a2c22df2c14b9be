/** Reductions: a region folds many elements into one (spec: reduce, reduce_window, select_and_scatter, map). */
import { defineOp, region, tensor, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { noPaddingByDefault, onesByDefault } from "./kinds.ts";

export const reduce = defineOp("stablehlo.reduce", {
  since: "0.9.0",
  summary: "Folds `inputs` along `dimensions` with `body`, starting from `init_values`.",
  operands: { inputs: variadic(tensor), init_values: variadic(tensor) },
  attributes: { dimensions: kinds.i64Array },
  results: { results: variadic(tensor) },
  regions: { body: region },
  format: "custom<Reduce>($inputs, $init_values, $dimensions, $body)",
});

export const reduceWindow = defineOp("stablehlo.reduce_window", {
  since: "0.9.0",
  summary: "Folds each window of `inputs` with `body`, starting from `init_values`.",
  operands: { inputs: variadic(tensor), init_values: variadic(tensor) },
  attributes: {
    window_dimensions: kinds.i64Array,
    window_strides: onesByDefault,
    base_dilations: onesByDefault,
    window_dilations: onesByDefault,
    padding: noPaddingByDefault,
  },
  results: { results: variadic(tensor) },
  regions: { body: region },
});

export const selectAndScatter = defineOp("stablehlo.select_and_scatter", {
  since: "0.9.0",
  summary: "Adds each element of `source` (by `scatter`) where `select` chose an element of its window of `operand`.",
  operands: { operand: tensor, source: tensor, init_value: tensor },
  attributes: { window_dimensions: kinds.i64Array, window_strides: onesByDefault, padding: noPaddingByDefault },
  results: { result: tensor },
  regions: { select: region, scatter: region },
});

export const map = defineOp("stablehlo.map", {
  since: "0.9.0",
  summary: "Applies `computation` to corresponding elements of `inputs`.",
  operands: { inputs: variadic(tensor) },
  attributes: { dimensions: kinds.i64Array },
  results: { result: tensor },
  regions: { computation: region },
});
