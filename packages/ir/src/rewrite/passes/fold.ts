/** What can be known before running: operations on constants, and operations that change nothing. */
import { attributeValues } from "../../declare/view.ts";
import { bodyOf, definingOperation, type Operation, type Value } from "../../model/operation.ts";
import { DYNAMIC, isInteger, sameType, type TensorType } from "../../model/types.ts";
import { hasEffects } from "../../ops/effects.ts";
import { definitionOf, stablehlo } from "../../ops/index.ts";
import { evaluateOp } from "../../reference/evaluate.ts";
import { isTensor, type Tensor, tensorOf } from "../../reference/tensor.ts";
import { constantOf, emitConstant, isSmallTensor } from "../constants.ts";
import { inlineBlock } from "../inline.ts";
import type { Rule } from "../rule.ts";

const constantName = stablehlo.constant.name;

/** Pure operations on tensors whose meaning is known; calls and regions are left to other rules. */
const isFoldable = new Set(
  Object.values(stablehlo)
    .filter(
      ({ evaluate, regions, results, effects, name }) =>
        evaluate && regions.length === 0 && results.length > 0 && !effects && name !== constantName,
    )
    .map(({ name }) => name),
);

const valuesOf = <T>(operation: Operation) => attributeValues(definitionOf(operation.name)!, operation) as T;

/** Results of an operation that is known before running: its operands are constants, or it asks for a known size. */
export function knownResults(operation: Operation): readonly Tensor[] | undefined {
  if (operation.name === stablehlo.getDimensionSize.name) return knownSize(operation);
  if (!isFoldable.has(operation.name) || makesFromNothing(operation) || hasEffects(operation))
    return undefined;
  if (!operation.results.every(({ type }) => isSmallTensor(type))) return undefined;
  const operands: Tensor[] = [];
  for (const value of operation.operands) {
    const tensor = constantOf(value);
    if (!tensor) return undefined;
    operands.push(tensor);
  }
  try {
    const results = evaluateOp(operation, operands);
    return results.every(isTensor) ? results : undefined;
  } catch {
    // Without a meaning here, such as an unknown custom call, it stays as it is.
    return undefined;
  }
}

/** Whether the operation is as short as its value would be. */
function makesFromNothing({ name, operands }: Operation): boolean {
  return operands.length === 0 || name === stablehlo.dynamicIota.name;
}

function knownSize(operation: Operation): readonly Tensor[] | undefined {
  const { type } = operation.operands[0]!;
  const { dimension } = valuesOf<{ dimension: number }>(operation);
  const size = type.kind === "tensor" ? type.shape[dimension] : undefined;
  return size === undefined || size === DYNAMIC ? undefined : [tensorOf([], "i32", Int32Array.of(size))];
}

const constants: Rule<readonly Tensor[]> = {
  name: "fold-constants",
  why: "Its operands are known, so its results are.",
  on: [...isFoldable],
  match: knownResults,
  emit: (results, builder, operation) =>
    results.map((tensor, i) => emitConstant(builder, tensor, operation.results[i]!.type)),
};

/** A rule that replaces an operation by one of its operands. */
function same(
  name: string,
  why: string,
  on: readonly string[],
  pick: (operation: Operation) => Value | undefined,
): Rule {
  const rule: Rule<Value> = {
    name,
    why,
    on,
    match: (operation) => {
      const value = pick(operation);
      return value && sameType(value.type, operation.results[0]!.type) ? value : undefined;
    },
    emit: (value) => [value],
  };
  return rule as Rule;
}

/** Whether `value` is an integer constant all of whose elements are `expected`: on floats x + 0 loses the sign of -0. */
function isIntegerSplat(value: Value | undefined, expected: number): boolean {
  const operation = value && definingOperation(value);
  if (operation?.name !== constantName || value?.type.kind !== "tensor" || !isInteger(value.type.element))
    return false;
  const dense = operation.attributes.value;
  if (dense?.kind !== "dense" || !dense.splat) return false;
  return dense.data.every((byte, i) => byte === (i === 0 ? expected : 0));
}

/** The other operand of a commutative operation with its neutral element. */
const otherThan = (neutral: number) => (operation: Operation) => {
  const [lhs, rhs] = operation.operands;
  if (isIntegerSplat(rhs, neutral)) return lhs;
  return isIntegerSplat(lhs, neutral) ? rhs : undefined;
};

const isCounting = (values: readonly number[]) => values.every((value, i) => value === i);
const areAll = (values: readonly number[] | undefined, expected: number) =>
  !values || values.every((v) => v === expected);

