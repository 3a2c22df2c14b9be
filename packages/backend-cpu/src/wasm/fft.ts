/**
 * Fourier transforms of several signals at once, one in each lane: point i of all of them is a vector of real parts and
 * one of imaginary parts, side by side. Steps are Stockham's: each reads one array and writes another, in order.
 */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  type Code,
  count,
  countTo,
  FunctionCode,
  increase,
  type Local,
  load,
  type Operand,
  set,
  store,
  times,
  value,
  when,
} from "./code.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import { access, constant, type Instruction } from "./instructions.ts";
import { loadVector } from "./lanes.ts";
import { instantiate } from "./module.ts";

export type Precision = "f32" | "f64";

/** Bytes of a point: a vector of real and one of imaginary parts. */
export const pointBytes = 32;
export const lanesIn = { f32: 4, f64: 2 } as const;

/** Primes that have steps of their own, and 4. */
export const radices = [4, 2, 3, 5, 7] as const;
export type Radix = (typeof radices)[number];

interface Arithmetic {
  readonly bytes: 4 | 8;
  readonly lanes: 2 | 4;
  readonly add: (a: Operand, b: Operand) => Code;
  readonly subtract: (a: Operand, b: Operand) => Code;
  readonly multiply: (a: Operand, b: Operand) => Code;
  /** `sum + a·b` and `sum - a·b`, rounded once where the platform can. */
  readonly multiplyAdd: (sum: Operand, a: Operand, b: Operand) => Code;
  readonly multiplySubtract: (sum: Operand, a: Operand, b: Operand) => Code;
  readonly splat: (value: number) => Code;
  readonly splatLoad: Instruction;
  readonly loadLane: Instruction;
  readonly storeLane: Instruction;
}

function arithmeticOf(precision: Precision): Arithmetic {
  const vector = precision === "f32" ? "f32x4" : "f64x2";
  const bits = precision === "f32" ? 32 : 64;
  const of = (name: "add" | "sub" | "mul") => (a: Operand, b: Operand) => apply(`${vector}.${name}`, a, b);
  const fused =
    (name: "madd" | "nmadd", otherwise: "add" | "sub") => (sum: Operand, a: Operand, b: Operand) =>
      hasFusedMultiplyAdd()
        ? apply(`${vector}.relaxed_${name}`, a, b, sum)
        : of(otherwise)(sum, of("mul")(a, b));
  return {
    bytes: precision === "f32" ? 4 : 8,
    lanes: lanesIn[precision],
    add: of("add"),
    subtract: of("sub"),
    multiply: of("mul"),
    multiplyAdd: fused("madd", "add"),
    multiplySubtract: fused("nmadd", "sub"),
    splat: (value) => apply(`${vector}.splat`, constant[precision](value)),
    splatLoad: `v128.load${bits}_splat`,
    loadLane: `v128.load${bits}_lane`,
    storeLane: `v128.store${bits}_lane`,
  };
}

/** Locals or code of a complex vector. */
interface Pair<Part = Operand> {
  readonly re: Part;
  readonly im: Part;
}

const pairOf = (code: FunctionCode): Pair<Local> => ({ re: code.local("v128"), im: code.local("v128") });
const setPair = (to: Pair<Local>, { re, im }: Pair): Code => [...set(to.re, re), ...set(to.im, im)];
const loadPair = (address: Operand): Pair<Code> => ({ re: loadVector(address), im: loadVector(address, 16) });
const storePair = (address: Operand, { re, im }: Pair): Code => [
  ...store("v128.store", address, re),
  ...store("v128.store", address, im, 16),
];

