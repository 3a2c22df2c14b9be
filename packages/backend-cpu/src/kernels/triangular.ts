/** `cholesky` and `triangular_solve` of real matrices: brought into rows of a lower triangle, computed, brought back. */
import { sizeOf } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { KernelMaker } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import type { Slot } from "../slot.ts";
import { type Precision, triangularFunctions } from "../wasm/triangular.ts";
import { wholeSlot } from "./indexed.ts";

/** Smaller matrices are the evaluator's, which computes in double precision. */
const worthKernels = 16;

const isReal = (element: unknown): element is Precision => element === "f32" || element === "f64";

/** Element (i, j) of a matrix is at `start + i * row + j * column`; negative steps go backwards. */
interface Walk {
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

type Floats = Float32Array | Float64Array;

function copyMatrix(
  from: Floats,
  source: Walk,
  to: Floats,
  target: Walk,
  rows: number,
  columns: number,
): void {
  for (let i = 0; i < rows; i++) {
    let [x, y] = [source.start + i * source.row, target.start + i * target.row];
    for (let j = 0; j < columns; j++, x += source.column, y += target.column) to[y] = from[x]!;
  }
}

const moved = (walk: Walk, by: number): Walk => ({ ...walk, start: walk.start + by });

function arrayAt(precision: Precision, address: number, size: number): Floats {
  return arena.view(precision, address, size) as Floats;
}

export const cholesky: KernelMaker = ({ instruction, inputs }, context) => {
  const { shape, element } = tensorType(instruction.inputs[0]!);
  const n = shape.at(-1)!;
  if (!isReal(element) || n < worthKernels) return undefined;
  const { factor } = triangularFunctions(element);
  const [from, to] = [wholeSlot(inputs[0]!, context), context.slotOf(instruction.outputs[0]!)];
  const size = n * n;
  const rows: Walk = { start: 0, row: n, column: 1 };
  // The upper factor is the lower one of the transposed triangle, transposed.
  const walk: Walk = instruction.attributes.lower ? rows : { start: 0, row: 1, column: n };
  return () => {
    const address = arena.scratch(to.bytes / Math.max(1, to.size / size));
    const work = arrayAt(element, address, size);
    const [source, target] = [from.data, to.data] as Floats[];
    target!.fill(0);
    for (let at = 0; at < to.size; at += size) {
      copyMatrix(source!, moved(walk, at), work, rows, n, n);
      factor(address, n);
      for (let i = 0; i < n; i++) {
        const [x, y] = [i * n, at + i * walk.row];
        for (let j = 0; j <= i; j++) target![y + j * walk.column] = work[x + j]!;
      }
    }
  };
};

export const triangularSolve: KernelMaker = ({ instruction, inputs }, context) => {
  const [a, b] = instruction.inputs as [Variable, Variable];
  const { shape, element } = tensorType(a);
  const n = shape.at(-1)!;
  const [down, across] = tensorType(b).shape.slice(-2) as [number, number];
  if (!isReal(element) || n < worthKernels || sizeOf(tensorType(b).shape) === 0) return undefined;
  const { left_side, lower, unit_diagonal, transpose_a } = instruction.attributes;
  const { solve } = triangularFunctions(element);
  // x·op(a) = b is op(a)ᵀ·xᵀ = bᵀ: one transpose more, and b and x read across.
  const transposed = (transpose_a !== "NO_TRANSPOSE") !== !left_side;
  // What is solved from the last row on is turned upside down.
  const forward = Boolean(lower) !== transposed;
  const turned = (walk: Walk, columnsToo: boolean): Walk => {
    if (forward) return walk;
    const start = (n - 1) * (walk.row + (columnsToo ? walk.column : 0));
    return { start, row: -walk.row, column: columnsToo ? -walk.column : walk.column };
  };
  const ofA = turned({ start: 0, row: transposed ? 1 : n, column: transposed ? n : 1 }, true);
  const ofB = turned({ start: 0, row: left_side ? across : 1, column: left_side ? 1 : across }, false);
  const columns = left_side ? across : down;
  const [matrix, right] = inputs.map((view) => wholeSlot(view, context)) as [Slot, Slot];
  const to = context.slotOf(instruction.outputs[0]!);
  const [sizeA, sizeB] = [n * n, n * columns];
  const bytes = to.bytes / to.size;
  return () => {
    const address = arena.scratch((sizeA + sizeB) * bytes);
    const behind = address + sizeA * bytes;
    const [l, x] = [arrayAt(element, address, sizeA), arrayAt(element, behind, sizeB)];
    const [from, source, target] = [matrix.data, right.data, to.data] as [Floats, Floats, Floats];
    for (let batch = 0; batch < to.size / sizeB; batch++) {
      copyMatrix(from, moved(ofA, batch * sizeA), l, { start: 0, row: n, column: 1 }, n, n);
      copyMatrix(source, moved(ofB, batch * sizeB), x, { start: 0, row: columns, column: 1 }, n, columns);
      solve(address, behind, n, columns, unit_diagonal ? 1 : 0);
      copyMatrix(x, { start: 0, row: columns, column: 1 }, target, moved(ofB, batch * sizeB), n, columns);
    }
  };
};
