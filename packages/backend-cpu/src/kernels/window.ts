/** `reduce_window`: over a copy with its padding in place it is a reduction; cumulative forms are one pass. */
import { type Element, isComplex, sizeOf, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { scratch } from "../slot.ts";
import { assign, compileText, elementOf, emitBlock, loadOf, type Names, nameOf, renumber } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import { type Access, compileLoop, type Kernel } from "./loop.ts";
import { assignAll, isScalarFunction } from "./reduce.ts";
import type { Expression } from "./scalar.ts";

type Attributes = ViewOf<typeof stablehlo.reduceWindow>["attributes"];

interface Dimension {
  readonly size: number;
  readonly window: number;
  readonly stride: number;
  readonly base: number;
  readonly dilation: number;
  readonly low: number;
  readonly high: number;
}

function dimensionsOf(shape: readonly number[], attributes: Attributes): Dimension[] {
  return shape.map((size, d) => ({
    size,
    window: attributes.window_dimensions[d]!,
    stride: attributes.window_strides?.[d] ?? 1,
    base: attributes.base_dilations?.[d] ?? 1,
    dilation: attributes.window_dilations?.[d] ?? 1,
    low: attributes.padding?.[d]?.[0] ?? 0,
    high: attributes.padding?.[d]?.[1] ?? 0,
  }));
}

export const reduceWindow: KernelMaker = ({ instruction, inputs, captures }, context) => {
  const body = instruction.blocks[0]!;
  if (captures.size > 0 || !isScalarFunction(body)) return undefined;
  const { shape } = tensorType(instruction.inputs[0]!);
  const dimensions = dimensionsOf(shape, instruction.attributes as unknown as Attributes);
  const count = instruction.inputs.length / 2;
  const slots = inputs.map((view) => wholeSlot(view, context));
  const accesses = instruction.inputs.map((input, i): Access => {
    return {
      slot: slots[i],
      element: elementOf(input)!,
      offset: 0,
      strides: stridesOf(tensorType(input).shape),
    };
  });
  const operands = accesses.slice(0, count);
  const inits = accesses.slice(count);
  const scan = cumulativeAxis(dimensions);
  if (scan && repeatsSafely(instruction, inits))
    return cumulativeKernel(instruction, operands, inits, shape, scan, context);
  const padded = operands.map((operand, i) => paddedCopy(operand, inits[i]!, dimensions));
  const kernel = windowKernel(instruction, padded, inits, dimensions, context);
  return () => {
    for (const { fill } of padded) fill();
    kernel();
  };
};

interface Scan {
  readonly axis: number;
  /** From the last element to the first. */
  readonly backwards: boolean;
}

/** A window as long as one dimension that sees all elements before (or after) each, and nothing else. */
function cumulativeAxis(dimensions: readonly Dimension[]): Scan | undefined {
  const wide = dimensions.flatMap(({ window }, axis) => (window === 1 ? [] : [axis]));
  const plain = dimensions.every((d) => d.stride === 1 && d.base === 1 && d.dilation === 1);
  const [axis] = wide;
  if (!plain || axis === undefined || wide.length > 1) return undefined;
  if (dimensions.some((d, other) => other !== axis && (d.low !== 0 || d.high !== 0))) return undefined;
  const { size, window, low, high } = dimensions[axis]!;
  if (window !== size) return undefined;
  if (low === size - 1 && high === 0) return { axis, backwards: false };
  return low === 0 && high === size - 1 ? { axis, backwards: true } : undefined;
}

/**
 * Windows at the edge see the initial value once for each element of padding, one pass sees it once: the same if the
 * initial value is known and combines with itself to itself, as identities do.
 */
function repeatsSafely(instruction: Instruction, inits: readonly Access[]): boolean {
  if (inits.some(({ slot, element }) => slot!.kind !== "constant" || isComplex(element))) return false;
  const body = instruction.blocks[0]!;
  const count = inits.length;
  const names: Names = new Map(body.parameters.map((parameter, i) => [parameter, `b${i % count}`]));
  const { statements, results } = emitBlock(body, names)!;
  const values = inits.map(({ element }, i) => assign(`b${i}`, loadOf(element, `slots[${i}].data`, "0")));
  const same = results.map((result, i) => `Object.is(${result}, b${i})`).join(" && ");
  const text = [...values, ...statements, `return ${same};`].join("\n");
  return compileText(renumber(text), ["slots"])(inits.map(({ slot }) => slot)) as boolean;
}

function cumulativeKernel(
  instruction: Instruction,
  operands: readonly Access[],
  inits: readonly Access[],
  shape: readonly number[],
  { axis, backwards }: Scan,
  context: KernelContext,
): Kernel {
  const turned = (access: Access): Access => {
    if (!backwards) return access;
    const strides = access.strides.map((stride, d) => (d === axis ? -stride : stride));
    return { ...access, offset: access.offset + access.strides[axis]! * (shape[axis]! - 1), strides };
  };
  const targets = instruction.outputs.map((output) => turned(denseAccess(output, context)));
  return foldKernel(
    instruction,
    shape,
    operands.map(turned),
    inits,
    targets,
    shape.map((_, d) => d === axis),
    true,
  );
}

/** A copy of an operand with initial values as padding and between dilated elements. */
function paddedCopy(operand: Access, init: Access, dimensions: readonly Dimension[]) {
  const shape = dimensions.map(({ size, base, low, high }) =>
    Math.max(0, (size === 0 ? 0 : (size - 1) * base + 1) + low + high),
  );
  const strides = stridesOf(shape);
  const first = dimensions.map(({ low, base }) => Math.max(0, Math.ceil(-low / base)));
  const counts = dimensions.map(({ size, low, base }, d) =>
    Math.max(0, Math.min(size, Math.floor((shape[d]! - 1 - low) / base) + 1) - first[d]!),
  );
  const slot = scratch(operand.element, sizeOf(shape));
  const name: Expression = isComplex(operand.element) ? ["x", "y"] : "x";
  const copy = (of: readonly number[], from: Access, to: Access) =>
    compileLoop({
      shape: of,
      loads: [{ access: from, name }],
      body: [],
      stores: [{ access: to, value: name }],
    });
  const all = { slot, element: operand.element, offset: 0, strides };
  const border = copy(shape, { ...init, strides: shape.map(() => 0) }, all);
  const skipped = first.reduce((sum, position, d) => sum + position * operand.strides[d]!, operand.offset);
  const offset = dimensions.reduce(
    (sum, { low, base }, d) => sum + (low + first[d]! * base) * strides[d]!,
    0,
  );
  const inner = copy(
    counts,
    { ...operand, offset: skipped },
    { ...all, offset, strides: strides.map((stride, d) => stride * dimensions[d]!.base) },
  );
  const fill = () => {
    border();
    inner();
  };
  return { slot, strides, element: operand.element, fill };
}

function windowKernel(
  instruction: Instruction,
  padded: readonly { slot: Access["slot"]; strides: readonly number[]; element: Element }[],
  inits: readonly Access[],
  dimensions: readonly Dimension[],
  context: KernelContext,
): Kernel {
  const result = tensorType(instruction.outputs[0]!).shape;
  const shape = [...result, ...dimensions.map(({ window }) => window)];
  const operands = padded.map(({ slot, strides, element }): Access => {
    const steps = [
      ...strides.map((stride, d) => stride * dimensions[d]!.stride),
      ...strides.map((stride, d) => stride * dimensions[d]!.dilation),
    ];
    return { slot, element, offset: 0, strides: steps };
  });
  const targets = instruction.outputs.map((output): Access => {
    const access = denseAccess(output, context);
    return { ...access, strides: [...access.strides, ...result.map(() => 0)] };
  });
  return foldKernel(
    instruction,
    shape,
    operands,
    inits,
    targets,
    shape.map((_, d) => d >= result.length),
    false,
  );
}

function denseAccess(output: Variable, context: KernelContext): Access {
  const { shape, element } = tensorType(output);
  return { slot: context.slotOf(output), element, offset: 0, strides: stridesOf(shape) };
}

/** Folds the reduced dimensions with the body; `running` stores after each element. */
function foldKernel(
  instruction: Instruction,
  shape: readonly number[],
  operands: readonly Access[],
  inits: readonly Access[],
  targets: readonly Access[],
  reduced: readonly boolean[],
  running: boolean,
): Kernel {
  const count = operands.length;
  const body = instruction.blocks[0]!;
  const names: Names = new Map(body.parameters.map((parameter) => [parameter, nameOf(parameter)]));
  const sums = body.parameters.slice(0, count).map((parameter) => names.get(parameter)!);
  const { statements, results } = emitBlock(body, names)!;
  const initNames = instruction.inputs
    .slice(count)
    .map((_, i): Expression => (isComplex(inits[i]!.element) ? [`b${i}r`, `b${i}i`] : `b${i}`));
  return compileLoop({
    shape,
    loads: [
      ...inits.map((access, i) => ({
        access: { ...access, strides: shape.map(() => 0) },
        name: initNames[i]!,
      })),
      ...operands.map((access, i) => ({ access, name: nameOf(body.parameters[count + i]!) })),
    ],
    body: [],
    stores: [],
    reduction: {
      reduced,
      accumulators: sums.map((name, i) => ({ name, init: initNames[i]! })),
      combine: [...statements, ...assignAll(sums, results)],
      stores: targets.map((access, i) => ({ access, value: sums[i]! })),
      inMemory: false,
      running,
    },
  });
}