/** Expressions of sums and products of pairs; operands that occur twice must be locals. */
function pairs(arithmetic: Arithmetic) {
  const { add: plus, subtract: minus, multiply, multiplyAdd, multiplySubtract } = arithmetic;
  const both = (f: (a: Operand, b: Operand) => Code, a: Pair, b: Pair): Pair<Code> => ({
    re: f(a.re, b.re),
    im: f(a.im, b.im),
  });
  return {
    add: (a: Pair, b: Pair) => both(plus, a, b),
    subtract: (a: Pair, b: Pair) => both(minus, a, b),
    /** `a - i·b` and `a + i·b`. */
    turnDown: (a: Pair, b: Pair): Pair<Code> => ({ re: plus(a.re, b.im), im: minus(a.im, b.re) }),
    turnUp: (a: Pair, b: Pair): Pair<Code> => ({ re: minus(a.re, b.im), im: plus(a.im, b.re) }),
    multiply: (a: Pair, w: Pair): Pair<Code> => ({
      re: multiplySubtract(multiply(a.re, w.re), a.im, w.im),
      im: multiplyAdd(multiply(a.re, w.im), a.im, w.re),
    }),
    scale: (a: Pair, factor: Operand): Pair<Code> => ({
      re: multiply(a.re, factor),
      im: multiply(a.im, factor),
    }),
    addScaled: (sum: Pair, a: Pair, factor: Operand): Pair<Code> => ({
      re: multiplyAdd(sum.re, a.re, factor),
      im: multiplyAdd(sum.im, a.im, factor),
    }),
    subtractScaled: (sum: Pair, a: Pair, factor: Operand): Pair<Code> => ({
      re: multiplySubtract(sum.re, a.re, factor),
      im: multiplySubtract(sum.im, a.im, factor),
    }),
  };
}

/** The transform of as many points as the radix: constants, code that prepares, and the results. */
function butterfly(code: FunctionCode, arithmetic: Arithmetic, inputs: readonly Pair<Local>[]) {
  const of = pairs(arithmetic);
  const kept: number[] = [];
  const keep = (pair: Pair): Pair<Local> => {
    const local = pairOf(code);
    kept.push(...setPair(local, pair));
    return local;
  };
  const [a, b, c, d] = inputs as [Pair<Local>, Pair<Local>, Pair<Local>, Pair<Local>];
  if (inputs.length === 2) return { constants: [], before: kept, outputs: [of.add(a, b), of.subtract(a, b)] };
  if (inputs.length === 4) {
    const [even, odd] = [keep(of.add(a, c)), keep(of.add(b, d))];
    const [evenRest, oddRest] = [keep(of.subtract(a, c)), keep(of.subtract(b, d))];
    const outputs = [
      of.add(even, odd),
      of.turnDown(evenRest, oddRest),
      of.subtract(even, odd),
      of.turnUp(evenRest, oddRest),
    ];
    return { constants: [], before: kept, outputs };
  }
  // An odd prime: points k and r - k share cosines, and have opposite sines.
  const radix = inputs.length;
  const half = Array.from({ length: (radix - 1) / 2 }, (_, k) => k + 1);
  const constants: number[] = [];
  const constantOf = (value: number) => {
    const local = code.local("v128");
    constants.push(...set(local, arithmetic.splat(value)));
    return local;
  };
  const cosines = half.map((k) => constantOf(Math.cos((2 * Math.PI * k) / radix)));
  const sines = half.map((k) => constantOf(Math.sin((2 * Math.PI * k) / radix)));
  const sums = half.map((k) => keep(of.add(inputs[k]!, inputs[radix - k]!)));
  const rests = half.map((k) => keep(of.subtract(inputs[k]!, inputs[radix - k]!)));
  const outputs: Pair<Code>[] = [sums.reduce<Pair<Code>>(of.add, { re: value(a.re), im: value(a.im) })];
  for (const j of half) {
    const [even, odd] = [keep(a), keep(of.scale(rests[0]!, sines[j - 1]!))];
    half.forEach((k) => {
      // Cosines and sines repeat, the latter with their sign.
      const turn = (j * k) % radix;
      const place = Math.min(turn, radix - turn) - 1;
      kept.push(...setPair(even, of.addScaled(even, sums[k - 1]!, cosines[place]!)));
      if (k === 1) return;
      const take = turn === place + 1 ? of.addScaled : of.subtractScaled;
      kept.push(...setPair(odd, take(odd, rests[k - 1]!, sines[place]!)));
    });
    outputs[j] = of.turnDown(even, odd);
    outputs[radix - j] = of.turnUp(even, odd);
  }
  return { constants, before: kept, outputs };
}

