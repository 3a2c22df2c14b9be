/** erf and its relatives, by W. J. Cody's rational approximations ("Rational Chebyshev approximations …", 1969). */

export const nearNumerator = [
  3.1611237438705656, 113.86415415105016, 377.485237685302021, 3209.37758913846947, 0.185777706184603153,
];
export const nearDenominator = [
  23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062,
];
export const middleNumerator = [
  0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131, 881.95222124176909,
  1712.04761263407058, 2051.07837782607147, 1230.33935479799725, 2.15311535474403846e-8,
];
export const middleDenominator = [
  15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
  4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
];
export const farNumerator = [
  0.305326634961232344, 0.360344899949804439, 0.125781726111229246, 0.0160837851487422766,
  6.58749161529837803e-4, 0.0163153871373020978,
];
export const farDenominator = [
  2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191,
  0.00233520497626869185,
];
export const inverseRootPi = 0.56418958354775628695;

/** Numerator and denominator side by side: the highest coefficient of the numerator is its last, as Cody writes them. */
function rational(x: number, numerator: readonly number[], denominator: readonly number[]): number {
  const last = denominator.length - 1;
  let top = numerator[last + 1]! * x;
  let bottom = x;
  for (let i = 0; i < last; i++) {
    top = (top + numerator[i]!) * x;
    bottom = (bottom + denominator[i]!) * x;
  }
  return (top + numerator[last]!) / (bottom + denominator[last]!);
}

/** `exp(-y²)`, with the square split so that its low bits count. */
function gaussian(y: number): number {
  const head = Math.trunc(y * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(y - head) * (y + head));
}

/** erfc of `y ≥ 0.46875`. */
function tail(y: number): number {
  if (y <= 4) return gaussian(y) * rational(y, middleNumerator, middleDenominator);
  const square = 1 / (y * y);
  const correction = square * rational(square, farNumerator, farDenominator);
  return (gaussian(y) * (inverseRootPi - correction)) / y;
}

export function erf(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) return x * rational(y * y, nearNumerator, nearDenominator);
  return Math.sign(x) * (1 - (y < 30 ? tail(y) : Number.isNaN(y) ? NaN : 0));
}

export function erfc(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) return 1 - erf(x);
  if (Number.isNaN(y)) return NaN;
  const complement = y < 30 ? tail(y) : 0;
  return x < 0 ? 2 - complement : complement;
}

/** The number whose erf is `x`: a first guess, then Halley's method on whichever of erf and erfc keeps its digits. */
export function erfInverse(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 1)) return magnitude === 1 ? x * Infinity : NaN;
  if (x === 0) return x;
  // Winitzki's approximation, good to 2e-3.
  const logarithm = Math.log1p(-magnitude * magnitude);
  const half = 4.330746750799873 + logarithm / 2;
  let y = Math.sqrt(Math.sqrt(half * half - logarithm / 0.147) - half);
  for (let step = 0; step < 3; step++) {
    const difference = magnitude < 0.5 ? erf(y) - magnitude : 1 - magnitude - erfc(y);
    const newton = difference / (2 * inverseRootPi * gaussian(y));
    y -= newton / (1 + y * newton);
  }
  return Math.sign(x) * y;
}
