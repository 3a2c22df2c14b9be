/** Operations of upstream's interpreter, which its test programs use to run several processes and to look inside. */
import { anyValue, defineOp, optional, tensor, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { functionsAround, functionType, type Operation } from "../model/operation.ts";
import type { FunctionType } from "../model/types.ts";

function signatureOf(func: Operation | undefined): FunctionType | undefined {
  return func?.name === "func.func" ? functionType(func) : undefined;
}

export const runParallel = defineOp("interpreter.run_parallel", {
  summary: "Runs a grid of programs, a row for each replica, at once.",
  operands: { inputs: variadic(anyValue) },
  attributes: { infeed: optional(kinds.symbolArray), programs: kinds.arrayOf(kinds.symbolArray) },
  results: { results: variadic(anyValue) },
  constraints: {
    C1: [
      "`programs` are a grid",
      ({ programs: [first, ...others] }) =>
        first !== undefined && first.length > 0 && others.every((row) => row.length === first.length),
    ],
    C2: ["`infeed` is not empty", ({ infeed }) => infeed === undefined || infeed.length > 0],
    C3: [
      "`programs` are functions whose inputs are `inputs` and whose results are `results`",
      ({ programs, inputs, results }, { symbol }) => {
        if (!symbol) return true;
        const types = programs.flat().map((name) => signatureOf(symbol(name)));
        const unknown = types.indexOf(undefined);
        if (unknown >= 0) return `there is no function '${programs.flat()[unknown]}'`;
        const count = (key: "inputs" | "results") => types.reduce((sum, type) => sum + type![key].length, 0);
        if (count("inputs") !== inputs.length)
          return `the programs take ${count("inputs")} inputs, but ${inputs.length} are given`;
        return (
          count("results") === results.length ||
          `the programs give ${count("results")} results, but ${results.length} are declared`
        );
      },
    ],
    C4: [
      "`infeed` are functions that give one tensor",
      ({ infeed = [] }, { symbol }) => {
        if (!symbol) return true;
        const wrong = infeed.find((name) => {
          const given = signatureOf(symbol(name))?.results;
          return given?.length !== 1 || given[0]!.kind !== "tensor";
        });
        return wrong === undefined || `'${wrong}' is no function that gives one tensor`;
      },
    ],
  },
  effects: true,
  evaluate: ({ inputs, infeed = [], programs }, context) => {
    const functions = functionsAround(context.operation);
    // Inputs come one after the other, by replica and then by partition, as many as each program takes.
    let at = 0;
    const arguments_ = programs.map((row) =>
      row.map((program) => {
        const func = functions.get(program);
        const count = func ? functionType(func).inputs.length : 0;
        return inputs.slice(at, (at += count));
      }),
    );
    const grid = { replicas: programs.length, partitions: programs[0]?.length ?? 0 };
    const results = context.parallel(grid, ({ replica, partition }) => {
      for (const queue of infeed) context.give("infeed", context.call(queue, []));
      return context.call(programs[replica]![partition]!, arguments_[replica]![partition]!);
    });
    return results.flat();
  },
});

export const print = defineOp("interpreter.print", {
  summary: "Prints a tensor.",
  operands: { operand: tensor },
  format: "$operand attr-dict `:` type($operand)",
  effects: true,
});

export const probe = defineOp("interpreter.probe", {
  summary: "The operand; its value is written to a file for `check.expect_serialized_eq`.",
  operands: { operand: tensor },
  attributes: { probe_id: kinds.string },
  results: { result: tensor },
  format: "$operand `,` `probe_id` `=` $probe_id attr-dict `:` type($result)",
  effects: true,
  infer: ({ operand }) => [operand],
});
