/** Control flow, tuples and tokens (spec: while, case, if, optimization_barrier, tuple, after_all). */
import {
  anyValue,
  defineOp,
  integers,
  predicates,
  region,
  regions,
  tensorOrToken,
  token,
  variadic,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";

export const whileOp = defineOp("stablehlo.while", {
  since: "0.9.0",
  summary: "Repeats `body` on the values while `cond` of them holds.",
  operands: { operand: variadic(anyValue) },
  results: { results: variadic(anyValue) },
  regions: { cond: region, body: region },
  format: "custom<While>($operand, $cond, $body)",
});

export const caseOp = defineOp("stablehlo.case", {
  since: "0.9.0",
  summary: "Results of the branch that `index` selects; the last one when it is out of range.",
  operands: { index: integers },
  results: { results: variadic(anyValue) },
  regions: { branches: regions },
});

export const ifOp = defineOp("stablehlo.if", {
  since: "0.9.0",
  summary: "Results of `true_branch` or of `false_branch`.",
  operands: { pred: predicates },
  results: { results: variadic(anyValue) },
  regions: { true_branch: region, false_branch: region },
});

export const returnOp = defineOp("stablehlo.return", {
  since: "0.9.0",
  summary: "Ends a region with its results.",
  operands: { results: variadic(anyValue) },
  format: "$results attr-dict (`:` type($results)^)?",
  terminator: true,
});

export const optimizationBarrier = defineOp("stablehlo.optimization_barrier", {
  since: "0.9.0",
  summary: "Its operands, computed before anything that uses its results.",
  operands: { operand: variadic(tensorOrToken) },
  results: { result: variadic(tensorOrToken) },
  format: "attr-dict ($operand^ `:` custom<PairwiseOpType>(type($operand), type($result))):(`(` `)`)?",
});

export const tuple = defineOp("stablehlo.tuple", {
  since: "0.9.0",
  summary: "A tuple of the values.",
  operands: { val: variadic(anyValue) },
  results: { result: anyValue },
  format: "$val attr-dict `:` custom<TupleOpType>(type($val), type($result))",
});

export const getTupleElement = defineOp("stablehlo.get_tuple_element", {
  since: "0.9.0",
  summary: "The element of a tuple at position `index`.",
  operands: { operand: anyValue },
  attributes: { index: kinds.i32 },
  results: { result: anyValue },
  format: "$operand `[` $index `]` attr-dict `:` functional-type(operands, results)",
});

export const afterAll = defineOp("stablehlo.after_all", {
  since: "0.9.0",
  summary: "A token that comes after all `inputs`.",
  operands: { inputs: variadic(token) },
  results: { result: token },
  format: `$inputs attr-dict
    \`:\` custom<VariadicSameOperandsAndResultType>(ref($inputs), type($inputs), type($result))`,
});

export const createToken = defineOp("stablehlo.create_token", {
  since: "0.9.0",
  summary: "A token that comes after nothing (outside the spec; `after_all` replaces it).",
  results: { output: token },
  format: "attr-dict `:` type(results)",
});
