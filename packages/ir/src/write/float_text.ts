/** Floats as MLIR writes them: six digits where that is exact, all digits where they look like a float, else the bits. */
import { floatCodec } from "../model/floats.ts";
import type { FloatElement } from "../model/types.ts";

/** Bits of the significand with its leading one: what decides how many digits tell all values of a type apart. */
const precisions: Record<FloatElement, number> = {
  f64: 53,
  f32: 24,
  f16: 11,
  bf16: 8,
  f8E3M4: 5,
  f8E4M3: 4,
  f8E4M3FN: 4,
  f8E4M3FNUZ: 4,
  f8E4M3B11FNUZ: 4,
  f8E5M2: 3,
  f8E5M2FNUZ: 3,
  f8E8M0FNU: 1,
  f6E2M3FN: 4,
  f6E3M2FN: 3,
  f4E2M1FN: 2,
};

/** `digits × 10^exponent`, without trailing zeros. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** Text of a float; `bits` gives its bit pattern for values that decimals do not show. */
export function floatText(value: number, element: FloatElement, bits: () => bigint): string {
  if (value === 0) return Object.is(value, -0) ? "-0.000000e+00" : "0.000000e+00";
  if (Number.isFinite(value)) {
    const sign = value < 0 ? "-" : "";
    const short = sign + shortText(decimal(value, 6));
    if (roundTo(element, Number(short)) === value) return short;
    const digits = 2 + Math.floor((precisions[element] * 59) / 196);
    const long = longText(decimal(value, digits), digits);
    if (long !== undefined) return sign + long;
  }
  return `0x${bits().toString(16).toUpperCase()}`;
}

function roundTo(element: FloatElement, value: number): number {
  if (element === "f64") return value;
  if (element === "f32") return Math.fround(value);
  const { values, encode } = floatCodec(element);
  return values[encode(value)]!;
}

const double = new Float64Array(1);
const pattern = new BigUint64Array(double.buffer);

/**
 * At most `precision` digits of |value|. LLVM first cuts the exact decimal expansion to about as many digits, by the
 * number of its bits, and only then rounds what is left: 0.9 as f32 has the six digits 899999, not 900000.
 */
function decimal(value: number, precision: number): Decimal {
  double[0] = Math.abs(value);
  const biased = Number(pattern[0]! >> 52n);
  const fraction = pattern[0]! & 0xfffffffffffffn;
  let significand = biased === 0 ? fraction : fraction | (1n << 52n);
  let exponent = Math.max(biased, 1) - 1075;
  const zeros = significand.toString(2).length - significand.toString(2).replace(/0+$/, "").length;
  significand >>= BigInt(zeros);
  exponent += zeros;
  if (exponent > 0) significand <<= BigInt(exponent);
  else significand *= 5n ** BigInt(-exponent);
  const bits = bitLength(significand);
  const required = Math.floor((precision * 196 + 58) / 59);
  const removable = Math.max(0, Math.floor(((bits - required) * 59) / 196));
  const exact = significand.toString();
  return rounded(exact.slice(0, exact.length - removable), Math.min(exponent, 0) + removable, precision);
}

function bitLength(value: bigint): number {
  const hexadecimal = value.toString(16);
  return 4 * hexadecimal.length - Math.clz32(Number.parseInt(hexadecimal[0]!, 16)) + 28;
}

/** Rounds half up to `precision` digits. */
function rounded(all: string, exponent: number, precision: number): Decimal {
  let digits = all.replace(/0+$/, "");
  let power = exponent + all.length - digits.length;
  const excess = digits.length - precision;
  if (excess > 0) {
    const up = digits[precision]! >= "5" ? 1n : 0n;
    const kept = (BigInt(digits.slice(0, precision)) + up).toString();
    digits = kept.replace(/0+$/, "");
    power += excess + kept.length - digits.length;
  }
  return { digits, exponent: power };
}

/** `1.500000e+00`: six significant digits and a zero. */
function shortText({ digits, exponent }: Decimal): string {
  const power = exponent + digits.length - 1;
  const powerText = String(Math.abs(power)).padStart(2, "0");
  return `${digits[0]}.${digits.slice(1).padEnd(6, "0")}e${power < 0 ? "-" : "+"}${powerText}`;
}

/** All digits, with an exponent for very large and small values; undefined when that has no decimal point. */
function longText({ digits, exponent }: Decimal, precision: number): string | undefined {
  const power = exponent + digits.length - 1;
  const scientific = exponent >= 0 ? exponent > 3 || digits.length + exponent > precision : power < -3;
  if (scientific) return `${digits[0]}.${digits.slice(1) || "0"}E${power < 0 ? "-" : "+"}${Math.abs(power)}`;
  if (exponent >= 0) return undefined;
  const whole = digits.length + exponent;
  if (whole > 0) return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
  return `0.${"0".repeat(-whole)}${digits}`;
}
