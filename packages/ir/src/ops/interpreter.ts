/** Operations of upstream's interpreter, which its test programs use to run several processes and to look inside. */
import { anyValue, defineOp, optional, tensor, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { functionsAround, functionType } from "../model/operation.ts";

export const runParallel = defineOp("interpreter.run_parallel", {
  summary: "Runs a grid of programs, a row for each replica, at once.",
  operands: { inputs: variadic(anyValue) },
  attributes: { infeed: optional(kinds.symbolArray), programs: kinds.arrayOf(kinds.symbolArray) },
  results: { results: variadic(anyValue) },
  constraints: {
    C1: [
      "`programs` are a grid",
      ({ programs }) => programs.every((row) => row.length === programs[0]!.length),
    ],
    C2: ["`infeed` is not empty", ({ infeed }) => infeed === undefined || infeed.length > 0],
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
