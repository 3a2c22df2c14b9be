/** How far vector functions are off: f32 beside `Math` on any bits, f64 beside functions of 600 bits, and both at the edges. */
import { describe, expect, test } from "vitest";
import { bounds, type FunctionName, functions } from "../src/wasm/math/index.ts";
import { compileProbes, type Runner } from "../src/wasm/probe.ts";
import { type Float, laneBytes } from "../src/wasm/vector.ts";
import { Floats } from "../src/wasm/vector_lanes.ts";
import { exact, precise, unitsOff } from "./precise.ts";

const names = Object.keys(functions) as FunctionName[];
const modes = [true, false];
const isBinary = (name: FunctionName) => name === "power" || name === "atan2";

/** Without fused multiply-adds or with them. */
function runnerOf(name: FunctionName, lane: Float, fma: boolean): Runner {
  const input = { lane, scale: 1 };
  const inputs = isBinary(name) ? [input, input] : [input];
  const [runner] = compileProbes(
    [
      {
        inputs,
        batch: 16 / laneBytes[lane],
        build: (graph, [a, b]) => functions[name](new Floats(graph, lane), a!, b!),
      },
    ],
    { fma },
  );
  return runner!;
}

const bytesOf = (data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>) => new Uint8Array(data.buffer);

/** IEEE's, where JavaScript has NaN. */
const power = (a: number, b: number) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

/** Half the power as CHLO has it, of f32: the exponent is rounded. */
const halfPower = (x: number) => Math.exp(Math.fround(x + Math.fround(Math.log(0.5))));

/** In double precision; erf and erfc are compared with the long ones only. */
const truths: Partial<Readonly<Record<FunctionName, (a: number, b: number) => number>>> = {
  atan2: Math.atan2,
  cosine: Math.cos,
  cubeRoot: Math.cbrt,
  exponential: Math.exp,
  exponentialMinusOne: Math.expm1,
  hyperbolicCosine: (x) => halfPower(x) + halfPower(-x),
  hyperbolicSine: (x) => (Math.abs(x) < 1 ? Math.sinh(x) : halfPower(x) - halfPower(-x)),
  hyperbolicTangent: Math.tanh,
  inverseCosine: Math.acos,
  inverseHyperbolicCosine: Math.acosh,
  inverseHyperbolicSine: Math.asinh,
  inverseHyperbolicTangent: Math.atanh,
  inverseSine: Math.asin,
  inverseTangent: Math.atan,
  logarithm: Math.log,
  logarithmPlusOne: Math.log1p,
  logistic: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  power,
  sine: Math.sin,
  tangent: Math.tan,
};

const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Any bits, and numbers of ordinary sizes. */
function singles(size: number, seed: number): Float32Array<ArrayBuffer> {
  const next = seeded(seed);
  const values = new Float32Array(size);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < size; i++) {
    if (i & 1) values[i] = (next() - 0.5) * [1, 3, 10, 200][(i >> 1) & 3]!;
    else words[i] = next() * 2 ** 32;
  }
  return values;
}

const unitOf = (x: number) => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x)))) - 23);

describe("f32 beside Math", () => {
  test.each(names.filter((name) => truths[name]))("%s", (name) => {
    const size = 1 << 16;
    const a = singles(size, 1);
    const b = singles(size, 77).map((x, i) => (i & 2 ? Math.round(x) : x));
    for (const fma of modes) {
      const found = new Float32Array(
        runnerOf(name, "f32", fma).run([bytesOf(a), bytesOf(b)].slice(0, isBinary(name) ? 2 : 1), size)
          .buffer,
      );
      for (let i = 0; i < size; i++) {
        const truth = truths[name]!(a[i]!, b[i]!);
        const where = `${name}(${a[i]}${isBinary(name) ? `, ${b[i]}` : ""}), fma ${fma}`;
        const rounded = Math.fround(truth);
        if (Object.is(found[i], rounded)) continue;
        if (!Number.isFinite(rounded) || !Number.isFinite(found[i]!)) expect(found[i], where).toBe(rounded);
        const off = Math.abs(found[i]! - truth) / unitOf(truth);
        if (off > bounds[name].f32) expect(off, where).toBeLessThanOrEqual(bounds[name].f32);
      }
    }
  });
});

