/**
 * Third stage: loops over the same rows become one. Where a reduction along rows and loops over those rows follow each
 * other (softmax, layer norm, …), all of them are done row by row: the rows stay in the first cache, and what only
 * the next loops read needs the memory of one row.
 */
import { bytesPerElement, sizeOf } from "@hloom/ir";
import { type Instruction, tensorType, type Variable } from "./flatten.ts";
import { type LoopStep, type RowsStep, readBy, type Step, type StepBlock, type Steps } from "./fuse.ts";
import { elementOf } from "./kernels/emit.ts";
import { hasVectorForm } from "./kernels/pass.ts";
import { reducedDimensions } from "./kernels/reduce.ts";
import { threads } from "./threads.ts";
import { squeeze } from "./view.ts";

/** Fewer points are in the caches anyway. */
const fewPoints = 4096;
/** Longer rows do not stay in the first cache. */
const longestRow = 1 << 16;

export function fuseRows({ block, constants }: Steps): Steps {
  return { block: fuseBlock(block), constants };
}

function fuseBlock(block: StepBlock): StepBlock {
  const steps: Step[] = [];
  for (let i = 0; i < block.steps.length; ) {
    const step = block.steps[i]!;
    const group = step.kind === "loop" ? groupFrom(block.steps, i) : undefined;
    if (group) steps.push(rowsOf(group, block, i));
    else steps.push(step.kind === "op" ? { ...step, blocks: step.blocks.map(fuseBlock) } : step);
    i += group?.steps.length ?? 1;
  }
  return { ...block, steps };
}

interface Group {
  /** The dimensions that are walked row by row. */
  readonly outer: readonly number[];
  readonly steps: readonly LoopStep[];
}

/** The loops from a place on that can share their rows; undefined when there are none to share. */
function groupFrom(steps: readonly Step[], from: number): Group | undefined {
  const first = steps[from] as LoopStep;
  const outer = outerOf(first);
  if (!outer || sizeOf(first.shape) < fewPoints) return undefined;
  const taken: LoopStep[] = [];
  for (const step of steps.slice(from)) {
    if (step.kind !== "loop" || !joins(step, taken, outer) || !hasVectorForm(step)) break;
    taken.push(step);
  }
  return taken.length > 1 && taken.some((step) => step !== first && step.shape.length > outer.length)
    ? { outer, steps: taken }
    : undefined;
}

/** The dimensions before those that a loop reduces, when it reduces the innermost ones. */
function outerOf({ shape, reduction }: LoopStep): readonly number[] | undefined {
  if (!reduction) return undefined;
  const reduced = reducedOf(reduction);
  const kept = reduced.indexOf(true);
  const rowLength = sizeOf(shape.slice(kept));
  return kept > 0 && !reduced.includes(false, kept) && rowLength <= longestRow
    ? shape.slice(0, kept)
    : undefined;
}

function reducedOf(reduction: Instruction): boolean[] {
  const { shape } = tensorType(reduction.inputs[0]!);
  return reducedDimensions(reduction).filter((_, d) => shape[d] !== 1);
}

function joins(step: LoopStep, taken: readonly LoopStep[], outer: readonly number[]): boolean {
  const { shape, loads, reduction } = step;
  if (!outer.every((size, d) => shape[d] === size) || shape.length < outer.length) return false;
  if (reduction && reducedOf(reduction).slice(0, outer.length).includes(true)) return false;
  const made = new Set(taken.flatMap((one) => one.outputs));
  const row = (root: Variable) => sizeOf(tensorType(root).shape) / sizeOf(outer);
  for (const { root, offset, strides, element } of loads.values()) {
    if (!root || !made.has(root)) continue;
    // Each row must read its own row alone, in the order in which it was written.
    const size = row(root);
    const rows = outer.every((_, d) => strides[d] === sizeOf(outer.slice(d + 1)) * size);
    const inner = strides.slice(outer.length);
    const reach = inner.reduce((sum, stride, d) => sum + stride * (shape[outer.length + d]! - 1), 0);
    if (!rows || offset !== 0 || inner.some((stride) => stride < 0) || reach >= size) return false;
    if (bytesPerElement(element) !== bytesPerElement(elementOf(root)!)) return false;
  }
  return taken.length === 0 || [...loads.values()].some(({ root }) => root && made.has(root));
}

function rowsOf({ outer, steps }: Group, block: StepBlock, from: number): RowsStep {
  const others = block.steps.filter((_, i) => i < from || i >= from + steps.length);
  const read = new Set([...block.results, ...others.flatMap(readBy)]);
  const made = steps.flatMap((step) => step.outputs);
  const outputs = made.filter((variable) => read.has(variable));
  return {
    kind: "rows",
    outer,
    steps,
    outputs,
    internal: new Set(made.filter((variable) => !read.has(variable))),
    inputs: steps
      .flatMap((step) => [...step.loads.values()])
      .filter(({ root }) => root && !made.includes(root)),
    position: steps[0]!.position,
  };
}

/** What is kept of a value that nobody else reads: a row for each thread, in cache lines of its own. */
export function rowShape(variable: Variable, outer: readonly number[]): number[] {
  const row = sizeOf(squeeze(tensorType(variable).shape).slice(outer.length));
  return [threads.count, Math.ceil(row / lineElements) * lineElements];
}

const lineElements = 64;
