/** Loop steps as loop nests. */
import { bitWidth, type Element, stridesOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import { type Instruction, tensorType, type Variable } from "../flatten.ts";
import type { LoopStep } from "../fuse.ts";
import { squeeze, type View } from "../view.ts";
import { elementOf, type Names, nameOf, statementOf } from "./emit.ts";
import { type Access, compileLoop, type Kernel, type LoopSpec, type Store } from "./loop.ts";
import { combinationOf, reducedDimensions } from "./reduce.ts";

export function loopKernel(step: LoopStep, context: KernelContext): Kernel {
  const names: Names = new Map();
  // A mere copy moves bits and needs to understand none of them; positions (iota) have to become numbers.
  const copies = step.members.length === 0 && !step.reduction;
  const plain = copies && [...step.loads.values()].every(({ root }) => root !== undefined);
  const elementAs = (element: Element) => (plain ? rawElement(element) : element);
  const loads = [...step.loads].map(([variable, view]) => {
    const element = elementAs(view.element);
    const name = nameOf(variable);
    names.set(variable, name);
    return { name, access: accessOf({ ...view, element }, context) };
  });
  const rename = () => {
    for (const [renamed, made] of step.renames) if (names.has(made)) names.set(renamed, names.get(made)!);
  };
  const exact = new Set([...contracted(step).values()].map(({ product }) => product));
  const body = step.members.map((member) => {
    rename();
    return statementOf(member, names, exact);
  });
  rename();
  const reduced = new Set(step.reduction?.outputs);
  const stores = step.outputs
    .filter((output) => !reduced.has(output))
    .map((output) => storeOf(output, step.shape, elementAs(elementOf(output)!), names, context));
  const spec: LoopSpec = { shape: step.shape, loads, body, stores };
  return step.reduction ? reductionKernel(spec, step.reduction, names, context) : compileLoop(spec);
}

/** A sum or difference, and the product among its operands. */
export interface Contraction {
  readonly product: Instruction;
  readonly position: number;
}

/**
 * Products of f32 whose only use is one sum or difference of the loop: x·y ± z is then rounded once, as XLA's code
 * generators do inside their fusions. It is what makes results equal to JAX's where a rounding decides.
 */
export function contracted({
  members,
  renames,
  outputs,
  reduction,
}: LoopStep): ReadonlyMap<Instruction, Contraction> {
  const made = (variable: Variable): Variable => {
    let current = variable;
    for (let next = renames.get(current); next; next = renames.get(current)) current = next;
    return current;
  };
  const uses = new Map<Variable, number>();
  const read = [...members.flatMap(({ inputs }) => inputs), ...outputs, ...(reduction?.inputs ?? [])];
  for (const variable of read) uses.set(made(variable), (uses.get(made(variable)) ?? 0) + 1);
  const makers = new Map(members.map((member) => [member.outputs[0]!, member]));
  const contractions = new Map<Instruction, Contraction>();
  for (const sum of members) {
    if (sum.name !== "stablehlo.add" && sum.name !== "stablehlo.subtract") continue;
    if (elementOf(sum.outputs[0]!) !== "f32") continue;
    const position = sum.inputs.findIndex((input) => {
      const maker = makers.get(made(input));
      return maker?.name === "stablehlo.multiply" && uses.get(maker.outputs[0]!) === 1;
    });
    const product = position >= 0 ? makers.get(made(sum.inputs[position]!)) : undefined;
    if (product) contractions.set(sum, { product, position });
  }
  return contractions;
}

export function accessOf(
  { root, element, offset, strides }: View,
  context: Pick<KernelContext, "slotOf">,
): Access {
  return { slot: root && context.slotOf(root), element, offset, strides };
}

function storeOf(
  output: Variable,
  shape: readonly number[],
  element: Element,
  names: Names,
  context: KernelContext,
): Store {
  const access = { slot: context.slotOf(output), element, offset: 0, strides: stridesOf(shape) };
  return { access, value: names.get(output)! };
}

/** The type whose elements a copy may move instead: the same bits in the same storage. */
export function rawElement(element: Element): Element {
  if (element === "bf16" || element === "f16") return "ui16";
  if (bitWidth(element) > 8 || element === "i1") return element;
  return element[0] === "i" ? "i8" : "ui8";
}

/** From so many elements on, an innermost dimension that stays is worth walking in memory order. */
const worthMemoryOrder = 4;

function reductionKernel(
  spec: LoopSpec,
  reduction: Instruction,
  names: Names,
  context: KernelContext,
): Kernel {
  const { shape } = tensorType(reduction.inputs[0]!);
  const all = reducedDimensions(reduction);
  const reduced = all.filter((_, d) => shape[d] !== 1);
  const strides = resultStrides(shape, all);
  const { accumulators, combine, finish } = combinationOf(reduction, names);
  const stores = reduction.outputs.map((output, i): Store => {
    const access = { slot: context.slotOf(output), element: elementOf(output)!, offset: 0, strides };
    return { access, value: finish[i]! };
  });
  const innermost = reduced.length - 1;
  const inMemory =
    reduced.includes(true) && !reduced[innermost]! && spec.shape[innermost]! >= worthMemoryOrder;
  const kernel = compileLoop({ ...spec, reduction: { reduced, accumulators, combine, stores, inMemory } });
  if (!inMemory) return kernel;
  const fills = reduction.outputs.map((output, i) => fillKernel(output, i, spec, reduction, names, context));
  return () => {
    for (const fill of fills) fill();
    kernel();
  };
}

/** Strides of the result over the operand's dimensions that are not 1; 0 along reduced ones. */
export function resultStrides(shape: readonly number[], reduced: readonly boolean[]): number[] {
  const rowMajor = stridesOf(shape.filter((_, d) => !reduced[d]));
  let next = 0;
  return shape.map((_, d) => (reduced[d] ? 0 : rowMajor[next++]!)).filter((_, d) => shape[d] !== 1);
}

/** Writes a reduction's initial value to all of its result. */
function fillKernel(
  output: Variable,
  index: number,
  spec: LoopSpec,
  reduction: Instruction,
  names: Names,
  context: KernelContext,
): Kernel {
  const init = reduction.inputs[reduction.inputs.length / 2 + index]!;
  const name = names.get(init)!;
  const load = spec.loads.find((one) => String(one.name) === String(name))!;
  const shape = squeeze(tensorType(output).shape);
  const access = { ...load.access, strides: shape.map(() => 0) };
  const target = {
    slot: context.slotOf(output),
    element: elementOf(output)!,
    offset: 0,
    strides: stridesOf(shape),
  };
  return compileLoop({
    shape,
    loads: [{ name, access }],
    body: [],
    stores: [{ access: target, value: name }],
  });
}
