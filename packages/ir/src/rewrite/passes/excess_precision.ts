/**
 * Where XLA:CPU keeps more than bf16. It computes in f32 what the program computes in bf16, in f16 what it computes in
 * f8, and rounds after each operation (openxla/xla, float_normalization.cc); but a conversion to that wider type which
 * directly follows takes the number as it was before rounding (`ChangeOutputTypeThenInsertConvertBack`, under
 * `xla_allow_excess_precision`). Nothing else is dropped: not between two operations of bf16, not across a reshape, a
 * broadcast, a branch or a loop, not of f16.
 */
import {
  append,
  type Block,
  createOperation,
  definingOperation,
  type Module,
  type Operation,
  type Value,
  walk,
} from "../../model/operation.ts";
import { type Element, type ElementType, sameShape, type TensorType } from "../../model/types.ts";
import type { DotDimensionNumbers } from "../../ops/dot.ts";
import { chlo, definitionOf, stablehlo } from "../../ops/index.ts";
import { Builder } from "../builder.ts";
import { removeUnused } from "../driver.ts";
import { substitute } from "../inline.ts";
import { attr } from "../rule.ts";
import { inlineCalls } from "./inline.ts";

/** Conversions to a wider float take results before they are rounded, where XLA:CPU does so. */
export function excessPrecision(module: Module): Module {
  if (!hasWidening(module)) return module;
  // XLA has no calls left when it gets there: a callee's result meets the caller's conversion.
  const inlined = inlineCalls(module);
  walk(inlined.operation, ({ regions }) => {
    for (const block of regions.flatMap(({ blocks }) => blocks)) widenBlock(block);
  });
  return removeUnused(inlined);
}

/** In which type XLA:CPU computes what is of a narrow one (cpu_compiler.cc, `FloatSupport`). */
const wider: ReadonlyMap<unknown, Element> = new Map<Element, Element>([
  ["bf16", "f32"],
  ["f8E8M0FNU", "f32"],
  ["f8E5M2", "f16"],
  ["f8E4M3", "f16"],
  ["f8E4M3FN", "f16"],
  ["f8E4M3B11FNUZ", "f16"],
  ["f8E5M2FNUZ", "f16"],
  ["f8E4M3FNUZ", "f16"],
  ["f8E3M4", "f16"],
  ["f4E2M1FN", "f16"],
]);

/** The wider type of the value's elements. */
const widerOf = ({ type }: Value): Element | undefined =>
  type.kind === "tensor" ? wider.get(type.element) : undefined;

const isWidening = ({ name, operands, results }: Operation): boolean =>
  name === stablehlo.convert.name &&
  widerOf(operands[0]!) !== undefined &&
  (results[0]!.type as TensorType).element === widerOf(operands[0]!);

function hasWidening(module: Module): boolean {
  let found = false;
  walk(module.operation, (operation) => {
    found ||= isWidening(operation);
  });
  return found;
}

function widenBlock(block: Block): void {
  const wanted = new Set<Operation>();
  for (const operation of block.operations) {
    const source = isWidening(operation) ? definingOperation(operation.operands[0]!) : undefined;
    if (source?.parent === block && computesWider(source)) wanted.add(source);
  }
  if (wanted.size === 0) return;
  const replaced = new Map<Value, Value>();
  /** Results before rounding, by what they are rounded to. */
  const exact = new Map<Value, Value>();
  const old = block.operations;
  block.operations = [];
  for (const operation of old) {
    substitute([operation], replaced);
    const known = isWidening(operation) ? exact.get(operation.operands[0]!) : undefined;
    if (known) replaced.set(operation.results[0]!, known);
    else if (wanted.has(operation)) {
      const builder = new Builder(block, operation.location);
      const computed = inWider(operation, builder);
      const rounded = converted(builder, computed, (operation.results[0]!.type as TensorType).element);
      exact.set(rounded, computed);
      replaced.set(operation.results[0]!, rounded);
    } else append(block, operation);
  }
}

/** Products take bf16 and give f32, which backends may have a kernel for; element-wise operations have one type. */
function inWider({ name, operands, results, attributes, location }: Operation, builder: Builder): Value {
  const wide = contractions.has(name)
    ? operands
    : operands.map((value) => {
        const element = widerOf(value);
        return element ? converted(builder, value, element) : value;
      });
  const type: TensorType = { ...(results[0]!.type as TensorType), element: widerOf(results[0]!)! };
  const init = { operands: wide, results: [type], attributes, location };
  return append(builder.block, createOperation(name, init)).results[0]!;
}

function converted(builder: Builder, value: Value, element: ElementType): Value {
  const type: TensorType = { ...(value.type as TensorType), element };
  return builder.value(stablehlo.convert, [value], {}, { results: [type] });
}

// What XLA computes in the wider type -----------------------------------------------------------------------------

/** Functions of CHLO that are operations of HLO too; the others become arithmetic before, each step of it rounded. */
const functions: ReadonlySet<string> = new Set(
  [chlo.square, chlo.erf, chlo.tan, chlo.acosh].map(({ name }) => name),
);

const contractions: ReadonlySet<string> = new Set([stablehlo.dotGeneral.name, stablehlo.convolution.name]);

function computesWider(operation: Operation): boolean {
  const [result, ...more] = operation.results;
  if (!result || more.length > 0) return false;
  const type = result.type as TensorType;
  if (!contractions.has(operation.name)) return isElementWise(operation, type);
  return type.element === "bf16" && (operation.name !== stablehlo.dotGeneral.name || isCanonical(operation));
}

/** By its declaration it computes on numbers, and its operands are shaped like its result; bounds of clamp are scalars. */
function isElementWise({ name, operands }: Operation, { shape }: TensorType): boolean {
  const computes = name.startsWith("chlo.")
    ? functions.has(name)
    : name !== stablehlo.convert.name && definitionOf(name)?.quantized === "expressed";
  return (
    computes &&
    operands.every(
      ({ type }) => type.kind === "tensor" && (type.shape.length === 0 || sameShape(type.shape, shape)),
    )
  );
}

/**
 * A product of matrices, or of stacks of them. XLA makes others so (dot_decomposer.cc), or without stacks of one
 * (batch_dot_simplification.cc), and the reshape that this adds stands between the product and the conversion.
 */
function isCanonical(operation: Operation): boolean {
  const numbers = attr<DotDimensionNumbers>(stablehlo.dotGeneral, operation, "dot_dimension_numbers");
  const { lhs_batching_dimensions: left, rhs_batching_dimensions: right } = numbers;
  const shapes = operation.operands.map(({ type }) => (type as TensorType).shape);
  const leads = (batch: readonly number[]) => batch.every((dimension, i) => dimension === i);
  return (
    numbers.lhs_contracting_dimensions.length === 1 &&
    shapes.every(({ length }) => length <= left.length + 2) &&
    leads(left) &&
    leads(right) &&
    left.every((dimension) => shapes[0]![dimension] !== 1)
  );
}