/** Intervals of arguments in which functions have results that are neither 0 nor infinite. */
const domains: Partial<Readonly<Record<FunctionName, readonly (readonly [number, number])[]>>> = {
  complementaryErrorFunction: [
    [-5, 1],
    [0.3, 15],
  ],
  cosine: [
    [-1, 1],
    [-30, 30],
    [1e5, 1e7],
    [1e200, 1e300],
  ],
  errorFunction: [
    [-1.2, 1.2],
    [-6, 6],
  ],
  exponential: [
    [-1, 1],
    [-300, 300],
  ],
  exponentialMinusOne: [
    [-1, 1],
    [-40, 300],
  ],
  hyperbolicCosine: [
    [-1, 1],
    [-300, 300],
  ],
  hyperbolicSine: [
    [-1, 1],
    [-300, 300],
  ],
  hyperbolicTangent: [
    [-1, 1],
    [-20, 20],
  ],
  inverseCosine: [
    [-1, 1],
    [0.9, 1],
  ],
  inverseHyperbolicCosine: [
    [1, 2],
    [1, 1e10],
  ],
  inverseHyperbolicSine: [
    [-1, 1],
    [-1e10, 1e10],
  ],
  inverseHyperbolicTangent: [
    [-0.5, 0.5],
    [-1, 1],
  ],
  inverseSine: [
    [-0.5, 0.5],
    [-1, 1],
  ],
  logarithm: [
    [0.5, 2],
    [0, 1e10],
  ],
  logarithmPlusOne: [
    [-0.5, 0.5],
    [-1, 1e10],
    [-1e-9, 1e-9],
  ],
  logistic: [
    [-2, 2],
    [-300, 40],
  ],
  power: [
    [0.6, 1.6],
    [0, 100],
  ],
  sine: [
    [-1, 1],
    [-30, 30],
    [1e5, 1e7],
    [1e200, 1e300],
  ],
  tangent: [
    [-1, 1],
    [-30, 30],
    [1e5, 1e7],
    [1e200, 1e300],
  ],
};
const everywhere = [
  [-1, 1],
  [-100, 100],
] as const;

function doubles(
  name: FunctionName,
  size: number,
): readonly [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>] {
  const next = seeded(3);
  const intervals = domains[name] ?? everywhere;
  const a = Float64Array.from({ length: size }, (_, i) => {
    const [low, high] = intervals[i % intervals.length]!;
    return low + (high - low) * next();
  });
  // Exponents for which powers are neither huge nor tiny.
  const b = a.map((x) => (name === "power" ? ((next() - 0.5) * 600) / Math.log(x) : (next() - 0.5) * 10));
  return [a, b];
}

describe("f64 beside 600 bits", () => {
  const size = 256;

  test.each(names)("%s", (name) => {
    const [a, b] = doubles(name, size);
    const truth = precise[name] as (a: number, b: number) => bigint;
    const wanted = Array.from(a, (x, i) => truth(x, b[i]!));
    for (const fma of modes) {
      const found = new Float64Array(
        runnerOf(name, "f64", fma).run([bytesOf(a), bytesOf(b)].slice(0, isBinary(name) ? 2 : 1), size)
          .buffer,
      );
      for (let i = 0; i < size; i++) {
        const off = unitsOff(found[i]!, wanted[i]!);
        const where = `${name}(${a[i]}, ${b[i]}) is ${found[i]}, fma ${fma}`;
        if (off > bounds[name].f64) expect(off, where).toBeLessThanOrEqual(bounds[name].f64);
      }
    }
  });

  test("erf and erfc of f32", () => {
    for (const name of ["errorFunction", "complementaryErrorFunction"] as const) {
      const a = Float32Array.from(doubles(name, size)[0], (x) => (Math.abs(x) > 9 ? x / 2 : x));
      for (const fma of modes) {
        const found = new Float32Array(runnerOf(name, "f32", fma).run([bytesOf(a)], size).buffer);
        for (let i = 0; i < size; i++) {
          const off = unitsOff(found[i]!, precise[name](a[i]!)) / 2 ** 29;
          expect(off, `${name}(${a[i]}), fma ${fma}`).toBeLessThanOrEqual(bounds[name].f32);
        }
      }
    }
  });
});

const edges = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, Infinity, -Infinity, NaN, 1e-310, -1e-310, 1e308, -1e308];

describe("edges", () => {
  const ofDoubles = { ...truths, hyperbolicCosine: Math.cosh, hyperbolicSine: Math.sinh };

  test.each(names.filter((name) => truths[name]))("%s", (name) => {
    const a = Float64Array.from(edges.flatMap((x) => edges.map(() => x)));
    const b = Float64Array.from(edges.flatMap(() => edges));
    const data = [bytesOf(a), bytesOf(b)].slice(0, isBinary(name) ? 2 : 1);
    const found = new Float64Array(runnerOf(name, "f64", true).run(data, a.length).buffer);
    for (let i = 0; i < a.length; i++) {
      const truth = ofDoubles[name]!(a[i]!, b[i]!);
      const where = `${name}(${a[i]}, ${b[i]})`;
      const isExact = truth === 0 || !Number.isFinite(truth);
      if (isExact) expect(found[i], where).toBe(truth);
      // Math is off by a unit or two itself.
      else expect(unitsOff(found[i]!, exact(truth)), where).toBeLessThanOrEqual(bounds[name].f64 + 2);
    }
  });
});
