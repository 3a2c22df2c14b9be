/** Transposing copies: square tiles of vectors are loaded by rows and stored by columns. */
import { type Code, type FunctionCode, increase, type Local, load, set, shuffle, store } from "./code.ts";
import { type Cursor, forAll, forEach } from "./nest.ts";

/** How the rest of a copy is written. */
type Walk = (code: FunctionCode, sizes: readonly number[], from: Cursor, to: Cursor, bytes: number) => Code;

/** The dimension along which the source is contiguous, when it is not the innermost one. */
function rowDimension(from: Cursor, bytes: number): number {
  return from.strides.slice(0, -1).indexOf(bytes);
}

export function canTranspose(sizes: readonly number[], from: Cursor, to: Cursor, bytes: number): boolean {
  const across = rowDimension(from, bytes);
  const side = 16 / bytes;
  return (
    (bytes === 4 || bytes === 8) &&
    across >= 0 &&
    to.strides.at(-1) === bytes &&
    [from, to].every(({ strides }) => strides.every((stride) => stride >= 0)) &&
    sizes[across]! >= side &&
    sizes.at(-1)! >= side
  );
}

/** Vectors that complete a cache line of the result. */
const lineBytes = 64;

export function transposeCode(
  code: FunctionCode,
  sizes: readonly number[],
  from: Cursor,
  to: Cursor,
  bytes: number,
  walk: Walk,
): Code {
  const [across, along] = [rowDimension(from, bytes), sizes.length - 1];
  const side = 16 / bytes;
  const tiles = Math.floor(sizes[along]! / side);
  const perLine = Math.min(tiles, lineBytes / 16);
  const lines = Math.floor(tiles / perLine);
  const outer = sizes.flatMap((size, d) => (d === across || d === along ? [] : [[d, size] as const]));
  const rows = code.locals(side, "v128");
  const halves = code.locals(side, "v128");
  const covered = { along: lines * perLine * side, across: Math.floor(sizes[across]! / side) * side };
  const main = forAll(code, outer, [from, to], (moved) =>
    forEach(
      code,
      along,
      lines,
      moved,
      (line) =>
        forEach(
          code,
          across,
          covered.across / side,
          line,
          ([one, other]) =>
            Array.from({ length: perLine }, (_, tile) =>
              tileCode(one!, other!, { across, along, tile, side, rows, halves }),
            ).flat(),
          side,
        ),
      perLine * side,
    ),
  );
  const rest = (dimension: number, done: number, others: readonly number[]): Code => {
    const left = sizes[dimension]! - done;
    if (left === 0) return [];
    const pointers = [code.local(), code.local()] as const;
    const [one, other] = [from, to].map((cursor, i) => ({ ...cursor, pointer: pointers[i]! }));
    const begin = [from, to].flatMap((cursor, i) => [
      ...set(pointers[i]!, cursor.pointer),
      ...increase(pointers[i]!, done * cursor.strides[dimension]!),
    ]);
    return [...begin, ...walk(code, others.with(dimension, left), one!, other!, bytes)];
  };
  return [
    ...main,
    ...rest(along, covered.along, sizes),
    ...rest(across, covered.across, sizes.with(along, covered.along)),
  ];
}

interface Tile {
  readonly across: number;
  readonly along: number;
  /** Which tile of the line. */
  readonly tile: number;
  readonly side: number;
  readonly rows: readonly Local[];
  readonly halves: readonly Local[];
}

function tileCode(from: Cursor, to: Cursor, { across, along, tile, side, rows, halves }: Tile): Code {
  const loads = rows.flatMap((row, i) =>
    set(row, load("v128.load", from.pointer, (tile * side + i) * from.strides[along]!)),
  );
  const put = (i: number, what: Code) =>
    store("v128.store", to.pointer, what, i * to.strides[across]! + 16 * tile);
  const { begin, columns } = columnsOf(rows, halves);
  return [...loads, ...begin, ...columns.flatMap((column, i) => put(i, column))];
}

/** The columns of a square whose rows are vectors, once `begin` has run, which needs as many locals. */
export function columnsOf(
  rows: readonly Local[],
  halves: readonly Local[],
): { readonly begin: Code; readonly columns: readonly Code[] } {
  const [a, b, c, d] = rows as [Local, Local, Local, Local];
  if (rows.length === 2) return { begin: [], columns: [shuffle(a, b, lowHalves), shuffle(a, b, highHalves)] };
  const [ab, cd, abHigh, cdHigh] = halves as [Local, Local, Local, Local];
  const begin = [
    ...[...set(ab, shuffle(a, b, lowPairs)), ...set(cd, shuffle(c, d, lowPairs))],
    ...[...set(abHigh, shuffle(a, b, highPairs)), ...set(cdHigh, shuffle(c, d, highPairs))],
  ];
  const pairs = [
    [ab, cd],
    [abHigh, cdHigh],
  ] as const;
  const columns = pairs.flatMap(([upper, lower]) => [
    shuffle(upper, lower, lowHalves),
    shuffle(upper, lower, highHalves),
  ]);
  return { begin, columns };
}

const bytesOf = (words: readonly number[]): number[] =>
  words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]);
const lowPairs = bytesOf([0, 4, 1, 5]);
const highPairs = bytesOf([2, 6, 3, 7]);
const lowHalves = bytesOf([0, 1, 4, 5]);
const highHalves = bytesOf([2, 3, 6, 7]);
