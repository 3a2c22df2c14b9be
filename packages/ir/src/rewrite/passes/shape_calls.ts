/** Custom calls that are about shapes: those that take the shapes of their results, and assertions. */
import { integersOf } from "../../declare/kinds.ts";
import type { Attribute } from "../../model/attributes.ts";
import { DiagnosticError, error } from "../../model/diagnostic.ts";
import type { Operation } from "../../model/operation.ts";
import type { Type } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import { typeText } from "../../write/index.ts";
import { integersIn } from "../constants.ts";
import { mergeTypes } from "./merge_types.ts";

/** The attribute that says which operands hold the shapes of the results, in the order of the results. */
export const shapeOperands = "indices_of_shape_operands";

/** A value that stands for its first operand, in the shape that the second one holds. */
export const operandWrapper = "stablehlo.shape_refinement_operand_wrapper";

export function callTarget({ name, attributes }: Operation): string | undefined {
  const target = attributes.call_target_name;
  return name === stablehlo.customCall.name && target?.kind === "string" ? target.value : undefined;
}

/** Ends the pass: the program is wrong at `operation`. */
export function reject(operation: Operation, code: string, message: string): never {
  const { name: op, location } = operation;
  throw new DiagnosticError(error(code, message, { op, location }));
}

/** Positions of the operands that hold shapes, checked; undefined when there are none. */
export function shapeOperandsOf(operation: Operation): readonly number[] | undefined {
  const attribute: Attribute | undefined = operation.attributes[shapeOperands];
  if (attribute?.kind !== "dense") return undefined;
  const say = (message: string) =>
    reject(operation, "custom_call/shape-operands", `"${shapeOperands}" ${message}`);
  const indices = integersOf(attribute) ?? say("must be a tensor of integers");
  const results = flatten(operation.results.map(({ type }) => type)).length;
  if (indices.length !== results)
    say(`names ${indices.length} operands and must name one for each of ${results} results`);
  if (attribute.type.shape.length !== 1 || attribute.type.element !== "i64")
    say("must be a list of 64-bit integers");
  for (const index of indices) {
    if (index < 0 || index >= operation.operands.length) {
      say(`names operand ${index}, and there are ${operation.operands.length}`);
    }
  }
  return indices;
}

/** Result types of a custom call with the shapes that its operands hold; undefined when they are not known. */
export function customCallTypes(operation: Operation): readonly Type[] | undefined {
  const shapes = shapeOperandsOf(operation)?.map((index) => integersIn(operation.operands[index]));
  if (!shapes?.every((shape) => shape !== undefined)) return undefined;
  const rest = [...shapes];
  return operation.results.map(({ type }, i) => withShapes(type, rest, operation, i));
}

function withShapes(type: Type, shapes: (readonly number[])[], operation: Operation, result: number): Type {
  if (type.kind === "tuple") {
    return { kind: "tuple", types: type.types.map((part) => withShapes(part, shapes, operation, result)) };
  }
  const shape = shapes.shift()!;
  const refined =
    type.kind === "tensor" || type.kind === "unranked"
      ? mergeTypes(type, { kind: "tensor", shape, element: type.element })
      : undefined;
  return (
    refined ??
    reject(
      operation,
      "custom_call/shape-operands",
      `the shape [${shape.join(", ")}] does not fit result ${result}, ${typeText(type)}`,
    )
  );
}

function flatten(types: readonly Type[]): Type[] {
  return types.flatMap((type) => (type.kind === "tuple" ? flatten(type.types) : [type]));
}

/** Whether the operation is an assertion that is known to hold. One that is known not to ends the pass with its message. */
export function assertionHolds(operation: Operation): boolean {
  if (callTarget(operation) !== "shape_assertion") return false;
  const [holds, ...values] = operation.operands.map(integersIn);
  if (!holds) return false;
  return holds[0] !== 0 || reject(operation, "shape_assertion", assertionMessage(operation, values));
}

/** `{0}`, `{1}`, … in the message stand for the other operands. */
function assertionMessage(
  { attributes }: Operation,
  values: readonly (readonly number[] | undefined)[],
): string {
  const text = attributes.error_message;
  if (text?.kind !== "string") return "a shape assertion does not hold";
  return text.value.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)]?.[0] ?? "?"));
}
