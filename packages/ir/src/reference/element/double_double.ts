/** Numbers as the unevaluated sum of two doubles, about 106 bits: for results that are small differences. */

export interface DoubleDouble {
  readonly high: number;
  readonly low: number;
}

export const exact = (value: number): DoubleDouble => ({ high: value, low: 0 });

/** `a + b` with the rounding error of the sum. */
function twoSum(a: number, b: number): DoubleDouble {
  const high = a + b;
  const part = high - a;
  return { high, low: a - (high - part) + (b - part) };
}

/** `a × b` with the rounding error of the product, by Dekker's splitting. */
export function twoProduct(a: number, b: number): DoubleDouble {
  const high = a * b;
  const [ah, al] = split(a);
  const [bh, bl] = split(b);
  return { high, low: ah * bh - high + ah * bl + al * bh + al * bl };
}

/** Halves of 26 bits, whose products are exact. */
function split(a: number): readonly [number, number] {
  const scaled = a * 134217729;
  const high = scaled - (scaled - a);
  return [high, a - high];
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const sum = twoSum(a.high, b.high);
  return twoSum(sum.high, sum.low + (a.low + b.low));
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = twoProduct(a.high, b.high);
  return twoSum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

export const negate = ({ high, low }: DoubleDouble): DoubleDouble => ({ high: -high, low: -low });

function divideBy(a: DoubleDouble, divisor: number): DoubleDouble {
  const quotient = a.high / divisor;
  const product = twoProduct(quotient, divisor);
  const rest = a.high - product.high - product.low + a.low;
  return twoSum(quotient, rest / divisor);
}

/** `exp(x) - 1` for |x| up to about 4: a Taylor series of x / 16, squared up again. */
export function exponentialMinusOne(x: number): DoubleDouble {
  const small = exact(x / 16);
  let term = small;
  let result = small;
  for (let n = 2; n <= 22; n++) {
    term = divideBy(multiply(term, small), n);
    result = add(result, term);
  }
  // expm1(2r) = expm1(r) (2 + expm1(r))
  for (let i = 0; i < 4; i++) result = multiply(result, add(exact(2), result));
  return result;
}

/** `sin x` for |x| up to about 1, by its Taylor series. */
export function sine(x: number): DoubleDouble {
  const square = twoProduct(x, x);
  let term = exact(x);
  let result = term;
  for (let n = 3; n <= 31; n += 2) {
    term = negate(divideBy(divideBy(multiply(term, square), n - 1), n));
    result = add(result, term);
  }
  return result;
}
