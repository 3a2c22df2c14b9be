/** Comparators that are an order by keys: less when the first key is less, or equal and the next one less, and so on. */
import { type Element, isComplex } from "@hloom/ir";
import type { FlatBlock, Instruction, Variable } from "../flatten.ts";
import { assign, compileText, elementOf, emitBlock, loadOf, nameOf, renumber } from "./emit.ts";

/** A number computed from one operand's element, by which the rows are ordered. */
export interface Key {
  readonly operand: number;
  /** From the largest to the smallest. */
  readonly falling: boolean;
  /** The computation as a block of one parameter and one result. */
  readonly block: FlatBlock;
}

/** The keys of a comparator, the most significant one first; undefined for other comparators. */
export function keysOf(comparator: FlatBlock): readonly Key[] | undefined {
  const makers = new Map(
    comparator.instructions.flatMap((one) => one.outputs.map((output) => [output, one] as const)),
  );
  return new KeyFinder(comparator.parameters, makers).lexicographic(comparator.results[0]!);
}

class KeyFinder {
  readonly #parameters: readonly Variable[];
  readonly #makers: ReadonlyMap<Variable, Instruction>;

  constructor(parameters: readonly Variable[], makers: ReadonlyMap<Variable, Instruction>) {
    this.#parameters = parameters;
    this.#makers = makers;
  }

