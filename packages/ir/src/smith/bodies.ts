/** Bodies of regions whose arguments the operands say: they fold two elements, map one, or choose between values. */
import type { NamedField, OpDefinition, RegionField } from "../declare/define.ts";
import type { Region, Value } from "../model/operation.ts";
import { isComplex, isElement, isFloat, type TensorType, type Type } from "../model/types.ts";
import { stablehlo } from "../ops/index.ts";
import type { Scope } from "./scope.ts";
import { isSame } from "./values.ts";

/** What bodies are made of that run for every element. */
const elementwise: readonly OpDefinition[] = [
  stablehlo.add,
  stablehlo.subtract,
  stablehlo.multiply,
  stablehlo.maximum,
  stablehlo.minimum,
  stablehlo.negate,
  stablehlo.abs,
  stablehlo.sign,
  stablehlo.compare,
  stablehlo.select,
  stablehlo.convert,
  stablehlo.and,
  stablehlo.xor,
  stablehlo.not,
  stablehlo.clamp,
];

/** A body by the number of its arguments: an even number folds, an odd one maps. */
export function guessedBody(scope: Scope, types: readonly Type[], { name }: NamedField<RegionField>): Region {
  if (name === "select") return comparing(scope, types);
  return scope.region(
    types,
    (inner) => {
      for (let i = inner.draws.below(3); i > 0; i--) inner.step();
      const tensors = types.filter((type): type is TensorType => type.kind === "tensor");
      const folds = tensors.length > 0 && tensors.length % 2 === 0;
      const wanted = folds ? tensors.slice(0, tensors.length / 2) : tensors.slice(0, 1);
      return wanted.map((type, i) => (folds ? folded(inner, i, tensors.length / 2) : inner.valueOf(type)));
    },
    { ops: elementwise },
  );
}

/**
 * The `i`-th argument folded with its partner, in an order that matters little: folds may be regrouped, and what
 * depends on how is the implementation's.
 */
function folded(inner: Scope, i: number, count: number): Value {
  const [own, other] = [inner.block.arguments[i]!, inner.block.arguments[i + count]!];
  const { element } = own.type as TensorType;
  const isNumber = isElement(element) && !isComplex(element);
  const folds = isNumber ? [stablehlo.add, stablehlo.maximum, stablehlo.minimum] : [stablehlo.add];
  const value =
    isSame(other.type, own.type as TensorType) && inner.add(inner.draws.pick(folds), [own, other]);
  return value ? value[0]! : own;
}

/** Whether the first argument comes before, or is at least, the second. */
function comparing(scope: Scope, types: readonly Type[]): Region {
  return scope.region(types, (inner) => {
    const comparison_direction = inner.draws.pick(["GE", "LE", "GT", "LT"]);
    return inner.add(stablehlo.compare, [...inner.block.arguments, { comparison_direction }])!;
  });
}

/** A comparator that orders by its first pair of arguments, perhaps downwards, and perhaps then by the second pair. */
export function comparator(scope: Scope, types: readonly Type[]): Region {
  return scope.region(types, (inner) => {
    const [a, b, c, d] = inner.block.arguments;
    const compared = (x: Value, y: Value, comparison_direction: string) => {
      const { element } = x.type as TensorType;
      // A total order, whatever NaNs there are.
      const total = isFloat(element) && { compare_type: "TOTALORDER" };
      return inner.add(stablehlo.compare, [x, y, { comparison_direction, ...total }])![0]!;
    };
    const less = compared(a!, b!, inner.draws.pick(["LT", "GT"]));
    const isLast = !c || isComplex((c.type as TensorType).element);
    if (isLast || inner.draws.chance(0.5)) return [less];
    const tie = inner.add(stablehlo.and, [compared(a!, b!, "EQ"), compared(c, d!, "LT")])!;
    return inner.add(stablehlo.or, [less, tie[0]])!;
  });
}
