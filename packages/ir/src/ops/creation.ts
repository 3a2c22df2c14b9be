/** Tensors out of nothing. */
import { anyTensor, defineOp, numbers, sized } from "../declare/define.ts";
import { elements, i64 } from "../declare/kinds.ts";
import { isInteger, isQuantized, sameType } from "../model/types.ts";
import { constantTensor, iotaTensor } from "../reference/kernel/create.ts";
import { valueType } from "../reference/tensor.ts";

export const constant = defineOp("stablehlo.constant", {
  since: "0.9.0",
  summary: "A tensor known at compile time.",
  attributes: { value: elements },
  results: { output: sized(anyTensor) },
  format: "custom<Constant>(attr-dict, $value, type($output))",
  names: { result: (type) => (type.kind === "tensor" && isInteger(type.element) ? "c" : "cst") },
  infer: ({ value }) => (value.kind === "dense" || value.kind === "resource" ? [value.type] : []),
  // Quantized elements are given by what is stored.
  fits: ([value], [output]) => {
    if (value?.kind !== "tensor" || output?.kind !== "tensor") return false;
    const element = isQuantized(output.element) ? output.element.storage : output.element;
    return sameType(value, { ...output, element }) || sameType(value, output);
  },
  quantized: "stored",
  evaluate: ({ value }, { resources }) => constantTensor(value, resources),
});

export const iota = defineOp("stablehlo.iota", {
  since: "0.9.0",
  summary: "The index of each element along one dimension.",
  attributes: { iota_dimension: i64 },
  results: { output: sized(numbers) },
  format: "`dim` `=` $iota_dimension attr-dict `:` type($output)",
  constraints: {
    C1: [
      "`iota_dimension` is a dimension of `output`",
      ({ iota_dimension, output }) => iota_dimension >= 0 && iota_dimension < output.shape.length,
    ],
  },
  evaluate: ({ iota_dimension }, { results }) => iotaTensor(valueType(results[0]), iota_dimension),
});
