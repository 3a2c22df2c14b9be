/** Complex arithmetic and functions in double precision, with the special values of C's Annex G. */
import * as Precise from "./double_double.ts";
import { exponentOf } from "./math.ts";

export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** Rounds an intermediate result to the precision of the parts. */
export type Rounding = (value: number) => number;

export const complexOf = (re: number, im: number): Complex => ({ re, im });

export const zero = complexOf(0, 0);
export const one = complexOf(1, 0);

export const negate = ({ re, im }: Complex): Complex => complexOf(-re, -im);
export const conjugate = ({ re, im }: Complex): Complex => complexOf(re, -im);
export const add = (x: Complex, y: Complex): Complex => complexOf(x.re + y.re, x.im + y.im);
export const subtract = (x: Complex, y: Complex): Complex => complexOf(x.re - y.re, x.im - y.im);

/** The schoolbook product, each step rounded: cancellation must happen where the program's precision has it. */
export function multiply(x: Complex, y: Complex, round: Rounding = identity): Complex {
  return complexOf(
    round(round(x.re * y.re) - round(x.im * y.im)),
    round(round(x.re * y.im) + round(x.im * y.re)),
  );
}

const identity: Rounding = (value) => value;

/** Divides after scaling the divisor to about one, so that nothing overflows; infinities and zeros as in C. */
export function divide(x: Complex, y: Complex): Complex {
  const largest = Math.max(Math.abs(y.re), Math.abs(y.im));
  const shift = largest > 0 && Number.isFinite(largest) ? -exponentOf(largest) : 0;
  const c = scaleBy(y.re, shift);
  const d = scaleBy(y.im, shift);
  const norm = c * c + d * d;
  const re = scaleBy((x.re * c + x.im * d) / norm, shift);
  const im = scaleBy((x.im * c - x.re * d) / norm, shift);
  return Number.isNaN(re) && Number.isNaN(im)
    ? divideSpecial(x, y, c, d, norm, complexOf(re, im))
    : complexOf(re, im);
}

/** C's Annex G.5.1: a quotient that came out as NaN although its operands tell its direction or size. */
function divideSpecial(
  x: Complex,
  y: Complex,
  c: number,
  d: number,
  norm: number,
  otherwise: Complex,
): Complex {
  const numeratorIsNaN = Number.isNaN(x.re) && Number.isNaN(x.im);
  if (norm === 0 && !numeratorIsNaN) {
    const infinity = withSign(Infinity, y.re);
    return complexOf(infinity * x.re, infinity * x.im);
  }
  if (isInfinite(x) && Number.isFinite(y.re) && Number.isFinite(y.im)) {
    const a = unitOf(x.re);
    const b = unitOf(x.im);
    return complexOf(Infinity * (a * c + b * d), Infinity * (b * c - a * d));
  }
  if (isInfinite(y) && Number.isFinite(x.re) && Number.isFinite(x.im)) {
    const u = unitOf(y.re);
    const v = unitOf(y.im);
    return complexOf(0 * (x.re * u + x.im * v), 0 * (x.im * u - x.re * v));
  }
  return otherwise;
}

const isInfinite = ({ re, im }: Complex): boolean => Math.abs(re) === Infinity || Math.abs(im) === Infinity;
const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);
export const withSign = (magnitude: number, sign: number): number =>
  isNegative(sign) ? -Math.abs(magnitude) : Math.abs(magnitude);
const unitOf = (x: number): number => withSign(Math.abs(x) === Infinity ? 1 : 0, x);

/** `x × 2^exponent`, in two steps so that the factor itself does not overflow. */
function scaleBy(x: number, exponent: number): number {
  if (exponent === 0) return x;
  const half = Math.trunc(exponent / 2);
  return x * 2 ** half * 2 ** (exponent - half);
}

/** Modulus without overflow; infinite when a part is, even if the other is NaN. */
export function modulus({ re, im }: Complex): number {
  const x = Math.abs(re);
  const y = Math.abs(im);
  if (x === Infinity || y === Infinity) return Infinity;
  const large = Math.max(x, y);
  const small = Math.min(x, y);
  if (large === 0 || Number.isNaN(large)) return large;
  if (large < 1e150 && large > 1e-140) return Math.sqrt(large * large + small * small);
  // Squares would overflow, or lose their last bits among the subnormal numbers.
  const shift = large > 1 ? -600 : 600;
  const [x2, y2] = [scaleBy(large, shift), scaleBy(small, shift)];
  return scaleBy(Math.sqrt(x2 * x2 + y2 * y2), -shift);
}

export const angle = ({ re, im }: Complex): number => Math.atan2(im, re);

export function exponential({ re, im }: Complex): Complex {
  if (im === 0) return complexOf(Math.exp(re), im);
  // An infinite imaginary part has no direction: StableHLO's tests want NaN for it, where C has infinity or zero.
  return complexOf(scaledExp(re, Math.cos(im)), scaledExp(re, Math.sin(im)));
}

/** `exp(x) × factor`, where `exp(x)` alone may overflow. */
function scaledExp(x: number, factor: number): number {
  if (x > 709 && Number.isFinite(x)) return Math.exp(x / 2) * factor * Math.exp(x / 2);
  return Math.exp(x) * factor;
}

