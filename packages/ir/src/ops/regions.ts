/** Types of regions, for constraints and inference of the ops that have them. */
import type { Verdict } from "../declare/define.ts";
import type { Region } from "../model/operation.ts";
import {
  bitWidth,
  type ElementType,
  isComplex,
  isElement,
  isFloat,
  isInteger,
  isQuantized,
  sameElement,
  sameType,
  type TensorType,
  type Type,
} from "../model/types.ts";
import {
  compatible,
  compatibleDimension,
  compatibleElement,
  compatibleShape,
  leastSpecific,
} from "./inference.ts";

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

/** Spec: "Type inference": tensors agree up to what is not known of their shapes, other types are the same. */
export function compatibleType(a: Type, b: Type): boolean {
  if (a.kind === "tensor" && b.kind === "tensor") return compatible(a, b);
  const shaped = isShaped(a) && isShaped(b);
  if (shaped && (a.kind === "unranked" || b.kind === "unranked"))
    return compatibleElement(a.element, b.element);
  return sameType(a, b);
}

function isShaped(type: Type): type is Type & { readonly element: ElementType } {
  return type.kind === "tensor" || type.kind === "unranked" || type.kind === "memref";
}

/** What holds of every branch: of sizes that differ only the larger bound. */
export function leastSpecificType(branches: readonly (readonly Type[])[]): readonly Type[] {
  const [first = []] = branches;
  return first.map((type, i) => {
    const types = branches.flatMap((branch) => branch[i] ?? []);
    return types.every((each) => each.kind === "tensor") ? leastSpecific(...types) : type;
  });
}

/** Whether an element may become another of its kind, at least as wide; floats of any width where that is ignored. */
export function isPromotable(from: ElementType, to: ElementType, ignoreWidthOfFloats = false): boolean {
  if (isQuantized(from) && isQuantized(to))
    return from.expressed === to.expressed && bitWidth(from.storage) <= bitWidth(to.storage);
  if (!isElement(from) || !isElement(to)) return from === to;
  const sameKind = [isInteger, isFloat, isComplex].some((kind) => kind(from) && kind(to));
  return sameKind && ((ignoreWidthOfFloats && isFloat(from)) || bitWidth(from) <= bitWidth(to));
}

/** What a fold works on: its inputs, where it starts, and the shape that the arguments of its region may have. */
interface Fold {
  readonly inputs: readonly TensorType[];
  /** Scalars of the inputs unless told. */
  readonly inits?: readonly TensorType[];
  readonly allowed?: readonly number[];
}

/**
 * Whether `region` folds: `(E0, …, EN-1, E0, …, EN-1) -> (E0, …, EN-1)`, where each element may be promoted to Ei (spec:
 * reduce C6, reduce_window C13, scatter C23). Ei are scalars, or, which StableHLO lets pass, slices of the inputs.
 */
export function foldsWith(region: Region, { inputs, inits, allowed = [] }: Fold): Verdict {
  const outputs = regionOutputs(region);
  const parameters = regionInputs(region);
  const count = inputs.length;
  if (parameters.length !== 2 * count)
    return `the region takes ${parameters.length} arguments instead of ${2 * count}`;
  if (outputs.length !== count) return `the region returns ${outputs.length} values instead of ${count}`;
  for (const [i, input] of inputs.entries()) {
    const [output, accumulator, value] = [outputs[i]!, parameters[i]!, parameters[count + i]!];
    if (output.kind !== "tensor") return `result #${i} of the region is no tensor`;
    if (
      accumulator.kind !== "tensor" ||
      !compatibleShape(accumulator, output) ||
      !sameElement(accumulator.element, output.element)
    )
      return `argument #${i} of the region differs from its result #${i}`;
    if (value.kind !== "tensor" || !compatibleShape(value, output) || !alike(value.element, output.element))
      return `argument #${count + i} of the region differs from its result #${i}`;
    const init = inits?.[i] ?? scalarOf(input);
    if (!compatibleShape(init, output))
      return `result #${i} of the region has not the shape of its init value`;
    if (!isPromotable(init.element, output.element, true))
      return `the element type of an init value cannot be promoted to that of result #${i} of the region`;
    if (!isPromotable(input.element, value.element, true))
      return `the element type of an input cannot be promoted to that of argument #${count + i} of the region`;
    if (!isSubshape(value.shape, allowed))
      return `argument #${count + i} of the region has dimensions that its input has not`;
  }
  return true;
}

/** The same element types; floats may differ in width. */
export function alike(a: ElementType, b: ElementType): boolean {
  return (isFloat(a) && isFloat(b)) || sameElement(a, b);
}

/** Whether the sizes appear in `whole` in this order. */
function isSubshape(sizes: readonly number[], whole: readonly number[]): boolean {
  let found = 0;
  for (const size of whole) if (found < sizes.length && compatibleDimension(size, sizes[found]!)) found++;
  return found === sizes.length;
}

/** Whether `region` compares pairs of elements: `(E0, E0, …, EN-1, EN-1) -> i1`, all scalars. */
export function comparesWith(
  region: Region,
  inputs: readonly TensorType[],
  same: (a: ElementType, b: ElementType) => boolean = sameElement,
): Verdict {
  const outputs = regionOutputs(region);
  const parameters = regionInputs(region);
  const elements = inputs.flatMap(({ element }) => [element, element]);
  if (parameters.length !== elements.length)
    return `the region takes ${parameters.length} arguments instead of ${elements.length}`;
  const wrong = parameters.findIndex(
    (type, i) => type.kind !== "tensor" || type.shape.length > 0 || !same(type.element, elements[i]!),
  );
  if (wrong >= 0) return `argument #${wrong} of the region is no scalar of its input`;
  if (outputs.length !== 1) return `the region returns ${outputs.length} values instead of 1`;
  return isScalarPredicate(outputs[0]) || "the region does not return a scalar of i1";
}

export function isScalarPredicate(type: Type | undefined): boolean {
  return type?.kind === "tensor" && type.element === "i1" && type.shape.length === 0;
}

const scalarOf = ({ element }: TensorType): TensorType => ({ kind: "tensor", shape: [], element });

/** Arguments of a region that takes one element of each tensor. */
export function elementArguments(types: readonly TensorType[]): readonly TensorType[] {
  return types.map(scalarOf);
}

/** Arguments of a region that folds elements of the tensors: what is folded so far, then one more element of each. */
export function reducerArguments(types: readonly TensorType[]): readonly TensorType[] {
  return [...types.map(scalarOf), ...types.map(scalarOf)];
}

/** Arguments of a region that compares two elements of each tensor. */
export function comparatorArguments(types: readonly TensorType[]): readonly TensorType[] {
  return types.flatMap((type) => [scalarOf(type), scalarOf(type)]);
}

/** Whether any element is an integer type; `index` counts. */
export function isIndexElement(element: ElementType): boolean {
  return (
    isInteger(element) ||
    (typeof element === "object" && element.kind === "foreign" && element.text === "index")
  );
}
