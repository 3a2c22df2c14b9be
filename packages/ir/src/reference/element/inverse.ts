/**
 * Inverse trigonometric and hyperbolic functions of complex numbers. Arc sine and cosine are by Hull, Fairgrieve and
 * Tang ("Implementing the complex arcsine and arccosine functions using exception handling", 1997), which keeps both
 * parts to a few units in the last place everywhere; arc tangent is by Kahan ("Branch cuts …", 1987).
 */
import { type Complex, complexOf, modulus, withSign } from "./complex.ts";

/** What arc sine and arc cosine of `x + iy` have in common, for x and y not negative. */
interface Quadrant {
  readonly sine: number;
  readonly cosine: number;
  /** The imaginary part of both, but for its sign. */
  readonly imaginary: number;
}

/** From here on ones and squares vanish beside a part, or would overflow. */
const far = 1e150;

function quadrant(x: number, y: number): Quadrant {
  if (Number.isNaN(x) || Number.isNaN(y) || x > far || y > far) return farQuadrant(x, y);
  // The distances from the branch points 1 and -1 are the axes of the ellipse that the point lies on.
  const r = modulus(complexOf(x + 1, y));
  const s = modulus(complexOf(x - 1, y));
  const a = r / 2 + s / 2;
  const imaginary = arcCosh(x, y, r, s, a);
  const b = x / a;
  if (b <= 0.6417) return { sine: Math.asin(b), cosine: Math.acos(b), imaginary };
  const root = nearOne(x, y, r, s, a);
  return { sine: Math.atan(x / root), cosine: Math.atan(root / x), imaginary };
}

/** `sqrt(a² - x²)`, where the difference would cancel. */
function nearOne(x: number, y: number, r: number, s: number, a: number): number {
  const apex = a + x;
  if (x <= 1) return Math.sqrt((apex / 2) * ((y * y) / (r + x + 1) + (s + (1 - x))));
  return y * Math.sqrt((apex / (r + x + 1) + apex / (s + (x - 1))) / 2);
}

/** `acosh a` for the half axis `a`, near 1 from `a - 1`, which is computed without cancellation. */
function arcCosh(x: number, y: number, r: number, s: number, a: number): number {
  if (a > 1.5) return Math.log(a + Math.sqrt(a * a - 1));
  // A point of the cut is 1 - x away from its end; so little y that its square vanishes moves it no further.
  if (y < 1e-150) {
    return x < 1 ? y / Math.sqrt((1 - x) * (1 + x)) : Math.log1p(x - 1 + Math.sqrt((x - 1) * (x + 1)));
  }
  const square = (y * y) / (r + x + 1);
  const excess = (square + (x < 1 ? (y * y) / (s + (1 - x)) : s + (x - 1))) / 2;
  return Math.log1p(excess + Math.sqrt(excess * (a + 1)));
}

/** `asin z ≈ -i log(2iz)`: an angle, and the logarithm of twice the modulus. */
function farQuadrant(x: number, y: number): Quadrant {
  const large = Math.max(x, y);
  const infinite = x === Infinity || y === Infinity;
  const imaginary = Math.log(large) + Math.log(modulus(complexOf(x / large, y / large))) + Math.LN2;
  return { sine: Math.atan2(x, y), cosine: Math.atan2(y, x), imaginary: infinite ? Infinity : imaginary };
}

export function asin({ re, im }: Complex): Complex {
  const { sine, imaginary } = quadrant(Math.abs(re), Math.abs(im));
  return complexOf(withSign(sine, re), withSign(imaginary, im));
}

export function acos({ re, im }: Complex): Complex {
  const { cosine, imaginary } = quadrant(Math.abs(re), Math.abs(im));
  return complexOf(withSign(1, re) < 0 ? Math.PI - cosine : cosine, withSign(imaginary, -im));
}

/** `acosh z = ±i acos z`, the one whose real part is not negative. */
export function acosh(z: Complex): Complex {
  const { re, im } = acos(z);
  return complexOf(Math.abs(im), withSign(re, z.im));
}

/** `asinh z = -i asin(iz)` */
export function asinh({ re, im }: Complex): Complex {
  const rotated = asin(complexOf(-im, re));
  return complexOf(rotated.im, -rotated.re);
}

/** `x / (x² + y²)`, by parts of which the larger is 1. */
function farTangent(x: number, y: number): number {
  if (x === Infinity || y === Infinity) return 0;
  const large = Math.max(x, y);
  const [a, b] = [x / large, y / large];
  return a / (a * a + b * b) / large;
}

export function atanh({ re, im }: Complex): Complex {
  const x = Math.abs(re);
  const y = Math.abs(im);
  if (x > far || y > far) return complexOf(withSign(farTangent(x, y), re), withSign(Math.PI / 2, im));
  const real = Math.log1p((4 * x) / ((1 - x) * (1 - x) + y * y)) / 4;
  const imaginary = Math.atan2(2 * y, (1 - x) * (1 + x) - y * y) / 2;
  return complexOf(withSign(real, re), withSign(imaginary, im));
}

/** `atan z = -i atanh(iz)` */
export function atan({ re, im }: Complex): Complex {
  const rotated = atanh(complexOf(-im, re));
  return complexOf(rotated.im, -rotated.re);
}