/** `exp(z) - 1`: the real part is `expm1(x) cos y - 2 sin²(y/2)`, which keeps small results exact. */
export function exponentialMinusOne({ re, im }: Complex): Complex {
  if (im === 0) return complexOf(Math.expm1(re), im);
  const z = exponential(complexOf(re, im));
  if (!Number.isFinite(re) || !Number.isFinite(im) || Math.abs(re) > 40) return complexOf(z.re - 1, z.im);
  const half = Math.sin(im / 2);
  const [grown, turned] = [Math.expm1(re) * Math.cos(im), 2 * half * half];
  const difference = grown - turned;
  const cancels = Math.abs(difference) < turned && Math.abs(re) < 4 && Math.abs(im) < 2;
  return complexOf(cancels ? realExponentialMinusOne(re, im) : difference, z.im);
}

/** `expm1(x) (1 - v) - v` with `v = 2 sin²(y/2)`, where both terms are nearly the same. */
function realExponentialMinusOne(x: number, y: number): number {
  const grown = Precise.exponentialMinusOne(x);
  const sine = Precise.sine(y / 2);
  const turned = Precise.multiply(Precise.exact(2), Precise.multiply(sine, sine));
  const rest = Precise.add(Precise.exact(1), Precise.negate(turned));
  return Precise.add(Precise.multiply(grown, rest), Precise.negate(turned)).high;
}

export function log(z: Complex): Complex {
  return complexOf(logModulus(z), angle(z));
}

/** `log |z|`; near the unit circle from `|z|² - 1`, computed without cancellation. */
function logModulus(z: Complex): number {
  const large = Math.max(Math.abs(z.re), Math.abs(z.im));
  const small = Math.min(Math.abs(z.re), Math.abs(z.im));
  if (large > 0.5 && large < 2) return Math.log1p(squaresMinusOne(large, small)) / 2;
  // Among the subnormal numbers the modulus would have lost its last bits; near the largest ones it would overflow.
  const shift = large < 1e-290 ? 600 : large > 1e300 && large < Infinity ? -600 : 0;
  return Math.log(modulus(complexOf(scaleBy(z.re, shift), scaleBy(z.im, shift)))) - shift * Math.LN2;
}

/** `x² + y² - 1` with the rounding errors of the squares added back. */
function squaresMinusOne(x: number, y: number): number {
  const { high: xx, low: xe } = Precise.twoProduct(x, x);
  const { high: yy, low: ye } = Precise.twoProduct(y, y);
  return xx >= 0.5 ? xx - 1 + yy + (xe + ye) : xx + yy - 1 + (xe + ye);
}

/** `log(1 + z)`, exact for small `z`: `|1 + z|² - 1 = 2x + x² + y²`. */
export function logPlusOne({ re, im }: Complex): Complex {
  const shifted = complexOf(re + 1, im);
  const distance = modulus(shifted);
  if (!(distance > 0.5 && distance < 2)) return log(shifted);
  const { high: xx, low: xe } = Precise.twoProduct(re, re);
  const { high: yy, low: ye } = Precise.twoProduct(im, im);
  return complexOf(Math.log1p(sum(2 * re, xx, yy, xe, ye)) / 2, Math.atan2(im, re + 1));
}

/** Sums a few numbers with compensation (Neumaier). */
function sum(...terms: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const term of terms) {
    const next = total + term;
    lost += Math.abs(total) >= Math.abs(term) ? total - next + term : term - next + total;
    total = next;
  }
  return total + lost;
}

/** The root with a non-negative real part. */
export function squareRoot({ re, im }: Complex): Complex {
  if (Math.abs(im) === Infinity) return complexOf(Infinity, im);
  if (Number.isNaN(re)) return complexOf(NaN, NaN);
  if (re === Infinity) return complexOf(Infinity, Number.isNaN(im) ? NaN : withSign(0, im));
  if (re === -Infinity) return complexOf(Number.isNaN(im) ? NaN : 0, withSign(Infinity, im));
  if (re === 0 && im === 0) return complexOf(0, im);
  return finiteSquareRoot(re, im);
}

function finiteSquareRoot(re: number, im: number): Complex {
  // Scaled by powers of four, whose roots are exact, so that neither the modulus nor its sum with |re| overflows.
  const largest = Math.max(Math.abs(re), Math.abs(im));
  const shift = largest > 1e300 ? -4 : largest < 1e-290 ? 108 : 0;
  const x = scaleBy(re, shift);
  const y = scaleBy(im, shift);
  const root = Math.sqrt((Math.abs(x) + modulus(complexOf(x, y))) / 2);
  const large = scaleBy(root, -shift / 2);
  const small = scaleBy(Math.abs(y) / (2 * root), -shift / 2);
  return re >= 0 ? complexOf(large, withSign(small, im)) : complexOf(small, withSign(large, im));
}

export function reciprocalSquareRoot(z: Complex): Complex {
  if (z.re === 0 && z.im === 0) return complexOf(Infinity, NaN);
  return divide(one, squareRoot(z));
}

