/** reduce, reduce_window, select_and_scatter and map (spec). */
import type { RegionFunction } from "../../declare/define.ts";
import { isSmallFloat } from "../../model/floats.ts";
import type { Region } from "../../model/operation.ts";
import { type Element, sizeOf, stridesOf } from "../../model/types.ts";
import { otherDimensions } from "../../ops/dot.ts";
import { type WindowDimension, windowCounts } from "../../ops/windows.ts";
import {
  bigintsOf,
  booleansOf,
  floatsOf,
  integersOf,
  kindOf,
  reader,
  type Scalar,
  writer,
} from "../element/work.ts";
import { asTensor, type Tensor, zeros } from "../tensor.ts";
import { folding, parameterElement, promoted, scalarAt, setScalar } from "./fold.ts";
import { advance, offsetsOver } from "./offsets.ts";
import { scalarArithmetic, scalarFunction, singleOperation } from "./scalars.ts";

/** A region with its callable form. */
export interface Body {
  readonly region: Region;
  readonly call: RegionFunction;
}

/** Runs of elements to fold: for output `i` the elements at `bases[i] + steps[j]`. */
interface Runs {
  readonly shape: readonly number[];
  readonly bases: Int32Array;
  readonly steps: Int32Array;
}

export function reduce(
  inputs: readonly Tensor[],
  initValues: readonly Tensor[],
  dimensions: readonly number[],
  body: Body,
): Tensor[] {
  const { shape } = inputs[0]!.type;
  const kept = otherDimensions(shape.length, dimensions);
  const runs: Runs = {
    shape: kept.map((d) => shape[d]!),
    bases: offsetsOver(shape, kept),
    steps: offsetsOver(shape, dimensions),
  };
  const elements = inputs.map((_, i) => parameterElement(body.region, i));
  const sources = inputs.map((input, i) => promoted(input, parameterElement(body.region, inputs.length + i)));
  const inits = initValues.map((init, i) => promoted(init, elements[i]!));
  const fast = inputs.length === 1 ? reduceByOperation(sources[0]!, inits[0]!, runs, body.region) : undefined;
  return fast ? [fast] : reduceByRegion(sources, inits, elements, runs, body);
}

function reduceByRegion(
  sources: readonly Tensor[],
  inits: readonly Tensor[],
  elements: readonly Element[],
  { shape, bases, steps }: Runs,
  body: Body,
): Tensor[] {
  const results = elements.map((element) => zeros(shape, element));
  const fold = folding(body.region, body.call, results, sources);
  for (let i = 0; i < bases.length; i++) {
    for (const [n, result] of results.entries()) setScalar(result, i, inits[n]!);
    for (let j = 0; j < steps.length; j++) fold(i, bases[i]! + steps[j]!);
  }
  return results;
}

/**
 * A body of one arithmetic operation on real numbers: folded in a loop over numbers. Floats narrower than f32
 * accumulate in f32 and are rounded at the end, as XLA has it: long sums would stall otherwise.
 */
function reduceByOperation(source: Tensor, init: Tensor, runs: Runs, region: Region): Tensor | undefined {
  const { element } = source.type;
  const name = singleOperation(region);
  const apply =
    name === undefined ? undefined : scalarArithmetic(name, isSmallFloat(element) ? "f32" : element);
  if (!apply || init.type.element !== element || kindOf(element) === "complex") return undefined;
  const result = zeros(runs.shape, element);
  const write = writer(result);
  const start = reader(init)(0);
  if (kindOf(element) === "bigint") {
    foldBigints(apply as (x: bigint, y: bigint) => bigint, start as bigint, bigintsOf(source), runs, write);
  } else {
    foldNumbers(apply as (x: number, y: number) => number, start as number, numbersOf(source), runs, write);
  }
  return result;
}

function numbersOf(tensor: Tensor): ArrayLike<number> {
  const kind = kindOf(tensor.type.element);
  return kind === "boolean" ? booleansOf(tensor) : kind === "integer" ? integersOf(tensor) : floatsOf(tensor);
}

function foldNumbers(
  apply: (x: number, y: number) => number,
  start: number,
  source: ArrayLike<number>,
  { bases, steps }: Runs,
  write: (position: number, value: Scalar) => void,
): void {
  for (let i = 0; i < bases.length; i++) {
    let value = start;
    for (let j = 0; j < steps.length; j++) value = apply(value, source[bases[i]! + steps[j]!]!);
    write(i, value);
  }
}

