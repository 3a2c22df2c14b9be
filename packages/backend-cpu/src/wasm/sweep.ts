/** The innermost loop: batches of elements along one dimension, read as vectors, computed and stored. */
import type { Code, FunctionCode, Local } from "./code.ts";
import { add, load, value } from "./code.ts";
import { access, code, type Instruction, local } from "./instructions.ts";
import { type Cursor, forEach } from "./nest.ts";
import { type Helper, laneBytes, type Node } from "./vector.ts";
import { type Root, vectorCode } from "./vector_code.ts";

/** A leaf of the graph, and where its elements are. */
export interface Read {
  readonly leaf: Node;
  readonly cursor: Cursor;
}

/** What becomes of a node: it goes where a cursor is, or to vectors in locals. */
export type Write =
  | { readonly node: Node; readonly cursor: Cursor }
  | { readonly node: Node; readonly vectors: readonly Local[] };

export interface Sweep {
  readonly function: FunctionCode;
  /** Code that is run once, before all else in the function. */
  readonly head: number[];
  /** The place of a function that the graph calls. */
  readonly callee?: (helper: Helper) => number;
  readonly dimension: number;
  /** Elements along the dimension. */
  readonly count: number;
  /** Elements at a time, a power of two. */
  readonly batch: number;
  readonly reads: readonly Read[];
  /** What each batch makes; the last, smaller one is told its number of elements. */
  readonly writes: (elements: number | undefined) => readonly Write[];
  /** Leaves that are vectors in locals. */
  readonly held?: ReadonlyMap<string, readonly Local[]>;
}

const powerAbove = (count: number): number => 2 ** Math.ceil(Math.log2(count));

/** The whole loop. Cursors are on the first element. */
export function sweepCode(sweep: Sweep): Code {
  const { function: own, dimension, count, batch } = sweep;
  const rounds = Math.floor(count / batch);
  const rest = count % batch;
  const result: number[] = [];
  if (rounds > 0) {
    const writes = sweep.writes(undefined);
    const cursors = cursorsOf(sweep, writes);
    let before: Code = [];
    const loop = forEach(
      own,
      dimension,
      rounds,
      cursors,
      (moved) => {
        const place = new Map(cursors.map((cursor, i) => [cursor, moved[i]!]));
        const parts = batchCode(sweep, writes, { batch, elements: batch, from: 0, place });
        before = parts.before;
        return rounds === 1 ? parts.body : [...parts.body, ...parts.after];
      },
      batch,
    );
    result.push(...before, ...loop);
  }
  if (rest > 0) {
    const writes = sweep.writes(rest);
    const from = rounds * batch;
    const parts = batchCode(sweep, writes, {
      batch: powerAbove(rest),
      elements: rest,
      from,
      place: new Map(),
    });
    result.push(...parts.before, ...parts.body);
  }
  return result;
}

function cursorsOf({ reads }: Sweep, writes: readonly Write[]): Cursor[] {
  const stores = writes.flatMap((write) => ("cursor" in write ? [write.cursor] : []));
  return [...new Set([...reads.map(({ cursor }) => cursor), ...stores])];
}

interface Batch {
  readonly batch: number;
  /** How many are stored. */
  readonly elements: number;
  /** How many elements behind the cursors. */
  readonly from: number;
  /** Where cursors are within the loop. */
  readonly place: ReadonlyMap<Cursor, Cursor>;
}

function batchCode(sweep: Sweep, writes: readonly Write[], place: Batch): ReturnType<typeof vectorCode> {
  const reads = new Map(
    sweep.reads.map(({ leaf, cursor }) => [
      nameOf(leaf),
      { leaf, cursor: place.place.get(cursor) ?? cursor },
    ]),
  );
  const roots = writes.map((write): Root => {
    if ("vectors" in write)
      return {
        node: write.node,
        store: (part, what) => [...what, ...local.set(write.vectors[part]!.index)],
      };
    const cursor = place.place.get(write.cursor) ?? write.cursor;
    return {
      node: write.node,
      store: (part, what) => storeVector(sweep, cursor, write.node, part, what, place),
    };
  });
  const parts = vectorCode({
    batch: place.batch,
    roots,
    leaf: (name, part) => {
      const vectors = sweep.held?.get(name);
      if (vectors) return local.get(vectors[part]!.index);
      const { leaf, cursor } = reads.get(name)!;
      return loadVector(sweep.dimension, cursor, leaf, part, place);
    },
    local: () => sweep.function.local("v128").index,
    callee: sweep.callee ?? noCallee,
  });
  sweep.head.push(...parts.constants);
  return parts;
}

