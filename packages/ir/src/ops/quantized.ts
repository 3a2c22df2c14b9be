/** Conversions to and from quantized elements. */
import { defineOp, floatsOrQuantized, plainFloats, quantizedTensor } from "../declare/define.ts";
import type { Value } from "../model/operation.ts";
import { type ElementType, isQuantized, type QuantizedElement } from "../model/types.ts";
import { dequantize, quantize } from "../reference/kernel/quantize.ts";
import { sameTypeFormat } from "./families.ts";
import { compatibleShape, withElement, withShape } from "./inference.ts";

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
  inferShapes: ({ operand }) => [withShape(operand, operand.shape)],
  quantized: "stored",
  evaluate: ({ operand }, { operation }) => {
    const [from, to] = [elementOf(operation.operands[0]), elementOf(operation.results[0])];
    return quantize(isQuantized(from) ? dequantize(operand, from) : operand, quantizedIn(to));
  },
});

export const uniformDequantize = defineOp("stablehlo.uniform_dequantize", {
  since: "0.9.0",
  summary: "Converts quantized elements to the floats that they express.",
  operands: { operand: quantizedTensor },
  results: { result: plainFloats },
  format: sameTypeFormat,
  infer: ({ operand }) => [withElement(withShape(operand, operand.shape), expressed(operand.element))],
  quantized: "stored",
  evaluate: ({ operand }, { operation }) =>
    dequantize(operand, quantizedIn(elementOf(operation.operands[0]))),
});

function expressed<E extends Parameters<typeof isQuantized>[0]>(element: E) {
  return isQuantized(element) ? element.expressed : element;
}

function elementOf(value: Value | undefined): ElementType {
  if (value?.type.kind === "tensor") return value.type.element;
  throw new TypeError("a tensor is expected");
}

function quantizedIn(element: ElementType): QuantizedElement {
  if (isQuantized(element)) return element;
  throw new TypeError("a quantized tensor is expected");
}