  /** `a < b`, or `(a < b) | (a == b & rest)`. */
  lexicographic(test: Variable): readonly Key[] | undefined {
    const maker = this.#makers.get(test);
    if (maker?.name === "stablehlo.compare") {
      const key = this.#key(maker, ["LT", "GT"]);
      return key && [key];
    }
    if (maker?.name !== "stablehlo.or") return undefined;
    const [less, rest] = maker.inputs.map((input) => this.#makers.get(input));
    if (less?.name !== "stablehlo.compare" || rest?.name !== "stablehlo.and") return undefined;
    const equal = this.#makers.get(rest.inputs[0]!);
    const key = this.#key(less, ["LT", "GT"]);
    const same = equal?.name === "stablehlo.compare" && this.#key(equal, ["EQ"]);
    const others = this.lexicographic(rest.inputs[1]!);
    const fits = key && same && key.operand === same.operand && this.#text(less) === this.#text(equal!);
    return fits && others ? [key, ...others] : undefined;
  }

  /** What a comparison compares, if both sides compute the same from the two elements of one operand. */
  #key(compare: Instruction, directions: readonly string[]): Key | undefined {
    const { comparison_direction: direction, compare_type: type } = compare.attributes;
    const element = elementOf(compare.inputs[0]!);
    if (!directions.includes(direction as string) || !element || isComplex(element)) return undefined;
    // Floats that are not totally ordered have no keys: what is less than NaN?
    if (isFloating(element) && type !== "TOTALORDER") return undefined;
    const [left, right] = compare.inputs.map((input) => this.#cone(input)) as [Cone, Cone];
    const [first] = left.parameters;
    const [second] = right.parameters;
    if (left.parameters.size !== 1 || right.parameters.size !== 1 || first! % 2 !== 0) return undefined;
    if (second !== first! + 1 || left.text !== right.text) return undefined;
    const block = {
      parameters: [this.#parameters[first!]!],
      instructions: [...left.instructions],
      results: [compare.inputs[0]!],
    };
    return { operand: first! / 2, falling: direction === "GT", block };
  }

  #text(compare: Instruction): string {
    return this.#cone(compare.inputs[0]!).text;
  }

  #cone(variable: Variable): Cone {
    const position = this.#parameters.indexOf(variable);
    if (position >= 0) return { text: "x", instructions: new Set(), parameters: new Set([position]) };
    const maker = this.#makers.get(variable);
    if (!maker) return { text: `outer ${variable.id}`, instructions: new Set(), parameters: new Set([-1]) };
    const inputs = maker.inputs.map((input) => this.#cone(input));
    const attributes = JSON.stringify(maker.attributes, (_, value) =>
      typeof value === "bigint" ? `${value}n` : ArrayBuffer.isView(value) ? String(value) : value,
    );
    return {
      text: `${maker.name} ${attributes} ${elementOf(variable)}(${inputs.map(({ text }) => text).join()})`,
      instructions: new Set([...inputs.flatMap(({ instructions }) => [...instructions]), maker]),
      parameters: new Set(inputs.flatMap(({ parameters }) => [...parameters])),
    };
  }
}

/** What a value is computed from; its text is the same for the same computation. */
interface Cone {
  readonly text: string;
  readonly instructions: ReadonlySet<Instruction>;
  readonly parameters: ReadonlySet<number>;
}

const isFloating = (element: Element): boolean => !/^(ui|i)\d+$/.test(element);
const isWide = (element: Element): boolean => /64$/.test(element);

/** How many 32-bit words a key has. */
export const wordsIn = (key: Key): number => (isWide(elementOf(key.block.results[0]!)!) ? 2 : 1);

/**
 * Writes the keys of a row as unsigned words in whose order they are: word i to `words[high + i]`, and the lower halves
 * of 64-bit ones to `words[low + i]`. Tells whether each element is the one that its key stands for.
 */
export type KeyWriter = (
  data: ArrayLike<number | bigint>,
  at: number,
  step: number,
  n: number,
  words: Int32Array,
  high: number,
  low: number,
) => boolean;

/** Key to the word of the element that it stands for, in JavaScript, for elements of 32 bits. */
const restored: Readonly<Record<string, (key: string) => string>> = {
  f32: (key) => `(${key} < 0 ? ${key} ^ 0x80000000 : ~${key})`,
  i32: (key) => `${key} ^ 0x80000000`,
  ui32: (key) => key,
};

const order = (element: Element): string => {
  if (element === "f64")
    return "floats[0] = v; h = bits[1]; l = bits[0]; if (h < 0) { h = ~h; l = ~l; } else h ^= 0x80000000;";
  if (element === "i64") return "integers[0] = v; h = bits[1] ^ 0x80000000; l = bits[0];";
  if (element === "ui64") return "integers[0] = v; h = bits[1]; l = bits[0];";
  if (isFloating(element)) return "h = bitsOfF32(v); h = h < 0 ? ~h : h ^ 0x80000000;";
  return element.startsWith("u") || element === "i1" ? "h = v;" : "h = v ^ 0x80000000;";
};

export function keyWriter({ block, falling }: Key): KeyWriter {
  const [parameter] = block.parameters as [Variable];
  const [result] = block.results as [Variable];
  const [from, element] = [elementOf(parameter)!, elementOf(result)!];
  const names = new Map([[parameter, nameOf(parameter)]]);
  const { statements, results } = emitBlock(block, names)!;
  const restore = from === element ? restored[element] : undefined;
  const text = `const bits = new Int32Array(2), floats = new Float64Array(bits.buffer);
const integers = new BigInt64Array(bits.buffer), single = new Float32Array(bits.buffer);
return (data, at, step, n, words, high, low) => {
let same = 0;
for (let i = 0; i < n; i++, at += step) {
${assign(nameOf(parameter), loadOf(from, "data", "at"))}
${statements.join("\n")}
const v = ${results[0]};
let h = 0, l = 0;
${order(element)}
${restore && element === "f32" ? `single[0] = data[at]; same |= bits[0] ^ ${restore("h")};` : ""}
${restore && element !== "f32" ? `same |= data[at] ^ ${restore("h")};` : ""}
words[high + i] = ${falling ? "~h" : "h"};
${isWide(element) ? `words[low + i] = ${falling ? "~l" : "l"};` : ""}
}
return ${restore ? "same === 0" : "false"};
};`;
  return compileText(renumber(text), [])() as KeyWriter;
}

/** Writes the elements that `n` keys from `words[high]` on stand for. */
export type KeyReader = (words: Int32Array, high: number, n: number, to: number, step: number) => void;

export function keyReader({ block, falling }: Key): KeyReader {
  const restore = restored[elementOf(block.results[0]!)!]!;
  const text = `return (words, high, n, to, step) => {
for (let i = 0; i < n; i++, to += step) {
const key = ${falling ? "~words[high + i]" : "words[high + i]"};
words[to] = ${restore("key")};
}
};`;
  return compileText(text, [])() as KeyReader;
}

/**
 * Selects the first `count` of `n` elements of 32 bits in falling order: their positions go to `items`, earlier ones
 * first of equals. `best` has room for as many words.
 */
export type Selector = (
  words: Int32Array,
  at: number,
  n: number,
  count: number,
  best: Int32Array,
  items: Int32Array,
) => void;

/** From the words of elements to numbers in whose order they are. */
const signedOrder: Readonly<Record<string, string>> = {
  f32: "w ^ (w >> 31 & 0x7fffffff)",
  i32: "w",
  ui32: "w ^ 0x80000000",
};

/** Undefined for elements of other sizes. */
export function selector(element: Element): Selector | undefined {
  const key = signedOrder[element];
  if (key === undefined) return undefined;
  const text = `return (words, at, n, count, best, items) => {
let filled = 0, last = 0;
for (let i = 0; i < n; i++) {
const w = words[at + i];
const key = ${key};
if (filled === count && key <= last) continue;
let p = filled < count ? filled++ : count - 1;
for (; p > 0 && best[p - 1] < key; p--) { best[p] = best[p - 1]; items[p] = items[p - 1]; }
best[p] = key;
items[p] = i;
last = best[filled - 1];
}
};`;
  return compileText(text, [])() as Selector;
}
