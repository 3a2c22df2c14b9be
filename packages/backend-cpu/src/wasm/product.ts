/** Matrix products over the arena: packed block by block, or without packing where that is not worth it. */
import type { WasmFunction } from "./assembler.ts";
import { blockBytes, blockColumns, blockFunction, blockRows, storeTileFunction } from "./block.ts";
import {
  add,
  apply,
  call,
  count,
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
import { instantiate } from "./module.ts";
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

/** The products of a batch: matrices begin at table entries from the given addresses. */
function batchFunction(name: Way): WasmFunction {
  const code = new FunctionCode();
  const starts = code.parameters("size", "leftStarts", "rightStarts", "resultStarts");
  const of = code.parameters(...productParameters);
  const b = code.local();
  const moved = (address: Local, table: Local) => add(address, load("i32.load", add(table, times(b, 4))));
  const operands = productParameters.map((parameter) => {
    if (parameter === "left") return moved(of.left, starts.leftStarts);
    if (parameter === "right") return moved(of.right, starts.rightStarts);
    return parameter === "result" ? moved(of.result, starts.resultStarts) : of[parameter];
  });
  return code.finish(name, count(b, starts.size, 1, call(places[name], ...operands)));
}

/** How a product is computed. */
export type Way = "packed" | "rows" | "dots";

export type Products = Readonly<Record<Way, (...operands: number[]) => void>>;

const compiled = new Map<string, Products>();

/** `size, leftStarts, rightStarts, resultStarts` and then `productParameters`. */
export function productsOf(work: Work, fused: boolean): Products {
  const key = `${work} ${fused}`;
  let products = compiled.get(key);
  if (!products) {
    const lanes = lanesOf(work, fused);
    const parts = {
      block: blockFunction(lanes),
      storeTile: storeTileFunction(lanes),
      packLeft: packLeftFunction(lanes),
      packRight: packRightFunction(lanes),
      packed: packedFunction(lanes),
      rows: rowsFunction(lanes),
      dots: dotsFunction(lanes),
    } satisfies Record<keyof typeof places, WasmFunction>;
    const all = [...Object.values(parts), ...(["packed", "rows", "dots"] as const).map(batchFunction)];
    products = instantiate(all) as Products;
    compiled.set(key, products);
  }
  return products;
}
