/** Products with so few rows that packing does not pay: their time is that of reading the right operand once. */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  type Code,
  count,
  countTo,
  extract,
  FunctionCode,
  fillBytes,
  increase,
  type Local,
  least,
  load,
  repeat,
  set,
  store,
  subtract,
  times,
  when,
  wordsOf,
} from "./code.ts";
import { type Lanes, loadVector } from "./lanes.ts";
import { columnsOf } from "./transpose.ts";

/**
 * What all functions that multiply take: addresses of matrices and of their tables of byte offsets, how their elements
 * lie, and sizes.
 */
export const productParameters = [
  ...(["left", "leftRows", "leftColumns", "right", "rightRows", "rightColumns"] as const),
  ...(["result", "resultRows", "resultColumns", "runs", "leftRuns", "m", "n", "k", "scratch"] as const),
] as const;

const entry = (table: Local, index: Local, ahead = 0): Code =>
  load("i32.load", add(table, times(index, 4)), 4 * ahead);

/** What locals are set to at the end of a loop, so that V8 knows them to be free and joins vectors to wider ones. */
const zeroVector = wordsOf(0, 0, 0, 0);

/** How many rows of the right operand are read side by side. */
const together = 8;

/** Columns of the right operand and of the result are neighbours: rows are added up, several at a time. */
export function rowsFunction(lanes: Lanes): WasmFunction {
  const code = new FunctionCode();
  const of = code.parameters(...productParameters);
  const [i, p, end, bulk] = [code.local(), code.local(), code.local(), code.local()];
  const [row, to, at] = [code.local(), code.local(), code.local()];
  const pointers = code.locals(together);
  const factors = code.locals(together, "v128");
  const sums = code.locals(2, "v128");
  const single = code.local(lanes.scalar);
  /** `width` rows from `p` on, times their factors, added to the row of the result. */
  const addRows = (width: number) => {
    const some = Array.from({ length: width }, (_, q) => q);
    const vectorAt = (pointer: Local, half: number) => loadVector(add(pointer, at), 16 * half);
    const bases = some.flatMap((q) => [
      ...set(factors[q]!, load(lanes.splatLoad, add(row, entry(of.leftColumns, p, q)))),
      ...set(pointers[q]!, add(of.right, entry(of.rightRows, p, q), load("i32.load", of.rightColumns))),
    ]);
    const vectors = countTo(at, bulk, 32, [
      ...sums.flatMap((sum, half) => set(sum, vectorAt(to, half))),
      ...some.flatMap((q) =>
        sums.flatMap((sum, half) =>
          set(sum, lanes.multiplyAdd(sum, factors[q]!, vectorAt(pointers[q]!, half))),
        ),
      ),
      ...sums.flatMap((sum, half) => store("v128.store", add(to, at), sum, 16 * half)),
      ...sums.flatMap((sum) => set(sum, zeroVector)),
    ]);
    const products = some.map((q) =>
      lanes.multiplyOne(
        load(lanes.load, add(row, entry(of.leftColumns, p, q))),
        load(lanes.load, add(pointers[q]!, at)),
      ),
    );
    const singles = countTo(at, end, lanes.bytes, [
      ...set(single, load(lanes.load, add(to, at))),
      ...products.flatMap((product) => set(single, lanes.addOne(single, product))),
      ...store(lanes.store, add(to, at), single),
    ]);
    return [...bases, ...set(at, 0), ...vectors, ...singles, ...increase(p, width)];
  };
  const whileRowsLeft = (width: number) => {
    const more = apply("i32.le_s", add(p, width), of.k);
    return when(more, repeat(addRows(width), more));
  };
  return code.finish(undefined, [
    ...set(end, times(of.n, lanes.bytes)),
    ...set(bulk, apply("i32.and", end, -32)),
    ...count(i, of.m, 1, [
      ...set(row, add(of.left, entry(of.leftRows, i))),
      ...set(to, add(of.result, entry(of.resultRows, i), load("i32.load", of.resultColumns))),
      ...fillBytes(to, 0, end),
      ...set(p, 0),
      ...whileRowsLeft(together),
      ...whileRowsLeft(1),
    ]),
  ]);
}

/** How many columns of the right operand are read side by side, each in two sums of vectors. */
const dotsTogether = 4;

