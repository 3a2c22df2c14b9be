/** What passes have in common when they are written: their sweeps, what those read and where results go. */
import { bytesPerElement, type Element } from "@hloom/ir";
import type { Code, FunctionCode, Local } from "../wasm/code.ts";
import { type Cursor, forAll } from "../wasm/nest.ts";
import type { Program } from "../wasm/program.ts";
import { type Read, type Sweep, sweepCode, type Write } from "../wasm/sweep.ts";
import type { Graph, Node } from "../wasm/vector.ts";
import { encode, type Value } from "../wasm/vector_values.ts";
import type { Pass } from "./pass.ts";

/** The function that a pass is written into. */
export interface Writing {
  readonly function: FunctionCode;
  readonly program: Program;
  /** Code that is run once, at the beginning. */
  readonly head: number[];
  /** The number of the thread that runs it, when there are several. */
  readonly thread?: Local;
}

export type Dimension = readonly [dimension: number, count: number];

/** Bytes of an iteration: two vectors of what memory holds. */
const batchBytes = 32;

function powerBelow(count: number): number {
  return 2 ** Math.floor(Math.log2(count));
}

/** Elements at a time. */
export function batchOf(pass: Pass, bytes = batchBytes): number {
  const elements = [...pass.reads, ...pass.writes].map(({ element, access }) =>
    access.slot ? bytesPerElement(element) : 4,
  );
  const sums = pass.reduction?.elements.map(bytesPerElement) ?? [];
  const widest = Math.max(1, ...elements, ...sums);
  const powerAbove = 2 ** Math.ceil(Math.log2(lengthOf(pass)));
  return Math.max(1, Math.min(powerBelow(bytes / widest), powerAbove));
}

/** The dimensions of a pass that are its own, but for the innermost. */
export const outerOf = ({ shape, rows }: Pass): Dimension[] =>
  shape.map((count, d): Dimension => [d, count]).slice(rows, -1);

/** Points along the innermost dimension; one when that is not the pass's own. */
export const lengthOf = ({ shape, rows }: Pass): number => (shape.length > rows ? shape.at(-1)! : 1);

export function sweepOf(writing: Writing, pass: Pass, batch: number): Omit<Sweep, "reads" | "writes"> {
  const { program, function: own, head } = writing;
  const dimension = pass.shape.length - 1;
  return { function: own, head, callee: program.callee, dimension, count: lengthOf(pass), batch };
}

export function readsOf(pass: Pass, cursors: readonly Cursor[]): Read[] {
  return pass.reads.map(({ node }, i) => ({ leaf: node, cursor: cursors[i]! }));
}

export function storesOf(pass: Pass, cursors: readonly Cursor[]): Write[] {
  return pass.writes.map(({ node }, i) => ({ node, cursor: cursors[pass.reads.length + i]! }));
}

export function loopCode(writing: Writing, pass: Pass, cursors: readonly Cursor[]): Code {
  return forAll(writing.function, outerOf(pass), cursors, (moved) => {
    const reads = readsOf(pass, moved);
    const writes = storesOf(pass, moved);
    return sweepCode({ ...sweepOf(writing, pass, batchOf(pass)), reads, writes: () => writes });
  });
}

export function encoded(graph: Graph, elements: readonly Element[], values: readonly Value[]): Node[] {
  return values.map((value, i) => encode(graph, elements[i]!, value));
}
