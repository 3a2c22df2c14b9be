/**
 * The loop generator: one nest of loops over a shape reads any number of arrays through strides, computes, and stores
 * or reduces. Element-wise ops, broadcasts, transposes, slices, reversals, iota, pads, concatenations and reductions
 * all are such nests, alone or fused.
 */
import { type Element, sizeOf } from "@hloom/ir";
import type { Slot } from "../slot.ts";
import { assign, compileText, indexAs, loadOf, renumber, storeTo } from "./emit.ts";
import type { Expression } from "./scalar.ts";

export type Kernel = () => void;

/** Which element of an array belongs to each point of a loop nest: `offset + Σ index × stride`, in elements. */
export interface Access {
  /** Absent: the value is the position itself. */
  readonly slot: Slot | undefined;
  readonly element: Element;
  readonly offset: number;
  readonly strides: readonly number[];
  /** Bytes from the part of the array that one thread has for itself to that of the next. */
  readonly perThread?: number;
}

export interface LoopSpec {
  readonly shape: readonly number[];
  readonly loads: readonly { readonly access: Access; readonly name: Expression }[];
  /** Statements on the loaded names. */
  readonly body: readonly string[];
  readonly stores: readonly Store[];
  readonly reduction?: Reduction;
}

export interface Store {
  readonly access: Access;
  readonly value: Expression;
}

/** Combines the points of some dimensions. */
export interface Reduction {
  /** For each dimension of the shape, whether it is reduced. */
  readonly reduced: readonly boolean[];
  /** Names of the accumulators, and the expressions that they begin with. */
  readonly accumulators: readonly { readonly name: Expression; readonly init: Expression }[];
  /** Statements that bring one point into the accumulators. */
  readonly combine: readonly string[];
  /** Where the results go, once per point of the dimensions that stay. */
  readonly stores: readonly Store[];
  /**
   * Keeps the accumulators where the results go, which hold the initial values already, and walks the operands in
   * their own order; else they are locals, and reduced dimensions are the inner loops.
   */
  readonly inMemory: boolean;
  /** Stores after each point, as cumulative sums do; the stores then move along the reduced dimensions too. */
  readonly running?: boolean;
}

export function compileLoop(spec: LoopSpec): Kernel {
  const { text, numbers, slots } = generateLoop(simplify(spec));
  const make = compileText(renumber(text), ["slots", "numbers"]) as (
    slots: Slot[],
    numbers: number[],
  ) => Kernel;
  return make(slots, numbers);
}

/**
 * Groups of neighbouring dimensions that every walk goes through as one; those of size 1 are in none. Dimensions of
 * different `kinds` stay apart.
 */
export function mergeDimensions(
  shape: readonly number[],
  walks: readonly (readonly number[])[],
  kinds: readonly unknown[] = [],
): number[][] {
  const kept: number[][] = [];
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const outer = kept.at(-1)?.at(-1);
    const merges =
      outer !== undefined &&
      kinds[outer] === kinds[d] &&
      walks.every((strides) => strides[outer] === strides[d]! * shape[d]!);
    if (merges) kept.at(-1)!.push(d);
    else kept.push([d]);
  }
  return kept;
}

/** The same loop over fewer dimensions. */
function simplify(spec: LoopSpec): LoopSpec {
  const { reduction } = spec;
  const walks = [...spec.loads, ...spec.stores, ...(reduction?.stores ?? [])].map(
    ({ access }) => access.strides,
  );
  const kept = mergeDimensions(spec.shape, walks, reduction?.reduced);
  const remap = <T extends { readonly access: Access }>(one: T): T => {
    const strides = kept.map((group) => one.access.strides[group.at(-1)!]!);
    return { ...one, access: { ...one.access, strides } };
  };
  return {
    shape: kept.map((group) => group.reduce((size, d) => size * spec.shape[d]!, 1)),
    loads: spec.loads.map(remap),
    body: spec.body,
    stores: spec.stores.map(remap),
    ...(reduction && {
      reduction: {
        ...reduction,
        reduced: kept.map((group) => reduction.reduced[group[0]!]!),
        stores: reduction.stores.map(remap),
      },
    }),
  };
}

interface Generated {
  readonly text: string;
  readonly numbers: number[];
  readonly slots: Slot[];
}

/** Collects parameters: numbers stay out of the text, so that loops of other sizes share it. */
class Parameters {
  readonly numbers: number[] = [];
  readonly slots: Slot[] = [];
  readonly #arrays = new Map<Slot, string>();

  /** 0 and 1 are worth knowing to the compiler of the machine code; others are parameters. */
  number(value: number): string {
    if (value === 0 || value === 1) return String(value);
    return `n${this.numbers.push(value) - 1}`;
  }

  array(slot: Slot): string {
    let name = this.#arrays.get(slot);
    if (!name) {
      name = `a${this.slots.push(slot) - 1}`;
      this.#arrays.set(slot, name);
    }
    return name;
  }

