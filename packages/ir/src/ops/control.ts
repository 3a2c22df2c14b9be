/** Control flow, tuples and tokens (spec: while, case, if, optimization_barrier, tuple, after_all). */
import {
  branchValue,
  defineOp,
  integers,
  loopValue,
  predicates,
  region,
  regions,
  tensorOrToken,
  token,
  tupleMember,
  tupleValue,
  variadic,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { sameType, token as tokenType } from "../model/types.ts";
import { asTensor, type Datum, tokenDatum } from "../reference/tensor.ts";
import {
  compatibleType,
  compatibleTypes,
  isScalarPredicate,
  leastSpecificType,
  regionInputs,
  regionOutputs,
} from "./regions.ts";

const isTrue = (datum: Datum | undefined) => asTensor(datum).data[0] !== 0;

export const whileOp = defineOp("stablehlo.while", {
  since: "0.9.0",
  summary: "Repeats `body` on the values while `cond` of them holds.",
  operands: { operand: variadic(loopValue) },
  results: { results: variadic(loopValue) },
  regions: { cond: region, body: region },
  regionArguments: ({ operand }) => ({ cond: operand, body: operand }),
  constraints: {
    C1: [
      "`cond` takes values of the types of `operand` and returns a scalar predicate",
      ({ cond, operand }) => {
        const outputs = regionOutputs(cond);
        return (
          outputs.length === 1 &&
          isScalarPredicate(outputs[0]) &&
          compatibleTypes(regionInputs(cond), operand)
        );
      },
    ],
    C2: [
      "`body` takes and returns values of the types of `operand`",
      ({ body, operand }) =>
        compatibleTypes(regionInputs(body), operand) && compatibleTypes(regionOutputs(body), operand),
    ],
  },
  infer: ({ operand }) => operand,
  format: "custom<While>($operand, $cond, $body)",
  names: { argument: () => "iterArg" },
  evaluate: ({ operand, cond, body }) => {
    let values: readonly Datum[] = operand;
    while (isTrue(cond(...values)[0])) values = body(...values);
    return values;
  },
});

export const caseOp = defineOp("stablehlo.case", {
  since: "0.9.0",
  summary: "Results of the branch that `index` selects; the last one when it is out of range.",
  operands: { index: integers },
  results: { results: variadic(branchValue) },
  regions: { branches: regions },
  constraints: {
    I1: ["`index` is a scalar of i32", ({ index }) => index.shape.length === 0 && index.element === "i32"],
    C1: ["there is at least one of `branches`", ({ branches }) => branches.length > 0],
    C2: [
      "`branches` take no arguments",
      ({ branches }) => branches.every((branch) => regionInputs(branch).length === 0),
    ],
    C3: [
      "`branches` return the same types",
      ({ branches }) =>
        branches.every((branch) => compatibleTypes(regionOutputs(branch), regionOutputs(branches[0]!))),
    ],
  },
  infer: ({ branches }) => leastSpecificType(branches.map(regionOutputs)),
  evaluate: ({ index, branches }) => {
    const chosen = Number(index.data[0]);
    const inRange = chosen >= 0 && chosen < branches.length;
    return branches[inRange ? chosen : branches.length - 1]!();
  },
});

export const ifOp = defineOp("stablehlo.if", {
  since: "0.9.0",
  summary: "Results of `true_branch` or of `false_branch`.",
  operands: { pred: predicates },
  results: { results: variadic(branchValue) },
  regions: { true_branch: region, false_branch: region },
  constraints: {
    I1: ["`pred` is a scalar", ({ pred }) => pred.shape.length === 0],
    C1: [
      "`true_branch` and `false_branch` take no arguments",
      ({ true_branch, false_branch }) =>
        regionInputs(true_branch).length + regionInputs(false_branch).length === 0,
    ],
    C2: [
      "`true_branch` and `false_branch` return the same types",
      ({ true_branch, false_branch }) =>
        compatibleTypes(regionOutputs(true_branch), regionOutputs(false_branch)),
    ],
  },
  infer: ({ true_branch, false_branch }) =>
    leastSpecificType([regionOutputs(true_branch), regionOutputs(false_branch)]),
  evaluate: ({ pred, true_branch, false_branch }) => (isTrue(pred) ? true_branch() : false_branch()),
});

export const returnOp = defineOp("stablehlo.return", {
  since: "0.9.0",
  summary: "Ends a region with its results.",
  operands: { results: variadic(loopValue) },
  format: "$results attr-dict (`:` type($results)^)?",
  terminator: true,
});

export const optimizationBarrier = defineOp("stablehlo.optimization_barrier", {
  since: "0.9.0",
  summary: "Its operands, computed before anything that uses its results.",
  operands: { operand: variadic(tensorOrToken) },
  results: { result: variadic(tensorOrToken) },
  format: "attr-dict ($operand^ `:` custom<PairwiseOpType>(type($operand), type($result))):(`(` `)`)?",
  constraints: {
    C1: [
      "`operand` and `result` have the same types",
      ({ operand, result }) =>
        operand.length === result.length && operand.every((type, i) => sameType(type, result[i]!)),
    ],
  },
  infer: ({ operand }) => operand,
  quantized: "stored",
  evaluate: ({ operand }) => operand,
});

export const tuple = defineOp("stablehlo.tuple", {
  since: "0.9.0",
  summary: "A tuple of the values.",
  operands: { val: variadic(tupleMember) },
  results: { result: tupleValue },
  format: "$val attr-dict `:` custom<TupleOpType>(type($val), type($result))",
  infer: ({ val }) => [{ kind: "tuple", types: val }],
  quantized: "stored",
  evaluate: ({ val }) => ({ elements: val }),
});

export const getTupleElement = defineOp("stablehlo.get_tuple_element", {
  since: "0.9.0",
  summary: "The element of a tuple at position `index`.",
  operands: { operand: tupleValue },
  attributes: { index: kinds.i32 },
  results: { result: tupleMember },
  format: "$operand `[` $index `]` attr-dict `:` functional-type(operands, results)",
  constraints: {
    C1: [
      "`index` is a position of the tuple `operand`",
      ({ operand, index }) => operand.kind === "tuple" && index >= 0 && index < operand.types.length,
    ],
    C2: [
      "`result` has the type of that element",
      ({ operand, index, result }) =>
        operand.kind === "tuple" &&
        operand.types[index] !== undefined &&
        compatibleType(operand.types[index], result),
    ],
  },
  quantized: "stored",
  evaluate: ({ operand, index }) => {
    if ("elements" in operand) return operand.elements[index]!;
    throw new TypeError("get_tuple_element of a value that is no tuple");
  },
});

export const afterAll = defineOp("stablehlo.after_all", {
  since: "0.9.0",
  summary: "A token that comes after all `inputs`.",
  operands: { inputs: variadic(token) },
  results: { result: token },
  format: `$inputs attr-dict
    \`:\` custom<VariadicSameOperandsAndResultType>(ref($inputs), type($inputs), type($result))`,
  infer: () => [tokenType],
  evaluate: () => tokenDatum,
});

export const createToken = defineOp("stablehlo.create_token", {
  since: "0.9.0",
  summary: "A token that comes after nothing (outside the spec; `after_all` replaces it).",
  results: { output: token },
  format: "attr-dict `:` type(results)",
  infer: () => [tokenType],
  evaluate: () => tokenDatum,
});