/**
 * `step(x, y, m, s, roots)`: of signals of m·r points each, s of them interleaved: y[q + s(rp + j)] is output j of the
 * points x[q + s(p + km)], times root j of p. The last step has m = 1 and no roots.
 */
function stepFunction(name: string, radix: Radix, arithmetic: Arithmetic, last: boolean): WasmFunction {
  const code = new FunctionCode();
  const { x, y, m, s, roots } = code.parameters("x", "y", "m", "s", "roots");
  const [row, apart, end, endOfAll] = [code.local(), code.local(), code.local(), code.local()];
  const of = pairs(arithmetic);
  const each = Array.from({ length: radix }, (_, k) => k);
  const inputs = each.map(() => pairOf(code));
  const factors = each.slice(1).map(() => pairOf(code));
  const at = code.local();
  const { constants, before, outputs } = butterfly(code, arithmetic, inputs);
  const temporary = pairOf(code);
  const inner = [
    ...set(at, x),
    ...inputs.flatMap((input, k) => [
      ...setPair(input, loadPair(at)),
      ...(k < radix - 1 ? increase(at, apart) : []),
    ]),
    ...before,
    ...set(at, y),
    ...outputs.flatMap((output, j) => [
      ...(j === 0 || last
        ? storePair(at, output)
        : [...setPair(temporary, output), ...storePair(at, of.multiply(temporary, factors[j - 1]!))]),
      ...(j < radix - 1 ? increase(at, row) : []),
    ]),
    ...increase(y, pointBytes),
  ];
  const loadFactors = factors.flatMap(({ re, im }, j) => [
    ...set(re, load(arithmetic.splatLoad, roots, 2 * j * arithmetic.bytes)),
    ...set(im, load(arithmetic.splatLoad, roots, (2 * j + 1) * arithmetic.bytes)),
  ]);
  const rowOf = [
    ...(last ? [] : [...loadFactors, ...increase(roots, 2 * (radix - 1) * arithmetic.bytes)]),
    ...set(end, add(x, row)),
    ...countTo(x, end, pointBytes, inner),
    // The other outputs of this row lie between.
    ...increase(y, times(row, radix - 1)),
  ];
  return code.finish(name, [
    ...constants,
    ...set(row, times(s, pointBytes)),
    ...set(apart, times(m, row)),
    ...set(endOfAll, add(x, apart)),
    ...countTo(x, endOfAll, 0, rowOf),
  ]);
}

/**
 * `load(to, pointers, step, n)` and `store(from, pointers, step, n, scale)`: the signals' points, `step` bytes apart.
 * `pointers` are addresses of the real parts of all lanes, then of the imaginary ones. Stores multiply by the number
 * at `scale`.
 */
function moveFunction(name: "load" | "store", { lanes, bytes, ...arithmetic }: Arithmetic): WasmFunction {
  const code = new FunctionCode();
  const names = ["at", "pointers", "step", "n", "scale"] as const;
  const { at, pointers, step, n, scale } = code.parameters(...names);
  const addresses = code.locals(2 * lanes);
  const end = code.local();
  const parts = [code.local("v128"), code.local("v128")];
  const factor = code.local("v128");
  const lane = (i: number) =>
    access(name === "load" ? arithmetic.loadLane : arithmetic.storeLane, 0, i % lanes);
  const body =
    name === "load"
      ? [
          ...addresses.flatMap((address, i) => {
            const part = parts[i < lanes ? 0 : 1]!;
            return set(part, [...value(address), ...value(part), ...lane(i)]);
          }),
          ...storePair(at, { re: parts[0]!, im: parts[1]! }),
        ]
      : [
          ...parts.flatMap((part, i) => set(part, arithmetic.multiply(loadVector(at, 16 * i), factor))),
          ...addresses.flatMap((address, i) => [
            ...value(address),
            ...value(parts[i < lanes ? 0 : 1]!),
            ...lane(i),
          ]),
        ];
  return code.finish(name, [
    ...addresses.flatMap((address, i) => set(address, load("i32.load", pointers, 4 * i))),
    ...(name === "store" ? set(factor, load(arithmetic.splatLoad, scale)) : []),
    ...set(end, add(at, times(n, pointBytes))),
    ...countTo(at, end, pointBytes, [...body, ...addresses.flatMap((address) => increase(address, step))]),
  ]);
}

