/** Types of regions, for constraints and inference of the ops that have them. */
import type { Region } from "../model/operation.ts";
import {
  bitWidth,
  DYNAMIC,
  type ElementType,
  isComplex,
  isElement,
  isFloat,
  isInteger,
  isQuantized,
  isSigned,
  isUnsigned,
  sameType,
  type TensorType,
  type Type,
} from "../model/types.ts";
import { compatible, compatibleElement, compatibleShape } from "./inference.ts";

/** Types of the arguments of a region's block. */
export function regionInputs(region: Region): readonly Type[] {
  return region.blocks[0]?.arguments.map((argument) => argument.type) ?? [];
}

/** Types that a region returns. */
export function regionOutputs(region: Region): readonly Type[] {
  return region.blocks[0]?.operations.at(-1)?.operands.map((operand) => operand.type) ?? [];
}

/** Element type of one result of a region; the fallback when the region has no such tensor, which a constraint reports. */
export function outputElement(region: Region, index: number, fallback: ElementType): ElementType {
  const type = regionOutputs(region)[index];
  return type?.kind === "tensor" ? type.element : fallback;
}

export function compatibleTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, i) => compatibleType(type, b[i]!));
}

export function compatibleType(a: Type, b: Type): boolean {
  return a.kind === "tensor" && b.kind === "tensor" ? compatible(a, b) : sameType(a, b);
}

/** What holds of every branch: a dimension that differs between branches is dynamic. */
export function leastSpecificType(branches: readonly (readonly Type[])[]): readonly Type[] {
  const [first = [], ...others] = branches;
  return first.map((type, i) => {
    if (type.kind !== "tensor") return type;
    const shape = type.shape.map((dimension, d) => {
      const agreed = others.every((other) => {
        const counterpart = other[i];
        return counterpart?.kind === "tensor" && counterpart.shape[d] === dimension;
      });
      return agreed ? dimension : DYNAMIC;
    });
    return { ...type, shape };
  });
}

/** Spec: `is_promotable`: the same kind of numbers, at least as wide. */
export function isPromotable(from: ElementType, to: ElementType): boolean {
  if (isQuantized(from) && isQuantized(to)) {
    return compatibleElement(from, to) || isPromotable(from.expressed, to.expressed);
  }
  if (!isElement(from) || !isElement(to)) return false;
  const sameKind = [isSigned, isUnsigned, isFloat, isComplex].some((kind) => kind(from) && kind(to));
  return from === to || (sameKind && bitWidth(from) <= bitWidth(to));
}

/**
 * Whether `region` folds tensors of the given elements: `(E0, …, EN-1, E0, …, EN-1) -> (E0, …, EN-1)`, where each
 * element may be promoted to Ei (spec: reduce C6, reduce_window C13, scatter C23). All are scalars, or else, which
 * StableHLO lets pass, of the shapes of the init values.
 */
export function isReducer(
  region: Region,
  inputs: readonly TensorType[],
  initValues?: readonly TensorType[],
): boolean {
  const outputs = regionOutputs(region);
  const parameters = regionInputs(region);
  if (outputs.length !== inputs.length || parameters.length !== 2 * inputs.length) return false;
  return inputs.every((input, i) => {
    const output = outputs[i]!;
    const [accumulator, value] = [parameters[i]!, parameters[inputs.length + i]!];
    if (output.kind !== "tensor" || !isPromotable(input.element, output.element)) return false;
    const init = initValues?.[i] ?? { kind: "tensor", shape: [], element: output.element };
    return (
      compatibleShape(output, init) && compatibleType(accumulator, output) && compatibleType(value, output)
    );
  });
}

/** Whether `region` compares pairs of elements: `(E0, E0, …, EN-1, EN-1) -> i1`, all scalars. */
export function isComparator(region: Region, inputs: readonly TensorType[]): boolean {
  const [result, ...more] = regionOutputs(region);
  const parameters = regionInputs(region);
  const scalars = inputs.flatMap(({ element }) => [element, element]);
  return (
    more.length === 0 &&
    result?.kind === "tensor" &&
    result.element === "i1" &&
    result.shape.length === 0 &&
    parameters.length === scalars.length &&
    parameters.every(
      (type, i) =>
        type.kind === "tensor" && !type.shape.length && compatibleElement(type.element, scalars[i]!),
    )
  );
}

/** Whether any element is an integer type; `index` counts. */
export function isIndexElement(element: ElementType): boolean {
  return (
    isInteger(element) ||
    (typeof element === "object" && element.kind === "foreign" && element.text === "index")
  );
}
