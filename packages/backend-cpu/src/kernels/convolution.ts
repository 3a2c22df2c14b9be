/**
 * Convolutions as matrix products: the input is copied once with its padding and dilation in place, so that each
 * element of a window lies at the window's position plus an offset that is the same for all windows.
 */
import { type Element, isComplex, isFloat, sizeOf, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { type Slot, scratch } from "../slot.ts";
import type { View } from "../view.ts";
import { positionsOf } from "../walk.ts";
import { elementOf } from "./emit.ts";
import { compileLoop, type Kernel } from "./loop.ts";
import { multiply } from "./product.ts";
import { isComputable } from "./scalar.ts";
import { accessOf } from "./step.ts";

type Attributes = ViewOf<typeof stablehlo.convolution>["attributes"];

/** Floats only: integers need exact products. */
export function isFastConvolution({ name, inputs, outputs }: Instruction): boolean {
  if (name !== "stablehlo.convolution") return false;
  return [...inputs, ...outputs].every((variable) => {
    const element = elementOf(variable);
    return element !== undefined && isFloat(element) && isComputable(element) && !isComplex(element);
  });
}

export const convolution: KernelMaker = ({ instruction, inputs }, context) => {
  if (!isFastConvolution(instruction)) return undefined;
  const [lhs, rhs] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const attributes = instruction.attributes as unknown as Attributes;
  const work = elementOf(output) === "f64" ? "f64" : "f32";
  const input = paddedInput(lhs, inputs[0]!, attributes, work, context);
  const kernel = packedKernel(rhs, inputs[1]!, attributes, work, context);
  const shape = tensorType(output).shape;
  const result = context.slotOf(output);
  const direct = result.type.element === work;
  const target = direct ? result : scratch(work, result.size);
  const products = tables(shape, tensorType(rhs).shape, input.shape, attributes);
  const multiplyAll = () => {
    const [left, right, sums] = [input.slot.data, kernel.slot.data, target.data] as Float32Array[];
    for (const { windows, taps, inner, columns, outRows, outColumns, start } of products) {
      multiply({
        ...{ work, m: windows.length, n: columns.length, k: inner.length },
        left: { data: left!, rows: windows, columns: inner, start: start.input },
        right: { data: right!, rows: taps, columns, start: start.kernel },
        result: { data: sums!, rows: outRows, columns: outColumns, start: start.output },
      });
    }
  };
  const finish = direct ? [] : [convertLoop(target, result, work)];
  const kernels: Kernel[] = [input.fill, kernel.fill, multiplyAll, ...finish];
  return () => {
    for (let i = 0; i < kernels.length; i++) kernels[i]!();
  };
};

/** The input as [batch, spatial…, feature] with room for padding, zeros between dilated elements. */
function paddedInput(
  lhs: Variable,
  view: View,
  attributes: Attributes,
  work: Element,
  context: KernelContext,
) {
  const { shape } = tensorType(lhs);
  const d = attributes.dimension_numbers;
  const spatial = d.input_spatial_dimensions.map((dimension, i) => {
    const dilation = attributes.lhs_dilation?.[i] ?? 1;
    const [low = 0, high = 0] = attributes.padding?.[i] ?? [];
    const size = shape[dimension]!;
    const dilated = size === 0 ? 0 : (size - 1) * dilation + 1;
    return { dimension, size, dilation, low, total: Math.max(0, dilated + low + high) };
  });
  const padded = [
    shape[d.input_batch_dimension]!,
    ...spatial.map(({ total }) => total),
    shape[d.input_feature_dimension]!,
  ];
  const slot = scratch(work, sizeOf(padded));
  const strides = stridesOf(padded);
  // Negative padding cuts elements off: only those that land inside are copied.
  const first = spatial.map(({ low, dilation }) => Math.max(0, Math.ceil(-low / dilation)));
  const counts = spatial.map(({ size, low, dilation, total }, i) =>
    Math.max(0, Math.min(size, Math.floor((total - 1 - low) / dilation) + 1) - first[i]!),
  );
  const order = [d.input_batch_dimension, ...d.input_spatial_dimensions, d.input_feature_dimension];
  const from = accessOf({ ...view, strides: order.map((dimension) => view.strides[dimension]!) }, context);
  const skipped = first.reduce((sum, position, i) => sum + position * from.strides[i + 1]!, from.offset);
  const offset = spatial.reduce(
    (sum, { low, dilation }, i) => sum + (low + first[i]! * dilation) * strides[i + 1]!,
    0,
  );
  const to = {
    slot,
    element: work,
    offset,
    strides: strides.map((stride, i) => stride * (spatial[i - 1]?.dilation ?? 1)),
  };
  const fill = compileLoop({
    shape: [padded[0]!, ...counts, padded.at(-1)!],
    loads: [{ access: { ...from, offset: skipped }, name: "x" }],
    body: [],
    stores: [{ access: to, value: "x" }],
  });
  return { slot, fill, shape: padded };
}

/** The kernel as [tap…, input feature, output feature], taps in the order in which windows meet them. */
function packedKernel(
  rhs: Variable,
  view: View,
  attributes: Attributes,
  work: Element,
  context: KernelContext,
) {
  const { shape } = tensorType(rhs);
  const d = attributes.dimension_numbers;
  const order = [
    ...d.kernel_spatial_dimensions,
    d.kernel_input_feature_dimension,
    d.kernel_output_feature_dimension,
  ];
  const sizes = order.map((dimension) => shape[dimension]!);
  const from = accessOf({ ...view, strides: order.map((dimension) => view.strides[dimension]!) }, context);
  let { offset } = from;
  const strides = from.strides.map((stride, i) => {
    if (!attributes.window_reversal?.[i]) return stride;
    offset += stride * (sizes[i]! - 1);
    return -stride;
  });
  const slot = scratch(work, sizeOf(sizes));
  const fill = compileLoop({
    shape: sizes,
    loads: [{ access: { ...from, offset, strides }, name: "x" }],
    body: [],
    stores: [{ access: { slot, element: work, offset: 0, strides: stridesOf(sizes) }, value: "x" }],
  });
  return { slot, fill };
}

/** The products of a convolution, one for each group of channels: where windows, taps and results are. */
function tables(
  shape: readonly number[],
  kernelShape: readonly number[],
  padded: readonly number[],
  attributes: Attributes,
) {
  const d = attributes.dimension_numbers;
  const strides = stridesOf(padded);
  const outStrides = stridesOf(shape);
  const { feature_group_count: featureGroups, batch_group_count: batchGroups } = attributes;
  const taps = d.kernel_spatial_dimensions.map((dimension) => kernelShape[dimension]!);
  const channels = kernelShape[d.kernel_input_feature_dimension]!;
  const features = kernelShape[d.kernel_output_feature_dimension]!;
  const batches = shape[d.output_batch_dimension]!;
  const positions = d.output_spatial_dimensions.map((dimension) => shape[dimension]!);
  const spatialStrides = strides.slice(1, -1);
  const windowSteps = spatialStrides.map((stride, i) => stride * (attributes.window_strides?.[i] ?? 1));
  const tapSteps = spatialStrides.map((stride, i) => stride * (attributes.rhs_dilation?.[i] ?? 1));
  const outSteps = d.output_spatial_dimensions.map((dimension) => outStrides[dimension]!);
  const groups = featureGroups * batchGroups;
  const perGroup = features / groups;
  const featureStride = outStrides[d.output_feature_dimension]!;
  const common = {
    windows: positionsOf([batches, ...positions], [strides[0]!, ...windowSteps]),
    inner: positionsOf([...taps, channels], [...tapSteps, 1]),
    taps: positionsOf([sizeOf(taps) * channels], [features]),
    columns: positionsOf([perGroup], [1]),
    outRows: positionsOf([batches, ...positions], [outStrides[d.output_batch_dimension]!, ...outSteps]),
    outColumns: positionsOf([perGroup], [featureStride]),
  };
  return Array.from({ length: groups }, (_, g) => ({
    ...common,
    start: {
      // Of several feature groups each sees its own channels; of several batch groups its own part of the batch.
      input: featureGroups > 1 ? g * channels : g * batches * strides[0]!,
      kernel: g * perGroup,
      output: g * perGroup * featureStride,
    },
  }));
}

function convertLoop(from: Slot, to: Slot, work: Element): Kernel {
  const walk = { offset: 0, strides: [1] };
  const value = to.type.element === "bf16" ? "roundBf16(x)" : to.type.element === "f16" ? "f16round(x)" : "x";
  return compileLoop({
    shape: [to.size],
    loads: [{ access: { slot: from, element: work, ...walk }, name: "x" }],
    body: [],
    stores: [{ access: { slot: to, element: to.type.element, ...walk }, value }],
  });
}