/** `multiply(to, from, roots, n, down)`: points times complex numbers, the same for all lanes; conjugated if `sign` is -1. */
function multiplyFunction(arithmetic: Arithmetic): WasmFunction {
  const code = new FunctionCode();
  const { to, from, roots, n, sign } = code.parameters("to", "from", "roots", "n", "sign");
  const [i, factor] = [code.local(), code.local("v128")];
  const [point, root] = [pairOf(code), pairOf(code)];
  const { re, im } = pairs(arithmetic).multiply(point, root);
  return code.finish("multiply", [
    ...set(factor, load(arithmetic.splatLoad, sign)),
    ...count(i, n, 1, [
      ...setPair(point, loadPair(from)),
      ...set(root.re, load(arithmetic.splatLoad, roots)),
      ...set(root.im, load(arithmetic.splatLoad, roots, arithmetic.bytes)),
      ...storePair(to, { re, im: arithmetic.multiply(im, factor) }),
      ...increase(to, pointBytes),
      ...increase(from, pointBytes),
      ...increase(roots, 2 * arithmetic.bytes),
    ]),
  ]);
}

/** `turn(at, roots, n)`: points times points. */
function turnFunction(arithmetic: Arithmetic): WasmFunction {
  const code = new FunctionCode();
  const { at, roots, n } = code.parameters("at", "roots", "n");
  const end = code.local();
  const [point, root] = [pairOf(code), pairOf(code)];
  return code.finish("turn", [
    ...set(end, add(at, times(n, pointBytes))),
    ...countTo(at, end, pointBytes, [
      ...setPair(point, loadPair(at)),
      ...setPair(root, loadPair(roots)),
      ...storePair(at, pairs(arithmetic).multiply(point, root)),
      ...increase(roots, pointBytes),
    ]),
  ]);
}

/**
 * `split(z, a, b, n)`: of the transforms z of a + bi, with a and b real, the first n/2 + 1 points of those of a and b.
 * `join(z, a, b, n)`: z from them, with real and imaginary parts exchanged for the way back; of the points that are
 * their own mirror images only the real parts count.
 */
function halvesFunction(name: "split" | "join", arithmetic: Arithmetic): WasmFunction {
  const { add: plus, subtract: minus, multiply, splat } = arithmetic;
  const code = new FunctionCode();
  const { z, a, b, n } = code.parameters("z", "a", "b", "n");
  const [k, mirror] = [code.local(), code.local()];
  const [p, q] = [pairOf(code), pairOf(code)];
  const half = (value: Code): Code => multiply(value, splat(0.5));
  const point = add(z, times(k, pointBytes));
  const mirrored = add(z, times(mirror, pointBytes));
  const body =
    name === "split"
      ? [
          ...setPair(p, loadPair(point)),
          ...setPair(q, loadPair(mirrored)),
          ...storePair(a, { re: half(plus(p.re, q.re)), im: half(minus(p.im, q.im)) }),
          ...storePair(b, { re: half(plus(p.im, q.im)), im: half(minus(q.re, p.re)) }),
        ]
      : [
          ...setPair(p, loadPair(a)),
          ...setPair(q, loadPair(b)),
          ...when(apply("i32.eq", k, mirror), storePair(point, { re: q.re, im: p.re }), [
            ...storePair(point, { re: plus(p.im, q.re), im: minus(p.re, q.im) }),
            ...storePair(mirrored, { re: minus(q.re, p.im), im: plus(p.re, q.im) }),
          ]),
        ];
  return code.finish(
    name,
    count(k, add(apply("i32.shr_u", n, 1), 1), 1, [
      ...set(mirror, apply("select", apply("i32.sub", n, k), 0, k)),
      ...body,
      ...increase(a, pointBytes),
      ...increase(b, pointBytes),
    ]),
  );
}

