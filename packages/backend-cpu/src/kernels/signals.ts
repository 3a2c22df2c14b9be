/** Signals in arrays, and their transforms: complex ones, real ones at half the length, and long ones in two steps. */
import { sizeOf, stridesOf } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { Slot } from "../slot.ts";
import { positionsOf } from "../walk.ts";
import { fourierFunctions, lanesIn, type Precision, pointBytes } from "../wasm/fft.ts";
import { isSmooth, root, type Transform, tableOf, transformOf } from "./fourier.ts";
import type { Kernel } from "./loop.ts";

/** Signals along one dimension of an array: where they begin and the step between their points, in bytes. */
export interface Lines {
  readonly slot: Slot;
  readonly starts: Int32Array;
  readonly step: number;
}

export function linesOf(slot: Slot, shape: readonly number[], axis: number): Lines {
  const bytes = slot.bytes / Math.max(1, slot.size);
  const others = shape.map((size, d) => (d === axis ? 1 : size));
  const strides = stridesOf(shape).map((stride) => stride * bytes);
  return { slot, starts: positionsOf(others, strides), step: strides[axis]! };
}

/** Working memory of a group of signals: addresses of the lanes' points, two arrays of points, and more of them. */
interface Room {
  readonly pointers: number;
  readonly one: number;
  readonly other: number;
  readonly more: number;
}

const pointerBytes = 64;

function roomFor({ room }: Transform, more = 0): Room {
  const bytes = room * pointBytes;
  const pointers = arena.scratch(pointerBytes + 2 * bytes + more);
  const one = pointers + pointerBytes;
  return { pointers, one, other: one + bytes, more: one + 2 * bytes };
}

/** Writes addresses of real and imaginary parts of `count` signals from the first on; missing ones are the last again. */
function point(
  pointers: number,
  lanes: number,
  re: (lane: number) => number,
  im: (lane: number) => number,
): void {
  const { words } = arena;
  for (let lane = 0; lane < lanes; lane++) {
    words[(pointers >> 2) + lane] = re(lane);
    words[(pointers >> 2) + lanes + lane] = im(lane);
  }
}

/** Factors of results, one after the other in memory. */
function scalesOf(precision: Precision, ...values: readonly number[]): (index: number) => number {
  const table = tableOf(precision, values);
  const bytes = table.bytes / values.length;
  return (index) => table.address + index * bytes;
}

/** Complex signals; backward transforms are scaled by the length. */
export function alongLines(precision: Precision, from: Lines, to: Lines, backward: boolean): Kernel {
  const n = sizeOf(from.slot.type.shape) / from.starts.length;
  const lanes = lanesIn[precision];
  const few = from.starts.length < lanes;
  const split = n >= longSignal && (few || n > longestAtOnce) ? splitOf(n) : undefined;
  if (split) return inTwoSteps(precision, from, to, backward, split);
  const functions = fourierFunctions(precision);
  const transform = transformOf(precision, n);
  const scale = scalesOf(precision, backward ? 1 / n : 1);
  const half = halfOf(from);
  // The way back is the way forth with real and imaginary parts exchanged.
  const [re, im] = backward ? [half, 0] : [0, half];
  return inGroups(precision, transform, from, to, 0, ({ pointers, one, other }, source, target) => {
    point(pointers, lanes, source(re), source(im));
    functions.load(one, pointers, from.step, n, 0);
    const result = transform.run(one, other);
    point(pointers, lanes, target(re), target(im));
    functions.store(result, pointers, to.step, n, scale(0));
  });
}

/** Signals from so many points on are worth two steps when lanes would stay empty, or the caches would overflow. */
const longSignal = 1024;
const longestAtOnce = 1 << 14;

/** Two factors of a length, as equal as possible, that have steps of their own. */
function splitOf(n: number): readonly [number, number] | undefined {
  if (!isSmooth(n)) return undefined;
  for (let first = Math.floor(Math.sqrt(n)); first > 8; first--) {
    if (n % first === 0) return [first, n / first];
  }
  return undefined;
}

/**
 * Each signal as a matrix of `rows` × `columns`: its columns are transformed, turned, and then its rows; the result is
 * the matrix transposed.
 */
