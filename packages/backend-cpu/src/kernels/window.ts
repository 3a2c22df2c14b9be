/** `reduce_window`: over a copy with its padding in place it is a reduction; cumulative forms are one pass. */
import { isComplex, sizeOf, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { scratch } from "../slot.ts";
import type { Code } from "../wasm/code.ts";
import { copyCode } from "../wasm/copy.ts";
import { hasFusedMultiplyAdd } from "../wasm/features.ts";
import { Graph } from "../wasm/vector.ts";
import { decode, isVectorElement, memoryOf } from "../wasm/vector_values.ts";
import { assign, compileText, elementOf, emitBlock, loadOf, type Names, nameOf, renumber } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import { type Access, compileLoop, type Kernel } from "./loop.ts";
import { copyLoop, sequence, vectorForm } from "./operand.ts";
import { blockValues, NoVectorForm, type Pass } from "./pass.ts";
import { passFunction } from "./pass_code.ts";
import { assignAll, isPromoting, isScalarFunction, simpleReducer } from "./reduce.ts";
import type { Expression } from "./scalar.ts";
import { scanRows } from "./scan.ts";
import { rawElement } from "./step.ts";

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
  if (captures.size > 0 || !isScalarFunction(body) || isPromoting(body, instruction.inputs)) return undefined;
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
  const padded = operands.map((operand, i) => withPadding(operand, inits[i]!, dimensions));
  const fast = vectorForm(() => fastWindows(instruction, padded, inits, dimensions, context));
  if (fast) return fast;
  const fills = padded.flatMap(({ copies }) =>
    copies.map(({ shape: of, from, to }) => copyLoop(of, from, to)),
  );
  return sequence([...fills, windowKernel(instruction, padded, inits, dimensions, context)]);
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
  const [operand, ...others] = operands;
  if (others.length === 0 && axis === shape.length - 1) {
    const result = context.slotOf(instruction.outputs[0]!);
    const places = { operand: operand!.slot!, init: inits[0]!.slot!, result };
    const rows = scanRows(instruction, { ...places, length: shape[axis]!, backwards });
    if (rows) return rows;
  }
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

/** Where an operand's elements are with their padding in place, and the copies that bring them there. */
interface Padded {
  readonly access: Access;
  readonly copies: readonly {
    readonly shape: readonly number[];
    readonly from: Access;
    readonly to: Access;
  }[];
}

/** A copy of an operand with initial values as padding and between dilated elements; itself when it needs none. */
function withPadding(operand: Access, init: Access, dimensions: readonly Dimension[]): Padded {
  const shape = dimensions.map(({ size, base, low, high }) =>
    Math.max(0, (size === 0 ? 0 : (size - 1) * base + 1) + low + high),
  );
  if (dimensions.every(({ size, base, low }, d) => base === 1 && low === 0 && shape[d] === size))
    return { access: operand, copies: [] };
  const strides = stridesOf(shape);
  const first = dimensions.map(({ low, base }) => Math.max(0, Math.ceil(-low / base)));
  const counts = dimensions.map(({ size, low, base }, d) =>
    Math.max(0, Math.min(size, Math.floor((shape[d]! - 1 - low) / base) + 1) - first[d]!),
  );
  const access = {
    slot: scratch(operand.element, sizeOf(shape)),
    element: operand.element,
    offset: 0,
    strides,
  };
  const skipped = first.reduce((sum, position, d) => sum + position * operand.strides[d]!, operand.offset);
  const offset = dimensions.reduce(
    (sum, { low, base }, d) => sum + (low + first[d]! * base) * strides[d]!,
    0,
  );
  const border = { shape, from: { ...init, strides: shape.map(() => 0) }, to: access };
  const inner = {
    shape: counts,
    from: { ...operand, offset: skipped },
    to: { ...access, offset, strides: strides.map((stride, d) => stride * dimensions[d]!.base) },
  };
  return { access, copies: [border, inner] };
}

/** Steps of an operand from window to window, and within a window. */
function windowSteps({ strides }: Access, dimensions: readonly Dimension[]) {
  return {
    across: strides.map((stride, d) => stride * dimensions[d]!.stride),
    within: strides.map((stride, d) => stride * dimensions[d]!.dilation),
  };
}

/** Fewer results in a row are not worth walking in the order of memory. */
const worthRows = 8;

/** The windows as a pass: row by row of results if these are long, else window by window. */
function fastWindows(
  instruction: Instruction,
  padded: readonly Padded[],
  inits: readonly Access[],
  dimensions: readonly Dimension[],
  context: KernelContext,
): Code {
  const result = tensorType(instruction.outputs[0]!).shape;
  const windows = dimensions.map(({ window }) => window);
  const inRows = (result.at(-1) ?? 0) >= worthRows;
  const arrange = <T>(across: readonly T[], within: readonly T[]): T[] =>
    inRows ? [...across.slice(0, -1), ...within, ...across.slice(-1)] : [...across, ...within];
  const graph = new Graph({ fma: hasFusedMultiplyAdd() });
  const placeOf = (access: Access, name: string) => {
    const { element, strides } = access;
    if (!isVectorElement(element)) throw new NoVectorForm(`elements of ${element}`);
    const { lane, scale } = memoryOf(element);
    const node = graph.leaf(name, lane, { uniform: strides.at(-1) === 0, scale });
    return { place: { node, element, access }, value: decode(graph, element, node) };
  };
  const operands = padded.map(({ access }, i) => {
    const { across, within } = windowSteps(access, dimensions);
    return placeOf({ ...access, strides: arrange(across, within) }, `operand ${i}`);
  });
  const shape = arrange(result, windows);
  const begins = inits.map((access, i) => placeOf({ ...access, strides: shape.map(() => 0) }, `init ${i}`));
  const none = result.map(() => 0);
  const body = instruction.blocks[0]!;
  const pass: Pass = {
    graph,
    shape,
    rows: 0,
    reads: [...operands, ...begins].map(({ place }) => place),
    writes: [],
    reduction: {
      reduced: arrange(
        result.map(() => false),
        windows.map(() => true),
      ),
      elements: instruction.outputs.map((output) => elementOf(output)!),
      operands: operands.map(({ value }) => value),
      inits: begins.map(({ value }) => value),
      combine: (sums, values) => blockValues(graph, body, new Map(), [...sums, ...values]),
      reducer: simpleReducer(body),
      length: sizeOf(windows),
      stores: instruction.outputs.map((output) => {
        const access = denseAccess(output, context);
        return { ...access, strides: arrange(access.strides, none) };
      }),
    },
  };
  const raw = (access: Access): Access => ({ ...access, element: rawElement(access.element) });
  const copies = padded.flatMap((one) => one.copies);
  return passFunction(pass, context.program, (code) =>
    copies.flatMap(({ shape: of, from, to }) => copyCode(code, of, raw(from), raw(to))),
  );
}

function windowKernel(
  instruction: Instruction,
  padded: readonly Padded[],
  inits: readonly Access[],
  dimensions: readonly Dimension[],
  context: KernelContext,
): Kernel {
  const result = tensorType(instruction.outputs[0]!).shape;
  const shape = [...result, ...dimensions.map(({ window }) => window)];
  const operands = padded.map(({ access }): Access => {
    const { across, within } = windowSteps(access, dimensions);
    return { ...access, strides: [...across, ...within] };
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
