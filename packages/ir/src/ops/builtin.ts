/** The module itself, and the casts with which one dialect's values are handed to another. */
import { anyValue, defineOp, optional, symbols, variadic } from "../declare/define.ts";
import { string, symbolName } from "../declare/kinds.ts";

export const module = defineOp("builtin.module", {
  summary: "A program: functions, meshes and other symbols.",
  attributes: { sym_name: optional(symbolName), sym_visibility: optional(string) },
  regions: { body: symbols },
  format: "($sym_name^)? attr-dict-with-keyword $body",
  defaultDialect: "builtin",
  isolated: true,
});

export const unrealizedConversionCast = defineOp("builtin.unrealized_conversion_cast", {
  summary: "Its operands as values of other types; joins dialects in portable artifacts.",
  operands: { inputs: variadic(anyValue) },
  results: { outputs: variadic(anyValue) },
  format: "($inputs^ `:` type($inputs))? `to` type($outputs) attr-dict",
});
