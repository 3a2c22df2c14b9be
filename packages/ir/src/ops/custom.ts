/** Calls out of the op set (spec: custom_call, composite). */

import {
  added,
  callValue,
  defaulted,
  defineOp,
  elidedTogether,
  regions,
  tupleMember,
  variadic,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { checkCalls } from "../reference/kernel/check.ts";
import { customCalls } from "../reference/kernel/custom.ts";
import { asTensor } from "../reference/tensor.ts";
import { customCallConstraints } from "./custom_calls.ts";
import { compositeRegions, futureOperands, typedFfi } from "./extensions.ts";
import { apiVersion, backendConfig, compositeVersion, emptyByDefault, layout } from "./kinds.ts";
import { outputOperandAlias } from "./records.ts";

/** Minor to major dimensions of each value. */
const layouts = emptyByDefault(kinds.arrayOf(layout));

export const customCall = defineOp("stablehlo.custom_call", {
  since: "0.9.0",
  summary: "An operation that the implementation knows by name.",
  operands: { inputs: variadic(callValue) },
  attributes: {
    call_target_name: kinds.string,
    has_side_effect: defaulted(kinds.boolean, false),
    backend_config: backendConfig,
    api_version: defaulted(apiVersion, 1),
    called_computations: defaulted(kinds.symbolArray, []),
    operand_layouts: elidedTogether("result_layouts", layouts),
    result_layouts: elidedTogether("operand_layouts", layouts),
    output_operand_aliases: defaulted(kinds.arrayOf(outputOperandAlias), []),
    result_tilings: added("1.18.0", emptyByDefault(kinds.array)),
  },
  results: { results: variadic(callValue) },
  // Said for the compiler: the constraints know nothing of regions.
  regions: {},
  constraints: customCallConstraints,
  format: `custom<CustomCallTarget>($call_target_name) \`(\` $inputs \`)\`
    attr-dict \`:\` functional-type(operands, results)`,
  vhlo: { versions: ["0.9.0", "1.18.0"], extensions: [typedFfi, futureOperands] },
  quantized: "stored",
  evaluate: ({ inputs, call_target_name, called_computations }, context) => {
    const check = checkCalls[call_target_name];
    if (check) {
      context.check(check(asTensor(inputs[0]), asTensor(inputs[1])));
      return [];
    }
    const meaning = customCalls[call_target_name];
    if (!meaning) throw new Error(`the custom call @${call_target_name} has no meaning here`);
    return meaning({ inputs, calledComputations: called_computations, context });
  },
});

export const composite = defineOp("stablehlo.composite", {
  since: "0.19.0",
  summary: "A named operation together with the function that it stands for.",
  operands: { inputs: variadic(tupleMember) },
  attributes: {
    name: kinds.string,
    composite_attributes: defaulted(kinds.dictionary, {}),
    decomposition: kinds.symbol,
    version: defaulted(compositeVersion, 0),
  },
  results: { results: variadic(tupleMember) },
  regions: { composite_regions: regions },
  constraints: {
    C1: [
      "`name` is a namespaced op name",
      ({ name }) => /^[a-zA-Z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_$]+)+$/.test(name),
    ],
  },
  format: `$name operands (\` \` \`(\` $composite_regions^ \`)\`)? attr-dict
    \`:\` functional-type(operands, results)`,
  vhlo: { versions: ["0.19.0", "1.14.0"], extensions: [compositeRegions] },
  evaluate: ({ inputs, decomposition }, { call }) => call(decomposition, inputs),
});
