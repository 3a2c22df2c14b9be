/** Whether results are right, given what another implementation computed. */
import { type Element, type HostTensor, isInteger, typeText } from "@hloom/ir";
import { numbersOf } from "../numbers.ts";

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** The tolerance against XLA's results, by element type: both sides round after each step, in their own order. */
export function toleranceFor(element: Element): Tolerance {
  if (isInteger(element)) return { relative: 0, absolute: 0 };
  if (element === "f64" || element === "complex<f64>") return { relative: 1e-10, absolute: 1e-12 };
  if (element === "f32" || element === "complex<f32>") return { relative: 1e-4, absolute: 1e-6 };
  return element === "f16" || element === "bf16"
    ? { relative: 2e-3, absolute: 2e-5 }
    : { relative: 0, absolute: 0 };
}

/** For programs whose expected values come from another order of rounding than the specification's. */
export function looseFor(element: Element): Tolerance {
  if (isInteger(element)) return { relative: 0, absolute: 0 };
  const relative = element === "f16" || element === "bf16" ? 2e-2 : 2e-4;
  return { relative, absolute: relative };
}

/** Undefined when they agree; else the worst element. `absolute` counts in units of the largest expected value. */
export function difference(
  actual: HostTensor,
  expected: HostTensor,
  tolerance: Tolerance,
): string | undefined {
  const a = numbersOf(actual);
  const b = numbersOf(expected);
  if (a.length !== b.length) return `${typeText(actual.type)} instead of ${typeText(expected.type)}`;
  let scale = 0;
  for (const value of b) if (Number.isFinite(value) && Math.abs(value) > scale) scale = Math.abs(value);
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < b.length; i++) {
    const off = distance(a[i]!, b[i]!);
    if (off === 0) continue;
    const error = Number.isFinite(off)
      ? off - tolerance.relative * Math.abs(b[i]!) - tolerance.absolute * scale
      : off;
    if (error > excess) {
      excess = error;
      worst = i;
    }
  }
  return worst < 0
    ? undefined
    : `element ${worst} of ${typeText(expected.type)} is ${a[worst]} instead of ${b[worst]}`;
}

/** Same as {@link difference} with an absolute tolerance in plain units. */
export function absoluteDifference(
  actual: HostTensor,
  expected: HostTensor,
  atol: number,
): string | undefined {
  const a = numbersOf(actual);
  const b = numbersOf(expected);
  for (let i = 0; i < b.length; i++) {
    const off = distance(a[i]!, b[i]!);
    if (off > atol)
      return `element ${i} of ${typeText(expected.type)} is ${a[i]} instead of ${b[i]} (allowed ${atol})`;
  }
  return undefined;
}

/** For results that no two implementations agree on: only where they are finite. */
export function finitenessDifference(actual: HostTensor, expected: HostTensor): string | undefined {
  const a = numbersOf(actual);
  const b = numbersOf(expected);
  const at = Array.from(b).findIndex((value, i) => Number.isFinite(value) !== Number.isFinite(a[i]!));
  return at < 0 ? undefined : `element ${at} of ${typeText(expected.type)} is ${a[at]} instead of ${b[at]}`;
}

/** Infinite when only one is NaN or they are different infinities. */
function distance(a: number, b: number): number {
  if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const off = Math.abs(a - b);
  return Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
}
