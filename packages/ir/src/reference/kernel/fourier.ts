/** Discrete Fourier transforms of any length, in double precision (spec: fft). */
import { realElement, sizeOf, stridesOf } from "../../model/types.ts";
import { floatsOf } from "../element/work.ts";
import { type Tensor, zeros } from "../tensor.ts";

/** Complex numbers as two arrays. */
interface Signal {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const signalOf = (length: number): Signal => ({ re: new Float64Array(length), im: new Float64Array(length) });

/** Transforms `signal` in place: `X[k] = Σ x[n]·exp(∓2πi·nk/N)`, minus forward, plus backward and not scaled. */
function transform(signal: Signal, backward: boolean): void {
  const n = signal.re.length;
  if (n <= 1) return;
  if ((n & (n - 1)) === 0) transformPowerOfTwo(signal, backward);
  else transformAnyLength(signal, backward);
}

/** Cooley and Tukey's: bit-reversed order first, then butterflies of doubling width. */
function transformPowerOfTwo({ re, im }: Signal, backward: boolean): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  const roots = rootsOfUnity(n, backward);
  for (let half = 1; half < n; half *= 2) {
    const step = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [start + k, start + k + half];
        const [c, s] = [roots.re[k * step]!, roots.im[k * step]!];
        const x = re[b]! * c - im[b]! * s;
        const y = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a] = re[a]! + x;
        im[a] = im[a]! + y;
      }
    }
  }
}

const rootCache = new Map<number, Signal>();

/** `exp(∓2πi·k/n)` for k below n. */
function rootsOfUnity(n: number, backward: boolean): Signal {
  const key = backward ? -n : n;
  let roots = rootCache.get(key);
  if (!roots) {
    roots = signalOf(n);
    for (let k = 0; k < n; k++) {
      const angle = ((backward ? 2 : -2) * Math.PI * k) / n;
      roots.re[k] = Math.cos(angle);
      roots.im[k] = Math.sin(angle);
    }
    rootCache.set(key, roots);
  }
  return roots;
}

/** Bluestein's: the transform as a convolution with a chirp, which a power of two at least twice as long computes. */
function transformAnyLength({ re, im }: Signal, backward: boolean): void {
  const n = re.length;
  const roots = rootsOfUnity(2 * n, backward);
  // exp(∓πi·k²/n); k² modulo 2n keeps the angle exact.
  const chirp = (k: number) => (k * k) % (2 * n);
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const product = signalOf(size);
  const filter = signalOf(size);
  for (let k = 0; k < n; k++) {
    const [c, s] = [roots.re[chirp(k)]!, roots.im[chirp(k)]!];
    product.re[k] = re[k]! * c - im[k]! * s;
    product.im[k] = re[k]! * s + im[k]! * c;
    filter.re[k] = filter.re[(size - k) % size] = c;
    filter.im[k] = filter.im[(size - k) % size] = -s;
  }
  transformPowerOfTwo(product, false);
  transformPowerOfTwo(filter, false);
  for (let k = 0; k < size; k++) {
    const [a, b] = [product.re[k]!, product.im[k]!];
    product.re[k] = a * filter.re[k]! - b * filter.im[k]!;
    product.im[k] = a * filter.im[k]! + b * filter.re[k]!;
  }
  transformPowerOfTwo(product, true);
  for (let k = 0; k < n; k++) {
    const [c, s] = [roots.re[chirp(k)]! / size, roots.im[chirp(k)]! / size];
    re[k] = product.re[k]! * c - product.im[k]! * s;
    im[k] = product.re[k]! * s + product.im[k]! * c;
  }
}

export type FftType = "FFT" | "IFFT" | "RFFT" | "IRFFT";

