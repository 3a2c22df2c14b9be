/** Dynamic ops outside the spec: slices with bounds as operands, and sizes that are set. */
import { defineOp, dimensions, integers, tensor } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { DYNAMIC, sameElement, sameType } from "../model/types.ts";
import { materialize, sliced, viewTensor } from "../reference/kernel/view.ts";
import { boundOf, withBounds } from "./bounds.ts";
import { inRange, sizesIn, withShape } from "./inference.ts";

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
        [start_indices, limit_indices, strides].every(
          (type) => sameType(type, start_indices) && type.shape[0] === operand.shape.length,
        ),
    ],
    R2: [
      "`operand` and `result` have the same element type",
      ({ operand, result }) => sameElement(operand.element, result.element),
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
    S2: ["`size` is a scalar of i32", ({ size }) => size.shape.length === 0 && size.element === "i32"],
  },
  infer: ({ operand, dimension }, known) => {
    const size = operand.shape[dimension]!;
    const bound = size === DYNAMIC ? boundOf(operand, dimension) : size;
    const fixed = known.integers("size")?.[0] === bound;
    const bounds = operand.shape.map((_, d) =>
      d !== dimension ? boundOf(operand, d) : fixed ? DYNAMIC : bound,
    );
    return [withBounds(withShape(operand, operand.shape.with(dimension, fixed ? bound : DYNAMIC)), bounds)];
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
