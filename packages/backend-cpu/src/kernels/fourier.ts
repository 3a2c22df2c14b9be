/** Transforms of one length, as lists of steps with their tables; several signals at once, one per lane. */
import { arena } from "../arena.ts";
import { type Slot, scratch } from "../slot.ts";
import { fourierFunctions, type Precision, pointBytes, type Radix, radices } from "../wasm/fft.ts";

/** A forward transform of `length` points. */
export interface Transform {
  readonly length: number;
  /** Points that each of the two arrays must have room for. */
  readonly room: number;
  /** Transforms the points at `at`; the result is there or at `spare`, as the returned address says. */
  readonly run: (at: number, spare: number) => number;
}

/** The factors of a length that have steps of their own, and what is left. */
function factorsOf(length: number): { factors: Radix[]; rest: number } {
  const factors: Radix[] = [];
  let rest = length;
  for (const radix of radices) {
    for (; rest > 1 && rest % radix === 0; rest /= radix) factors.push(radix);
  }
  return { factors, rest };
}

export const isSmooth = (length: number): boolean => factorsOf(length).rest === 1;

export function transformOf(precision: Precision, length: number): Transform {
  const { factors, rest } = factorsOf(length);
  return rest === 1 ? bySteps(precision, length, factors) : byConvolution(precision, length);
}

/** `exp(-2πi·k/n)`. */
export const root = (k: number, n: number): readonly [number, number] => {
  const angle = (2 * Math.PI * (k % n)) / n;
  return [Math.cos(angle), -Math.sin(angle)];
};

/** Numbers in memory of their own. */
export function tableOf(precision: Precision, values: readonly number[] | Float64Array): Slot {
  const slot = scratch(precision, values.length);
  (slot.data as Float64Array).set(values);
  return slot;
}

function bySteps(precision: Precision, length: number, factors: readonly Radix[]): Transform {
  const functions = fourierFunctions(precision);
  let size = length;
  let interleaved = 1;
  const steps = factors.map((radix) => {
    const m = size / radix;
    const s = interleaved;
    const roots = tableOf(precision, m === 1 ? [] : rootsOf(radix, m));
    size = m;
    interleaved *= radix;
    return { run: functions[`${m === 1 ? "last" : "step"}${radix}`], m, s, roots };
  });
  return {
    length,
    room: length,
    run(at, spare) {
      let [from, to] = [at, spare];
      for (const { run, m, s, roots } of steps) {
        run(from, to, m, s, roots.address);
        [from, to] = [to, from];
      }
      return from;
    },
  };
}

function rootsOf(radix: number, m: number): number[] {
  const roots: number[] = [];
  for (let p = 0; p < m; p++) for (let j = 1; j < radix; j++) roots.push(...root(p * j, radix * m));
  return roots;
}

/** Bluestein's: the transform as a convolution with a chirp, which a power of two at least twice as long computes. */
function byConvolution(precision: Precision, n: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const { multiply } = fourierFunctions(precision);
  const inner = transformOf(precision, size);
  // exp(-πi·k²/n); k² modulo 2n keeps the angle exact.
  const chirp = Array.from({ length: n }, (_, k) => root((k * k) % (2 * n), 2 * n));
  const forward = tableOf(precision, chirp.flat());
  const backward = tableOf(
    precision,
    chirp.flatMap(([re, im]) => [re / size, -im / size]),
  );
  const filter = tableOf(precision, spectrumOf(chirp, size));
  const signs = tableOf(precision, [1, -1]);
  const minus = signs.bytes / 2;
  return {
    length: n,
    room: size,
    run(at, spare) {
      multiply(at, at, forward.address, n, signs.address);
      arena.clear(at + n * pointBytes, (size - n) * pointBytes);
      const middle = inner.run(at, spare);
      // The way back is the way forth between conjugates.
      multiply(middle, middle, filter.address, size, signs.address + minus);
      const end = inner.run(middle, middle === at ? spare : at);
      multiply(end, end, backward.address, n, signs.address + minus);
      return end;
    },
  };
}

/** The transform of the conjugated chirp in both directions from zero, in double precision. */
function spectrumOf(chirp: readonly (readonly [number, number])[], size: number): Float64Array {
  const { run } = transformOf("f64", size);
  const doubles = pointBytes / 8;
  const [points, spare] = [scratch("f64", size * doubles), scratch("f64", size * doubles)];
  arena.clear(points.address, points.bytes);
  const data = points.data as Float64Array;
  chirp.forEach(([re, im], k) => {
    for (const at of [k, (size - k) % size]) {
      data[at * doubles] = re;
      data[at * doubles + doubles / 2] = -im;
    }
  });
  const at = run(points.address, spare.address);
  const result = (at === points.address ? points : spare).data as Float64Array;
  return Float64Array.from(
    { length: 2 * size },
    (_, i) => result[(i >> 1) * doubles + (i & 1) * (doubles / 2)]!,
  );
}
