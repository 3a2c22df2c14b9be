/**
 * The loop generator: one nest of loops over a shape reads any number of arrays through strides, computes, and stores
 * or reduces. Element-wise ops, broadcasts, transposes, slices, reversals, iota, pads, concatenations and reductions
 * all are such nests, alone or fused.
 */
import type { Element } from "@hloom/ir";
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

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

export function compileLoop(spec: LoopSpec): Kernel {
  const { text, numbers, slots } = generateLoop(simplify(spec));
  const make = compileText(renumber(text), ["slots", "numbers"]) as (
    slots: Slot[],
    numbers: number[],
  ) => Kernel;
  return make(slots, numbers);
}

/** Merges neighbouring dimensions that every access walks as one, and drops those of size 1. */
function simplify(spec: LoopSpec): LoopSpec {
  const { reduction } = spec;
  const accesses = [...spec.loads, ...spec.stores, ...(reduction?.stores ?? [])].map(({ access }) => access);
  const kept: number[][] = [];
  for (let d = 0; d < spec.shape.length; d++) {
    if (spec.shape[d] === 1) continue;
    const outer = kept.at(-1)?.at(-1);
    const merges =
      outer !== undefined &&
      reduction?.reduced[outer] === reduction?.reduced[d] &&
      accesses.every(({ strides }) => strides[outer] === strides[d]! * spec.shape[d]!);
    if (merges) kept.at(-1)!.push(d);
    else kept.push([d]);
  }
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

  text(inner: string): string {
    const numbers = this.numbers.map((_, i) => `n${i}`).join(", ");
    const boxes = this.slots.map((_, i) => `s${i}`).join(", ");
    const arrays = this.slots.map((_, i) => `a${i} = s${i}.data`).join(", ");
    return `${numbers && `const [${numbers}] = numbers;\n`}${boxes && `const [${boxes}] = slots;\n`}return () => {
${arrays && `const ${arrays};\n`}${inner}};`;
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
  const results =
    reduction?.stores.map(({ value }, i) => write(cursors[inner.length + i]!, order, value)) ?? [];
  levels[depth]!.push(...spec.body, ...stores);
  const closing: string[][] = levels.map(() => []);
  if (reduction?.inMemory) {
    const begin = reduction.accumulators.map(({ name }, i) =>
      assign(name, read(cursors[inner.length + i]!, order), "let "),
    );
    levels[depth]!.push(...begin, ...reduction.combine, ...results);
  } else if (reduction) {
    const kept = order.filter((d) => !reduction.reduced[d]).length;
    const begin = reduction.accumulators.map(({ name, init }) => assign(name, init, "let "));
    // Before the body where nothing is reduced at all: both are on one level then.
    if (kept === depth) levels[depth]!.push(...begin, ...reduction.combine);
    else {
      levels[kept]!.push(...begin);
      levels[depth]!.push(...reduction.combine);
    }
    (reduction.running ? levels[depth] : closing[kept])!.push(...results);
  }
  const lines = levels.flatMap((statements, level) =>
    level === 0
      ? statements
      : [openLoop(spec, order[level - 1]!, level, order, cursors, parameters), ...statements],
  );
  for (let level = depth; level >= 0; level--) lines.push(...closing[level]!, ...(level > 0 ? ["}"] : []));
  return { text: parameters.text(lines.join("\n")), numbers: parameters.numbers, slots: parameters.slots };
}

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

/** The head of one loop, which moves the positions of all accesses that it concerns. */
function openLoop(
  spec: LoopSpec,
  dimension: number,
  level: number,
  order: readonly number[],
  cursors: readonly Cursor[],
  parameters: Parameters,
): string {
  const begin = [`i${level} = 0`];
  const step = [`i${level}++`];
  for (const { access, at } of cursors) {
    if (level > depthOf(access, order) || isSimple(access, order)) continue;
    begin.push(`${at(level)} = ${at(level - 1)}`);
    const stride = access.strides[dimension]!;
    if (stride !== 0) step.push(`${at(level)} += ${parameters.number(stride)}`);
  }
  return `for (let ${begin.join(", ")}; i${level} < ${parameters.number(spec.shape[dimension]!)}; ${step.join(", ")}) {`;
}
