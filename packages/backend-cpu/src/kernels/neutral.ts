/** What changes nothing when it is brought into a sum, a product, an extremum, …: where sums of single lanes begin. */
import { bitWidth, type Element, isComplex, isFloat, isUnsigned } from "@hloom/ir";
import type { Graph } from "../wasm/vector.ts";
import { laneOf, type Value } from "../wasm/vector_values.ts";

type Neutral = (element: Element) => number | bigint | undefined;

/** 16-bit floats round at each step, so that the order of their sums is part of the result. */
const isRounded = (element: Element): boolean => element === "f16" || element === "bf16";

function lowest(element: Element): number | bigint {
  if (isFloat(element)) return -Infinity;
  if (element === "i1" || isUnsigned(element)) return 0;
  return -(2n ** BigInt(bitWidth(element) - 1));
}

function highest(element: Element): number | bigint {
  if (isFloat(element)) return Infinity;
  if (element === "i1" || isUnsigned(element)) return -1;
  return 2n ** BigInt(bitWidth(element) - 1) - 1n;
}

const neutrals: Readonly<Record<string, Neutral>> = {
  "stablehlo.add": (element) => (isRounded(element) ? undefined : isFloat(element) ? -0 : 0),
  "stablehlo.multiply": (element) => (isRounded(element) ? undefined : element === "i1" ? -1 : 1),
  "stablehlo.maximum": lowest,
  "stablehlo.minimum": highest,
  "stablehlo.and": () => -1,
  "stablehlo.or": () => 0,
  "stablehlo.xor": () => 0,
};

/** Absent where points must be brought in one after the other. */
export function neutralOf(graph: Graph, reducer: string | undefined, element: Element): Value | undefined {
  const neutral = reducer === undefined ? undefined : neutrals[reducer];
  const lane = laneOf(element);
  if (!neutral) return undefined;
  if (isComplex(element)) {
    const zero = graph.constant(lane, -0);
    return reducer === "stablehlo.add" ? [zero, zero] : undefined;
  }
  const number = neutral(element);
  return number === undefined ? undefined : graph.constant(lane, number);
}
