/** Comparison with what JAX computed, by relative and absolute tolerance. */
import { floatCodec, isSmallFloat } from "../src/model/floats.ts";
import { type HostTensor, isComplex, isFloat } from "../src/model/index.ts";

/** How far an element may be from the expected one. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** The first element that is off, and how many are. */
export function compare(
  actual: HostTensor,
  expected: HostTensor,
  { relative, absolute }: Tolerance,
): string | undefined {
  const { element } = expected.type;
  if (actual.type.element !== element || actual.type.shape.join() !== expected.type.shape.join()) {
    return `${actual.type.element}[${actual.type.shape}] instead of ${element}[${expected.type.shape}]`;
  }
  const [xs, ys] = [numbers(actual), numbers(expected)];
  const exact = !isFloat(element) && !isComplex(element);
  let wrong = 0;
  let first = "";
  let largest = 0;
  for (let i = 0; i < ys.length; i++) {
    const [x, y] = [xs[i]!, ys[i]!];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const error = typeof x === "bigint" || typeof y === "bigint" ? Infinity : Math.abs(x - y);
    if (!exact && error <= absolute + relative * Math.abs(Number(y))) continue;
    largest = Math.max(largest, error);
    if (wrong++ === 0) first = `[${i}] is ${x}, expected ${y}`;
  }
  return wrong ? `${first}; ${wrong} of ${ys.length} are off, by up to ${largest}` : undefined;
}

function numbers({ type, data }: HostTensor): ArrayLike<number | bigint> {
  if (!isSmallFloat(type.element)) return data;
  const { values } = floatCodec(type.element);
  return Float64Array.from(data as Uint16Array, (bits) => values[bits]!);
}

/** The tolerances of the acceptance numbers: 1e-4 for f32, 1e-10 for f64, 2e-3 for 16 bits, exact for integers. */
export function usualTolerance(type: HostTensor["type"]): Tolerance {
  switch (type.element) {
    case "f64":
    case "complex<f64>":
      return { relative: 1e-10, absolute: 1e-10 };
    case "f32":
    case "complex<f32>":
      return { relative: 1e-4, absolute: 1e-5 };
    default:
      return { relative: 2e-3, absolute: 2e-3 };
  }
}
