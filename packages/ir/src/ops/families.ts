/** Helpers that declare the ops of a family alike: what differs is their name, element types and kernel. */
import {
  type AttributeField,
  added,
  defineOp,
  floatsOrComplexes,
  optional,
  type TypedOp,
  tensor,
  type ValueField,
  type VhloHistory,
} from "../declare/define.ts";
import type { ValueOf } from "../declare/kinds.ts";
import type { Version } from "../declare/version.ts";
import type { TensorType } from "../model/types.ts";
import {
  type BinaryFormula,
  mapBinary,
  mapUnary,
  type UnaryFormula,
} from "../reference/kernel/elementwise.ts";
import { allCompatible, mostSpecific } from "./inference.ts";
import { resultAccuracy } from "./records.ts";

type OneTensor = ValueField<TensorType, "one">;

/** `%r = stablehlo.abs %x : tensor<4xf32>`: one type stands for operand and result. */
export const sameTypeFormat =
  "$operand attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($result))";

interface UnaryInit {
  readonly summary: string;
  readonly types: OneTensor;
  readonly evaluate: UnaryFormula;
}

type UnaryFields = { readonly operand: OneTensor };
type ResultField = { readonly result: OneTensor };

/** An element-wise function whose result has its operand's type. */
export function unary(
  name: `stablehlo.${string}`,
  { summary, types, evaluate }: UnaryInit,
): TypedOp<UnaryFields, Record<never, never>, ResultField, Record<never, never>, true> {
  return defineOp(name, {
    since: "0.9.0",
    summary,
    operands: { operand: types },
    results: { result: types },
    format: sameTypeFormat,
    infer: ({ operand }) => [operand],
    evaluate: ({ operand }) => mapUnary(evaluate, operand),
  });
}

interface TranscendentalInit {
  readonly summary: string;
  /** VHLO version of the op's first form; 0.9.0 unless told. */
  readonly since?: Version;
  /** VHLO version that brought `result_accuracy`, and with it the op's second form. */
  readonly accuracySince?: Version;
  readonly evaluate: Required<Pick<UnaryFormula, "float" | "complex">>;
}

/** Texts leave out the accuracy that is meant anyway. */
const accuracyField: AttributeField<ValueOf<typeof resultAccuracy>, false> = {
  ...optional(resultAccuracy, ({ mode }) => mode === "DEFAULT"),
  default: { atol: 0, rtol: 0, ulps: 0, mode: "DEFAULT" },
};

/** A unary function of floats and complex numbers whose accuracy can be asked for. */
export function transcendental(
  name: `stablehlo.${string}`,
  { summary, since = "0.9.0", accuracySince = "1.10.0", evaluate }: TranscendentalInit,
): TypedOp<
  UnaryFields,
  { readonly result_accuracy: typeof accuracyField },
  ResultField,
  Record<never, never>,
  true
> {
  const vhlo: VhloHistory = { versions: [since, accuracySince] };
  return defineOp(name, {
    since,
    summary,
    operands: { operand: floatsOrComplexes },
    attributes: { result_accuracy: added(accuracySince, accuracyField) },
    results: { result: floatsOrComplexes },
    format: sameTypeFormat,
    vhlo,
    constraints: {
      // Spec: "Accuracy"; only TOLERANCE reads the tolerances.
      C2: [
        "`result_accuracy` has tolerances in mode TOLERANCE only, and they are not negative",
        ({ result_accuracy }) => !result_accuracy || areTolerances(result_accuracy),
      ],
    },
    infer: ({ operand }) => [operand],
    evaluate: ({ operand }) => mapUnary(evaluate, operand),
  });
}

function areTolerances({ atol, rtol, ulps, mode }: ValueOf<typeof resultAccuracy>): boolean {
  const tolerances = [atol, rtol, ulps];
  return tolerances.every((tolerance) => tolerance === 0 || (mode === "TOLERANCE" && tolerance > 0));
}

export const binaryFormat =
  "$lhs `,` $rhs attr-dict `:` custom<SameOperandsAndResultType>(type($lhs), type($rhs), type($result))";

interface BinaryInit {
  readonly summary: string;
  readonly types?: OneTensor;
  readonly evaluate: BinaryFormula;
  readonly commutative?: boolean;
}

/** An element-wise function of two tensors of one type. */
export function binary(
  name: `stablehlo.${string}`,
  { summary, types = tensor, commutative = false, evaluate }: BinaryInit,
): TypedOp<
  { readonly lhs: OneTensor; readonly rhs: OneTensor },
  Record<never, never>,
  ResultField,
  Record<never, never>,
  true
> {
  return defineOp(name, {
    since: "0.9.0",
    summary,
    commutative,
    operands: { lhs: types, rhs: types },
    results: { result: types },
    format: binaryFormat,
    constraints: {
      C1: [
        "`lhs`, `rhs` and `result` have the same type",
        ({ lhs, rhs, result }) => allCompatible(lhs, rhs, result),
      ],
    },
    infer: ({ lhs, rhs }) => [mostSpecific(lhs, rhs)],
    evaluate: ({ lhs, rhs }) => mapBinary(evaluate, lhs, rhs),
  });
}
