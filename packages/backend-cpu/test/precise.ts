/** Functions to 600 bits, as truth for doubles: fixed-point integers, series and nothing clever. */

const bits = 640n;
const one = 1n << bits;
/** Enough of π for the largest doubles. */
const longBits = 1800n;

const multiply = (a: bigint, b: bigint): bigint => (a * b) >> bits;
const divide = (a: bigint, b: bigint): bigint => (a << bits) / b;
const abs = (a: bigint): bigint => (a < 0n ? -a : a);

/** A finite double exactly, times 2^at. */
function scaled(x: number, at: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const pattern = view.getBigUint64(0);
  const field = (pattern >> 52n) & 0x7ffn;
  const mantissa = (pattern & 0xfffffffffffffn) | (field === 0n ? 0n : 1n << 52n);
  const shift = at + (field === 0n ? 1n : field) - 1075n;
  const size = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return x < 0 ? -size : size;
}

export const exact = (x: number): bigint => scaled(x, bits);

function root(a: bigint): bigint {
  const square = a << bits;
  let guess = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + square / (guess || 1n)) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Sums terms until they vanish: `next(term, i)` is the one behind. */
function series(first: bigint, next: (term: bigint, i: bigint) => bigint): bigint {
  let sum = 0n;
  let term = first;
  for (let i = 1n; term !== 0n && term !== -1n; i++) {
    sum += term;
    term = next(term, i);
  }
  return sum;
}

function exponential(x: bigint): bigint {
  const halvings = BigInt(Math.max(0, abs(x >> bits).toString(2).length) + 12);
  const small = x >> halvings;
  let value = series(one, (term, i) => multiply(term, small) / i);
  for (let i = 0n; i < halvings; i++) value = multiply(value, value);
  return value;
}

const ln2 = logarithmNear(2n * one, exact(Math.LN2));

/** Newton's method from a guess with the digits of a double. */
function logarithmNear(x: bigint, guess: bigint): bigint {
  let value = guess;
  for (let step = 0; step < 4; step++) {
    const power = exponential(value);
    value += 2n * divide(x - power, x + power);
  }
  return value;
}

function logarithm(x: bigint): bigint {
  const exponent = BigInt(x.toString(2).length - 1) - bits;
  const mantissa = exponent >= 0n ? x >> exponent : x << -exponent;
  const guess = exact(Math.log(Number(mantissa >> (bits - 60n)) / 2 ** 60));
  return logarithmNear(mantissa, guess) + exponent * ln2;
}

function arctangent(x: bigint): bigint {
  let small = x;
  for (let i = 0; i < 10; i++) small = divide(small, one + root(one + multiply(small, small)));
  const square = multiply(small, small);
  let power = small;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += (n & 2n ? -power : power) / n;
    power = multiply(power, square);
  }
  return sum << 10n;
}

/** Machin's formula. */
function longPi(): bigint {
  const inverse = (n: bigint): bigint => {
    let term = (1n << longBits) / n;
    let sum = 0n;
    for (let i = 1n; term !== 0n; i += 2n) {
      sum += (i & 2n ? -term : term) / i;
      term /= n * n;
    }
    return sum;
  };
  return 4n * (4n * inverse(5n) - inverse(239n));
}

const longHalfPi = longPi() >> 1n;
const halfPi = longHalfPi >> (longBits - bits);

function sineAndCosine(x: number): readonly [bigint, bigint] {
  const wide = scaled(x, longBits);
  const quarters = (wide + (longHalfPi >> 1n)) / longHalfPi - (wide + (longHalfPi >> 1n) < 0n ? 1n : 0n);
  const r = (wide - quarters * longHalfPi) >> (longBits - bits);
  const square = multiply(r, r);
  const sine = series(r, (term, i) => -multiply(term, square) / (2n * i * (2n * i + 1n)));
  const cosine = series(one, (term, i) => -multiply(term, square) / (2n * i * (2n * i - 1n)));
  const all = [sine, cosine, -sine, -cosine];
  const quadrant = Number(((quarters % 4n) + 4n) % 4n);
  return [all[quadrant]!, all[(quadrant + 1) % 4]!];
}

