/** Comparison of results with what a test expects: the check dialect, and custom calls `check.…` that stand for it. */
import { floatCodec, isSmallFloat } from "../../model/floats.ts";
import { type Element, isComplex, isFloat } from "../../model/types.ts";
import type { Complex } from "../element/complex.ts";
import { kindOf, reader } from "../element/work.ts";
import { elementCount, type Tensor } from "../tensor.ts";

/** What is wrong, or undefined when all is as expected. */
export type Verdict = string | undefined;

/** Equal elements; NaN equals NaN, and zeros equal whatever their sign. */
export function expectEqual(actual: Tensor, expected: Tensor): Verdict {
  return compareAll(actual, expected, (x, y) => (x === y || bothNaN(x, y) ? undefined : "differs"));
}

/** Finite elements differ by at most `tolerance`; others are equal. */
export function expectAlmostEqual(actual: Tensor, expected: Tensor, tolerance: number): Verdict {
  return compareAll(actual, expected, (x, y) => {
    if (x === y || bothNaN(x, y)) return undefined;
    if (typeof x === "bigint" || typeof y === "bigint") return "differs";
    return Math.abs(x - y) <= tolerance ? undefined : `differs by more than ${tolerance}`;
  });
}

/** Elements differ by a number of units in the last place from `minimum` to `maximum`. */
export function expectClose(actual: Tensor, expected: Tensor, minimum: bigint, maximum: bigint): Verdict {
  const { element } = actual.type;
  if (!isFloat(element) && !isComplex(element))
    return `units in the last place are not defined for ${element}`;
  const order = orderOf(element);
  return compareAll(actual, expected, (x, y) => {
    if (x === y && Object.is(x, y)) return minimum > 0n ? `is nearer than ${minimum} ULP` : undefined;
    if (bothNaN(x, y)) return undefined;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return "differs";
    const [a, b] = [order(x as number), order(y as number)];
    const distance = a > b ? a - b : b - a;
    return distance > maximum || distance < minimum ? `differs by ${distance} ULP` : undefined;
  });
}

/** For integers equality, for floats nearness: what `custom_call @check.eq` means. */
export function expectEqualOrNear(actual: Tensor, expected: Tensor): Verdict {
  const kind = kindOf(expected.type.element);
  const exact = kind === "integer" || kind === "bigint" || kind === "boolean";
  return exact ? expectEqual(actual, expected) : expectAlmostEqual(actual, expected, 1e-4);
}

type Part = number | bigint;

const bothNaN = (x: Part, y: Part): boolean => Number.isNaN(x) && Number.isNaN(y);

/** Compares elements, parts of complex numbers one by one; tells the first difference and how many there are. */
function compareAll(
  actual: Tensor,
  expected: Tensor,
  compare: (x: Part, y: Part) => string | undefined,
): Verdict {
  const [xs, ys] = [actual.type, expected.type];
  if (xs.element !== ys.element || xs.shape.join() !== ys.shape.join()) {
    return `actual is ${xs.shape.join("x")} of ${xs.element}, expected ${ys.shape.join("x")} of ${ys.element}`;
  }
  const [readX, readY] = [reader(actual), reader(expected)];
  let first: string | undefined;
  let wrong = 0;
  const size = elementCount(actual);
  for (let i = 0; i < size; i++) {
    const [x, y] = [readX(i), readY(i)];
    const difference =
      typeof x === "object" && typeof y === "object"
        ? (compare(x.re, y.re) ?? compare(x.im, y.im))
        : compare(x as Part, y as Part);
    if (difference === undefined) continue;
    wrong++;
    first ??= `element ${i} ${difference}: ${show(x)} (actual), ${show(y)} (expected)`;
  }
  return first && `${first}; ${wrong} of ${size} are wrong`;
}

function show(value: Part | Complex): string {
  if (typeof value === "object") return `(${value.re}, ${value.im})`;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Numbers the values of a float type in order, zeros both as 0. */
function orderOf(element: Element): (value: number) => bigint {
  if (element === "f64" || element === "complex<f64>") {
    const value = new Float64Array(1);
    return signedOrder(value, new BigUint64Array(value.buffer), 64n);
  }
  if (element === "f32" || element === "complex<f32>") {
    const value = new Float32Array(1);
    return signedOrder(value, new Uint32Array(value.buffer), 32n);
  }
  if (!isSmallFloat(element)) throw new TypeError(`${element} is not a float type`);
  const { encode } = floatCodec(element);
  return (value) => (value < 0 ? -BigInt(encode(-value)) : BigInt(encode(value)));
}

function signedOrder(
  value: Float64Array | Float32Array,
  bits: BigUint64Array | Uint32Array,
  width: bigint,
): (x: number) => bigint {
  const magnitude = (1n << (width - 1n)) - 1n;
  return (x) => {
    value[0] = x;
    const pattern = BigInt(bits[0]!);
    return pattern > magnitude ? -(pattern & magnitude) : pattern;
  };
}

/** The comparisons that test programs ask for by the name of a custom call, with the tolerances upstream gives them. */
export const checkCalls: Readonly<Record<string, (actual: Tensor, expected: Tensor) => Verdict>> = {
  "check.eq": expectEqualOrNear,
  "check.expect_eq": expectEqual,
  "check.expect_almost_eq": (actual, expected) => expectAlmostEqual(actual, expected, 1e-3),
  "check.expect_close": (actual, expected) => expectClose(actual, expected, 0n, 3n),
};
