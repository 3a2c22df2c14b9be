/** Reductions: a region folds many elements into one (spec: reduce, reduce_window, select_and_scatter, map). */

import { defineOp, region, tensor, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { sameType, type TensorType } from "../model/types.ts";
import * as fold from "../reference/kernel/reduce.ts";
import { valueType } from "../reference/tensor.ts";
import { boundsOf, withBounds } from "./bounds.ts";
import { promotion } from "./extensions.ts";
import { compatibleShape, inRange, isUnique, withElement, withShape } from "./inference.ts";
import { noPaddingByDefault, onesByDefault } from "./kinds.ts";
import {
  alike,
  comparatorArguments,
  comparesWith,
  compatibleType,
  elementArguments,
  foldsWith,
  outputElement,
  reducerArguments,
  regionInputs,
  regionOutputs,
} from "./regions.ts";
import { arePositive, isPadding, type WindowDimension, windowCounts, windowDimensions } from "./windows.ts";

const sameShapes = (types: readonly TensorType[]) => types.every((type) => compatibleShape(types[0]!, type));
const rankOf = (inputs: readonly TensorType[]) => inputs[0]?.shape.length ?? 0;

interface WindowFields {
  readonly window_dimensions: readonly number[];
  readonly window_strides: readonly number[] | undefined;
  readonly padding: readonly (readonly number[])[] | undefined;
  readonly base_dilations?: readonly number[] | undefined;
  readonly window_dilations?: readonly number[] | undefined;
}

function windowsOf(fields: WindowFields): WindowDimension[] {
  return windowDimensions(fields.window_dimensions, {
    strides: fields.window_strides,
    padding: fields.padding,
    baseDilations: fields.base_dilations,
    windowDilations: fields.window_dilations,
  });
}

export const reduce = defineOp("stablehlo.reduce", {
  since: "0.9.0",
  summary: "Folds `inputs` along `dimensions` with `body`, starting from `init_values`.",
  operands: { inputs: variadic(tensor), init_values: variadic(tensor) },
  attributes: { dimensions: kinds.i64Array },
  results: { results: variadic(tensor) },
  regions: { body: region },
  regionArguments: ({ init_values }) => ({ body: [...init_values, ...init_values] }),
  format: "custom<Reduce>($inputs, $init_values, $dimensions, $body)",
  constraints: {
    C1: ["`inputs` have the same shape", ({ inputs }) => sameShapes(inputs)],
    C3: [
      "there are as many `inputs` as `init_values` and `results`, at least one",
      ({ inputs, init_values, results }) =>
        inputs.length > 0 && inputs.length === init_values.length && inputs.length === results.length,
    ],
    C4: [
      "`dimensions` are in range",
      ({ inputs, dimensions }) => inRange(dimensions, inputs[0]?.shape.length ?? 0),
    ],
    C5: ["`dimensions` are unique", ({ dimensions }) => isUnique(dimensions)],
    C6: [
      "`body` folds scalars of the element types of `inputs`",
      ({ body, inputs, init_values: inits, dimensions }) => {
        const allowed = (inputs[0]?.shape ?? []).filter((_, d) => !dimensions.includes(d));
        return foldsWith(body, { inputs, inits, allowed });
      },
    ],
  },
  // StableHLO takes the sizes of the first input.
  infer: ({ inputs, dimensions, body }) =>
    inputs.map((input, i) => {
      const keeps = (_: number, d: number) => !dimensions.includes(d);
      const [{ shape, encoding }] = inputs as readonly [TensorType];
      const element = outputElement(body, i, input.element);
      const bounds = boundsOf(inputs[0]!).filter(keeps);
      const reduced: TensorType = { kind: "tensor", shape: shape.filter(keeps), element };
      return bounds.length > 0 ? withBounds(reduced, bounds, encoding) : reduced;
    }),
  vhlo: { versions: ["0.9.0"], extensions: [promotion] },
  evaluate: ({ inputs, init_values, dimensions, body }, { operation }) =>
    fold.reduce(inputs, init_values, dimensions, { region: operation.regions[0]!, call: body }),
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
  regionArguments: ({ init_values }) => ({ body: [...init_values, ...init_values] }),
  constraints: {
    C1: [
      "there are as many `inputs` as `init_values` and `results`, at least one",
      ({ inputs, init_values, results }) =>
        inputs.length > 0 && inputs.length === init_values.length && inputs.length === results.length,
    ],
    C2: ["`inputs` have the same shape", ({ inputs }) => sameShapes(inputs)],
    C4: [
      "`window_dimensions` has one size per dimension of `inputs`",
      ({ inputs, window_dimensions }) =>
        inputs.every(({ shape }) => shape.length === window_dimensions.length),
    ],
    C5: [
      "`window_dimensions` are positive",
      ({ window_dimensions }) => arePositive(window_dimensions, window_dimensions.length),
    ],
    C7: [
      "`window_strides` are positive, one per dimension",
      ({ inputs, window_strides }) => arePositive(window_strides, rankOf(inputs)),
    ],
    C9: [
      "`base_dilations` are positive, one per dimension",
      ({ inputs, base_dilations }) => arePositive(base_dilations, rankOf(inputs)),
    ],
    C11: [
      "`window_dilations` are positive, one per dimension",
      ({ inputs, window_dilations }) => arePositive(window_dilations, rankOf(inputs)),
    ],
    C12: [
      "`padding` has a low and a high amount per dimension",
      ({ inputs, padding }) => isPadding(padding, rankOf(inputs)),
    ],
    C13: [
      "`body` folds scalars of the element types of `inputs`",
      ({ body, inputs, init_values: inits, window_dimensions: allowed }) =>
        foldsWith(body, { inputs, inits, allowed }),
    ],
  },
  infer: ({ inputs, body, ...window }) => {
    const windows = windowsOf(window);
    return inputs.map((input, i) => {
      const bounds = boundsOf(input);
      const reduced: TensorType = {
        kind: "tensor",
        shape: windowCounts(input.shape, windows),
        element: outputElement(body, i, input.element),
      };
      return bounds.length > 0 ? withBounds(reduced, windowCounts(bounds, windows)) : reduced;
    });
  },
  vhlo: { versions: ["0.9.0"], extensions: [promotion] },
  evaluate: ({ inputs, init_values, body, ...window }, { operation }) =>
    fold.reduceWindow(inputs, init_values, windowsOf(window), { region: operation.regions[0]!, call: body }),
});

export const selectAndScatter = defineOp("stablehlo.select_and_scatter", {
  since: "0.9.0",
  summary:
    "Adds each element of `source` (by `scatter`) where `select` chose an element of its window of `operand`.",
  operands: { operand: tensor, source: tensor, init_value: tensor },
  attributes: {
    window_dimensions: kinds.i64Array,
    window_strides: onesByDefault,
    padding: noPaddingByDefault,
  },
  results: { result: tensor },
  regions: { select: region, scatter: region },
  regionArguments: ({ operand }) => ({
    select: comparatorArguments([operand]),
    scatter: reducerArguments([operand]),
  }),
  constraints: {
    C1: [
      "`operand` and `source` have the same element type, floats of any width",
      ({ operand, source }) => alike(operand.element, source.element),
    ],
    C4: [
      "`window_dimensions` has one size per dimension of `operand`",
      ({ operand, window_dimensions }) => operand.shape.length === window_dimensions.length,
    ],
    C5: [
      "`window_dimensions` are positive",
      ({ window_dimensions }) => arePositive(window_dimensions, window_dimensions.length),
    ],
    C7: [
      "`window_strides` are positive, one per dimension",
      ({ operand, window_strides }) => arePositive(window_strides, operand.shape.length),
    ],
    C8: [
      "`padding` has a low and a high amount per dimension",
      ({ operand, padding }) => isPadding(padding, operand.shape.length),
    ],
    C2: [
      "`source` has the shape of the windows of `operand`",
      ({ operand, source, window_dimensions, window_strides: strides, padding }) => {
        const windows = windowDimensions(window_dimensions, { strides, padding });
        return compatibleShape(source, withShape(source, windowCounts(operand.shape, windows)));
      },
    ],
    C9: [
      "`select` compares two scalars of `operand`",
      ({ select, operand }) => comparesWith(select, [operand], alike),
    ],
    C10: [
      "`scatter` folds scalars of `source`, starting from `init_value`",
      ({ scatter, source, init_value }) => foldsWith(scatter, { inputs: [source], inits: [init_value] }),
    ],
  },
  infer: ({ operand, scatter }) => [withElement(operand, outputElement(scatter, 0, operand.element))],
  vhlo: { versions: ["0.9.0"], extensions: [promotion] },
  evaluate: ({ operand, source, init_value, select, scatter, ...window }, { operation }) => {
    const [selectRegion, scatterRegion] = operation.regions;
    return fold.selectAndScatter(
      operand,
      source,
      init_value,
      windowsOf(window),
      { region: selectRegion!, call: select },
      { region: scatterRegion!, call: scatter },
    );
  },
});

export const map = defineOp("stablehlo.map", {
  since: "0.9.0",
  summary: "Applies `computation` to corresponding elements of `inputs`.",
  operands: { inputs: variadic(tensor) },
  attributes: { dimensions: kinds.i64Array },
  results: { result: tensor },
  regions: { computation: region },
  regionArguments: ({ inputs }) => ({ computation: elementArguments(inputs) }),
  constraints: {
    C1: [
      "`inputs` and `result` have the same shape",
      ({ inputs, result }) => inputs.every((input) => compatibleShape(input, result)),
    ],
    C2: ["there is at least one of `inputs`", ({ inputs }) => inputs.length > 0],
    C3: [
      "`dimensions` are all dimensions of `inputs` in order",
      ({ inputs, dimensions }) =>
        dimensions.length === rankOf(inputs) && dimensions.every((dimension, i) => dimension === i),
    ],
    C4: [
      "`computation` takes a scalar of each of `inputs` and returns one of `result`",
      ({ computation, inputs, result }) => {
        const outputs = regionOutputs(computation);
        const scalar = ({ element }: TensorType): TensorType => ({ kind: "tensor", shape: [], element });
        const parameters = regionInputs(computation);
        return (
          outputs.length === 1 &&
          compatibleType(outputs[0]!, scalar(result)) &&
          parameters.length === inputs.length &&
          parameters.every((type, i) => sameType(type, scalar(inputs[i]!)))
        );
      },
    ],
  },
  infer: ({ inputs, computation }) => {
    // StableHLO takes the sizes of the last input.
    const input = inputs.at(-1)!;
    return [withShape(withElement(input, outputElement(computation, 0, input.element)), input.shape)];
  },
  evaluate: ({ inputs, computation }, { operation, results }) =>
    fold.map(inputs, { region: operation.regions[0]!, call: computation }, valueType(results[0]).element),
});
