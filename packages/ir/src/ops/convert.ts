/** Conversions between element types. */
import { defineOp, floats, plainTensor, tensor } from "../declare/define.ts";
import { i32 } from "../declare/kinds.ts";
import { sameTypeFormat } from "./families.ts";
import { compatibleShape } from "./inference.ts";

export const convert = defineOp("stablehlo.convert", {
  since: "0.9.0",
  summary: "Converts each element to the result's element type.",
  operands: { operand: plainTensor },
  results: { result: plainTensor },
  format: sameTypeFormat,
  constraints: {
    C1: [
      "`operand` and `result` have the same shape",
      ({ operand, result }) => compatibleShape(operand, result),
    ],
  },
});

export const bitcastConvert = defineOp("stablehlo.bitcast_convert", {
  since: "0.9.0",
  summary:
    "Reads the bits of the operand as another element type; the last dimension makes up for other widths.",
  operands: { operand: tensor },
  results: { result: tensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
});

export const reducePrecision = defineOp("stablehlo.reduce_precision", {
  since: "0.9.0",
  summary: "Rounds each element to a float of fewer exponent and mantissa bits, and back.",
  operands: { operand: floats },
  attributes: { exponent_bits: i32, mantissa_bits: i32 },
  results: { output: floats },
  format:
    "$operand `,` `format` `=` custom<ExponentMantissa>($exponent_bits, $mantissa_bits) attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($output))",
  constraints: {
    C2: ["`exponent_bits` is at least 1", ({ exponent_bits }) => exponent_bits >= 1],
    C3: ["`mantissa_bits` is at least 0", ({ mantissa_bits }) => mantissa_bits >= 0],
  },
  infer: ({ operand }) => [operand],
});
