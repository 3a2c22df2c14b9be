/** Values of several processes side by side. */
import type { Value } from "../../model/operation.ts";

/** The value of each process, replica-major. Processes that have equal values share one. */
export type Lanes = readonly Value[];

const numbers = new WeakMap<Value, number>();
let last = 0;

function numberOf(value: Value): number {
  let number = numbers.get(value);
  if (number === undefined) numbers.set(value, (number = ++last));
  return number;
}

/** Says of each process to which class it belongs: processes of one class agree in all of `values`. */
export function classesOf(values: readonly Lanes[], processes: number): number[] {
  const known = new Map<string, number>();
  return Array.from({ length: processes }, (_, lane) => {
    const key = values.map((lanes) => numberOf(lanes[lane]!)).join();
    const found = known.get(key) ?? known.size;
    known.set(key, found);
    return found;
  });
}

/** Runs `make` once for each class; gives its results, each as lanes. */
export function perClass(classes: readonly number[], make: (lane: number) => readonly Value[]): Lanes[] {
  const made = new Map<number, readonly Value[]>();
  const results = classes.map((one, lane) => {
    let values = made.get(one);
    if (!values) made.set(one, (values = make(lane)));
    return values;
  });
  return results[0]!.map((_, i) => results.map((values) => values[i]!));
}

/** One process of each class, in order of the classes. */
export function firstOfEach(classes: readonly number[]): number[] {
  return classes.flatMap((one, lane) => (classes.indexOf(one) === lane ? [lane] : []));
}

/** What values of a surrounding scope became. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #lanes = new Map<Value, Lanes>();

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(value: Value): Lanes {
    const lanes = this.#lanes.get(value) ?? this.#outer?.get(value);
    if (!lanes) throw new Error("a value is used before it is defined");
    return lanes;
  }

  set(values: readonly Value[], lanes: readonly Lanes[]): void {
    values.forEach((value, i) => {
      this.#lanes.set(value, lanes[i]!);
    });
  }
}
