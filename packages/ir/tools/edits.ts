/** Small edits of program texts, each of which may make the program wrong: for comparing what two verifiers say of it. */

type Draw = (limit: number) => number;

/** What an edit replaces, and by what; `all` are the texts of all places of its kind. */
interface Edit {
  readonly places: RegExp;
  readonly replace: (found: string, draw: Draw, all: readonly string[]) => string;
}

const oneOf = <T>(draw: Draw, items: readonly T[]): T => items[draw(items.length)]!;

const elements = ["f32", "i32", "i64", "i1", "ui8", "bf16", "complex<f32>", "f8E4M3FN", "i4", "f64", "index"];

/** Lists of numbers with one more, one less or another order. */
function editedList(found: string, draw: Draw): string {
  const items = found.split(",").map((item) => item.trim());
  if (draw(3) === 0) return [...items, oneOf(draw, [...items, "0", "1", "-1"])].join(", ");
  if (items.length > 1 && draw(2) === 0) return items.toSpliced(draw(items.length), 1).join(", ");
  return items.length > 1 ? items.reverse().join(", ") : String(Number(items[0]) + 1);
}

/** Mistakes that people make: they reach the verifier. */
const mistakes: readonly Edit[] = [
  {
    places: /(?<![\w%@#"x.])-?\d+(?![\w.])/g,
    replace: (found, draw) => oneOf(draw, [Number(found) + 1, Number(found) - 1, 0, -1, 3, 7]).toString(),
  },
  { places: /(?<=[<x])(?:\d+|\?)(?=x)/g, replace: (_, draw) => oneOf(draw, ["?", "1", "2", "3", "5", "0"]) },
  {
    places: /(?<=[x<])(?:f32|f64|i32|i64|i1|ui8|i8|bf16|f16|ui32|complex<f32>)(?=[>,])/g,
    replace: (_, draw) => oneOf(draw, elements),
  },
  {
    places: /tensor<(?:(?:\d+|\?)x)+/g,
    replace: (found, draw) => oneOf(draw, [`${found}1x`, `${found}2x`, found.replace(/(?:\d+|\?)x$/, "")]),
  },
  { places: /[\w.]+ = [^,{}<>[\]]*(?:<[^<>{}]*>)?(?: : [\w<>]+)?,\s*/g, replace: () => "" },
  { places: /(?<=[[:] ?)-?\d+(?:, -?\d+)*(?=[\]>])/g, replace: editedList },
  { places: /%\w+(?=[,)\s])/g, replace: (_, draw, all) => oneOf(draw, all) },
  { places: /\b[A-Z][A-Z_]+\b/g, replace: (_, draw, all) => oneOf(draw, all) },
];

const token = /"[^"\n]*"|[%@#!^]?[\w.$-]+|->|[^\s\w]/g;

/** Slips of the keyboard: they reach the reader. */
const slips: readonly Edit[] = [
  { places: token, replace: () => "" },
  { places: token, replace: (found) => `${found} ${found}` },
  { places: token, replace: (_, draw, all) => oneOf(draw, all) },
];

/** The text with one edit at one place; undefined where there is no place for the edit that was drawn. */
export function edited(text: string, draw: Draw): string | undefined {
  const { places, replace } = oneOf(draw, draw(2) === 0 ? mistakes : slips);
  const found = [...text.matchAll(places)];
  if (found.length === 0) return undefined;
  const place = oneOf(draw, found);
  const replacement = replace(
    place[0],
    draw,
    found.map(([match]) => match),
  );
  return text.slice(0, place.index) + replacement + text.slice(place.index + place[0].length);
}
