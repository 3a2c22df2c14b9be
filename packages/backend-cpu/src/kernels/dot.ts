/** Contractions: loop nests when they are small, else matrix products of packed operands. */
import { type Element, isComplex, isFloat, sizeOf, type stablehlo, stridesOf, type ViewOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { type Slot, scratch } from "../slot.ts";
import type { View } from "../view.ts";
import { elementOf } from "./emit.ts";
import { compileLoop, type Kernel } from "./loop.ts";
import { matmul } from "./matmul.ts";
import { fit, isBig, isComputable } from "./scalar.ts";
import { accessOf } from "./step.ts";

type DotNumbers = ViewOf<typeof stablehlo.dotGeneral>["attributes"]["dot_dimension_numbers"];

/** Products of real numbers of types that generated code knows; others go to the evaluator. */
export function isFastDot({ name, inputs, outputs }: Instruction): boolean {
  if (name !== "stablehlo.dot_general") return false;
  return [...inputs, ...outputs].every((variable) => {
    const element = elementOf(variable);
    return element !== undefined && isComputable(element) && !isComplex(element) && element !== "i1";
  });
}

/** The array type that a contraction is computed in. */
type Work = "f32" | "f64" | "i32" | "i64";

function workOf(element: Element): Work {
  if (element === "f64") return "f64";
  if (isBig(element)) return "i64";
  return isFloat(element) ? "f32" : "i32";
}

export const dotGeneral: KernelMaker = ({ instruction, inputs }, context) => {
  if (!isFastDot(instruction)) return undefined;
  const [lhs, rhs] = instruction.inputs as [Variable, Variable];
  const output = instruction.outputs[0]!;
  const numbers = instruction.attributes.dot_dimension_numbers as DotNumbers;
  const left = sides(lhs, numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions);
  const right = sides(rhs, numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions);
  const [batch, m, n, k] = [
    sizeOf(left.sizes(left.batch)),
    sizeOf(left.sizes(left.free)),
    sizeOf(right.sizes(right.free)),
    sizeOf(left.sizes(left.contracting)),
  ];
  const element = elementOf(output)!;
  const work = workOf(element);
  if ((work === "f32" || work === "f64") && (m * n * k <= smallProduct || m < thin || n < thin)) {
    return loopProduct(
      output,
      { operand: lhs, view: inputs[0]!, ...left },
      { operand: rhs, view: inputs[1]!, ...right },
      work,
      context,
    );
  }
  const a = packed(lhs, inputs[0]!, [...left.batch, ...left.free, ...left.contracting], work, context);
  const b = packed(rhs, inputs[1]!, [...right.batch, ...right.contracting, ...right.free], work, context);
  const { slot: c, finish } = resultIn(output, work, context);
  const multiply = matmul(work, a.slot, b.slot, c, { batch, m, n, k });
  const kernels = [a.pack, b.pack, multiply, finish].filter((kernel) => kernel !== undefined);
  return () => {
    for (let i = 0; i < kernels.length; i++) kernels[i]!();
  };
};

/** Products that are not worth packing: small ones, and those with so few rows or columns that blocks stay empty. */
const smallProduct = 4096;
const thin = 4;
/** From so many columns on they are worth walking in the order of memory. */
const manyColumns = 8;

interface Side extends ReturnType<typeof sides> {
  readonly operand: Variable;
  readonly view: View;
}

/** The product as one loop nest over the operands where they are. */
function loopProduct(
  output: Variable,
  left: Side,
  right: Side,
  work: "f32" | "f64",
  context: KernelContext,
): Kernel {
  const element = elementOf(output)!;
  const columns = right.free.at(-1);
  const contiguous = columns !== undefined && right.view.strides[columns] === 1;
  const inMemory =
    element === work &&
    contiguous &&
    sizeOf(right.sizes(right.free)) >= manyColumns &&
    left.contracting.length > 0;
  // The sum is the innermost loop, unless results are walked like the rows of the right operand.
  const roles = inMemory
    ? (["batch", "rows", "sum", "columns"] as const)
    : (["batch", "rows", "columns", "sum"] as const);
  type Role = (typeof roles)[number];
  const walk = (by: Partial<Record<Role, readonly number[]>>) =>
    roles.flatMap((role) => by[role] ?? zerosLike(sizes[role]));
  const sizes: Record<Role, readonly number[]> = {
    batch: left.sizes(left.batch),
    rows: left.sizes(left.free),
    columns: right.sizes(right.free),
    sum: left.sizes(left.contracting),
  };
  const steps = ({ view }: Side, dimensions: readonly number[]) => dimensions.map((d) => view.strides[d]!);
  const strides = {
    x: walk({
      batch: steps(left, left.batch),
      rows: steps(left, left.free),
      sum: steps(left, left.contracting),
    }),
    y: walk({
      batch: steps(right, right.batch),
      columns: steps(right, right.free),
      sum: steps(right, right.contracting),
    }),
  };
  const dense = stridesOf([...sizes.batch, ...sizes.rows, ...sizes.columns]);
  const [rowsAt, columnsAt] = [sizes.batch.length, sizes.batch.length + sizes.rows.length];
  const target = walk({
    batch: dense.slice(0, rowsAt),
    rows: dense.slice(rowsAt, columnsAt),
    columns: dense.slice(columnsAt),
  });
  const value = (side: Side, name: string) => converted(elementOf(side.operand)!, work, name);
  const slot = context.slotOf(output);
  const kernel = compileLoop({
    shape: roles.flatMap((role) => sizes[role]),
    loads: [
      { access: accessOf({ ...left.view, strides: strides.x }, context), name: "x" },
      { access: accessOf({ ...right.view, strides: strides.y }, context), name: "y" },
    ],
    body: [],
    stores: [],
    reduction: {
      reduced: roles.flatMap((role) => sizes[role].map(() => role === "sum")),
      accumulators: [{ name: "sum", init: "0" }],
      combine: [`sum = ${fit(work, `sum + ${fit(work, `${value(left, "x")} * ${value(right, "y")}`)}`)};`],
      stores: [
        { access: { slot, element, offset: 0, strides: target }, value: converted(work, element, "sum") },
      ],
      inMemory,
    },
  });
  if (!inMemory) return kernel;
  return () => {
    (slot.data as Float32Array).fill(0);
    kernel();
  };
}

const zerosLike = (sizes: readonly number[]): number[] => sizes.map(() => 0);

/** The dimensions of one operand by their role. */
function sides(operand: Variable, batch: readonly number[], contracting: readonly number[]) {
  const { shape } = tensorType(operand);
  const free = shape.map((_, d) => d).filter((d) => !batch.includes(d) && !contracting.includes(d));
  return {
    batch,
    contracting,
    free,
    sizes: (dimensions: readonly number[]) => dimensions.map((d) => shape[d]!),
  };
}

/** The operand with its dimensions in `order`, in the working type: its own array when it is that already. */
function packed(operand: Variable, view: View, order: readonly number[], work: Work, context: KernelContext) {
  const { shape, element } = tensorType(operand);
  const sizes = order.map((d) => shape[d]!);
  const strides = order.map((d) => view.strides[d]!);
  const dense = stridesOf(sizes);
  const ready = view.offset === 0 && sizes.every((size, d) => size === 1 || strides[d] === dense[d]);
  const root = context.slotOf(view.root!);
  if (ready && element === work && root.size === sizeOf(sizes)) return { slot: root, pack: undefined };
  const slot = scratch(work, sizeOf(sizes));
  const access = accessOf({ ...view, strides }, context);
  const value = converted(element, work, "x");
  const store = { access: { slot, element: work, offset: 0, strides: dense }, value };
  return {
    slot,
    pack: compileLoop({ shape: sizes, loads: [{ access, name: "x" }], body: [], stores: [store] }),
  };
}

function converted(from: Element, to: Element, x: string): string {
  if (from === to) return x;
  if (isBig(to)) return isBig(from) ? fit(to, x) : fit(to, `BigInt(${x})`);
  if (isBig(from)) return isFloat(to) ? fit(to, `Number(${x})`) : fit(to, `Number(BigInt.asIntN(32, ${x}))`);
  return fit(to, x);
}

/** Where the product goes, and what turns it into the result's type. */
function resultIn(
  output: Variable,
  work: Work,
  context: KernelContext,
): { slot: Slot; finish: Kernel | undefined } {
  const target = context.slotOf(output);
  const { element } = target.type;
  if (element === work) return { slot: target, finish: undefined };
  const slot = scratch(work, target.size);
  const access = (of: Slot, as: Element) => ({ slot: of, element: as, offset: 0, strides: [1] });
  const finish = compileLoop({
    shape: [target.size],
    loads: [{ access: access(slot, work), name: "x" }],
    body: [],
    stores: [{ access: access(target, element), value: converted(work, element, "x") }],
  });
  return { slot, finish };
}
