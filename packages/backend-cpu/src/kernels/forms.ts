/** In what form a reduction's elements are brought together when their order is free: several at a time, in lanes. */
import type { Element } from "@hloom/ir";
import type { Graph, Node } from "../wasm/vector.ts";
import { convert } from "../wasm/vector_convert.ts";
import { Floats, Integers } from "../wasm/vector_lanes.ts";
import type { Value } from "../wasm/vector_values.ts";
import { neutralOf } from "./neutral.ts";
import type { PassReduction } from "./pass.ts";

export interface Form {
  /** What is kept for each lane. */
  readonly elements: readonly Element[];
  /** What changes none of the results. */
  readonly neutrals: readonly Value[];
  /** What lanes begin with, and what a point brings. */
  readonly begin: readonly Value[];
  readonly operands: readonly Value[];
  readonly combine: (sums: readonly Value[], others: readonly Value[]) => readonly Value[];
  /** The results, of all lanes together. */
  readonly finish: (sums: readonly Value[]) => readonly Value[];
  /** Points that a lane takes before its sum goes into one of this form, when that is another. */
  readonly outer?: { readonly points: number; readonly form: Form };
}

/** Fewer points are brought in one after the other, as the specification's arithmetic does. */
const shortSum = 32;

/** Sums of more points than this would lose digits in single precision. */
const longSum = 4096;

/** The form of a reduction; undefined where points must be brought in one after the other. */
export function formOf(graph: Graph, reduction: PassReduction): Form | undefined {
  const { elements, operands, inits, reducer, length, combine } = reduction;
  const begin = elements.map((element) => neutralOf(graph, reducer, element));
  if (length < shortSum || !begin.every((neutral) => neutral !== undefined)) return undefined;
  const [element] = elements as readonly [Element];
  if (element === "f32" || element === "f64") {
    const extreme = extremeForm(graph, element, reduction, begin);
    if (extreme) return extreme;
  }
  const plain: Form = {
    elements,
    neutrals: begin,
    begin,
    operands,
    combine,
    finish: (sums) => combine(inits, sums),
  };
  if (reducer !== "stablehlo.add" || element !== "f32" || length <= longSum) return plain;
  return { ...plain, outer: { points: longSum, form: doubleForm(graph, inits[0] as Node) } };
}

/** Sums of f32 sums in double precision. Its operands are those sums. */
function doubleForm(graph: Graph, init: Node): Form {
  const floats = new Floats(graph, "f64");
  const combine = ([a]: readonly Value[], [b]: readonly Value[]) => [floats.add(a as Node, b as Node)];
  const wide = (value: Value) => convert(graph, "f32", "f64", value);
  return {
    elements: ["f64"],
    neutrals: [],
    begin: [floats.of(-0)],
    operands: [],
    combine: (sums, others) =>
      combine(
        sums,
        others.map((one) => ((one as Node).lane === "f32" ? wide(one) : one)),
      ),
    finish: ([sum]) => [convert(graph, "f64", "f32", combine([wide(init)], [sum!])[0]!)],
  };
}

/**
 * Extrema of floats: processors compare faster when they may forget NaN and the sign of zero, so that those are kept
 * apart: whether there was a NaN, and the signs of all that was seen.
 */
function extremeForm(
  graph: Graph,
  element: "f32" | "f64",
  reduction: PassReduction,
  neutrals: readonly Value[],
): Form | undefined {
  const { reducer, operands, inits, combine } = reduction;
  if (reducer !== "stablehlo.maximum" && reducer !== "stablehlo.minimum") return undefined;
  const largest = reducer === "stablehlo.maximum";
  const floats = new Floats(graph, element);
  const integers = new Integers(graph, floats.integer);
  const x = operands[0] as Node;
  const pick = largest ? floats.atLeast : floats.atMost;
  // A zero is positive if any sign was, as the largest, and negative if any was, as the smallest.
  const sign = largest ? integers.and : integers.or;
  return {
    elements: [element, floats.integer, floats.integer],
    neutrals,
    begin: [floats.of(largest ? -Infinity : Infinity), integers.of(0), integers.of(largest ? -1 : 0)],
    operands: [x, floats.notEqual(x, x), floats.bits(x)],
    combine: ([a, nan, signs], [b, otherNan, otherSigns]) => [
      pick(a as Node, b as Node),
      integers.or(nan as Node, otherNan as Node),
      sign(signs as Node, otherSigns as Node),
    ],
    finish: ([extreme, nan, signs]) => {
      const zero = floats.copySign(0, floats.fromBits(signs as Node));
      const signed = floats.select(floats.equal(extreme as Node, 0), zero, extreme as Node);
      return combine(inits, [floats.select(nan as Node, NaN, signed)]);
    },
  };
}
