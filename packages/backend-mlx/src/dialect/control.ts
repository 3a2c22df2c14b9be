/** `mlx.*` operations that the executor runs itself: constants and control flow. */
import { defineOp, fields, kinds } from "@hloom/ir";

const { region, regions, tensor, variadic } = fields;

export const constant = defineOp("mlx.constant", {
  summary: "A value of the program's constant pool.",
  attributes: { value: kinds.elements },
  results: { result: tensor },
});

export const whileOp = defineOp("mlx.while", {
  summary: "Runs the body on the state while the condition holds; captures nothing.",
  operands: { state: variadic(tensor) },
  results: { results: variadic(tensor) },
  regions: { condition: region, body: region },
});

export const caseOp = defineOp("mlx.case", {
  summary: "Runs one branch, chosen by index; branches take the inputs and capture nothing.",
  operands: { index: tensor, inputs: variadic(tensor) },
  results: { results: variadic(tensor) },
  regions: { branches: regions },
});

export const yieldOp = defineOp("mlx.yield", {
  summary: "The results of a function or region.",
  operands: { results: variadic(tensor) },
  terminator: true,
});