  /** The parameters by name, once for all runs. */
  head(): string {
    const numbers = this.numbers.map((_, i) => `n${i}`).join(", ");
    const boxes = this.slots.map((_, i) => `s${i}`).join(", ");
    return `${numbers && `const [${numbers}] = numbers;\n`}${boxes && `const [${boxes}] = slots;\n`}`;
  }

  /** The arrays that the slots hold at the moment. */
  arrays(): string {
    const arrays = this.slots.map((_, i) => `a${i} = s${i}.data`).join(", ");
    return arrays && `const ${arrays};\n`;
  }
}

/** An access while its loops are written: its position is kept in a running variable per depth. */
interface Cursor {
  readonly access: Access;
  readonly array: string;
  /** The variable that holds the position once the loops down to a depth are open. */
  readonly at: (depth: number) => string;
}

function generateLoop(spec: LoopSpec): Generated {
  const { reduction } = spec;
  const parameters = new Parameters();
  const order = loopOrder(spec);
  const depth = order.length;
  const inner = [...spec.loads, ...spec.stores];
  const cursors = [...inner, ...(reduction?.stores ?? [])].map(({ access }, k) =>
    cursorOf(access, k, order, parameters),
  );
  const levels: string[][] = Array.from({ length: depth + 1 }, () => []);
  spec.loads.forEach(({ access, name }, i) => {
    // An element that the inner loops do not move is read outside of them.
    levels[depthOf(access, order)]!.push(assign(name, read(cursors[i]!, order)));
  });
  const stores = spec.stores.map(({ value }, i) => write(cursors[spec.loads.length + i]!, order, value));
  levels[depth]!.push(...spec.body, ...stores);
  const nest: Nest = { levels, closing: levels.map(() => []) };
  const reads = cursors.slice(inner.length).map((cursor) => read(cursor, order));
  const writes =
    reduction?.stores.map(({ value }, i) => write(cursors[inner.length + i]!, order, value)) ?? [];
  const carried = reduction && addReduction(nest, reduction, order, reads, writes);
  const text = chunked(spec.shape) ? chunkedText : plainText;
  const open = (level: number, from: string, to: string) =>
    openLoop({ dimension: order[level - 1]!, level, from, to, order, cursors, parameters });
  const lines = text(nest, open, { spec, order, parameters, carried });
  return { text: parameters.head() + lines, numbers: parameters.numbers, slots: parameters.slots };
}

/** Statements by how many loops are around them: before the next loop, and behind it. */
interface Nest {
  readonly levels: string[][];
  readonly closing: string[][];
}

/** Accumulators that live through all loops, and what is done with them at the end. */
interface Carried {
  readonly accumulators: Reduction["accumulators"];
  readonly results: readonly string[];
}

/** Adds the statements of a reduction. Returns what is carried through the outermost loop, if something is. */
function addReduction(
  { levels, closing }: Nest,
  reduction: Reduction,
  order: readonly number[],
  reads: readonly Expression[],
  writes: readonly string[],
): Carried | undefined {
  const innermost = levels.at(-1)!;
  const { accumulators, combine } = reduction;
  if (reduction.inMemory) {
    const begin = accumulators.map(({ name }, i) => assign(name, reads[i]!, "let "));
    innermost.push(...begin, ...combine, ...writes);
    return undefined;
  }
  const kept = order.filter((d) => !reduction.reduced[d]).length;
  if (kept === 0 && order.length > 0) {
    innermost.push(...combine, ...(reduction.running ? writes : []));
    return { accumulators, results: reduction.running ? [] : writes };
  }
  levels[kept]!.push(...accumulators.map(({ name, init }) => assign(name, init, "let ")));
  innermost.push(...combine);
  (reduction.running ? innermost : closing[kept]!).push(...writes);
  return undefined;
}

interface Around {
  readonly spec: LoopSpec;
  readonly order: readonly number[];
  readonly parameters: Parameters;
  readonly carried: Carried | undefined;
}

type Open = (level: number, from: string, to: string) => string;
type Text = (nest: Nest, open: Open, around: Around) => string;

/** Loops from a level on, with what is before and behind them. */
function loopsText(
  { levels, closing }: Nest,
  open: Open,
  { spec, order, parameters }: Around,
  from: string,
  to?: string,
): string {
  const lines: string[] = [];
  for (let level = 1; level < levels.length; level++) {
    const end = parameters.number(spec.shape[order[level - 1]!]!);
    lines.push(level === 1 ? open(level, from, to ?? end) : open(level, "0", end), ...levels[level]!);
  }
  for (let level = levels.length - 1; level > 0; level--) lines.push(...closing[level]!, "}");
  return lines.join("\n");
}

const plainText: Text = (nest, open, around) => {
  const { carried, parameters } = around;
  const begin = carried?.accumulators.map(({ name, init }) => assign(name, init, "let ")) ?? [];
  const loops = loopsText(nest, open, around, "0");
  const lines = [...nest.levels[0]!, ...begin, loops, ...nest.closing[0]!, ...(carried?.results ?? [])];
  return `return () => {\n${parameters.arrays()}${lines.join("\n")}\n};`;
};

