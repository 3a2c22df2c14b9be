/** Triangular matrices in rows: their factors by dot products of rows, and solutions by sums of rows. */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  type Code,
  count,
  countTo,
  extract,
  FunctionCode,
  type Local,
  load,
  repeat,
  set,
  store,
  times,
  when,
  wordsOf,
} from "./code.ts";
import { type Lanes, lanesOf, loadVector } from "./lanes.ts";
import { instantiate } from "./module.ts";

export type Precision = "f32" | "f64";

const zero = wordsOf(0, 0, 0, 0);

/** Instructions on single floats that products do not need. */
const single = (precision: Precision) => ({
  subtract: (a: Code | Local, b: Code | Local) => apply(`${precision}.sub`, a, b),
  divide: (a: Code | Local, b: Code | Local) => apply(`${precision}.div`, a, b),
  root: (a: Code | Local) => apply(`${precision}.sqrt`, a),
});

/** `factor(a, n)`: the lower triangle of a symmetric matrix becomes `L` with `a = L·Lᵀ`; the rest is not touched. */
function factorFunction(precision: Precision, lanes: Lanes): WasmFunction {
  const { subtract, divide, root } = single(precision);
  const { bytes } = lanes;
  const code = new FunctionCode();
  const { a, n } = code.parameters("a", "n");
  const [i, j, rowBytes, row, other, at, end, bulk] = code.locals(8);
  const sums = code.locals(2, "v128");
  const [sum, value] = [code.local(precision), code.local(precision)];
  const pair = (base: Local, half: number) => loadVector(add(base, at), 16 * half);
  const one = (base: Local) => load(lanes.load, add(base, at));
  const dot = [
    ...sums.flatMap((half) => set(half, zero)),
    ...set(at, 0),
    ...countTo(
      at,
      bulk,
      32,
      sums.flatMap((local, half) => set(local, lanes.multiplyAdd(local, pair(row, half), pair(other, half)))),
    ),
    ...set(sums[0]!, lanes.add(sums[0]!, sums[1]!)),
    ...set(
      sum,
      Array.from({ length: lanes.count }, (_, lane) => extract(lanes.extract, sums[0]!, lane)).reduce(
        lanes.addOne,
      ),
    ),
    ...countTo(at, end, bytes, set(sum, lanes.addOne(sum, lanes.multiplyOne(one(row), one(other))))),
  ];
  const element = add(row, end);
  return code.finish("factor", [
    ...set(rowBytes, times(n, bytes)),
    ...set(row, a),
    ...count(i, n, 1, [
      ...set(other, a),
      ...count(j, add(i, 1), 1, [
        ...set(end, times(j, bytes)),
        ...set(bulk, apply("i32.and", end, -32)),
        ...dot,
        ...set(value, subtract(load(lanes.load, element), sum)),
        ...set(
          value,
          apply(
            "select",
            root(value),
            divide(value, load(lanes.load, add(other, end))),
            apply("i32.eq", i, j),
          ),
        ),
        ...store(lanes.store, element, value),
        ...set(other, add(other, rowBytes)),
      ]),
      ...set(row, add(row, rowBytes)),
    ]),
  ]);
}

/** How many rows of the solution are subtracted side by side. */
const together = 4;

/** `solve(l, x, n, columns, unit)`: the rows of `x` become those of `L⁻¹·x`; with `unit` the diagonal is taken to be 1. */
function solveFunction(precision: Precision, lanes: Lanes): WasmFunction {
  const { subtract, divide } = single(precision);
  const { bytes } = lanes;
  const code = new FunctionCode();
  const { l, x, n, columns, unit } = code.parameters("l", "x", "n", "columns", "unit");
  const [i, k, row, target, at, end, bulk] = code.locals(7);
  const sources = code.locals(together);
  const factors = code.locals(together, "v128");
  const singles = code.locals(together, precision);
  const sums = code.locals(2, "v128");
  const value = code.local(precision);
  const coefficient = (ahead: number) => add(row, times(k, bytes), ahead * bytes);
  const splat = precision === "f32" ? "f32x4.splat" : "f64x2.splat";
  /** Subtracts `width` known rows from row i. */
  const subtractRows = (width: number) => {
    const some = Array.from({ length: width }, (_, q) => q);
    return [
      ...some.flatMap((q) => [
        ...set(singles[q]!, load(lanes.load, coefficient(q))),
        ...set(factors[q]!, apply(splat, apply(`${precision}.neg`, singles[q]!))),
        ...set(sources[q]!, add(x, times(add(k, q), end))),
      ]),
      ...set(at, 0),
      ...countTo(at, bulk, 32, [
        ...sums.flatMap((sum, half) => set(sum, loadVector(add(target, at), 16 * half))),
        ...some.flatMap((q) =>
          sums.flatMap((sum, half) =>
            set(sum, lanes.multiplyAdd(sum, factors[q]!, loadVector(add(sources[q]!, at), 16 * half))),
          ),
        ),
        ...sums.flatMap((sum, half) => store("v128.store", add(target, at), sum, 16 * half)),
        ...sums.flatMap((sum) => set(sum, zero)),
      ]),
      ...countTo(at, end, bytes, [
        ...set(value, load(lanes.load, add(target, at))),
        ...some.flatMap((q) => {
          const product = lanes.multiplyOne(singles[q]!, load(lanes.load, add(sources[q]!, at)));
          return set(value, subtract(value, product));
        }),
        ...store(lanes.store, add(target, at), value),
      ]),
      ...set(k, add(k, width)),
    ];
  };
  const whileRowsLeft = (width: number) => {
    const more = apply("i32.le_s", add(k, width), i);
    return when(more, repeat(subtractRows(width), more));
  };
  const divideRow = [
    ...set(value, load(lanes.load, add(row, times(i, bytes)))),
    ...set(at, 0),
    ...countTo(at, end, bytes, [
      ...store(lanes.store, add(target, at), divide(load(lanes.load, add(target, at)), value)),
    ]),
  ];
  return code.finish("solve", [
    ...set(end, times(columns, bytes)),
    ...set(bulk, apply("i32.and", end, -32)),
    ...set(row, l),
    ...set(target, x),
    ...count(i, n, 1, [
      ...set(k, 0),
      ...whileRowsLeft(together),
      ...whileRowsLeft(1),
      ...when(unit, [], divideRow),
      ...set(row, add(row, times(n, bytes))),
      ...set(target, add(target, end)),
    ]),
  ]);
}

export interface Triangular {
  readonly factor: (a: number, n: number) => void;
  readonly solve: (l: number, x: number, n: number, columns: number, unit: 0 | 1) => void;
}

const compiled = new Map<Precision, Triangular>();

export function triangularFunctions(precision: Precision): Triangular {
  let functions = compiled.get(precision);
  if (!functions) {
    const lanes = lanesOf(precision, true);
    functions = instantiate([
      factorFunction(precision, lanes),
      solveFunction(precision, lanes),
    ]) as unknown as Triangular;
    compiled.set(precision, functions);
  }
  return functions;
}
