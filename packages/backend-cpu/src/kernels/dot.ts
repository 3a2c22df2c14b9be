/** Contractions: operands are packed into rows, then multiplied in blocks of 4 × 4 that stay in registers. */
import { type Element, isComplex, isFloat, sizeOf } from "@hloom/ir";
import type { KernelContext, KernelMaker } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { type Slot, scratch } from "../slot.ts";
import type { View } from "../view.ts";
import { elementOf } from "./emit.ts";
import { compileLoop, type Kernel, stridesOf } from "./loop.ts";
import { matmul } from "./matmul.ts";
import { fit, isBig, isComputable } from "./scalar.ts";
import { accessOf } from "./step.ts";

interface DotNumbers {
  readonly lhs_batching_dimensions: readonly number[];
  readonly rhs_batching_dimensions: readonly number[];
  readonly lhs_contracting_dimensions: readonly number[];
  readonly rhs_contracting_dimensions: readonly number[];
}

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
  const a = packed(lhs, inputs[0]!, [...left.batch, ...left.free, ...left.contracting], work, context);
  const b = packed(rhs, inputs[1]!, [...right.batch, ...right.contracting, ...right.free], work, context);
  const { slot: c, finish } = resultIn(output, work, context);
  const multiply = matmul(work, a.slot, b.slot, c, { batch, m, n, k });
  const kernels = [a.pack, b.pack, multiply, finish].filter((kernel) => kernel !== undefined);
  return () => {
    for (let i = 0; i < kernels.length; i++) kernels[i]!();
  };
};

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
