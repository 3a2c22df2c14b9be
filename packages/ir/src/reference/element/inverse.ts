/** Inverse trigonometric and hyperbolic functions of complex numbers, by Kahan's formulas ("Branch cuts …", 1987). */
import { type Complex, complexOf, conjugate, multiply, squareRoot, withSign } from "./complex.ts";

const plusOne = ({ re, im }: Complex): Complex => complexOf(1 + re, im);
const oneMinus = ({ re, im }: Complex): Complex => complexOf(1 - re, -im);

export function acos(z: Complex): Complex {
  const minus = squareRoot(oneMinus(z));
  const plus = squareRoot(plusOne(z));
  return complexOf(2 * Math.atan2(minus.re, plus.re), Math.asinh(multiply(conjugate(plus), minus).im));
}

export function acosh(z: Complex): Complex {
  const minus = squareRoot(complexOf(z.re - 1, z.im));
  const plus = squareRoot(plusOne(z));
  return complexOf(Math.asinh(multiply(conjugate(minus), plus).re), 2 * Math.atan2(minus.im, plus.re));
}

export function asin(z: Complex): Complex {
  const minus = squareRoot(oneMinus(z));
  const plus = squareRoot(plusOne(z));
  return complexOf(
    Math.atan2(z.re, multiply(minus, plus).re),
    Math.asinh(multiply(conjugate(minus), plus).im),
  );
}

/** `asinh z = -i asin(iz)` */
export function asinh({ re, im }: Complex): Complex {
  const rotated = asin(complexOf(-im, re));
  return complexOf(rotated.im, -rotated.re);
}

export function atanh({ re, im }: Complex): Complex {
  const x = Math.abs(re);
  const y = Math.abs(im);
  // Far out only the direction and the distance count; their squares would overflow.
  if (x > 1e150 || y > 1e150) {
    const distance = Math.hypot(x, y);
    return complexOf(withSign(x / distance / distance, re), withSign(Math.PI / 2, im));
  }
  const real = Math.log1p((4 * x) / ((1 - x) * (1 - x) + y * y)) / 4;
  const imaginary = Math.atan2(2 * y, (1 - x) * (1 + x) - y * y) / 2;
  return complexOf(withSign(real, re), withSign(imaginary, im));
}

/** `atan z = -i atanh(iz)` */
export function atan({ re, im }: Complex): Complex {
  const rotated = atanh(complexOf(-im, re));
  return complexOf(rotated.im, -rotated.re);
}
