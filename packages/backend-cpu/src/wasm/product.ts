/** Matrix products over the arena: packed block by block, or without packing where that is not worth it. */
import { arena } from "../arena.ts";
import { type Rounds, threads } from "../threads.ts";
import type { WasmFunction } from "./assembler.ts";
import { blockBytes, blockColumns, blockFunction, blockRows, storeTileFunction } from "./block.ts";
import {
  add,
  apply,
  type Code,
  call,
  count,
  countTo,
  FunctionCode,
  increase,
  type Local,
  least,
  load,
  set,
  store,
  subtract,
  times,
  when,
} from "./code.ts";
import { bytesOf, type Lanes, lanesOf, type Work } from "./lanes.ts";
import { instantiateModule } from "./module.ts";
import { packLeftFunction, packRightFunction } from "./pack.ts";
import { dotsFunction, productParameters, rowsFunction } from "./thin.ts";

/** Steps of the sum that are done for a whole block row before the next ones, so that what is packed stays in the caches. */
const depth = 256;
/** Rows and bytes of columns that are packed at a time. */
const height = 24 * blockRows;
const widthBytes = 4096;

/** Working memory that a product needs: a tile with its offsets, a packed part of each operand. */
export function scratchBytes(work: Work): number {
  return tileBytes + depth * (height * bytesOf[work] + widthBytes);
}

const tileBytes = 512;

/** Functions of a module by their places. */
const places = { block: 0, storeTile: 1, packLeft: 2, packRight: 3, packed: 4, rows: 5, dots: 6 } as const;

/** `result[i, j] = Σ left[i, p] × right[p, j]` in blocks. */
function packedFunction(lanes: Lanes): WasmFunction {
  const { bytes } = lanes;
  const wide = blockColumns(lanes.scalar);
  const code = new FunctionCode();
  const of = code.parameters(...productParameters);
  const [p, j, i, s, t] = fiveOf(code);
  const [steps, across, down, inRow, inColumn] = fiveOf(code);
  const [packedLeft, packedRight, a, b, c] = fiveOf(code);
  const [offsets, columns, run] = fiveOf(code);
  const table = (start: Local, ...indices: readonly [Local, ...Local[]]) =>
    add(start, times(add(...indices), 4));
  const accumulate = apply("i32.ne", p, 0);
  const panelBytes = (size: number) => times(steps, size);
  const packRight = [
    ...set(b, packedRight),
    ...count(t, across, wide, [
      ...set(run, load("i32.load8_u", add(of.runs, apply("i32.div_u", add(j, t), wide)))),
      ...call(
        places.packRight,
        b,
        of.right,
        table(of.rightRows, p),
        table(of.rightColumns, j, t),
        apply("i32.and", run, 1),
        least(subtract(across, t), wide),
        steps,
      ),
      ...increase(b, panelBytes(blockBytes())),
    ]),
  ];
  const packLeft = [
    ...set(a, packedLeft),
    ...count(s, down, blockRows, [
      ...call(
        places.packLeft,
        a,
        of.left,
        table(of.leftRows, i, s),
        table(of.leftColumns, p),
        least(subtract(down, s), blockRows),
        steps,
        apply("i32.and", of.leftRuns, apply("i32.eqz", apply("i32.and", steps, lanes.count - 1))),
      ),
      ...increase(a, panelBytes(blockRows * bytes)),
    ]),
  ];
  const tileRowsAt = blockRows * blockBytes();
  const tileRows = add(of.scratch, tileRowsAt);
  const multiply = [
    ...set(inRow, least(subtract(down, s), blockRows)),
    ...set(offsets, table(of.resultRows, i, s)),
    ...when(
      apply("i32.and", apply("i32.shr_u", run, 1), apply("i32.eq", inRow, blockRows)),
      call(places.block, a, b, add(of.result, c), offsets, steps, accumulate),
      [
        ...call(places.block, a, b, of.scratch, tileRows, steps, 0),
        ...call(places.storeTile, of.scratch, of.result, offsets, columns, inRow, inColumn, accumulate),
      ],
    ),
    ...increase(a, panelBytes(blockRows * bytes)),
  ];
  const blocks = [
    ...set(b, packedRight),
    ...count(t, across, wide, [
      ...set(columns, table(of.resultColumns, j, t)),
      ...set(c, load("i32.load", columns)),
      ...set(inColumn, least(subtract(across, t), wide)),
      ...set(run, load("i32.load8_u", add(of.runs, apply("i32.div_u", add(j, t), wide)))),
      ...set(a, packedLeft),
      ...count(s, down, blockRows, multiply),
      ...increase(b, panelBytes(blockBytes())),
    ]),
  ];
  const tileOffsets = Array.from({ length: blockRows }, (_, row) =>
    store("i32.store", of.scratch, row * blockBytes(), tileRowsAt + 4 * row),
  ).flat();
  return code.finish(undefined, [
    ...tileOffsets,
    ...set(packedLeft, add(of.scratch, tileBytes)),
    ...set(packedRight, add(packedLeft, depth * height * bytes)),
    ...count(p, of.k, depth, [
      ...set(steps, least(subtract(of.k, p), depth)),
      ...count(j, of.n, widthBytes / bytes, [
        ...set(across, least(subtract(of.n, j), widthBytes / bytes)),
        ...packRight,
        ...count(i, of.m, height, [...set(down, least(subtract(of.m, i), height)), ...packLeft, ...blocks]),
      ]),
    ]),
  ]);
}

