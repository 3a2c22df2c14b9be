/**
 * 256-bit vectors: V8 has an experimental pass that makes one operation on wide vectors of two on neighbouring ones
 * (x64 with AVX2, Node 24 and later). It may be asked for at run time, and is trusted only when every function and kind
 * of arithmetic gives the very results that it gives without.
 */
import { hasFusedMultiplyAdd } from "./features.ts";
import { functions } from "./math/index.ts";
import { compileProbes, type Probe } from "./probe.ts";
import { type Float, type Graph, type Integer, laneBytes, type Node, shapeOf } from "./vector.ts";
import { convert } from "./vector_convert.ts";
import * as integers from "./vector_integers.ts";
import { Floats, Integers } from "./vector_lanes.ts";
import { decode, encode, memoryOf } from "./vector_values.ts";

const flag = "experimental-wasm-revectorize";

/** The part of Node's interface that is used. */
interface Platform {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly getBuiltinModule?: (name: "node:v8") => { setFlagsFromString(flags: string): void } | undefined;
  };
}

export type Wide = { readonly enabled: true } | { readonly enabled: false; readonly reason: string };

let known: Wide | undefined;

/**
 * What HLOOM_CPU_WIDE=1 asks for, tried once per process: modules that are compiled from then on have wide vectors if
 * this says so. Without it, undefined.
 */
export function requestedWide(): Wide | undefined {
  if ((globalThis as Platform).process?.env?.["HLOOM_CPU_WIDE"] !== "1") return undefined;
  return (known ??= tryWide());
}

function tryWide(): Wide {
  const v8 = (globalThis as Platform).process?.getBuiltinModule?.("node:v8");
  if (!v8) return { enabled: false, reason: "this platform has no flags for its compiler" };
  const different = differences(v8.setFlagsFromString);
  if (different.length === 0) return { enabled: true };
  v8.setFlagsFromString(`--no-${flag}`);
  return { enabled: false, reason: `256-bit vectors give other results for ${different.join(", ")}` };
}

/** The names of the probes whose results wide vectors change; leaves the flag set. */
function differences(setFlags: (flags: string) => void): string[] {
  const inputs = probes.map(({ probe }, i) => probe.inputs.map((_, at) => patterns(2 * i + at)));
  const narrow = runProbes(inputs, "");
  setFlags(`--${flag}`);
  // The quick compiler knows nothing of the pass.
  setFlags("--no-liftoff");
  const wide = runProbes(inputs, " wide");
  setFlags("--liftoff");
  return probes.flatMap(({ name, isFloat }, i) => (sameBytes(narrow[i]!, wide[i]!, isFloat) ? [] : [name]));
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
