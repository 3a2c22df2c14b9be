/** The gamma function's relatives, the zeta function and a Bessel function, to about double precision. */

/** `(2k)! / B(2k)` for k from 1: the terms of Euler and Maclaurin's formula (Cephes, zeta.c). */
export const maclaurin = [
  12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12,
  1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18,
];

/** Hurwitz zeta function `Σ (q + n)^-x`. Poles are infinite; where the sum has no real value it is NaN. */
export function zeta(x: number, q: number): number {
  if (x === 1) return Infinity;
  // As XLA has it; the sum itself would tend to its first term.
  if (x === Infinity) return NaN;
  if (q <= 0 && Number.isInteger(q)) return x % 2 === 0 ? Infinity : NaN;
  if (!(x > 1) || Number.isNaN(q)) return NaN;
  if (q <= 0) {
    if (!Number.isInteger(x)) return NaN;
    // The terms below zero are those of a sum on the other side.
    const fraction = q - Math.floor(q);
    const below = zeta(x, 1 - fraction) - zeta(x, 1 - q);
    return zeta(x, fraction) + (x % 2 === 0 ? below : -below);
  }
  if (q > 1e8) return (1 / (x - 1) + 1 / (2 * q)) * q ** (1 - x);
  let sum = q ** -x;
  let at = q;
  let term = 0;
  for (let i = 0; i < 9; i++) {
    at += 1;
    term = at ** -x;
    sum += term;
    if (Math.abs(term / sum) < 1e-17) return sum;
  }
  sum += (term * at) / (x - 1) - term / 2;
  let rising = 1;
  for (const [i, coefficient] of maclaurin.entries()) {
    rising *= x + 2 * i;
    term /= at;
    const correction = (rising * term) / coefficient;
    sum += correction;
    if (Math.abs(correction / sum) < 1e-17) break;
    rising *= x + 2 * i + 1;
    term /= at;
  }
  return sum;
}

const eulerGamma = 0.57721566490153286061;

/** `ζ(k) - 1` for k from 2: the Taylor coefficients of log gamma at 2, but for their signs and a factor of 1/k. */
const zetaMinusOne = Array.from({ length: 30 }, (_, i) => zeta(i + 2, 2));

/** `log Γ(2 + w)` for |w| ≤ 1/2, exact to the last bits at its zero. */
function logGammaNearTwo(w: number): number {
  let sum = 0;
  for (let k = zetaMinusOne.length + 1; k >= 2; k--) {
    sum = (sum + ((k % 2 === 0 ? 1 : -1) * zetaMinusOne[k - 2]!) / k) * w;
  }
  return w * (sum + (1 - eulerGamma));
}

/** Coefficients `B(2k) / (2k(2k-1))` of Stirling's series. */
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];

function logGammaLarge(x: number): number {
  const inverse = 1 / (x * x);
  let sum = 0;
  for (let k = stirling.length - 1; k >= 0; k--) sum = sum * inverse + stirling[k]!;
  return (x - 0.5) * Math.log(x) - x + 0.91893853320467274178 + sum / x;
}

/** `sin πx`, exact at integers. */
function sinPi(x: number): number {
  const reduced = x - 2 * Math.round(x / 2);
  return Math.abs(reduced) <= 0.5
    ? Math.sin(Math.PI * reduced)
    : Math.sin(Math.PI * (Math.sign(reduced) - reduced));
}

/** `log |Γ(x)|`; infinite at its poles. */
export function logGamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) === Infinity || (x <= 0 && Number.isInteger(x))) return Infinity;
  // Γ(x)·Γ(1 - x) = π / sin πx
  if (x < -0.5) return 1.1447298858494001741 - Math.log(Math.abs(sinPi(x))) - logGamma(1 - x);
  if (x >= 10) return logGammaLarge(x);
  if (x < 0.5) return logGamma(1 + x) - Math.log(Math.abs(x));
  if (x < 1.5) return logGammaNearTwo(x - 1) - Math.log1p(x - 1);
  let factor = 1;
  let rest = x;
  while (rest > 2.5) factor *= rest -= 1;
  return Math.log(factor) + logGammaNearTwo(rest - 2);
}

/** Coefficients `B(2k) / 2k` of the asymptotic series of digamma. */
export const digammaSeries = [
  1 / 12,
  -1 / 120,
  1 / 252,
  -1 / 240,
  1 / 132,
  -691 / 32760,
  1 / 12,
  -3617 / 8160,
];

/** The logarithmic derivative of Γ; NaN at its poles, as XLA has it. */
export function digamma(x: number): number {
  if (Number.isNaN(x) || x === -Infinity || (x <= 0 && Number.isInteger(x))) return NaN;
  if (x === Infinity) return Infinity;
  if (x < 0) {
    const reduced = x - Math.round(x);
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * reduced);
  }
  let shifted = x;
  let sum = 0;
  for (; shifted < 10; shifted += 1) sum -= 1 / shifted;
  const inverse = 1 / (shifted * shifted);
  let series = 0;
  for (let k = digammaSeries.length - 1; k >= 0; k--) series = (series + digammaSeries[k]!) * inverse;
  return sum + Math.log(shifted) - 0.5 / shifted - series;
}

/** The `n`-th derivative of digamma; NaN unless `n` is a natural number. */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  if (!Number.isInteger(n) || n < 0) return NaN;
  const sign = n % 2 === 0 ? -1 : 1;
  return sign * Math.exp(logGamma(n + 1)) * zeta(n + 1, x);
}

/** `exp(-|x|) I₁(x)`: its power series, whose terms are all positive, or the asymptotic one from 30 on. */
export function besselI1e(x: number): number {
  const y = Math.abs(x);
  if (y === Infinity) return 0 * Math.sign(x);
  let sum = 1;
  let term = 1;
  if (y < 30) {
    const square = (y * y) / 4;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= square / (k * (k + 1));
      sum += term;
    }
    return (x / 2) * sum * Math.exp(-y);
  }
  for (let k = 1; Math.abs(term) > 1e-17; k++) {
    term *= ((2 * k - 1) ** 2 - 4) / (8 * k * y);
    sum += term;
  }
  return (Math.sign(x) * sum) / Math.sqrt(2 * Math.PI * y);
}