function inTwoSteps(
  precision: Precision,
  from: Lines,
  to: Lines,
  backward: boolean,
  [rows, columns]: readonly [number, number],
): Kernel {
  const functions = fourierFunctions(precision);
  const lanes = lanesIn[precision];
  const n = rows * columns;
  const [down, across] = [transformOf(precision, rows), transformOf(precision, columns)];
  const larger = down.room > across.room ? down : across;
  const pointSize = from.slot.bytes / from.slot.size;
  const half = pointSize / 2;
  const [re, im] = backward ? [half, 0] : [0, half];
  const scale = scalesOf(precision, 1, backward ? 1 / n : 1);
  const turns = turnsOf(precision, rows, columns, lanes);
  const turnBytes = rows * pointBytes;
  return () => {
    const { pointers, one, other, more } = roomFor(larger, n * pointSize);
    for (let signal = 0; signal < from.starts.length; signal++) {
      const source = from.slot.address + from.starts[signal]!;
      const target = to.slot.address + to.starts[signal]!;
      const at = (base: number, first: number, end: number, step: number, part: number) => (lane: number) =>
        base + Math.min(first + lane, end - 1) * step + part;
      for (let column = 0; column < columns; column += lanes) {
        const lane = (base: number, step: number, part: number) => at(base, column, columns, step, part);
        point(pointers, lanes, lane(source, from.step, re), lane(source, from.step, im));
        functions.load(one, pointers, from.step * columns, rows, 0);
        const result = down.run(one, other);
        functions.turn(result, turns.address + (column / lanes) * turnBytes, rows);
        point(pointers, lanes, lane(more, pointSize, 0), lane(more, pointSize, half));
        functions.store(result, pointers, pointSize * columns, rows, scale(0));
      }
      for (let row = 0; row < rows; row += lanes) {
        const lane = (base: number, step: number, part: number) => at(base, row, rows, step, part);
        const rowBytes = pointSize * columns;
        point(pointers, lanes, lane(more, rowBytes, 0), lane(more, rowBytes, half));
        functions.load(one, pointers, pointSize, columns, 0);
        const result = across.run(one, other);
        point(pointers, lanes, lane(target, to.step, re), lane(target, to.step, im));
        functions.store(result, pointers, to.step * rows, columns, scale(1));
      }
    }
  };
}

/** Root `row · column` of the whole length for each group of columns, as points of lanes. */
function turnsOf(precision: Precision, rows: number, columns: number, lanes: number): Slot {
  const groups = Math.ceil(columns / lanes);
  const values = new Float64Array(groups * rows * 2 * lanes);
  let at = 0;
  for (let group = 0; group < groups; group++) {
    for (let row = 0; row < rows; row++, at += 2 * lanes) {
      for (let lane = 0; lane < lanes; lane++) {
        const column = Math.min(group * lanes + lane, columns - 1);
        const [re, im] = root(row * column, rows * columns);
        values[at + lane] = re;
        values[at + lanes + lane] = im;
      }
    }
  }
  return tableOf(precision, values);
}

/** Addresses of the lanes' signals from the first of a group on, with an offset in bytes. */
function addressesOf({ slot, starts }: Lines, first: number): (offset: number) => (lane: number) => number {
  return (offset) => (lane) => slot.address + starts[Math.min(first + lane, starts.length - 1)]! + offset;
}

type Addresses = ReturnType<typeof addressesOf>;

/** Work on as many signals at once as there are lanes, with `points` of working memory besides the transform's. */
function inGroups(
  precision: Precision,
  transform: Transform,
  from: Lines,
  to: Lines,
  points: number,
  group: (room: Room, source: Addresses, target: Addresses) => void,
): Kernel {
  return () => {
    const room = roomFor(transform, points * pointBytes);
    for (let first = 0; first < from.starts.length; first += lanesIn[precision])
      group(room, addressesOf(from, first), addressesOf(to, first));
  };
}

/** Bytes from the real to the imaginary part of a complex signal's points. */
const halfOf = ({ slot }: Lines): number => slot.bytes / slot.size / 2;

/**
 * What both directions of real signals of even length have in common: the transform of half the length, the roots that
 * bring even and odd places together, `exp(-πik/m)` for the first half of k, and the working memory of the parts.
 */