/**
 * `combine(x, a, b, roots, m)`: of the first m/2 + 1 points of the transforms of a real signal's even and odd places,
 * the first m + 1 of the whole signal's, of 2m points. `separate(x, a, b, roots, m)`: the way back. Roots are those of 2m.
 */
function placesFunction(name: "combine" | "separate", arithmetic: Arithmetic): WasmFunction {
  const { add: plus, subtract: minus, multiply, splat } = arithmetic;
  const of = pairs(arithmetic);
  const code = new FunctionCode();
  const { x, a, b, roots, m } = code.parameters("x", "a", "b", "roots", "m");
  const [k, mirrored] = [code.local(), code.local()];
  const [p, q, root] = [pairOf(code), pairOf(code), pairOf(code)];
  const half = (value: Code): Code => multiply(value, splat(0.5));
  const body =
    name === "combine"
      ? [
          ...setPair(p, loadPair(b)),
          ...setPair(q, of.multiply(p, root)),
          ...setPair(p, loadPair(a)),
          ...storePair(x, of.add(p, q)),
          ...storePair(mirrored, { re: minus(p.re, q.re), im: minus(q.im, p.im) }),
        ]
      : [
          ...setPair(p, loadPair(x)),
          ...setPair(q, loadPair(mirrored)),
          ...storePair(a, { re: half(plus(p.re, q.re)), im: half(minus(p.im, q.im)) }),
          ...setPair(p, { re: half(minus(p.re, q.re)), im: half(plus(p.im, q.im)) }),
          ...set(root.im, minus(splat(0), root.im)),
          ...storePair(b, of.multiply(p, root)),
        ];
  return code.finish(name, [
    ...set(mirrored, add(x, times(m, pointBytes))),
    ...count(k, add(apply("i32.shr_u", m, 1), 1), 1, [
      ...set(root.re, load(arithmetic.splatLoad, roots)),
      ...set(root.im, load(arithmetic.splatLoad, roots, arithmetic.bytes)),
      ...body,
      ...increase(x, pointBytes),
      ...set(mirrored, apply("i32.sub", mirrored, pointBytes)),
      ...increase(a, pointBytes),
      ...increase(b, pointBytes),
      ...increase(roots, 2 * arithmetic.bytes),
    ]),
  ]);
}

type StepName = `${"step" | "last"}${Radix}`;
export type FourierFunctions = Readonly<
  Record<
    StepName | "load" | "store" | "multiply" | "turn" | "split" | "join" | "combine" | "separate",
    (...operands: number[]) => void
  >
>;

const compiled = new Map<Precision, FourierFunctions>();

export function fourierFunctions(precision: Precision): FourierFunctions {
  let functions = compiled.get(precision);
  if (!functions) {
    const arithmetic = arithmeticOf(precision);
    functions = instantiate([
      ...radices.flatMap((radix) => [
        stepFunction(`step${radix}`, radix, arithmetic, false),
        stepFunction(`last${radix}`, radix, arithmetic, true),
      ]),
      moveFunction("load", arithmetic),
      moveFunction("store", arithmetic),
      multiplyFunction(arithmetic),
      turnFunction(arithmetic),
      halvesFunction("split", arithmetic),
      halvesFunction("join", arithmetic),
      placesFunction("combine", arithmetic),
      placesFunction("separate", arithmetic),
    ]) as unknown as FourierFunctions;
    compiled.set(precision, functions);
  }
  return functions;
}
