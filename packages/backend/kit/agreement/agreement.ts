/**
 * Whether results are right, by one rule for every program and backend: they are what the reference evaluator gives,
 * or within what its result moves when every operation is disturbed by its own rounding (noise.ts, rounding.ts). So a
 * last bit may differ after a sine, more may after a cancellation, a branch may go the other way at a tie; and integers
 * that no float had a part in are exact.
 */
import {
  type Datum,
  evaluate,
  type HostTensor,
  isComplex,
  isTensor,
  typeText,
  type VerifiedModule,
} from "@hloom/ir";
import { noise, numbersOf } from "./noise.ts";

export interface Agreement {
  /** `rounding`: different, and explained by the rounding of the program's operations. */
  readonly verdict: "same" | "rounding" | "different";
  /** The first element that is not explained. */
  readonly problem?: string;
}

/** Disturbed evaluations: a few, and more when they do not explain the difference. */
const rounds = [16, 112] as const;

/** Beyond what disturbed evaluations gave, an element may lie by this part of their spread. */
const margin = 0.5;

/** The most operations that one evaluation may execute. */
const maxSteps = 1e6;

/** Judges results of a program. Throws what `evaluate` throws when the program has no meaning for these arguments. */
export function agreement(
  module: VerifiedModule,
  args: readonly HostTensor[],
  results: readonly HostTensor[],
): Agreement {
  const expected = tensors(evaluate(module, args.map(copy), { maxSteps }));
  if (expected.length !== results.length)
    return { verdict: "different", problem: `${results.length} results instead of ${expected.length}` };
  const shapes = expected.findIndex((tensor, i) => typeText(tensor.type) !== typeText(results[i]!.type));
  if (shapes >= 0) {
    const [want, got] = [typeText(expected[shapes]!.type), typeText(results[shapes]!.type)];
    return { verdict: "different", problem: `result ${shapes} is a ${got} instead of a ${want}` };
  }
  const parts = expected.map((tensor) => numbersOf(tensor).map((value) => new Range(value)));
  let problem = firstProblem(expected, results, parts);
  if (problem === undefined) return { verdict: "same" };
  let seed = 0;
  for (const count of rounds) {
    for (let i = 0; i < count; i++) widen(parts, module, args, ++seed);
    problem = firstProblem(expected, results, parts);
    if (problem === undefined) return { verdict: "rounding" };
  }
  return { verdict: "different", problem };
}

const copy = (tensor: HostTensor): HostTensor => ({ ...tensor, data: tensor.data.slice() });
const tensors = (data: readonly Datum[]): HostTensor[] => data.filter(isTensor);

function widen(parts: Range[][], module: VerifiedModule, args: readonly HostTensor[], seed: number): void {
  const moved = tensors(evaluate(module, args.map(copy), { maxSteps, around: noise(seed) }));
  for (const [i, tensor] of moved.entries())
    for (const [k, value] of numbersOf(tensor).entries()) parts[i]![k]?.add(value);
}

function firstProblem(
  expected: readonly HostTensor[],
  results: readonly HostTensor[],
  parts: readonly (readonly Range[])[],
): string | undefined {
  for (const [i, { type, data }] of expected.entries()) {
    const got = results[i]!;
    const numbers = numbersOf(got);
    const isPair = isComplex(type.element);
    for (const [k, range] of parts[i]!.entries()) {
      // A complex number that is infinite or NaN in one part may be so in any other way (C99, annex G, leaves it open).
      if (
        isPair &&
        !Number.isFinite(numbers[k]! + numbers[k ^ 1]!) &&
        (!range.isFinite || !parts[i]![k ^ 1]!.isFinite)
      )
        continue;
      // Integers of 64 bits are compared as they are; as numbers they lose digits.
      if (data[k] === got.data[k] && typeof data[k] === "bigint") continue;
      const value = numbers[k]!;
      if (!range.holds(value, typeof data[k] === "bigint"))
        return `result ${i}, element ${k} of ${typeText(type)} is ${show(value)} instead of ${range}`;
    }
  }
  return undefined;
}

const show = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** What one element may be: the values that evaluations gave, and those between them. */
class Range {
  readonly #first: number;
  #least: number;
  #most: number;
  #isNaN: boolean;
  #zeros: { negative: boolean; positive: boolean };

  constructor(value: number) {
    this.#first = value;
    [this.#least, this.#most] = [value, value];
    this.#isNaN = Number.isNaN(value);
    this.#zeros = { negative: Object.is(value, -0), positive: Object.is(value, 0) };
  }

  add(value: number): void {
    if (Number.isNaN(value)) this.#isNaN = true;
    else if (Number.isNaN(this.#least)) [this.#least, this.#most] = [value, value];
    else [this.#least, this.#most] = [Math.min(this.#least, value), Math.max(this.#most, value)];
    if (value === 0) this.#zeros[Object.is(value, -0) ? "negative" : "positive"] = true;
  }

  holds(value: number, isRounded = false): boolean {
    if (Number.isNaN(value)) return this.#isNaN;
    const spread = this.#most - this.#least;
    // Nothing moved it: the number itself, which for a rounded one is not known here.
    if (!(spread > 0)) return !isRounded && value === this.#least && (value !== 0 || this.#hasZero(value));
    if (spread === Infinity) return value >= this.#least && value <= this.#most;
    return value >= this.#least - margin * spread && value <= this.#most + margin * spread;
  }

  #hasZero(value: number): boolean {
    return Object.is(value, -0) ? this.#zeros.negative : this.#zeros.positive;
  }

  /** Whether every evaluation gave a number. */
  get isFinite(): boolean {
    return !this.#isNaN && Number.isFinite(this.#least) && Number.isFinite(this.#most);
  }

  toString(): string {
    const moved = this.#most > this.#least ? ` (moves in [${this.#least}, ${this.#most}])` : "";
    return `${show(this.#first)}${moved}`;
  }
}