const identities: readonly Rule[] = [
  same("add-zero", "x + 0 is x.", [stablehlo.add.name, stablehlo.or.name, stablehlo.xor.name], otherThan(0)),
  same("multiply-one", "x · 1 is x.", [stablehlo.multiply.name], otherThan(1)),
  same("subtract-zero", "x - 0 is x.", [stablehlo.subtract.name], (operation) =>
    isIntegerSplat(operation.operands[1], 0) ? operation.operands[0] : undefined,
  ),
  same(
    "convert-same",
    "A conversion to the same type.",
    [stablehlo.convert.name],
    (operation) => operation.operands[0],
  ),
  same(
    "reshape-same",
    "A reshape to the same shape.",
    [stablehlo.reshape.name],
    (operation) => operation.operands[0],
  ),
  same("transpose-same", "A permutation that moves nothing.", [stablehlo.transpose.name], (operation) =>
    isCounting(valuesOf<{ permutation: readonly number[] }>(operation).permutation)
      ? operation.operands[0]
      : undefined,
  ),
  same("broadcast-same", "A broadcast to the same shape.", [stablehlo.broadcastInDim.name], (operation) => {
    const { broadcast_dimensions } = valuesOf<{ broadcast_dimensions: readonly number[] }>(operation);
    return isCounting(broadcast_dimensions) ? operation.operands[0] : undefined;
  }),
  same("slice-all", "A slice of everything.", [stablehlo.slice.name], (operation) =>
    areAll(valuesOf<{ strides?: readonly number[] }>(operation).strides, 1)
      ? operation.operands[0]
      : undefined,
  ),
  same("concatenate-one", "Nothing to join.", [stablehlo.concatenate.name], (operation) =>
    operation.operands.length === 1 ? operation.operands[0] : undefined,
  ),
  same("reverse-none", "No dimension is reversed.", [stablehlo.reverse.name], (operation) =>
    valuesOf<{ dimensions: readonly number[] }>(operation).dimensions.length === 0
      ? operation.operands[0]
      : undefined,
  ),
  same("pad-none", "Nothing is added.", [stablehlo.pad.name], (operation) => {
    const values =
      valuesOf<Record<"edge_padding_low" | "edge_padding_high" | "interior_padding", readonly number[]>>(
        operation,
      );
    const none = [values.edge_padding_low, values.edge_padding_high, values.interior_padding].every((v) =>
      areAll(v, 0),
    );
    return none ? operation.operands[0] : undefined;
  }),
  same("select-same", "Both sides are one value.", [stablehlo.select.name], (operation) =>
    operation.operands[1] === operation.operands[2] ? operation.operands[1] : undefined,
  ),
];

const reshapeOfReshape: Rule<Value> = {
  name: "reshape-of-reshape",
  why: "Only the last shape counts.",
  on: [stablehlo.reshape.name],
  match: (operation) => {
    const inner = definingOperation(operation.operands[0]!);
    return inner?.name === stablehlo.reshape.name ? inner.operands[0] : undefined;
  },
  emit: (source, builder, operation) =>
    builder.emit(stablehlo.reshape, [source], {}, { results: [operation.results[0]!.type as TensorType] }),
};

const transposeOfTranspose: Rule<Operation> = {
  name: "transpose-of-transpose",
  why: "Two permutations are one.",
  on: [stablehlo.transpose.name],
  match: (operation) => {
    const inner = definingOperation(operation.operands[0]!);
    return inner?.name === stablehlo.transpose.name ? inner : undefined;
  },
  emit: (inner, builder, operation) => {
    const [first, second] = [inner, operation].map(
      (o) => valuesOf<{ permutation: readonly number[] }>(o).permutation,
    );
    const permutation = second!.map((d) => first![d]!);
    return builder.emit(
      stablehlo.transpose,
      inner.operands,
      { permutation },
      { results: [operation.results[0]!.type] },
    );
  },
};

/** A branch that is known before running. */
const knownBranch: Rule<number> = {
  name: "known-branch",
  why: "The index is a constant, so only one branch can run.",
  on: [stablehlo.caseOp.name, stablehlo.ifOp.name],
  match: (operation) => {
    const index = constantOf(operation.operands[0]!);
    if (!index) return undefined;
    const value = Number(index.data[0]);
    const last = operation.regions.length - 1;
    const isIf = operation.name === stablehlo.ifOp.name;
    const branch = isIf ? (value !== 0 ? 0 : 1) : value < 0 || value > last ? last : value;
    // Branches may differ in what they say of sizes; one that says less does not take the place of the whole.
    const { operands } = bodyOf(operation.regions[branch]!).operations.at(-1)!;
    return operands.every(({ type }, i) => sameType(type, operation.results[i]!.type)) ? branch : undefined;
  },
  emit: (branch, builder, operation) => inlineBlock(builder, bodyOf(operation.regions[branch]!), []),
};

export const folds: readonly Rule[] = [
  constants,
  ...identities,
  reshapeOfReshape,
  transposeOfTranspose,
  knownBranch,
] as Rule[];