const noCallee = (): never => {
  throw new Error("this graph calls no functions");
};

const nameOf = ({ operation }: Node): string => (operation.kind === "leaf" ? operation.name : "");

const splatLoads: Readonly<Record<number, Instruction>> = {
  1: "v128.load8_splat",
  2: "v128.load16_splat",
  4: "v128.load32_splat",
  8: "v128.load64_splat",
  16: "v128.load",
};
const laneLoads: Readonly<Record<number, Instruction>> = {
  1: "v128.load8_lane",
  2: "v128.load16_lane",
  4: "v128.load32_lane",
  8: "v128.load64_lane",
};
const laneStores: Readonly<Record<number, Instruction>> = {
  1: "v128.store8_lane",
  2: "v128.store16_lane",
  4: "v128.store32_lane",
  8: "v128.store64_lane",
};

/** An address as code and the offset that a load may add, which is not negative. */
function addressAt({ pointer }: Cursor, offset: number): { code: Code; offset: number } {
  return offset >= 0 ? { code: value(pointer), offset } : { code: add(pointer, offset), offset: 0 };
}

/** Vector `part` of a leaf. */
function loadVector(
  dimension: number,
  cursor: Cursor,
  { lane, scale }: Node,
  part: number,
  { batch, from }: Batch,
): Code {
  const stride = cursor.strides[dimension]!;
  if (!cursor.access.slot) {
    const position = from * stride;
    return [
      ...(position === 0 ? value(cursor.pointer) : add(cursor.pointer, position)),
      ...code("i32x4.splat"),
    ];
  }
  const size = laneBytes[lane] * scale;
  if (stride === 0) return load(splatLoads[size]!, cursor.pointer);
  const first = from * stride;
  if (stride === size) return load("v128.load", cursor.pointer, first + 16 * part);
  const perVector = 16 / size;
  const count = Math.min(perVector, batch - part * perVector);
  const addresses = Array.from({ length: count }, (_, i) =>
    addressAt(cursor, first + (part * perVector + i) * stride),
  );
  const [head, ...others] = addresses as [(typeof addresses)[0], ...typeof addresses];
  return [
    ...others.toReversed().flatMap((one) => one.code),
    ...head.code,
    ...access(splatLoads[size]!, head.offset),
    ...others.flatMap((one, i) => access(laneLoads[size]!, one.offset, i + 1)),
  ];
}

/** Stores what a vector has of the elements that count. */
function storeVector(
  { function: own, dimension, count }: Sweep,
  cursor: Cursor,
  { lane, scale }: Node,
  part: number,
  what: Code,
  { elements, from }: Batch,
): Code {
  const size = laneBytes[lane] * scale;
  const stride = count === 1 ? size : cursor.strides[dimension]!;
  const bytes = Math.min(16, elements * size - 16 * part);
  const contiguous = stride === size;
  if (contiguous && bytes === 16)
    return [...value(cursor.pointer), ...what, ...access("v128.store", from * stride + 16 * part)];
  const pieces = contiguous
    ? piecesOf(bytes)
    : Array.from({ length: bytes / size }, (_, i) => [i * size, size]);
  const held = own.local("v128");
  return [
    ...what,
    ...local.set(held.index),
    ...pieces.flatMap(([at, wide]) => {
      const place = from * stride + (contiguous ? 16 * part + at! : ((16 * part + at!) / size) * stride);
      const { code: address, offset } = addressAt(cursor, place);
      if (wide === 16) return [...address, ...local.get(held.index), ...access("v128.store", offset)];
      return [...address, ...local.get(held.index), ...access(laneStores[wide!]!, offset, at! / wide!)];
    }),
  ];
}

/** Places and widths of the lanes that make up the first bytes of a vector. */
function piecesOf(bytes: number): [at: number, wide: number][] {
  const pieces: [number, number][] = [];
  let at = 0;
  for (const wide of [8, 4, 2, 1]) for (; at + wide <= bytes; at += wide) pieces.push([at, wide]);
  return pieces;
}