function foldBigints(
  apply: (x: bigint, y: bigint) => bigint,
  start: bigint,
  source: ArrayLike<bigint>,
  { bases, steps }: Runs,
  write: (position: number, value: Scalar) => void,
): void {
  for (let i = 0; i < bases.length; i++) {
    let value = start;
    for (let j = 0; j < steps.length; j++) value = apply(value, source[bases[i]! + steps[j]!]!);
    write(i, value);
  }
}

// Windows --------------------------------------------------------------------------------------------------------

/** Fills `taps` with the positions of a window's elements in row-major order, -1 for padding and dilation. */
function fillTaps(
  taps: Int32Array,
  index: readonly number[],
  windows: readonly WindowDimension[],
  shape: readonly number[],
  strides: readonly number[],
): void {
  taps[0] = 0;
  let filled = 1;
  for (let d = windows.length - 1; d >= 0; d--) {
    const { size, stride, low, windowDilation, baseDilation } = windows[d]!;
    const limit = shape[d]! * baseDilation;
    const step = strides[d]!;
    // From the last tap to the first, so that the block at the front is read before it is overwritten.
    for (let k = size - 1; k >= 0; k--) {
      const at = index[d]! * stride - low + k * windowDilation;
      const inside = at >= 0 && at < limit && (baseDilation === 1 || at % baseDilation === 0);
      const shift = inside ? (at / baseDilation) * step : 0;
      const block = k * filled;
      for (let j = 0; j < filled; j++) taps[block + j] = inside && taps[j]! >= 0 ? taps[j]! + shift : -1;
    }
    filled *= size;
  }
}

export function reduceWindow(
  inputs: readonly Tensor[],
  initValues: readonly Tensor[],
  windows: readonly WindowDimension[],
  body: Body,
): Tensor[] {
  const { shape } = inputs[0]!.type;
  const n = inputs.length;
  const counts = windowCounts(shape, windows);
  const elements = inputs.map((_, i) => parameterElement(body.region, i));
  const results = elements.map((element) => zeros(counts, element));
  const sources = inputs.map((input, i) => promoted(input, parameterElement(body.region, n + i)));
  const inits = initValues.map((init, i) => promoted(init, elements[i]!));
  const padding = initValues.map((init, i) => promoted(init, parameterElement(body.region, n + i)));
  const running = n === 1 ? cumulative(sources[0]!, inits[0]!, windows, body.region) : undefined;
  if (running) return [running];
  const taps = new Int32Array(sizeOf(windows.map(({ size }) => size)));
  const strides = stridesOf(shape);
  const fold = windowFolding(results, sources, inits, padding, body);
  if (sizeOf(counts) === 0) return results;
  const index = counts.map(() => 0);
  let position = 0;
  do {
    fillTaps(taps, index, windows, shape, strides);
    fold(position++, taps);
  } while (advance(index, counts));
  return results;
}

/**
 * Windows that hold an element and all before it, as JAX's cumulative operations have them: each result goes on from
 * the one before, which is the same fold when the padding, the init value folded into itself, changes nothing.
 */
function cumulative(
  source: Tensor,
  init: Tensor,
  windows: readonly WindowDimension[],
  region: Region,
): Tensor | undefined {
  const { shape, element } = source.type;
  const axis = windows.findIndex(({ size }) => size > 1);
  const others = windows.every((window, d) => d === axis || isTrivial(window));
  if (axis < 0 || !others || !holdsAllBefore(windows[axis]!, shape[axis]!)) return undefined;
  const name = singleOperation(region);
  const apply = name === undefined ? undefined : scalarArithmetic(name, element);
  const start = reader(init)(0);
  if (!apply || init.type.element !== element || apply(start, start) !== start) return undefined;
  const result = zeros(shape, element);
  const [read, write] = [reader(source), writer(result)];
  const step = stridesOf(shape)[axis]!;
  for (const base of offsetsOver(shape, otherDimensions(shape.length, [axis]))) {
    let value = start;
    for (let k = 0; k < shape[axis]!; k++) {
      value = apply(value, read(base + k * step));
      write(base + k * step, value);
    }
  }
  return result;
}

