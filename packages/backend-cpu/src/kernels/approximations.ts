/**
 * Functions for results of single precision and less: polynomials in double precision, off by less than a tenth of a
 * unit in f32's last place before rounding, and several times as fast as the exact functions of `Math`.
 */

const log2e = Math.LOG2E;
const ln2 = Math.LN2;
/** Adding and subtracting it rounds to an integer. */
const rounder = 6755399441055744;

/** 2^k for k from -160 to 160. */
const powersOfTwo = Float64Array.from({ length: 321 }, (_, i) => 2 ** (i - 160));

/** e^x; beyond f32's range the nearest end of it, as far as f32 sees. */
export function exp32(x: number): number {
  if (!(x < 110)) return Number.isNaN(x) ? x : Number.POSITIVE_INFINITY;
  if (x < -110) return 0;
  const k = x * log2e + rounder - rounder;
  const r = x - k * ln2;
  const p =
    1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))))));
  return p * powersOfTwo[k + 160]!;
}

export function tanh32(x: number): number {
  const size = Math.abs(x);
  if (size < 0.25) {
    const s = x * x;
    return x * (1 + s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * (62 / 2835)))));
  }
  if (!(size < 10)) return Number.isNaN(x) ? x : Math.sign(x);
  const t = 1 - 2 / (exp32(2 * size) + 1);
  return x < 0 ? -t : t;
}

export function logistic32(x: number): number {
  return 1 / (1 + exp32(-x));
}

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

export function log32(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return Math.log(x);
  bits[0] = x;
  // A fraction between √½ and √2 and the exponent that goes with it; f32's subnormals are normal in double precision.
  const high = words[1]!;
  const shifted = high - 0x3fe6a09e;
  const exponent = shifted >> 20;
  words[1] = high - (exponent << 20);
  const s = (bits[0]! - 1) / (bits[0]! + 1);
  const t = s * s;
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11)))));
  return exponent * ln2 + 2 * s * series;
}