const fiveOf = (code: FunctionCode) => code.locals(5) as [Local, Local, Local, Local, Local];

/**
 * What a whole batch of products takes: besides `productParameters`, tables of where matrices begin, and the parts into
 * which rows and columns of each product are cut. Columns are cut between blocks.
 */
export const batchParameters = [
  ...productParameters,
  ...(["leftStarts", "rightStarts", "resultStarts"] as const),
  ...(["rowParts", "rowsEach", "columnParts", "columnsEach", "scratchEach"] as const),
] as const;
type BatchParameter = (typeof batchParameters)[number];

/**
 * `parallelN(from, to, thread)`: rounds of the batch that the record at the address in the word `current` describes. A
 * round is a part of one product.
 */
function roundsFunction(way: Way, lanes: Lanes, current: number): WasmFunction {
  const code = new FunctionCode();
  const { from, to, thread } = code.parameters("from", "to", "thread");
  const [record, rest, row, column, batch] = fiveOf(code);
  const of = (name: BatchParameter) => load("i32.load", record, 4 * batchParameters.indexOf(name));
  const start = (table: BatchParameter) => load("i32.load", add(of(table), times(batch, 4)));
  const moved = (name: BatchParameter, by: Code) => add(of(name), by);
  const operands: Readonly<Partial<Record<BatchParameter, Code>>> = {
    left: moved("left", start("leftStarts")),
    right: moved("right", start("rightStarts")),
    result: moved("result", start("resultStarts")),
    leftRows: moved("leftRows", times(row, 4)),
    resultRows: moved("resultRows", times(row, 4)),
    rightColumns: moved("rightColumns", times(column, 4)),
    resultColumns: moved("resultColumns", times(column, 4)),
    runs: moved("runs", apply("i32.div_u", column, blockColumns(lanes.scalar))),
    m: least(of("rowsEach"), subtract(of("m"), row)),
    n: least(of("columnsEach"), subtract(of("n"), column)),
    scratch: moved("scratch", times(thread, of("scratchEach"))),
  };
  return code.finish(`parallel${ways.indexOf(way)}`, [
    ...set(record, load("i32.load", current)),
    ...countTo(from, to, 1, [
      ...set(column, times(apply("i32.rem_u", from, of("columnParts")), of("columnsEach"))),
      ...set(rest, apply("i32.div_u", from, of("columnParts"))),
      ...set(row, times(apply("i32.rem_u", rest, of("rowParts")), of("rowsEach"))),
      ...set(batch, apply("i32.div_u", rest, of("rowParts"))),
      ...call(places[way], ...productParameters.map((name) => operands[name] ?? of(name))),
    ]),
  ]);
}

/** How a product is computed. */
const ways = ["packed", "rows", "dots"] as const;
export type Way = (typeof ways)[number];

/** Functions for products of one type. */
export interface Products {
  /** Address of the word that has the address of the record of `batchParameters` during a run. */
  readonly current: number;
  /** Runs rounds, on several threads if `large`. */
  readonly run: (way: Way, rounds: number, large: boolean) => void;
}

const compiled = new Map<string, Products>();

export function productsOf(work: Work, fused: boolean): Products {
  const key = `${work} ${fused}`;
  let products = compiled.get(key);
  if (!products) compiled.set(key, (products = compileProducts(lanesOf(work, fused))));
  return products;
}

function compileProducts(lanes: Lanes): Products {
  const word = arena.allocate(4);
  const parts = {
    block: blockFunction(lanes),
    storeTile: storeTileFunction(lanes),
    packLeft: packLeftFunction(lanes),
    packRight: packRightFunction(lanes),
    packed: packedFunction(lanes),
    rows: rowsFunction(lanes),
    dots: dotsFunction(lanes),
  } satisfies Record<keyof typeof places, WasmFunction>;
  const rounds = ways.map((way) => roundsFunction(way, lanes, word.address));
  const { module, exports } = instantiateModule([...Object.values(parts), ...rounds], []);
  const runs = ways.map((_, i) => exports[`parallel${i}`] as unknown as Rounds);
  let shared: number | undefined;
  return {
    // The block is kept for as long as this getter is.
    get current() {
      return word.address;
    },
    run(way, count, large) {
      const index = ways.indexOf(way);
      if (!large || threads.count === 1) return runs[index]!(0, count, 0);
      shared ??= threads.register(module);
      threads.run(shared, index, runs[index]!, count);
    },
  };
}