function isTrivial({ size, stride, low, high, baseDilation }: WindowDimension): boolean {
  return size === 1 && stride === 1 && low === 0 && high === 0 && baseDilation === 1;
}

function holdsAllBefore(window: WindowDimension, length: number): boolean {
  const { size, stride, low, high, baseDilation, windowDilation } = window;
  return (
    size >= length &&
    low === size - 1 &&
    high === 0 &&
    stride === 1 &&
    baseDilation === 1 &&
    windowDilation === 1
  );
}

/** Folds the elements at `taps` into the result at a position, from the init values on; padding is the init value. */
function windowFolding(
  results: readonly Tensor[],
  sources: readonly Tensor[],
  inits: readonly Tensor[],
  padding: readonly Tensor[],
  body: Body,
): (position: number, taps: Int32Array) => void {
  const { element } = sources[0]!.type;
  const kind = kindOf(element);
  const name = results.length === 1 ? singleOperation(body.region) : undefined;
  const apply = name === undefined ? undefined : scalarArithmetic(name, element);
  if (apply && kind !== "complex" && inits[0]!.type.element === element) {
    const values: ArrayLike<Scalar> = kind === "bigint" ? bigintsOf(sources[0]!) : numbersOf(sources[0]!);
    const start = reader(inits[0]!)(0);
    const write = writer(results[0]!);
    return (position, taps) => {
      let value = start;
      for (let i = 0; i < taps.length; i++) value = apply(value, taps[i]! < 0 ? start : values[taps[i]!]!);
      write(position, value);
    };
  }
  const fold = folding(body.region, body.call, results, sources);
  const foldPadding = folding(body.region, body.call, results, padding);
  return (position, taps) => {
    for (const [i, result] of results.entries()) setScalar(result, position, inits[i]!);
    for (const tap of taps) tap < 0 ? foldPadding(position, 0) : fold(position, tap);
  };
}

export function selectAndScatter(
  operand: Tensor,
  source: Tensor,
  initValue: Tensor,
  windows: readonly WindowDimension[],
  select: Body,
  scatter: Body,
): Tensor {
  const { shape } = operand.type;
  const result = zeros(shape, parameterElement(scatter.region, 0));
  const init = promoted(initValue, result.type.element);
  for (let i = 0; i < sizeOf(shape); i++) setScalar(result, i, init);
  const fold = folding(
    scatter.region,
    scatter.call,
    [result],
    [promoted(source, parameterElement(scatter.region, 1))],
  );
  const keeps = selection(operand, select);
  const taps = new Int32Array(sizeOf(windows.map(({ size }) => size)));
  const strides = stridesOf(shape);
  const counts = windowCounts(shape, windows);
  if (sizeOf(counts) === 0) return result;
  const index = counts.map(() => 0);
  let position = 0;
  do {
    fillTaps(taps, index, windows, shape, strides);
    let selected = -1;
    for (const tap of taps) {
      if (tap >= 0 && (selected < 0 || !keeps(selected, tap))) selected = tap;
    }
    if (selected >= 0) fold(selected, position);
    position++;
  } while (advance(index, counts));
  return result;
}

/** Whether `select` keeps the element at one position rather than take that at another. */
function selection(given: Tensor, { region, call }: Body): (selected: number, other: number) => boolean {
  const operand = promoted(given, parameterElement(region, 0));
  const scalars = scalarFunction(region);
  if (scalars && !scalars.totalOrder) {
    const read = reader(operand);
    const args: Scalar[] = [0, 0];
    return (selected, other) => {
      args[0] = read(selected);
      args[1] = read(other);
      return scalars(args)[0] !== 0;
    };
  }
  return (selected, other) =>
    asTensor(call(scalarAt(operand, selected), scalarAt(operand, other))[0]).data[0] !== 0;
}

export function map(inputs: readonly Tensor[], { region, call }: Body, element: Element): Tensor {
  const result = zeros(inputs[0]!.type.shape, element);
  const size = sizeOf(result.type.shape);
  const scalars = scalarFunction(region);
  const write = writer(result);
  const read = inputs.map(reader);
  for (let i = 0; i < size; i++) {
    if (scalars) write(i, scalars(read.map((readOne) => readOne(i)))[0]!);
    else setScalar(result, i, asTensor(call(...inputs.map((input) => scalarAt(input, i)))[0]));
  }
  return result;
}
