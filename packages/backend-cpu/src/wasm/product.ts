/** Matrix products over the arena: packed block by block, or without packing where that is not worth it. */
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
  type Operand,
  set,
  store,
  subtract,
  times,
  when,
} from "./code.ts";
import { bytesOf, type Lanes, lanesOf, type Work } from "./lanes.ts";
import { packLeftFunction, packRightFunction } from "./pack.ts";
import type { Program } from "./program.ts";
import { columnsFunction, dotsFunction, productParameters, rowsFunction } from "./thin.ts";

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

/** `result[i, j] = Σ left[i, p] × right[p, j]` in blocks. */
function packedFunction(lanes: Lanes, placeOf: (part: Leaf) => number): WasmFunction {
  const { bytes } = lanes;
  const wide = blockColumns(lanes.scalar);
  const code = new FunctionCode();
  const of = code.parameters(...productParameters);
  const [p, j, i, s, t] = code.locals(5);
  const [steps, across, down, inRow, inColumn] = code.locals(5);
  const [packedLeft, packedRight, a, b, c] = code.locals(5);
  const [offsets, columns, run] = code.locals(5);
  const table = (start: Local, ...indices: readonly [Local, ...Local[]]) =>
    add(start, times(add(...indices), 4));
  const accumulate = apply("i32.ne", p, 0);
  const panelBytes = (size: number) => times(steps, size);
  const packRight = [
    ...set(b, packedRight),
    ...count(t, across, wide, [
      ...set(run, load("i32.load8_u", add(of.runs, apply("i32.div_u", add(j, t), wide)))),
      ...call(
        placeOf("packRight"),
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
        placeOf("packLeft"),
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
      call(placeOf("block"), a, b, add(of.result, c), offsets, steps, accumulate),
      [
        ...call(placeOf("block"), a, b, of.scratch, tileRows, steps, 0),
        ...call(placeOf("storeTile"), of.scratch, of.result, offsets, columns, inRow, inColumn, accumulate),
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

/**
 * What a whole batch of products takes: besides `productParameters`, tables of where matrices begin, and the parts into
 * which rows and columns of each product are cut. Columns are cut between blocks.
 */
type BatchParameter =
  | (typeof productParameters)[number]
  | ("leftStarts" | "rightStarts" | "resultStarts")
  | ("rowParts" | "rowsEach" | "columnParts" | "columnsEach" | "scratchEach");

/** How a product is computed. */
export type Way = "packed" | "rows" | "columns" | "dots";

/** Functions that call no others, so that they are the same in all modules. */
const leaves = {
  block: blockFunction,
  storeTile: storeTileFunction,
  packLeft: packLeftFunction,
  packRight: packRightFunction,
  rows: rowsFunction,
  columns: columnsFunction,
  dots: dotsFunction,
} as const satisfies Record<string, (lanes: Lanes) => WasmFunction>;
type Leaf = keyof typeof leaves;

const written = new Map<string, WasmFunction>();

/** The place of the function that multiplies matrices. */
function productFunction(program: Program, way: Way, work: Work, fused: boolean): number {
  const lanes = lanesOf(work, fused);
  const nameOf = (part: Leaf | Way) => `${part} of ${fused ? "fused " : ""}${work}`;
  const leafOf = (part: Leaf): number => {
    const name = nameOf(part);
    return program.shared(name, () => {
      const leaf = written.get(name) ?? leaves[part](lanes);
      written.set(name, leaf);
      return leaf;
    });
  };
  if (way !== "packed") return leafOf(way);
  return program.shared(nameOf(way), () => packedFunction(lanes, leafOf));
}

/** A batch of products: how, and its rounds, on several threads if `large`. A round is a part of one product. */
interface Batch {
  readonly way: Way;
  readonly work: Work;
  /** Whether products and their sums may be rounded once. */
  readonly fused: boolean;
  readonly of: Readonly<Record<BatchParameter, Operand>>;
  readonly rounds: number;
  readonly large: boolean;
}

/** Runs all rounds of a batch, as a function of the program's module. */
export function batchCode(program: Program, { way, work, fused, of, rounds, large }: Batch): Code {
  const code = new FunctionCode();
  const { from, to, thread } = code.parameters("from", "to", "thread");
  const [rest, row, column, batch] = code.locals(4);
  const start = (table: BatchParameter) => load("i32.load", add(of[table], times(batch, 4)));
  const moved = (name: BatchParameter, by: Code) => add(of[name], by);
  const operands: Readonly<Partial<Record<BatchParameter, Code>>> = {
    left: moved("left", start("leftStarts")),
    right: moved("right", start("rightStarts")),
    result: moved("result", start("resultStarts")),
    leftRows: moved("leftRows", times(row, 4)),
    resultRows: moved("resultRows", times(row, 4)),
    rightColumns: moved("rightColumns", times(column, 4)),
    resultColumns: moved("resultColumns", times(column, 4)),
    runs: moved("runs", apply("i32.div_u", column, blockColumns(work))),
    m: least(of.rowsEach, subtract(of.m, row)),
    n: least(of.columnsEach, subtract(of.n, column)),
    scratch: moved("scratch", times(thread, of.scratchEach)),
  };
  const place = productFunction(program, way, work, fused);
  const body = countTo(from, to, 1, [
    ...set(column, times(apply("i32.rem_u", from, of.columnParts), of.columnsEach)),
    ...set(rest, apply("i32.div_u", from, of.columnParts)),
    ...set(row, times(apply("i32.rem_u", rest, of.rowParts), of.rowsEach)),
    ...set(batch, apply("i32.div_u", rest, of.rowParts)),
    ...call(place, ...productParameters.map((name) => operands[name] ?? of[name])),
  ]);
  return program.addRounds(code, body, rounds, large);
}