/** Points that one call of a chunk walks, about. */
const chunkPoints = 4096;

function chunked(shape: readonly number[]): boolean {
  return shape.length > 0 && sizeOf(shape) >= 4 * chunkPoints;
}

/**
 * The outermost loop in pieces, each a call. A function that is called often is compiled for its types; one that is
 * entered once and loops for long is compiled while it runs, and then keeps numbers in boxes.
 */
const chunkedText: Text = (nest, open, around) => {
  const { spec, order, parameters, carried } = around;
  const outermost = spec.shape[order[0]!]!;
  const points = sizeOf(spec.shape) / outermost;
  const step = parameters.number(Math.max(1, Math.round(chunkPoints / points)));
  const end = parameters.number(outermost);
  const names = carried?.accumulators.flatMap(({ name }) => (typeof name === "string" ? [name] : name)) ?? [];
  const state = names.map((_, i) => `state${i}`);
  const take = names.map((name, i) => `let ${name} = ${state[i]};`);
  const give = names.map((name, i) => `${state[i]} = ${name};`);
  const loops = loopsText(nest, open, around, "from", "to");
  const chunk = [...nest.levels[0]!, ...take, loops, ...give].join("\n");
  const begin = carried?.accumulators.map(({ name, init }) => assign(name, init, "let ")) ?? [];
  const before = names.length > 0 ? [...nest.levels[0]!, ...begin, ...give] : [];
  const after =
    names.length > 0
      ? ["{", ...names.map((name, i) => `${name} = ${state[i]};`), ...carried!.results, "}"]
      : [];
  const arrays = parameters.arrays();
  return `${state.length > 0 ? `let ${state.join(", ")};\n` : ""}const chunk = (from, to) => {
${arrays}${chunk}
};
return () => {
${arrays}${before.join("\n")}
for (let i = 0; i < ${end}; i += ${step}) chunk(i, i + ${step} < ${end} ? i + ${step} : ${end});
${after.join("\n")}
};`;
};

function read({ access, array, at }: Cursor, order: readonly number[]): Expression {
  const position = at(depthOf(access, order));
  return access.slot ? loadOf(access.element, array, position) : indexAs(access.element, position);
}

function write({ access, array, at }: Cursor, order: readonly number[], value: Expression): string {
  return storeTo(access.element, array, at(depthOf(access, order)), value);
}

/** Dimensions from the outermost loop to the innermost: reduced ones inside, unless memory keeps the order. */
function loopOrder({ shape, reduction }: LoopSpec): number[] {
  const all = shape.map((_, d) => d);
  if (!reduction || reduction.inMemory) return all;
  return [...all.filter((d) => !reduction.reduced[d]), ...all.filter((d) => reduction.reduced[d])];
}

/** How many loops move an access. */
function depthOf({ strides }: Access, order: readonly number[]): number {
  let depth = order.length;
  while (depth > 0 && strides[order[depth - 1]!] === 0) depth--;
  return depth;
}

function cursorOf(access: Access, k: number, order: readonly number[], parameters: Parameters): Cursor {
  const array = access.slot ? parameters.array(access.slot) : "";
  const base = parameters.number(access.offset);
  const simple = isSimple(access, order);
  const at = (depth: number): string => {
    if (depth === 0) return base;
    return simple ? `i${depth}` : `p${k}_${depth}`;
  };
  return { access, array, at };
}

/** Moved by one loop only, in steps of 1 from 0: the loop's own counter is the position. */
function isSimple(access: Access, order: readonly number[]): boolean {
  const depth = depthOf(access, order);
  const moving = order.filter((d) => access.strides[d] !== 0);
  return moving.length === 1 && depth > 0 && access.strides[order[depth - 1]!] === 1 && access.offset === 0;
}

interface LoopHead {
  readonly dimension: number;
  readonly level: number;
  readonly from: string;
  readonly to: string;
  readonly order: readonly number[];
  readonly cursors: readonly Cursor[];
  readonly parameters: Parameters;
}

/** The head of one loop, which moves the positions of all accesses that it concerns. */
function openLoop({ dimension, level, from, to, order, cursors, parameters }: LoopHead): string {
  const begin = [`i${level} = ${from}`];
  const step = [`i${level}++`];
  for (const { access, at } of cursors) {
    if (level > depthOf(access, order) || isSimple(access, order)) continue;
    const stride = access.strides[dimension]!;
    const by = parameters.number(stride);
    const first = from === "0" || stride === 0 ? at(level - 1) : `${at(level - 1)} + ${from} * ${by}`;
    begin.push(`${at(level)} = ${first}`);
    if (stride !== 0) step.push(`${at(level)} += ${by}`);
  }
  return `for (let ${begin.join(", ")}; i${level} < ${to}; ${step.join(", ")}) {`;
}