function placesOf(precision: Precision, n: number) {
  const m = n / 2;
  const count = Math.floor(m / 2) + 1;
  return {
    m,
    transform: transformOf(precision, m),
    roots: tableOf(precision, Array.from({ length: count }, (_, k) => root(k, n)).flat()),
    points: 2 * count + m + 1,
    parts: ({ more }: Room) => ({
      even: more,
      odd: more + count * pointBytes,
      whole: more + 2 * count * pointBytes,
    }),
  };
}

/**
 * The first half of the transforms of real signals. Even places are the real parts and odd ones the imaginary parts of
 * a signal half as long. Two signals as the parts of one would be as fast, but a large one would drown a small one.
 */
export function fromReal(precision: Precision, n: number, from: Lines, to: Lines): Kernel {
  if (n % 2 === 1) return fromOdd(precision, n, from, to);
  const functions = fourierFunctions(precision);
  const lanes = lanesIn[precision];
  const { m, transform, roots, points, parts } = placesOf(precision, n);
  const scale = scalesOf(precision, 1);
  const half = halfOf(to);
  return inGroups(precision, transform, from, to, points, (room, source, target) => {
    const { pointers, one, other } = room;
    const { even, odd, whole } = parts(room);
    point(pointers, lanes, source(0), source(from.step));
    functions.load(one, pointers, 2 * from.step, m, 0);
    functions.split(transform.run(one, other), even, odd, m);
    functions.combine(whole, even, odd, roots.address, m);
    point(pointers, lanes, target(0), target(half));
    functions.store(whole, pointers, to.step, m + 1, scale(0));
  });
}

/** Real signals from the first half of their transforms. */
export function toReal(precision: Precision, n: number, from: Lines, to: Lines): Kernel {
  if (n % 2 === 1) return toOdd(precision, n, from, to);
  const functions = fourierFunctions(precision);
  const lanes = lanesIn[precision];
  const { m, transform, roots, points, parts } = placesOf(precision, n);
  const scale = scalesOf(precision, 1 / m);
  const half = halfOf(from);
  return inGroups(precision, transform, from, to, points, (room, source, target) => {
    const { pointers, one, other } = room;
    const { even, odd, whole } = parts(room);
    point(pointers, lanes, source(0), source(half));
    functions.load(whole, pointers, from.step, m + 1, 0);
    functions.separate(whole, even, odd, roots.address, m);
    functions.join(one, even, odd, m);
    // The parts are exchanged on the way back.
    point(pointers, lanes, target(to.step), target(0));
    functions.store(transform.run(one, other), pointers, 2 * to.step, m, scale(0));
  });
}

/** Signals of odd length are both parts of a complex one, which is a factor of 1 + i. */
function fromOdd(precision: Precision, n: number, from: Lines, to: Lines): Kernel {
  const functions = fourierFunctions(precision);
  const lanes = lanesIn[precision];
  const transform = transformOf(precision, n);
  const points = (n + 1) / 2;
  const scale = scalesOf(precision, 1);
  const inverse = tableOf(precision, Array.from({ length: points }, () => [0.5, -0.5]).flat());
  const half = halfOf(to);
  return inGroups(precision, transform, from, to, 0, ({ pointers, one, other }, source, target) => {
    point(pointers, lanes, source(0), source(0));
    functions.load(one, pointers, from.step, n, 0);
    const result = transform.run(one, other);
    functions.multiply(result, result, inverse.address, points, scale(0));
    point(pointers, lanes, target(0), target(half));
    functions.store(result, pointers, to.step, points, scale(0));
  });
}

function toOdd(precision: Precision, n: number, from: Lines, to: Lines): Kernel {
  const functions = fourierFunctions(precision);
  const lanes = lanesIn[precision];
  const transform = transformOf(precision, n);
  const points = (n + 1) / 2;
  const scale = scalesOf(precision, 1 / n);
  const half = halfOf(from);
  return inGroups(
    precision,
    transform,
    from,
    to,
    points,
    ({ pointers, one, other, more }, source, target) => {
      point(pointers, lanes, source(0), source(half));
      functions.load(more, pointers, from.step, points, 0);
      functions.join(one, more, more, n);
      point(pointers, lanes, target(0), target(0));
      functions.store(transform.run(one, other), pointers, to.step, n, scale(0));
    },
  );
}
