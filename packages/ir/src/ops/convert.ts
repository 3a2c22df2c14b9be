/** Conversions between element types. */
import { anyTensor, defineOp, floats, plainTensor } from "../declare/define.ts";
import { i32 } from "../declare/kinds.ts";
import {
  bitWidth,
  DYNAMIC,
  type ElementType,
  isComplex,
  isElement,
  isQuantized,
  type TensorType,
} from "../model/types.ts";
import { bitcastTensor, convertTensor, roundToPrecision } from "../reference/kernel/convert.ts";
import { valueType } from "../reference/tensor.ts";
import { sameTypeFormat } from "./families.ts";
import { compatibleShape, withShape } from "./inference.ts";

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
  inferShapes: ({ operand }) => [operand],
  evaluate: ({ operand }, { results }) => convertTensor(operand, valueType(results[0]).element),
});

export const bitcastConvert = defineOp("stablehlo.bitcast_convert", {
  since: "0.9.0",
  summary:
    "Reads the bits of the operand as another element type; the last dimension makes up for other widths.",
  operands: { operand: anyTensor },
  results: { result: anyTensor },
  format: "operands attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`operand` and `result` have the same shape, but for a last dimension of the narrower one that makes up for its width",
      ({ operand, result }) => sameBits(operand, result),
    ],
    C2: [
      "`operand` and `result` are both complex or both real",
      ({ operand, result }) => isComplex(operand.element) === isComplex(result.element),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand }, { results }) => {
    const { shape, element } = valueType(results[0]);
    return bitcastTensor(operand, shape, element);
  },
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
  evaluate: ({ operand, exponent_bits, mantissa_bits }) =>
    roundToPrecision(operand, { exponentBits: exponent_bits, mantissaBits: mantissa_bits }),
});

/** Spec: bitcast_convert C1. */
function sameBits(operand: TensorType, result: TensorType): boolean {
  const [from, to] = [bitsOf(operand.element), bitsOf(result.element)];
  if (from === to) return compatibleShape(operand, result);
  const [narrow, wide] = from < to ? [operand, result] : [result, operand];
  const last = narrow.shape.at(-1);
  const fits = last === DYNAMIC || last! * Math.min(from, to) === Math.max(from, to);
  return fits && compatibleShape(withShape(narrow, narrow.shape.slice(0, -1)), wide);
}

function bitsOf(element: ElementType): number {
  if (isQuantized(element)) return bitWidth(element.storage);
  return isElement(element) ? bitWidth(element) : NaN;
}