/** Transforms over the last `lengths.length` dimensions. */
export function fft(operand: Tensor, type: FftType, lengths: readonly number[]): Tensor {
  const { shape, element } = operand.type;
  const rank = shape.length;
  const axes = lengths.map((_, i) => rank - lengths.length + i);
  const last = rank - 1;
  switch (type) {
    case "FFT":
    case "IFFT":
      return stored(alongAll(complexGrid(operand), axes, type === "IFFT"), shape, operand);
    case "RFFT": {
      const length = shape[last]!;
      const whole = alongAll(complexGrid(operand), [last], false);
      const half = resized(whole, length === 0 ? 0 : Math.floor(length / 2) + 1, mirrored(length));
      const result = zeros(half.shape, element === "f64" ? "complex<f64>" : "complex<f32>");
      return stored(alongAll(half, axes.slice(0, -1), false), half.shape, result);
    }
    case "IRFFT": {
      const half = alongAll(complexGrid(operand), axes.slice(0, -1), true);
      const length = lengths.at(-1)!;
      const full = alongAll(resized(half, length, mirrored(length)), [last], true);
      return stored(full, full.shape, zeros(full.shape, realElement(element)));
    }
  }
}

/** A tensor of complex numbers in double precision. */
interface Grid extends Signal {
  readonly shape: readonly number[];
}

function complexGrid(tensor: Tensor): Grid {
  const { shape, element } = tensor.type;
  const numbers = floatsOf(tensor);
  const grid = { ...signalOf(sizeOf(shape)), shape };
  const complex = element[0] === "c";
  for (let i = 0; i < grid.re.length; i++) {
    grid.re[i] = numbers[complex ? 2 * i : i]!;
    if (complex) grid.im[i] = numbers[2 * i + 1]!;
  }
  return grid;
}

function stored(grid: Grid, shape: readonly number[], like: Tensor): Tensor {
  const result = zeros(shape, like.type.element);
  const complex = like.type.element[0] === "c";
  for (let i = 0; i < grid.re.length; i++) {
    result.data[complex ? 2 * i : i] = grid.re[i]!;
    if (complex) result.data[2 * i + 1] = grid.im[i]!;
  }
  return result;
}

/** Transforms in place along each axis; backward ones are scaled by the length. */
function alongAll(grid: Grid, axes: readonly number[], backward: boolean): Grid {
  for (const axis of axes) {
    const n = grid.shape[axis]!;
    const stride = stridesOf(grid.shape)[axis]!;
    const line = signalOf(n);
    const scale = backward ? 1 / n : 1;
    for (let i = 0; i < grid.re.length / n; i++) {
      const start = Math.floor(i / stride) * stride * n + (i % stride);
      for (let k = 0; k < n; k++) {
        line.re[k] = grid.re[start + k * stride]!;
        line.im[k] = grid.im[start + k * stride]!;
      }
      transform(line, backward);
      for (let k = 0; k < n; k++) {
        grid.re[start + k * stride] = line.re[k]! * scale;
        grid.im[start + k * stride] = line.im[k]! * scale;
      }
    }
  }
  return grid;
}

/** The last dimension made `length` long; `value` gives element `k` of a row. */
function resized(
  grid: Grid,
  length: number,
  value: (row: Signal, k: number) => readonly [number, number],
): Grid {
  const old = grid.shape.at(-1)!;
  const shape = [...grid.shape.slice(0, -1), length];
  const result = { ...signalOf(sizeOf(shape)), shape };
  for (let row = 0; row < sizeOf(shape.slice(0, -1)); row++) {
    const source = {
      re: grid.re.subarray(row * old, (row + 1) * old),
      im: grid.im.subarray(row * old, (row + 1) * old),
    };
    for (let k = 0; k < length; k++) {
      const [re, im] = value(source, k);
      result.re[row * length + k] = re;
      result.im[row * length + k] = im;
    }
  }
  return result;
}

/** The spectrum of a real signal from its first half; the terms that are their own mirror images are real. */
function mirrored(length: number) {
  return ({ re, im }: Signal, k: number): readonly [number, number] => {
    if (k === 0 || 2 * k === length) return [re[k]!, 0];
    return 2 * k < length ? [re[k]!, im[k]!] : [re[length - k]!, -im[length - k]!];
  };
}
