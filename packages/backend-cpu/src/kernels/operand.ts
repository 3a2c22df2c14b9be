/** Operands and results of products in the type that is computed in: their own memory where that has it already. */
import { type Element, isComplex, isFloat, sizeOf, stridesOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import { type Slot, scratch } from "../slot.ts";
import type { View } from "../view.ts";
import type { Code } from "../wasm/code.ts";
import type { Work } from "../wasm/lanes.ts";
import type { Program } from "../wasm/program.ts";
import { elementOf } from "./emit.ts";
import { type Access, compileLoop, type Kernel } from "./loop.ts";
import { NoVectorForm } from "./pass.ts";
import { type Expression, fit, isBig, isComputable } from "./scalar.ts";
import { accessOf } from "./step.ts";

/** The type that products with results of `element` are computed in; complex ones part by part. */
export function workOf(element: Element): Work {
  if (element === "f64" || element === "complex<f64>") return "f64";
  if (isBig(element)) return "i64";
  return isFloat(element) || isComplex(element) ? "f32" : "i32";
}

/** Elements whose bits are those of a working type. */
export const stored: Readonly<Record<string, Work | undefined>> = {
  ...{ f32: "f32", f64: "f64", "complex<f32>": "f32", "complex<f64>": "f64" },
  ...{ i32: "i32", ui32: "i32", i64: "i64", ui64: "i64" },
};

/** Whether generated code knows all types of an instruction, and they are numbers. */
export function hasNumbers({ inputs, outputs }: Instruction): boolean {
  return [...inputs, ...outputs].every((variable) => {
    const element = elementOf(variable);
    return element !== undefined && isComputable(element) && element !== "i1";
  });
}

/** Where the elements of an operand are once `fill` has run: element `index` at `offset + Σ index × stride`. */
export interface Operand {
  readonly slot: Slot;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly fill?: Kernel;
}

export function operandIn(work: Work, operand: Variable, view: View, context: KernelContext): Operand {
  const { shape, element } = tensorType(operand);
  if (view.root && stored[element] === work) {
    return { slot: context.slotOf(view.root), offset: view.offset, strides: view.strides };
  }
  const slot = scratch(work, sizeOf(shape));
  const strides = stridesOf(shape);
  const fill = compileLoop({
    shape,
    loads: [{ access: accessOf(view, context), name: "x" }],
    body: [],
    stores: [{ access: { slot, element: work, offset: 0, strides }, value: converted(element, work, "x") }],
  });
  return { slot, offset: 0, strides, fill };
}

/** Where a product goes, and what turns it into the result's type. */
export function resultIn(work: Work, output: Variable, context: KernelContext) {
  const target = context.slotOf(output);
  const { element } = target.type;
  if (stored[element] === work) return { slot: target };
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

function converted(from: Element, to: Element, x: string): string {
  if (from === to) return x;
  if (isBig(to)) return isBig(from) ? fit(to, x) : fit(to, `BigInt(${x})`);
  if (isBig(from)) return isFloat(to) ? fit(to, `Number(${x})`) : fit(to, `Number(BigInt.asIntN(32, ${x}))`);
  return fit(to, x);
}

export function sequence(kernels: readonly (Kernel | undefined)[]): Kernel {
  const present = kernels.filter((kernel) => kernel !== undefined);
  if (present.length === 1) return present[0]!;
  return () => {
    for (let i = 0; i < present.length; i++) present[i]!();
  };
}

/** Code between kernels in JavaScript. */
export function mixed(program: Program, parts: readonly (Kernel | Code | undefined)[]): Code {
  return parts.flatMap((part = []) => (typeof part === "function" ? program.javascript(part) : part));
}

/** Copies the points of `shape` from one walk to another. */
export function copyLoop(shape: readonly number[], from: Access, to: Access): Kernel {
  const name: Expression = isComplex(from.element) ? ["x", "y"] : "x";
  return compileLoop({
    shape,
    loads: [{ access: from, name }],
    body: [],
    stores: [{ access: to, value: name }],
  });
}

/** What `make` makes, or nothing where lanes cannot compute it. */
export function vectorForm<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof NoVectorForm) return undefined;
    throw error;
  }
}
