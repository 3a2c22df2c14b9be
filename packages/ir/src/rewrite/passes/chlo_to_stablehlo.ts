/** Every operation of CHLO in terms of StableHLO's, for whatever runs StableHLO and nothing else. */
import type { OpDefinition } from "../../declare/define.ts";
import type { Attribute, DenseAttribute } from "../../model/attributes.ts";
import type { Operation, Value } from "../../model/operation.ts";
import { bytesPerElement } from "../../model/storage.ts";
import {
  bitWidth,
  DYNAMIC,
  type Element,
  isComplex,
  isElement,
  isFloat,
  type TensorType,
  tensor,
} from "../../model/types.ts";
import { chlo, definitionOf, stablehlo } from "../../ops/index.ts";
import type { Builder } from "../builder.ts";
import { shapeOf } from "../constants.ts";
import { multiplyHigh, nextAfter } from "../expand/bits.ts";
import { broadcastOperands } from "../expand/broadcast.ts";
import * as complex from "../expand/complex.ts";
import * as complexInverse from "../expand/complex_inverse.ts";
import { erf, erfc, erfInverse } from "../expand/error_function.ts";
import { besselI1e, digamma, logGamma, polygamma, zeta } from "../expand/gamma.ts";
import * as real from "../expand/inverse.ts";
import { keepsCarries, raggedDot, scan, topK } from "../expand/structure.ts";
import { Formula, inWorkPrecision } from "../formula.ts";
import { attr, type Rule } from "../rule.ts";
import { ofParts } from "./complex_math.ts";

type RealFormula = (f: Formula, ...values: Value[]) => Value;

interface Expansion {
  readonly definition: OpDefinition;
  readonly why: string;
  /** Whether the expansion is one for these types; always, unless told. */
  readonly fits?: (operation: Operation) => boolean;
  readonly emit: (builder: Builder, operation: Operation) => readonly Value[];
}

const elementOf = (value: Value | undefined) => (value?.type as TensorType | undefined)?.element;
const takesFloats = ({ operands }: Operation) => operands.every((value) => isFloat(elementOf(value) ?? "i1"));
const takesComplex = ({ operands }: Operation) => isComplex(elementOf(operands[0]) ?? "i1");

/** A function of real numbers, and of complex ones where there is a formula for them. */
function functionOf(
  definition: OpDefinition,
  why: string,
  formula: RealFormula,
  complexFormula?: (f: Formula, z: complex.Parts) => complex.Parts,
): Expansion {
  return {
    definition,
    why,
    fits: (operation) => takesFloats(operation) || (complexFormula !== undefined && takesComplex(operation)),
    emit: (builder, operation) =>
      takesComplex(operation)
        ? [ofParts(builder, operation.operands, (f, z) => complexFormula!(f, z!))]
        : [inWorkPrecision(builder, operation.operands, formula)],
  };
}

/** A test of floats, whose result is a predicate. */
const testOf = (definition: OpDefinition, why: string, test: (f: Formula, x: Value) => Value): Expansion => ({
  definition,
  why,
  fits: takesFloats,
  emit: (builder, { operands }) => [test(new Formula(builder, operands[0]!), operands[0]!)],
});

const approximation = "A rational approximation on each side of where they meet.";
const byLogarithm = "An inverse hyperbolic function is a logarithm.";
const byAngle = "An inverse trigonometric function is the angle of a triangle's legs.";

const functions: readonly Expansion[] = [
  functionOf(chlo.acos, byAngle, real.acos, complexInverse.acos),
  functionOf(chlo.asin, byAngle, real.asin, complexInverse.asin),
  functionOf(chlo.atan, byAngle, real.atan, complexInverse.atan),
  functionOf(chlo.acosh, byLogarithm, real.acosh, complexInverse.acosh),
  functionOf(chlo.asinh, byLogarithm, real.asinh, complexInverse.asinh),
  functionOf(chlo.atanh, byLogarithm, real.atanh, complexInverse.atanh),
  functionOf(chlo.cosh, "The mean of two exponentials.", real.cosh, complex.cosh),
  functionOf(chlo.sinh, "Half the difference of two exponentials.", real.sinh, complex.sinh),
  functionOf(chlo.square, "A product with itself.", (f, x) => f.square(x!), complex.square),
  functionOf(chlo.erf, approximation, erf),
  functionOf(chlo.erfc, approximation, erfc),
  functionOf(chlo.erfInv, "Polynomials in the logarithm of 1 - x².", erfInverse),
  functionOf(chlo.lgamma, "Lanczos' series, reflected to the left of 1/2.", logGamma),
  functionOf(chlo.digamma, "The asymptotic series, after moving the argument up.", digamma),
  functionOf(chlo.zeta, "Ten terms, then Euler and Maclaurin's formula.", zeta),
  functionOf(chlo.polygamma, "A factorial times the zeta function.", polygamma),
  functionOf(chlo.besselI1e, "Chebyshev series near zero and far out.", besselI1e),
  testOf(chlo.isInf, "The modulus is infinite.", (f, x) => f.isInfinite(x)),
  testOf(chlo.isPosInf, "A comparison.", (f, x) => f.compare(x, "EQ", Infinity)),
  testOf(chlo.isNegInf, "A comparison.", (f, x) => f.compare(x, "EQ", -Infinity)),
  {
    definition: chlo.tan,
    why: "StableHLO has it.",
    emit: (builder, { operands }) => [builder.value(stablehlo.tan, operands)],
  },
  {
    definition: chlo.conj,
    why: "The imaginary part changes its sign; real numbers have none.",
    emit: (builder, operation) =>
      takesComplex(operation)
        ? [ofParts(builder, operation.operands, (f, z) => ({ re: z!.re, im: f.negate(z!.im) }))]
        : operation.operands,
  },
  {
    definition: chlo._asinAcosKernel,
    why: "The common part of arc sine and arc cosine.",
    emit: (builder, { operands }) => [ofParts(builder, operands, (f, z) => complexInverse.kernel(f, z!))],
  },
  {
    definition: chlo.nextAfter,
    why: "The bits of a float plus or minus one are its neighbours.",
    fits: ({ operands }) => [8, 16, 32, 64].includes(bitWidth(elementOf(operands[0]) as Element)),
    emit: (builder, { operands }) => [nextAfter(builder, operands[0]!, operands[1]!)],
  },
  {
    definition: chlo.mulhi,
    why: "A product of twice the width has a high half.",
    emit: (builder, { operands }) => [multiplyHigh(builder, operands[0]!, operands[1]!)],
  },
];

