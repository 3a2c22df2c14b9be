/**
 * Convolutions as matrix products: with padding and dilation in place, each element of a window lies at the window's
 * position plus an offset that is the same for all windows, so that windows are rows of a matrix that is never made.
 */
import { isComplex, sizeOf, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { scratch } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import type { Work } from "../wasm/lanes.ts";
import { elementOf } from "./emit.ts";
import { compileLoop } from "./loop.ts";
import { hasNumbers, mixed, type Operand, operandIn, resultIn, workOf } from "./operand.ts";
import { productCode } from "./product.ts";

type Attributes = ViewOf<typeof stablehlo.convolution>["attributes"];

/** Real numbers only; complex convolutions go to the evaluator. */
export function isFastConvolution(instruction: Instruction): boolean {
  if (instruction.name !== "stablehlo.convolution" || !hasNumbers(instruction)) return false;
  return [...instruction.inputs, ...instruction.outputs].every(
    (variable) => !isComplex(elementOf(variable)!),
  );
}

export const convolution: KernelMaker = ({ instruction, inputs }, context) => {
  if (!isFastConvolution(instruction)) return undefined;
  const [lhs, rhs] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const attributes = instruction.attributes as unknown as Attributes;
  const work = workOf(elementOf(output)!);
  const source = operandIn(work, lhs, inputs[0]!, context);
  const padded = withPadding(source, tensorType(lhs).shape, attributes, work);
  const kernel = operandIn(work, rhs, inputs[1]!, context);
  const result = resultIn(work, output, context);
  const { input, taps, sums } = tables(
    padded,
    kernel,
    tensorType(rhs).shape,
    tensorType(output).shape,
    attributes,
  );
  const product = {
    work,
    left: { slot: padded.slot, ...input },
    right: { slot: kernel.slot, ...taps },
    result: { slot: result.slot, ...sums },
  };
  const { program } = context;
  const fills = [source.fill, kernel.fill, padded.fill];
  return mixed(program, [...fills, productCode(product, program), result.finish]);
};

/** The input with room for its padding and zeros between its elements; the input itself when it needs none. */
function withPadding(source: Operand, shape: readonly number[], attributes: Attributes, work: Work): Operand {
  const d = attributes.dimension_numbers;
  const dimensions = shape.map((size, dimension) => {
    const i = d.input_spatial_dimensions.indexOf(dimension);
    const dilation = attributes.lhs_dilation?.[i] ?? 1;
    const [low = 0, high = 0] = attributes.padding?.[i] ?? [];
    const dilated = size === 0 ? 0 : (size - 1) * dilation + 1;
    return { size, dilation, low, total: Math.max(0, dilated + low + high) };
  });
  if (dimensions.every(({ size, dilation, low, total }) => dilation === 1 && low === 0 && total === size))
    return { slot: source.slot, offset: source.offset, strides: source.strides };
  // The copy keeps the order of memory, so that it runs along rows.
  const order = shape
    .map((_, dimension) => dimension)
    .sort((a, b) => source.strides[b]! - source.strides[a]!);
  const slot = scratch(work, sizeOf(dimensions.map(({ total }) => total)));
  arena.clear(slot.address, slot.bytes);
  const ordered = stridesOf(order.map((dimension) => dimensions[dimension]!.total));
  const strides = shape.map((_, dimension) => ordered[order.indexOf(dimension)]!);
  // Negative padding cuts elements off: only those that land inside are copied.
  const first = dimensions.map(({ low, dilation }) => Math.max(0, Math.ceil(-low / dilation)));
  const counts = dimensions.map(({ size, low, dilation, total }, i) =>
    Math.max(0, Math.min(size, Math.floor((total - 1 - low) / dilation) + 1) - first[i]!),
  );
  const from = first.reduce((sum, position, i) => sum + position * source.strides[i]!, source.offset);
  const to = dimensions.reduce(
    (sum, { low, dilation }, i) => sum + (low + first[i]! * dilation) * strides[i]!,
    0,
  );
  const inOrder = (values: readonly number[]) => order.map((dimension) => values[dimension]!);
  const fill = compileLoop({
    shape: inOrder(counts),
    loads: [
      {
        access: { slot: source.slot, element: work, offset: from, strides: inOrder(source.strides) },
        name: "x",
      },
    ],
    body: [],
    stores: [
      {
        access: {
          slot,
          element: work,
          offset: to,
          strides: inOrder(strides.map((stride, i) => stride * dimensions[i]!.dilation)),
        },
        value: "x",
      },
    ],
  });
  return { slot, offset: 0, strides, fill };
}

/** Windows × taps, taps × features and windows × features, one product per group. */
function tables(
  input: Operand,
  kernel: Operand,
  kernelShape: readonly number[],
  shape: readonly number[],
  attributes: Attributes,
) {
  const d = attributes.dimension_numbers;
  const outStrides = stridesOf(shape);
  const pick = (values: readonly number[], dimensions: readonly number[]) =>
    dimensions.map((dimension) => values[dimension]!);
  const window = pick(kernelShape, d.kernel_spatial_dimensions);
  const channels = kernelShape[d.kernel_input_feature_dimension]!;
  const groups = attributes.feature_group_count * attributes.batch_group_count;
  const features = kernelShape[d.kernel_output_feature_dimension]! / groups;
  const rows = [shape[d.output_batch_dimension]!, ...pick(shape, d.output_spatial_dimensions)];
  const spatial = pick(input.strides, d.input_spatial_dimensions);
  const batchStride = input.strides[d.input_batch_dimension]!;
  const channelStride = input.strides[d.input_feature_dimension]!;
  const featureStride = outStrides[d.output_feature_dimension]!;
  const kernelFeatureStride = kernel.strides[d.kernel_output_feature_dimension]!;
  let kernelStart = kernel.offset;
  const tapStrides = pick(kernel.strides, d.kernel_spatial_dimensions).map((stride, i) => {
    if (!attributes.window_reversal?.[i]) return stride;
    kernelStart += stride * (window[i]! - 1);
    return -stride;
  });
  // Of several feature groups each sees its own channels; of several batch groups its own part of the batch.
  const groupStride = attributes.feature_group_count > 1 ? channels * channelStride : rows[0]! * batchStride;
  const steps = (of: readonly number[] | undefined) => spatial.map((stride, i) => stride * (of?.[i] ?? 1));
  return {
    input: {
      starts: positionsOf([groups], [groupStride], input.offset),
      rows: positionsOf(rows, [batchStride, ...steps(attributes.window_strides)]),
      columns: positionsOf([...window, channels], [...steps(attributes.rhs_dilation), channelStride]),
    },
    taps: {
      starts: positionsOf([groups], [features * kernelFeatureStride], kernelStart),
      rows: positionsOf(
        [...window, channels],
        [...tapStrides, kernel.strides[d.kernel_input_feature_dimension]!],
      ),
      columns: positionsOf([features], [kernelFeatureStride]),
    },
    sums: {
      starts: positionsOf([groups], [features * featureStride]),
      rows: positionsOf(rows, pick(outStrides, [d.output_batch_dimension, ...d.output_spatial_dimensions])),
      columns: positionsOf([features], [featureStride]),
    },
  };
}
