/**
 * Where XLA:CPU is no measure, each with its reason: programs that hold such an operation are refused, so that what is
 * compared is compared in full. Found by running generated programs beside the reference evaluator.
 */
import type { Missing } from "@hloom/backend";
import {
  bitWidth,
  type ElementType,
  isComplex,
  isElement,
  isFloat,
  isInteger,
  locationText,
  type Module,
  type Operation,
  type TensorType,
  walk,
} from "@hloom/ir";

interface Limit {
  readonly on: RegExp;
  readonly reason: string;
  readonly when: (operation: Operation) => boolean;
}

const typeOf = (operation: Operation, index = 0) => operation.operands[index]?.type as TensorType;
const elementOf = (operation: Operation, index = 0): ElementType | undefined =>
  typeOf(operation, index)?.element;
const isWhole = (operation: Operation) => isInteger(elementOf(operation) ?? "f32");
const isNarrow = (operation: Operation) => {
  const element = elementOf(operation) ?? "f32";
  return isElement(element) && bitWidth(element) <= 8 && isFloat(element);
};
const kindOf = (element: ElementType | undefined) =>
  [isInteger, isFloat, isComplex].findIndex((is) => is(element ?? "f32"));
const hasNoFraction = ({ attributes: { mantissa_bits: bits } }: Operation) =>
  bits?.kind === "integer" && bits.value === 0n;
const always = () => true;

const limits: readonly Limit[] = [
  {
    on: /^stablehlo\.reduce$/,
    reason: "a reduction over no dimension is its input, without the initial value",
    when: ({ attributes }) =>
      attributes.dimensions?.kind === "denseArray" && attributes.dimensions.values.length === 0,
  },
  {
    on: /^stablehlo\.(reduce_window|select_and_scatter)$/,
    reason: "a window over a scalar is the scalar, without the initial value, or ends the process",
    when: (operation) => typeOf(operation).shape.length === 0,
  },
  {
    on: /^stablehlo\.(reduce|reduce_window|scatter|select_and_scatter)$/,
    reason: "elements are not promoted to those of the body",
    when: (operation) => {
      const [first] = operation.regions.at(-1)!.blocks[0]!.arguments;
      return (first!.type as TensorType).element !== elementOf(operation);
    },
  },
  {
    on: /^stablehlo\.(convolution|dynamic_conv)$/,
    reason: "integers saturate in a convolution",
    when: isWhole,
  },
  { on: /^(stablehlo|chlo)\.(broadcast_)?power$/, reason: "zero to a negative integer is -1", when: isWhole },
  {
    on: /^stablehlo\.(dot|dot_general|convolution|einsum)$/,
    reason: "operands are converted to elements of another kind before the product",
    when: (operation) =>
      new Set(
        [
          elementOf(operation),
          elementOf(operation, 1),
          (operation.results[0]!.type as TensorType).element,
        ].map(kindOf),
      ).size > 1,
  },
  { on: /^chlo\./, reason: "functions of narrow floats are rounded in between", when: isNarrow },
  {
    on: /^chlo\.(broadcast_)?(zeta|polygamma)$/,
    reason: "powers overflow in between, which gives NaN for large arguments",
    when: always,
  },
  {
    on: /^chlo\.sinh$/,
    reason: "exponentials cancel near zero",
    when: (operation) => isComplex(elementOf(operation)!),
  },
  {
    on: /^chlo\.mulhi$/,
    reason: "the upper half of a product of 4 bits is lost",
    when: (operation) => /^u?i[24]$/.test(String(elementOf(operation))),
  },
  {
    on: /^chlo\.broadcast_(add|subtract|multiply)$/,
    reason: "constants of i1 are folded modulo 2",
    when: (operation) => elementOf(operation) === "i1",
  },
  {
    on: /^chlo\.top_k$/,
    reason: "is_stable is newer than its parser",
    when: ({ attributes }) => "is_stable" in attributes,
  },
  { on: /^chlo\.ragged_dot$/, reason: "it has no code for it", when: always },
  {
    on: /^stablehlo\.(collective_(broadcast|reduce)|unary_einsum)$/,
    reason: "it has no code for it",
    when: always,
  },
  { on: /^stablehlo\.async_(start|done)$/, reason: "it has no code for it", when: always },
  {
    on: /^stablehlo\.(tan|cbrt)$/,
    reason: "it has no code for complex numbers",
    when: (operation) => isComplex(elementOf(operation)!),
  },
  {
    on: /^stablehlo\.reduce_precision$/,
    reason: "narrow floats are rounded twice, and infinity without fraction bits is NaN",
    when: (operation) => isNarrow(operation) || hasNoFraction(operation),
  },
  {
    on: /^stablehlo\.(popcnt|count_leading_zeros)$/,
    reason: "bits beyond the 4 are counted",
    when: (operation) => /^u?i[24]$/.test(String(elementOf(operation))),
  },
];

/** What XLA:CPU would compute otherwise than StableHLO says, with the places. */
export function beyondLimits(module: Module): Missing[] {
  const missing: Missing[] = [];
  walk(module.operation, (operation) => {
    const { name: op, location } = operation;
    for (const { on, reason, when } of limits)
      if (on.test(op) && when(operation)) missing.push({ op, reason, location: locationText(location) });
  });
  return missing;
}
