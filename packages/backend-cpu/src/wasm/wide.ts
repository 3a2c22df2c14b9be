/**
 * 256-bit vectors: V8 has an experimental pass that makes one operation on wide vectors of two on neighbouring ones
 * (x64 with AVX2, Node 24 and later). It may be asked for at run time, and is trusted only when every function and kind
 * of arithmetic gives the very results that it gives without.
 */
import { setEngineFlags, wantsWideVectors } from "../node.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import { functions } from "./math/index.ts";
import { compileProbes, type Probe } from "./probe.ts";
import { type Float, type Graph, type Integer, laneBytes, type Node, shapeOf } from "./vector.ts";
import { convert } from "./vector_convert.ts";
import * as integers from "./vector_integers.ts";
import { Floats, Integers } from "./vector_lanes.ts";
import { decode, encode, memoryOf } from "./vector_values.ts";

const flag = "experimental-wasm-revectorize";

export type Wide = { readonly enabled: true } | { readonly enabled: false; readonly reason: string };

let known: Wide | undefined;

/** What became of the user's wish for wide vectors, which modules have from the first call on; undefined without a wish. */
export function requestedWide(): Wide | undefined {
  if (!wantsWideVectors()) return undefined;
  return (known ??= switchOn());
}

function switchOn(): Wide {
  const inputs = probes.map(({ probe }, i) => probe.inputs.map((_, at) => patterns(2 * i + at)));
  const narrow = runProbes(inputs, "");
  // The quick compiler knows nothing of the pass.
  if (!setEngineFlags(`--${flag}`, "--no-liftoff"))
    return { enabled: false, reason: "wide vectors need Node on x64" };
  const wide = runProbes(inputs, " wide");
  setEngineFlags("--liftoff");
  const different = probes.filter(({ isFloat }, i) => !sameBytes(narrow[i]!, wide[i]!, isFloat));
  if (different.length === 0) return { enabled: true };
  setEngineFlags(`--no-${flag}`);
  const names = different.map(({ name }) => name).join(", ");
  return { enabled: false, reason: `this V8 computes other results with wide vectors: ${names}` };
}

const elements = 512;

function runProbes(inputs: readonly (readonly Uint8Array[])[], tag: string): Uint8Array<ArrayBuffer>[] {
  const runners = compileProbes(
    probes.map(({ probe }) => probe),
    { fma: hasFusedMultiplyAdd() },
    tag,
  );
  return runners.map(({ run }, i) => run(inputs[i]!, elements));
}

/** Bytes of numbers of all sizes, some near one another, the same for the same seed. */
function patterns(seed: number): Uint8Array {
  const words = new Uint32Array(4 * elements);
  let state = seed + 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    // Half of the numbers, as f32 and as the upper words of f64, are between 2^-8 and 2^8.
    words[i] = (i >> 3) & 1 ? (state & 0x83ffffff) | 0x3c000000 : state;
  }
  return new Uint8Array(words.buffer);
}

/** Equal but for the bits of NaNs. */
function sameBytes(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
  isFloat: Float | undefined,
): boolean {
  if (!isFloat) return a.every((byte, i) => byte === b[i]);
  const view = isFloat === "f32" ? Float32Array : Float64Array;
  const others = new view(b.buffer);
  return new view(a.buffer).every((x, i) => Object.is(x, others[i]));
}

interface Named {
  readonly name: string;
  readonly probe: Probe;
  /** Results are floats of this type. */
  readonly isFloat: Float | undefined;
}

const floatProbe =
  (lane: Float) =>
  ([name, compute]: readonly [string, (f: Floats, a: Node, b: Node) => Node]): Named => {
    const build = (graph: Graph, [a, b]: readonly Node[]) => compute(new Floats(graph, lane), a!, b!);
    const input = { lane, scale: 1 };
    return {
      name: `${name} of ${lane}`,
      probe: { inputs: [input, input], build, batch: 32 / laneBytes[lane] },
      isFloat: lane,
    };
  };

const floatOperations: Readonly<Record<string, (f: Floats, a: Node, b: Node) => Node>> = {
  ...functions,
  arithmetic: (f, a, b) => f.subtract(f.divide(f.multiply(a, b), f.add(a, b)), f.squareRoot(f.abs(a))),
  extremes: (f, a, b) => f.atMost(f.maximum(a, 0.5), f.atLeast(f.minimum(a, b), f.negate(b))),
  rounding: (f, a, b) => f.add(f.add(f.floor(a), f.ceil(b)), f.add(f.truncate(a), f.nearest(b))),
  selection: (f, a, b) => f.select(f.less(a, b), f.copySign(a, b), f.multiplyAdd(a, b, a)),
};

const integerProbe = (lane: Integer): Named => {
  const build = (graph: Graph, [a, b]: readonly Node[]) => {
    const i = new Integers(graph, lane);
    const [x, y] = [a!, b!];
    const product = i.add(integers.multiply(graph, x, y), i.subtract(x, y));
    const shifted = i.xor(i.left(x, 3), i.or(i.right(y, 2), i.rightUnsigned(x, 5)));
    const extreme = integers.extreme(graph, "max", true, x, i.apply("abs", y));
    return graph.select(integers.compare(graph, "lt", true, x, y), i.and(product, shifted), extreme);
  };
  const input = { lane, scale: 1 };
  return {
    name: `integers of ${shapeOf[lane]}`,
    probe: { inputs: [input, input], build, batch: 32 / laneBytes[lane] },
    isFloat: undefined,
  };
};

/** From one element type to another through f32, which takes both ways. */
const conversionProbe = (element: "f16" | "bf16" | "i8" | "ui16" | "i32" | "f64" | "i64"): Named => {
  const build = (graph: Graph, [a]: readonly Node[]) => {
    const single = convert(graph, element, "f32", decode(graph, element, a!));
    const scaled = new Floats(graph, "f32").multiply(single as Node, 1.25);
    return encode(graph, element, convert(graph, "f32", element, scaled));
  };
  return {
    name: `conversions of ${element}`,
    probe: { inputs: [memoryOf(element)], build, batch: 8 },
    isFloat: element === "f64" ? element : undefined,
  };
};

const probes: readonly Named[] = [
  ...Object.entries(floatOperations).map(floatProbe("f32")),
  ...Object.entries(floatOperations).map(floatProbe("f64")),
  ...(["i8", "i16", "i32", "i64"] as const).map(integerProbe),
  ...(["f16", "bf16", "i8", "ui16", "i32", "f64", "i64"] as const).map(conversionProbe),
];