/** A tenth of the terms would do for most; those near zero and far out need them all. */
function errorFunction(x: bigint): bigint {
  const square = multiply(x, x);
  let power = x;
  let sum = 0n;
  for (let n = 0n; power !== 0n && power !== -1n; n++) {
    sum += power / (2n * n + 1n);
    power = -multiply(power, square) / (n + 1n);
  }
  return divide(2n * sum, root(2n * halfPi));
}

function cubeRoot(x: bigint): bigint {
  const cube = abs(x) << (2n * bits);
  let guess = 1n << BigInt(Math.ceil(cube.toString(2).length / 3));
  for (;;) {
    const next = (2n * guess + cube / (guess * guess || 1n)) / 3n;
    if (next >= guess) return x < 0n ? -guess : guess;
    guess = next;
  }
}

/** Half the power as CHLO has it: the exponent is a double. */
const halfPower = (x: number) => exponential(exact(x + Math.log(0.5)));
const sinh = (x: bigint) => (exponential(x) - exponential(-x)) >> 1n;
const cosh = (x: bigint) => (exponential(x) + exponential(-x)) >> 1n;
const asin = (x: bigint) => arctangent(divide(x, root(one - multiply(x, x))));

/** By the names of the vector functions; arguments are finite and inside of what has results. */
export const precise = {
  atan2: (y: number, x: number) =>
    x > 0
      ? arctangent(divide(exact(y), exact(x)))
      : arctangent(divide(exact(y), exact(x))) + (y < 0 ? -2n : 2n) * halfPi,
  complementaryErrorFunction: (x: number) => one - errorFunction(exact(x)),
  cosine: (x: number) => sineAndCosine(x)[1],
  cubeRoot: (x: number) => cubeRoot(exact(x)),
  errorFunction: (x: number) => errorFunction(exact(x)),
  exponential: (x: number) => exponential(exact(x)),
  exponentialMinusOne: (x: number) => exponential(exact(x)) - one,
  hyperbolicCosine: (x: number) => halfPower(x) + halfPower(-x),
  hyperbolicSine: (x: number) => (Math.abs(x) < 1 ? sinh(exact(x)) : halfPower(x) - halfPower(-x)),
  hyperbolicTangent: (x: number) => divide(sinh(exact(x)), cosh(exact(x))),
  inverseCosine: (x: number) => halfPi - asin(exact(x)),
  inverseHyperbolicCosine: (x: number) => logarithm(exact(x) + root(multiply(exact(x), exact(x)) - one)),
  inverseHyperbolicSine: (x: number) => {
    const size = exact(Math.abs(x));
    const value = logarithm(size + root(multiply(size, size) + one));
    return x < 0 ? -value : value;
  },
  inverseHyperbolicTangent: (x: number) => logarithm(divide(one + exact(x), one - exact(x))) >> 1n,
  inverseSine: (x: number) => asin(exact(x)),
  inverseTangent: (x: number) => arctangent(exact(x)),
  logarithm: (x: number) => logarithm(exact(x)),
  logarithmPlusOne: (x: number) => logarithm(one + exact(x)),
  logistic: (x: number) => divide(one, one + exponential(-exact(x))),
  power: (x: number, y: number) => exponential(multiply(logarithm(exact(x)), exact(y))),
  sine: (x: number) => sineAndCosine(x)[0],
  tangent: (x: number) => divide(...sineAndCosine(x)),
} as const;

/** How many units of its last place a double is from a value. */
export function unitsOff(x: number, truth: bigint): number {
  const unit = Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) - 52);
  const difference = abs(exact(x) - truth);
  // In 2^-20 of a unit.
  return Number(difference >> BigInt(Number(bits) + unit - 20)) / 2 ** 20;
}
