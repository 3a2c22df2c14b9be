/** Functions of complex numbers as arithmetic on their real and imaginary parts, for backends that lack them. */
import type { OpDefinition } from "../../declare/define.ts";
import type { Operation, Value } from "../../model/operation.ts";
import { type Element, isComplex, realElement, type TensorType } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import type { Builder } from "../builder.ts";
import * as complex from "../expand/complex.ts";
import { Formula } from "../formula.ts";
import type { Rule } from "../rule.ts";

type Parts = complex.Parts;

/** Splits complex operands into parts, and joins the parts of the result. */
export function ofParts(
  builder: Builder,
  operands: readonly Value[],
  formula: (f: Formula, ...parts: Parts[]) => Parts,
): Value {
  const { f, parts } = partsOf(builder, operands);
  const { re, im } = formula(f, ...parts);
  return builder.value(stablehlo.complex, [re, im], {}, { results: [operands[0]!.type] });
}

function partsOf(builder: Builder, operands: readonly Value[]): { f: Formula; parts: Parts[] } {
  const parts = operands.map((operand) => {
    const type = operand.type as TensorType;
    const results = [{ ...type, element: realElement(type.element as Element) }];
    return {
      re: builder.value(stablehlo.real, [operand], {}, { results }),
      im: builder.value(stablehlo.imag, [operand], {}, { results }),
    };
  });
  return { f: new Formula(builder, parts[0]!.re), parts };
}

interface ComplexFunction {
  readonly definition: OpDefinition;
  readonly why: string;
  readonly formula: (f: Formula, ...parts: Parts[]) => Parts;
}

const row = (
  definition: OpDefinition,
  why: string,
  formula: (f: Formula, z: Parts) => Parts,
): ComplexFunction => ({ definition, why, formula: (f, z) => formula(f, z!) });

const table: readonly ComplexFunction[] = [
  row(stablehlo.exponential, "A modulus and an angle.", complex.exponential),
  row(stablehlo.exponentialMinusOne, "Small results keep their digits.", complex.exponentialMinusOne),
  row(stablehlo.log, "The logarithm of the modulus, and the angle.", complex.log),
  row(stablehlo.logPlusOne, "Small arguments keep their digits.", complex.logPlusOne),
  row(stablehlo.sqrt, "Half the sum of modulus and real part.", complex.squareRoot),
  row(stablehlo.rsqrt, "The conjugate of the root over the modulus.", complex.reciprocalSquareRoot),
  row(stablehlo.cbrt, "A third of the angle.", complex.cubeRoot),
  row(stablehlo.sine, "Products of trigonometric and hyperbolic functions.", complex.sine),
  row(stablehlo.cosine, "Products of trigonometric and hyperbolic functions.", complex.cosine),
  row(stablehlo.tan, "The hyperbolic tangent, turned.", complex.tan),
  row(stablehlo.tanh, "A tangent and a hyperbolic sine.", complex.tanh),
  row(stablehlo.logistic, "A quotient whose exponential does not overflow.", complex.logistic),
  row(stablehlo.sign, "A quotient by the modulus.", complex.sign),
  {
    definition: stablehlo.power,
    why: "The exponential of a multiple of the logarithm.",
    formula: (f, x, y) => complex.power(f, x!, y!),
  },
];

const isOfComplex = ({ operands }: Operation) =>
  operands.every(({ type }) => type.kind === "tensor" && isComplex(type.element));

const modulus: Rule = {
  name: "complex-abs",
  why: "The longer leg times a root.",
  on: [stablehlo.abs.name],
  match: (operation) => isOfComplex(operation) || undefined,
  emit: (_, builder, { operands }) => {
    const { f, parts } = partsOf(builder, operands);
    return [complex.hypot(f, parts[0]!.re, parts[0]!.im)];
  },
};

export const complexMath: readonly Rule[] = [
  modulus,
  ...table.map(
    ({ definition, why, formula }): Rule => ({
      name: `complex-${definition.mnemonic}`,
      why,
      on: [definition.name],
      match: (operation) => isOfComplex(operation) || undefined,
      emit: (_, builder, { operands }) => [ofParts(builder, operands, formula)],
    }),
  ),
];
