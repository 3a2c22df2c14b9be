import { bitWidth, type Element, type HostTensor, isComplex, isFloat, realElement } from "@hloom/ir";

/** Relative tolerance by element: the format's own precision, with room for another order of summation. */
function tolerance(element: Element): number {
  const real = realElement(element);
  if (real === "f64") return 1e-8;
  return bitWidth(real) === 32 ? 2e-4 : 2e-2;
}

/** Floats as numbers; undefined for formats that are compared by their bits. */
function numbersOf({ type, data }: HostTensor): Float64Array | undefined {
  const { element } = type;
  if (element === "f64" || element === "f32" || isComplex(element)) {
    return Float64Array.from(data as Float64Array);
  }
  if (element === "bf16") {
    return Float64Array.from(data as Uint16Array, (bits) => fromBits32(bits << 16));
  }
  return element === "f16" ? Float64Array.from(data as Uint16Array, fromHalf) : undefined;
}

const scratch = new DataView(new ArrayBuffer(4));

function fromBits32(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

/** IEEE binary16, by moving its fields to where binary32 has them and correcting the exponent's bias. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15) : sign * fraction * 2 ** -24;
}

const sameNumber = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** Undefined when `actual` is as expected, else the first difference in a line. */
export function difference(
  actual: HostTensor,
  expected: HostTensor,
  how: "equal" | "close",
): string | undefined {
  const { shape, element } = expected.type;
  if (actual.type.element !== element || actual.type.shape.join() !== shape.join()) {
    return `${actual.type.element}[${actual.type.shape}] instead of ${element}[${shape}]`;
  }
  const have = numbersOf(actual) ?? actual.data;
  const want = numbersOf(expected) ?? expected.data;
  const relative = how === "close" && (isFloat(element) || isComplex(element)) ? tolerance(element) : 0;
  // Small values next to large ones are sums that cancelled: measure against the tensor's scale too.
  const scale = relative && Math.max(1e-30, ...sample(want).map(Math.abs).filter(Number.isFinite));
  for (let i = 0; i < want.length; i++) {
    const a = have[i] as number;
    const b = want[i] as number;
    if (sameNumber(a, b)) continue;
    if (Math.abs(a - b) <= relative * Math.max(Math.abs(b), scale * 1e-2)) continue;
    return `element ${i} is ${a}, expected ${b}`;
  }
  return undefined;
}

/** At most 4096 values, evenly spread. */
function sample(values: ArrayLike<number | bigint>): number[] {
  const stride = Math.max(1, Math.floor(values.length / 4096));
  const picked: number[] = [];
  for (let i = 0; i < values.length; i += stride) picked.push(Number(values[i]));
  return picked;
}
