/** Contractions: products of matrices, read where the operands are. */
import { isComplex, sizeOf, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { scratch } from "../slot.ts";
import type { View } from "../view.ts";
import { positionsOf } from "../walk.ts";
import { elementOf } from "./emit.ts";
import { compileLoop } from "./loop.ts";
import { hasNumbers, mixed, type Operand, operandIn, resultIn, workOf } from "./operand.ts";
import { isSmall, type Matrices, productCode } from "./product.ts";
import { accessOf } from "./step.ts";

type DotNumbers = ViewOf<typeof stablehlo.dotGeneral>["attributes"]["dot_dimension_numbers"];

/** Products of numbers of types that generated code knows; others go to the evaluator. */
export function isFastDot(instruction: Instruction): boolean {
  if (instruction.name !== "stablehlo.dot_general" || !hasNumbers(instruction)) return false;
  const complex = [...instruction.inputs, ...instruction.outputs].map((variable) =>
    isComplex(elementOf(variable)!),
  );
  if (!complex[0]) return !complex.includes(true);
  const { sizes } = dotSides(instruction);
  // The sums of small ones would be rounded otherwise than the evaluator's.
  return !complex.includes(false) && !isSmall(sizeOf(sizes.rows), sizeOf(sizes.columns), sizeOf(sizes.steps));
}

function dotSides({ inputs, attributes }: Instruction) {
  const [lhs, rhs] = inputs as [Variable, Variable];
  const numbers = attributes.dot_dimension_numbers as DotNumbers;
  const left = sides(lhs, numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions);
  const right = sides(rhs, numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions);
  const sizes = {
    batch: left.sizes(left.batch),
    rows: left.sizes(left.free),
    columns: right.sizes(right.free),
    steps: left.sizes(left.contracting),
  };
  return { left, right, sizes };
}

export const dotGeneral: KernelMaker = ({ instruction, inputs }, context) => {
  if (!isFastDot(instruction)) return undefined;
  const { program } = context;
  const [lhs, rhs] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const { left, right, sizes } = dotSides(instruction);
  const element = elementOf(output)!;
  const work = workOf(element);
  const a = operandIn(work, lhs, inputs[0]!, context);
  const c = resultIn(work, output, context);
  const dense = stridesOf(tensorType(output).shape);
  const columnsAt = sizes.batch.length + sizes.rows.length;
  const leftMatrices = matricesOf(a, left, left.free, left.contracting);
  const result: Matrices = {
    slot: c.slot,
    starts: positionsOf(sizes.batch, dense.slice(0, sizes.batch.length)),
    rows: positionsOf(sizes.rows, dense.slice(sizes.batch.length, columnsAt)),
    columns: positionsOf(sizes.columns, dense.slice(columnsAt)),
  };
  if (isComplex(element)) {
    const b = doubled(right, inputs[1]!, context);
    const pairs = { work, left: inPairs(leftMatrices), right: b.matrices, result: inPairs(result) };
    return mixed(program, [a.fill, b.fill, productCode(pairs, program), c.finish]);
  }
  const b = operandIn(work, rhs, inputs[1]!, context);
  const rightMatrices = matricesOf(b, right, right.contracting, right.free);
  const product = { work, left: leftMatrices, right: rightMatrices, result };
  return mixed(program, [a.fill, b.fill, productCode(product, program), c.finish]);
};

/** The dimensions of one operand by their role. */
function sides(operand: Variable, batch: readonly number[], contracting: readonly number[]) {
  const { shape, element } = tensorType(operand);
  const free = shape.map((_, d) => d).filter((d) => !batch.includes(d) && !contracting.includes(d));
  const sizes = (dimensions: readonly number[]) => dimensions.map((d) => shape[d]!);
  return { element, batch, contracting, free, sizes };
}

type Sides = ReturnType<typeof sides>;

function matricesOf(
  { slot, offset, strides }: Operand,
  { batch, sizes }: Sides,
  rows: readonly number[],
  columns: readonly number[],
): Matrices {
  const walk = (dimensions: readonly number[], start = 0) =>
    positionsOf(
      sizes(dimensions),
      dimensions.map((d) => strides[d]!),
      start,
    );
  return { slot, starts: walk(batch, offset), rows: walk(rows), columns: walk(columns) };
}

/** Complex matrices as real ones with twice the columns: real and imaginary parts side by side. */
function inPairs({ slot, starts, rows, columns }: Matrices): Matrices {
  const twice = (positions: Int32Array) => positions.map((position) => 2 * position);
  const both = Int32Array.from({ length: 2 * columns.length }, (_, i) => 2 * columns[i >> 1]! + (i & 1));
  return { slot, starts: twice(starts), rows: twice(rows), columns: both };
}

/**
 * The right operand of a complex product as a real matrix with twice the rows and columns, so that pairs times it are
 * pairs: under the row of `x + yi` comes that of `-y + xi`.
 */
function doubled({ element, batch, contracting, free, sizes }: Sides, view: View, context: KernelContext) {
  const [outer, steps, columns] = [sizes(batch), sizes(contracting), sizes(free)];
  const shape = [...outer, ...steps, ...columns];
  const [m, n] = [sizeOf(steps), sizeOf(columns)];
  const slot = scratch(element, 2 * sizeOf(shape));
  const order = [...batch, ...contracting, ...free];
  const from = accessOf({ ...view, strides: order.map((d) => view.strides[d]!) }, context);
  const dense = [
    ...stridesOf(outer).map((stride) => stride * 2 * m * n),
    ...stridesOf(steps).map((stride) => stride * 2 * n),
    ...stridesOf(columns),
  ];
  const to = (offset: number) => ({ slot, element, offset, strides: dense });
  const fill = compileLoop({
    shape,
    loads: [{ access: from, name: ["x", "y"] }],
    body: [],
    stores: [
      { access: to(0), value: ["x", "y"] },
      { access: to(n), value: ["-y", "x"] },
    ],
  });
  const matrices: Matrices = {
    slot,
    starts: positionsOf([sizeOf(outer)], [4 * m * n]),
    rows: positionsOf([2 * m], [2 * n]),
    columns: positionsOf([2 * n], [1]),
  };
  return { matrices, fill };
}