// Constants and structure ----------------------------------------------------------------------------------------------

/** The elements of a number: `dense<…>` of rank 0. */
function scalarOf(value: Attribute, element: Element): DenseAttribute | undefined {
  if (value.kind !== "integer" && value.kind !== "float") return undefined;
  const bits = value.kind === "float" ? value.bits : BigInt.asUintN(64, value.value);
  const data = new Uint8Array(BigUint64Array.of(bits).buffer, 0, bytesPerElement(element));
  return { kind: "dense", type: tensor([], element), data, splat: true };
}

function constantLike(builder: Builder, operation: Operation): readonly Value[] {
  const type = operation.results[0]!.type as TensorType;
  const scalar = scalarOf(operation.attributes.value!, type.element as Element)!;
  if (!type.shape.includes(DYNAMIC)) {
    const empty = type.shape.includes(0) && { data: new Uint8Array(), splat: false };
    return builder.emit(stablehlo.constant, [], { value: { ...scalar, type, ...empty } });
  }
  const one = builder.value(stablehlo.constant, [], { value: scalar });
  const operands = [one, shapeOf(builder, operation.operands[0]!)];
  return builder.emit(
    stablehlo.dynamicBroadcastInDim,
    operands,
    { broadcast_dimensions: [] },
    { results: [type] },
  );
}

const hasSizes = ({ operands, results }: Operation) =>
  [...operands, ...results].every(({ type }) => type.kind === "tensor" && !type.shape.includes(DYNAMIC));

const structure: readonly Expansion[] = [
  {
    definition: chlo.constant,
    why: "StableHLO has it.",
    emit: (builder, { attributes }) => builder.emit(stablehlo.constant, [], { value: attributes.value }),
  },
  {
    definition: chlo.constantLike,
    why: "A constant in the shape of its operand.",
    fits: ({ attributes, results }) => {
      const element = elementOf(results[0])!;
      return isElement(element) && scalarOf(attributes.value!, element) !== undefined;
    },
    emit: constantLike,
  },
  {
    definition: chlo.topK,
    why: "The head of a sort in falling order.",
    emit: (builder, operation) => {
      const types = operation.results.map(({ type }) => type as TensorType);
      return topK(builder, operation.operands[0]!, attr<number>(chlo.topK, operation, "k"), types);
    },
  },
  {
    definition: chlo.scan,
    why: "A loop over slices.",
    fits: (operation) => hasSizes(operation) && keepsCarries(operation, chlo.scan),
    emit: (builder, operation) => scan(builder, operation, chlo.scan),
  },
  {
    definition: chlo.raggedDot,
    why: "A product for each group, of which its rows are kept.",
    fits: hasSizes,
    emit: (builder, operation) => [raggedDot(builder, operation, chlo.raggedDot)],
  },
];

/** `broadcast_add` and the like: the op without broadcast, on operands of one shape. */
function broadcastOf(definition: OpDefinition): Expansion {
  const mnemonic = definition.mnemonic.slice("broadcast_".length);
  const base = definitionOf(`stablehlo.${mnemonic}`) ?? definitionOf(`chlo.${mnemonic}`);
  if (!base) throw new Error(`${definition.name} broadcasts nothing known`);
  return {
    definition,
    why: "Broadcasts are explicit in StableHLO.",
    fits: (operation) => {
      const { shape } = operation.results[0]!.type as TensorType;
      const dimensions = attr<readonly number[] | undefined>(definition, operation, "broadcast_dimensions");
      return dimensions?.every((dimension) => dimension >= 0 && dimension < shape.length) ?? true;
    },
    emit: (builder, operation) => {
      const result = operation.results[0]!.type as TensorType;
      const dimensions = attr<readonly number[] | undefined>(definition, operation, "broadcast_dimensions");
      const operands = broadcastOperands(builder, operation.operands, result, dimensions);
      const values = Object.fromEntries(
        base.attributes.flatMap(({ name }) => {
          const value = attr(definition, operation, name);
          return value === undefined ? [] : [[name, value]];
        }),
      );
      return builder.emit(base, operands, values, { results: [result] });
    },
  };
}

const broadcasts = Object.values<OpDefinition>(chlo)
  .filter(({ mnemonic }) => mnemonic.startsWith("broadcast_"))
  .map(broadcastOf);

/** A rule for each operation of CHLO, by its name. */
export const chloExpansions: ReadonlyMap<string, Rule> = new Map(
  [...functions, ...structure, ...broadcasts].map(({ definition, why, fits, emit }) => [
    definition.name,
    {
      name: `${definition.mnemonic.replace(/^_/, "")}-expansion`,
      why,
      on: [definition.name],
      match: (operation: Operation) => (fits?.(operation) ?? true) || undefined,
      emit: (_: unknown, builder: Builder, operation: Operation) => emit(builder, operation),
    } satisfies Rule,
  ]),
);