export function cubeRoot(z: Complex): Complex {
  const third = angle(z) / 3;
  const root = Math.cbrt(modulus(z));
  return complexOf(root * Math.cos(third), root * Math.sin(third));
}

/** `sin(x + iy) = sin x cosh y + i cos x sinh y` */
export function sine({ re, im }: Complex): Complex {
  const [cosh, sinh] = hyperbolic(im, Math.sin(re), Math.cos(re));
  const zeroIm = Number.isNaN(re) ? im : im * Math.cos(re);
  return complexOf(re === 0 ? re : cosh, im === 0 ? zeroIm : sinh);
}

/** `cos(x + iy) = cos x cosh y - i sin x sinh y` */
export function cosine({ re, im }: Complex): Complex {
  const [cosh, sinh] = hyperbolic(im, Math.cos(re), Math.sin(re));
  const isZero = re === 0 || im === 0;
  const zeroIm = -withSign(0, re === 0 ? re : Math.sin(re)) * withSign(1, im);
  return complexOf(cosh, isZero ? zeroIm : -sinh);
}

/** `[a cosh y, b sinh y]`, where cosh and sinh alone may overflow. */
function hyperbolic(y: number, a: number, b: number): readonly [number, number] {
  const magnitude = Math.abs(y);
  if (magnitude > 709 && Number.isFinite(y)) {
    const root = Math.exp(magnitude / 2);
    return [(root / 2) * a * root, withSign(1, y) * (root / 2) * b * root];
  }
  return [a * Math.cosh(y), b * Math.sinh(y)];
}

/** `tanh z`: from `tan y` and `sinh x`, as Kahan does. */
export function tanh({ re, im }: Complex): Complex {
  if (!Number.isFinite(re) || !Number.isFinite(im)) return tanhSpecial(re, im);
  if (Math.abs(re) > 22) {
    const tail = 4 * Math.sin(im) * Math.cos(im) * Math.exp(-2 * Math.abs(re));
    return complexOf(withSign(1, re), tail);
  }
  const tangent = Math.tan(im);
  const secant = 1 + tangent * tangent;
  const sinh = Math.sinh(re);
  const rho = Math.sqrt(1 + sinh * sinh);
  if (!Number.isFinite(tangent)) return complexOf(rho / sinh, 1 / tangent);
  const divisor = 1 + secant * sinh * sinh;
  return complexOf((secant * rho * sinh) / divisor, tangent / divisor);
}

function tanhSpecial(re: number, im: number): Complex {
  if (Math.abs(re) === Infinity) {
    return complexOf(withSign(1, re), Number.isFinite(im) ? withSign(0, Math.sin(2 * im)) : 0);
  }
  if (Number.isNaN(re)) return complexOf(NaN, im === 0 ? im : NaN);
  return complexOf(re === 0 ? re : NaN, NaN);
}

/** `tan z = -i tanh(iz)` */
export function tan({ re, im }: Complex): Complex {
  const { re: x, im: y } = tanh(complexOf(-im, re));
  return complexOf(y, -x);
}

/** `1 / (1 + exp(-z))`, for negative real parts `exp(z) / (1 + exp(z))`, so that nothing overflows. */
export function logistic(z: Complex): Complex {
  const exp = exponential(z.re < 0 ? z : negate(z));
  return divide(z.re < 0 ? exp : one, add(one, exp));
}

/** `x / |x|`; zero for zero, NaN when a part is. */
export function sign(z: Complex): Complex {
  if (Number.isNaN(z.re) || Number.isNaN(z.im)) return complexOf(NaN, NaN);
  if (z.re === 0 && z.im === 0) return zero;
  return divide(z, complexOf(modulus(z), 0));
}

/** `exp(y log x)`, exact for the exponents zero and one. */
export function power(x: Complex, y: Complex): Complex {
  if (y.im === 0 && y.re === 0) return one;
  if (x.re === 0 && x.im === 0) return powerOfZero(y);
  if (y.im === 0 && y.re === 1) return x;
  if (x.im === 0 && x.re > 0 && y.im === 0) return complexOf(x.re ** y.re, 0);
  const { re: logarithm, im: theta } = log(x);
  return exponential(complexOf(logarithm * y.re - theta * y.im, logarithm * y.im + theta * y.re));
}

function powerOfZero(y: Complex): Complex {
  if (y.re > 0) return zero;
  return y.im === 0 && y.re < 0 ? complexOf(Infinity, NaN) : complexOf(NaN, NaN);
}

/** Spec: `atan2` of complex numbers, `-i log((x + iy) / sqrt(x² + y²))`. */
export function atan2(y: Complex, x: Complex): Complex {
  const point = add(x, complexOf(-y.im, y.re));
  const length = squareRoot(add(multiply(x, x), multiply(y, y)));
  const { re, im } = log(divide(point, length));
  return complexOf(im, -re);
}

export const isEqual = (x: Complex, y: Complex): boolean => x.re === y.re && x.im === y.im;

/** Lexicographic order: by real parts, then by imaginary parts. */
export function isLess(x: Complex, y: Complex): boolean {
  return x.re === y.re ? x.im < y.im : x.re < y.re;
}