/** Elements along the sum are neighbours in both operands: each result is the dot product of two rows. */
export function dotsFunction(lanes: Lanes): WasmFunction {
  const code = new FunctionCode();
  const of = code.parameters(...productParameters);
  const [i, j, at, end, bulk] = [code.local(), code.local(), code.local(), code.local(), code.local()];
  const row = code.local();
  const columns = code.locals(dotsTogether);
  const pointers = code.locals(dotsTogether);
  const sums = pointers.map(() => code.locals(2, "v128"));
  const left = code.locals(2, "v128");
  const single = code.local(lanes.scalar);
  const two = [0, 1];
  const begin = pointers.flatMap((pointer, q) => [
    // Behind the last column the last one is computed again.
    ...set(columns[q]!, times(least(add(j, q), subtract(of.n, 1)), 4)),
    ...set(
      pointer,
      add(of.right, load("i32.load", add(of.rightColumns, columns[q]!)), load("i32.load", of.rightRows)),
    ),
    ...two.flatMap((half) => set(sums[q]![half]!, zeroVector)),
  ]);
  const vectors = countTo(at, bulk, 32, [
    ...two.flatMap((half) => set(left[half]!, loadVector(add(row, at), 16 * half))),
    ...pointers.flatMap((pointer, q) =>
      two.flatMap((half) =>
        set(
          sums[q]![half]!,
          lanes.multiplyAdd(sums[q]![half]!, left[half]!, loadVector(add(pointer, at), 16 * half)),
        ),
      ),
    ),
    ...left.flatMap((local) => set(local, zeroVector)),
  ]);
  const finish = pointers.flatMap((pointer, q) => [
    // By way of memory: neighbouring stores are where V8 begins to join vectors.
    ...two.flatMap((half) => store("v128.store", of.scratch, sums[q]![half]!, 16 * half)),
    ...set(sums[q]![0]!, lanes.add(loadVector(of.scratch), loadVector(of.scratch, 16))),
    ...set(
      single,
      Array.from({ length: lanes.count }, (_, lane) => extract(lanes.extract, sums[q]![0]!, lane)).reduce(
        lanes.addOne,
      ),
    ),
    ...set(at, bulk),
    ...countTo(at, end, lanes.bytes, [
      ...set(
        single,
        lanes.addOne(
          single,
          lanes.multiplyOne(load(lanes.load, add(row, at)), load(lanes.load, add(pointer, at))),
        ),
      ),
    ]),
    ...store(
      lanes.store,
      add(of.result, entry(of.resultRows, i), load("i32.load", add(of.resultColumns, columns[q]!))),
      single,
    ),
  ]);
  return code.finish(undefined, [
    ...set(end, times(of.k, lanes.bytes)),
    ...set(bulk, apply("i32.and", end, -32)),
    ...count(i, of.m, 1, [
      ...set(row, add(of.left, entry(of.leftRows, i), load("i32.load", of.leftColumns))),
      ...count(j, of.n, dotsTogether, [...begin, ...set(at, 0), ...vectors, ...finish]),
    ]),
  ]);
}

/** How many columns are read side by side where each sum is added up in order. */
const inOrder = 8;

/**
 * The same with every sum in the order of its elements, as small products want it: lanes are neighbouring results, so
 * that squares of products are turned before they are added up.
 */
export function columnsFunction(lanes: Lanes): WasmFunction {
  const code = new FunctionCode();
  const of = code.parameters(...productParameters);
  const [i, j, at, end, bulk] = [code.local(), code.local(), code.local(), code.local(), code.local()];
  const [row, to] = [code.local(), code.local()];
  const side = lanes.count;
  const columns = code.locals(inOrder);
  const pointers = code.locals(inOrder);
  const left = code.local("v128");
  const square = code.locals(side, "v128");
  const halves = code.locals(side, "v128");
  const sums = code.locals(inOrder / side, "v128");
  const begin = pointers.flatMap((pointer, q) => [
    // Behind the last column the last one is computed again.
    ...set(columns[q]!, times(least(add(j, q), subtract(of.n, 1)), 4)),
    ...set(
      pointer,
      add(of.right, load("i32.load", add(of.rightColumns, columns[q]!)), load("i32.load", of.rightRows)),
    ),
  ]);
  const { begin: turn, columns: turned } = columnsOf(square, halves);
  /** Adds a square of products to each sum, or as many steps of it as there are; what lies behind them may be read. */
  const squares = (guard: (step: number, code: Code) => Code, ahead = 0) => [
    ...set(left, loadVector(add(row, at), ahead)),
    ...sums.flatMap((sum, s) => [
      ...square.flatMap((product, q) =>
        set(product, lanes.multiply(left, loadVector(add(pointers[s * side + q]!, at), ahead))),
      ),
      ...turn,
      ...turned.flatMap((products, step) => guard(step, set(sum, lanes.add(sum, products)))),
    ]),
  ];
  const isInside = (step: number) => apply("i32.lt_u", add(at, step * lanes.bytes), end);
  const finish = columns.flatMap((column, q) =>
    store(
      lanes.store,
      add(to, load("i32.load", add(of.resultColumns, column))),
      extract(lanes.extract, sums[Math.floor(q / side)]!, q % side),
    ),
  );
  return code.finish(undefined, [
    ...set(end, times(of.k, lanes.bytes)),
    ...set(bulk, apply("i32.and", end, -16)),
    ...count(i, of.m, 1, [
      ...set(row, add(of.left, entry(of.leftRows, i), load("i32.load", of.leftColumns))),
      ...set(to, add(of.result, entry(of.resultRows, i))),
      ...count(j, of.n, inOrder, [
        ...begin,
        ...sums.flatMap((sum) => set(sum, zeroVector)),
        ...set(at, 0),
        ...countTo(
          at,
          bulk,
          16,
          squares((_, step) => step),
        ),
        ...when(
          isInside(0),
          squares((step, code) => when(isInside(step), code)),
        ),
        ...finish,
      ]),
    ]),
  ]);
}
