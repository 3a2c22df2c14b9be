/** Passes in rounds that several threads can share: along a dimension that stays, or along pieces of one. */
import { sizeOf } from "@hloom/ir";
import { scratch } from "../slot.ts";
import { decode, memoryOf } from "../wasm/vector_values.ts";
import { formOf } from "./forms.ts";
import type { Access } from "./loop.ts";
import type { Pass, Place } from "./pass.ts";

export interface Divided {
  /** Its first dimension is that of the rounds. */
  readonly pass: Pass;
  readonly rounds: number;
  /** Points that no round has. */
  readonly rest: Pass | undefined;
  /** What brings the results of all rounds together, when each has results of its own. */
  readonly total?: Pass;
}

/** Starting threads takes as long as so many operations on single elements, and more. */
const worthThreads = 1 << 18;
const fewRounds = 8;
const pieces = 32;
/** Pieces are multiples of this, so that vectors go up in them. */
const pieceUnit = 64;

/** Whether work on so many points, of so many operations each, is worth several threads. */
export const isLarge = (points: number, operations: number): boolean => points * operations >= worthThreads;

/** Rounds of a pass; undefined where it has no dimension for them. */
export function divide(pass: Pass): Divided | undefined {
  const { shape, reduction } = pass;
  return dividedAlong(
    pass,
    shape.map((_, d) => !reduction?.reduced[d]),
  );
}

/** A reduction of everything: rounds leave partial results. Undefined where points must come one after the other. */
export function divideTotal(pass: Pass): Divided | undefined {
  const { graph, reduction, shape } = pass;
  const begin = reduction && formOf(graph, reduction)?.neutrals;
  if (!reduction || !begin || reduction.reduced.includes(false)) return undefined;
  const parts = dividedAlong(
    { ...pass, reduction: { ...reduction, inits: begin } },
    shape.map(() => true),
  );
  if (!parts) return undefined;
  const count = parts.rounds + (parts.rest ? 1 : 0);
  const partial = reduction.elements.map((element) => scratch(element, count));
  const into = (one: Pass, from: number): Pass => {
    const strides = one.shape.map((_, d) => (d < one.rows ? 1 : 0));
    const stores = reduction.elements.map((element, i): Access => {
      return { slot: partial[i]!, element, offset: from, strides };
    });
    const reduced = one.shape.map((_, d) => d >= one.rows);
    return { ...one, reduction: { ...one.reduction!, reduced, stores } };
  };
  const reads = reduction.elements.map((element, i): Place => {
    const { lane, scale } = memoryOf(element);
    const access = { slot: partial[i]!, element, offset: 0, strides: [1] };
    return { node: graph.leaf(`partial ${i}`, lane, { scale }), element, access };
  });
  const operands = reads.map(({ node, element }) => decode(graph, element, node));
  const stores = reduction.stores.map((access) => ({ ...access, strides: [0] }));
  const total: Pass = {
    ...{ graph, rows: 0, shape: [count], writes: [] },
    reads: [...reads, ...pass.reads.filter(isSame).map(still)],
    reduction: { ...reduction, reduced: [true], operands, length: count, stores },
  };
  return {
    pass: into(parts.pass, 0),
    rounds: parts.rounds,
    rest: parts.rest && into(parts.rest, parts.rounds),
    total,
  };
}

/** Places that are the same for all points: initial values among them. */
const isSame = ({ access }: Place): boolean => access.strides.every((stride) => stride === 0);
const still = (place: Place): Place => ({ ...place, access: { ...place.access, strides: [0] } });

function dividedAlong(pass: Pass, kept: readonly boolean[]): Divided | undefined {
  const { shape } = pass;
  const last = shape.length - 1;
  const outer = shape.findIndex((size, d) => d < last && kept[d] && size >= fewRounds);
  if (outer >= 0) return { pass: withFirst(pass, outer), rounds: shape[outer]!, rest: undefined };
  if (!kept[last] || shape[last]! < fewRounds * pieceUnit) return undefined;
  const piece = Math.ceil(shape[last]! / pieces / pieceUnit) * pieceUnit;
  const rounds = Math.floor(shape[last]! / piece);
  const left = shape[last]! - rounds * piece;
  const split = mapped(pass, [rounds, ...shape.slice(0, -1), piece], (values, along) => [
    along(values.at(-1)!, piece),
    ...values,
  ]);
  const behind = mapped(pass, [...shape.slice(0, -1), left], (values) => [...values]);
  return {
    pass: { ...split, rows: 1 },
    rounds,
    rest: left > 0 ? shifted(behind, rounds * piece) : undefined,
  };
}

/** A pass with dimension `d` first. */
function withFirst(pass: Pass, d: number): Pass {
  const order = [d, ...pass.shape.map((_, i) => i).filter((i) => i !== d)];
  const moved = mapped(
    pass,
    order.map((i) => pass.shape[i]!),
    (values) => order.map((i) => values[i]!),
  );
  return { ...moved, rows: 1 };
}

/** Another shape of the same points; `change` makes its strides and flags, `along` what a new outer dimension has. */
function mapped(
  pass: Pass,
  shape: readonly number[],
  change: <T>(values: readonly T[], along: (value: T, piece: number) => T) => readonly T[],
): Pass {
  const along = <T>(value: T, piece: number) => (typeof value === "number" ? ((value * piece) as T) : value);
  const access = (one: Access): Access => ({ ...one, strides: change(one.strides, along) });
  const place = (one: Place): Place => ({ ...one, access: access(one.access) });
  const { reduction } = pass;
  return {
    ...pass,
    shape,
    reads: pass.reads.map(place),
    writes: pass.writes.map(place),
    ...(reduction && {
      reduction: {
        ...reduction,
        reduced: change(reduction.reduced, along),
        stores: reduction.stores.map(access),
      },
    }),
  };
}

/** The same pass from a later point of its innermost dimension on. */
function shifted(pass: Pass, by: number): Pass {
  const access = (one: Access): Access => ({ ...one, offset: one.offset + by * one.strides.at(-1)! });
  const place = (one: Place): Place => ({ ...one, access: access(one.access) });
  const { reduction } = pass;
  return {
    ...pass,
    reads: pass.reads.map(place),
    writes: pass.writes.map(place),
    ...(reduction && { reduction: { ...reduction, stores: reduction.stores.map(access) } }),
  };
}

/** How many points a pass has. */
export const pointsOf = ({ shape }: Pass): number => sizeOf(shape);
