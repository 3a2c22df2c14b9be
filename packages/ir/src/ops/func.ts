/** Functions: what programs are made of. */
import { anyValue, defineOp, optional, optionalBody, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { sameValue } from "../model/same.ts";

/** A dictionary for each argument or result; absent when none of them has attributes. */
const attributesOfValues = optional(
  kinds.array,
  (dictionaries) =>
    dictionaries.every(({ kind, ...rest }) => kind === "dictionary" && sameValue(rest, { entries: {} })),
  () => [],
);

export const func = defineOp("func.func", {
  since: "0.9.0",
  summary: "A function; without a body, the declaration of one that is defined elsewhere.",
  attributes: {
    sym_visibility: optional(
      kinds.string,
      (visibility) => visibility === "",
      () => "",
    ),
    sym_name: kinds.symbolName,
    function_type: kinds.type,
    arg_attrs: attributesOfValues,
    res_attrs: attributesOfValues,
  },
  regions: { body: optionalBody },
  format:
    "custom<FunctionDefinition>($sym_visibility, $sym_name, $function_type, $arg_attrs, $res_attrs, $body)",
  defaultDialect: "func",
  isolated: true,
});

export const call = defineOp("func.call", {
  since: "0.9.0",
  summary: "The results of a function of the module.",
  operands: { operands: variadic(anyValue) },
  attributes: { callee: kinds.symbol },
  results: { results: variadic(anyValue) },
  format: "$callee `(` $operands `)` attr-dict `:` functional-type($operands, results)",
  quantized: "stored",
  evaluate: ({ operands, callee }, context) => context.call(callee, operands),
});

export const returnOp = defineOp("func.return", {
  since: "0.9.0",
  summary: "Ends a function with its results.",
  operands: { operands: variadic(anyValue) },
  format: "attr-dict ($operands^ `:` type($operands))?",
  terminator: true,
});
