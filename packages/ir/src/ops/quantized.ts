/** Conversions to and from quantized elements. */
import { defineOp, floatsOrQuantized, plainFloats, quantizedTensor } from "../declare/define.ts";
import { isQuantized } from "../model/types.ts";
import { sameTypeFormat } from "./families.ts";
import { compatibleShape, withElement } from "./inference.ts";

export const uniformQuantize = defineOp("stablehlo.uniform_quantize", {
  since: "0.9.0",
  summary: "Converts floats or quantized elements to the quantized type of the result.",
  operands: { operand: floatsOrQuantized },
  results: { result: quantizedTensor },
  format: sameTypeFormat,
  constraints: {
    C1: [
      "`operand` and `result` have the same shape",
      ({ operand, result }) => compatibleShape(operand, result),
    ],
    C2: [
      "`operand` and `result` express the same float",
      ({ operand, result }) => expressed(operand.element) === expressed(result.element),
    ],
  },
});

export const uniformDequantize = defineOp("stablehlo.uniform_dequantize", {
  since: "0.9.0",
  summary: "Converts quantized elements to the floats that they express.",
  operands: { operand: quantizedTensor },
  results: { result: plainFloats },
  format: sameTypeFormat,
  infer: ({ operand }) => [withElement(operand, expressed(operand.element))],
});

function expressed<E extends Parameters<typeof isQuantized>[0]>(element: E) {
  return isQuantized(element) ? element.expressed : element;
}
