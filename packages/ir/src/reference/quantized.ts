/** Operations on quantized tensors: most compute on what the integers express, some move the integers themselves. */
import type { OpDefinition } from "../declare/define.ts";
import type { Operation, Value } from "../model/operation.ts";
import { isQuantized, type QuantizedElement, type Type } from "../model/types.ts";
import { dequantize, quantize } from "./kernel/quantize.ts";
import { asTensor, type Datum } from "./tensor.ts";

export interface Quantization {
  /** The types that the op sees: without quantized elements. */
  readonly results: readonly Type[];
  before(data: readonly Datum[]): readonly Datum[];
  after(data: readonly Datum[]): readonly Datum[];
}

function quantizedElement({ type }: Value): QuantizedElement | undefined {
  return type.kind === "tensor" && isQuantized(type.element) ? type.element : undefined;
}

/** How the operation computes on quantized tensors (spec: `dequantize_op_quantize`); undefined when it has none. */
export function quantizationOf(definition: OpDefinition, operation: Operation): Quantization | undefined {
  const operands = operation.operands.map(quantizedElement);
  const results = operation.results.map(quantizedElement);
  if (![...operands, ...results].some((element) => element !== undefined)) return undefined;
  const stored = definition.quantized === "stored";
  const types = operation.results.map(({ type }, i): Type => {
    const element = results[i];
    if (type.kind !== "tensor" || !element) return type;
    return { ...type, element: stored ? element.storage : element.expressed };
  });
  if (stored) return { results: types, before: (data) => data, after: (data) => data };
  return {
    results: types,
    before: (data) => data.map((datum, i) => convert(datum, operands[i], dequantize)),
    after: (data) => data.map((datum, i) => convert(datum, results[i], quantize)),
  };
}

function convert(
  datum: Datum,
  element: QuantizedElement | undefined,
  change: typeof quantize | typeof dequantize,
): Datum {
  return element ? change(asTensor(datum), element) : datum;
}
