/**
 * What the runtime does not have goes to the reference evaluator, one operation at a time: visibly, since each is named in
 * a warning, and only where there is an evaluator, in Node. `HLOOM_STRICT=1` refuses it.
 */
import {
  allDefinitions,
  append,
  capturedValues,
  createBlock,
  createOperation,
  createRegion,
  definitionOf,
  evaluatedCalls,
  hasEffects,
  type Operation,
  type Rule,
  substitute,
  type Value,
  walk,
  writeText,
} from "@hloom/ir";
import { mlx } from "../dialect.ts";
import { elementwise } from "./elementwise.ts";
import { type LoweringTable, lowering } from "./lowering.ts";

export const fallbackName = "reference-evaluator";

/** What they take is no array. */
const ofFutures: ReadonlySet<string> = new Set(["stablehlo.async_start", "stablehlo.async_done"]);

/** Operations with a meaning of their own, which the evaluator runs without knowing more of the program. */
export const evaluated: readonly string[] = [...allDefinitions()]
  .filter(({ name, evaluate, effects, terminator }) => {
    const isStable = name.startsWith("stablehlo.") || name.startsWith("chlo.");
    return isStable && evaluate && !effects && !terminator && !ofFutures.has(name);
  })
  .map(({ name }) => name);

/** Bodies of these are made kernels of one element at a time. */
const scalarBodies: ReadonlySet<string> = new Set(
  ["reduce", "reduce_window", "select_and_scatter", "scatter", "sort", "map"].map(
    (name) => `stablehlo.${name}`,
  ),
);
const inBodies: ReadonlySet<string> = new Set([
  ...Object.keys(elementwise),
  ...["constant", "reshape", "broadcast_in_dim", "return"].map((name) => `stablehlo.${name}`),
  // The runtime looks into the callee.
  "func.call",
]);

/** Why an operation has no form in the runtime; undefined when it has one. */
export function lackOf(operation: Operation, table: LoweringTable): string | undefined {
  const row = table[operation.name];
  if (!row) return "MLX has no such operation";
  return lowering(row).refuse?.(operation) ?? bodyBeyond(operation);
}

/** What keeps a body from becoming such a kernel. */
export function bodyBeyond(operation: Operation): string | undefined {
  if (!scalarBodies.has(operation.name)) return undefined;
  let beyond: string | undefined;
  for (const inner of operation.regions.flatMap(({ blocks }) =>
    blocks.flatMap(({ operations }) => operations),
  )) {
    walk(inner, ({ name, results }) => {
      const isScalar = results.every(({ type }) => type.kind === "tensor" && type.shape.length === 0);
      if (!inBodies.has(name) && !name.startsWith("mlx.")) beyond ??= `its body contains ${name}`;
      else if (!isScalar) beyond ??= `its body computes on arrays (${name})`;
    });
  }
  return beyond;
}

/** Whether the evaluator can run it alone. */
function canRunAlone(operation: Operation): boolean {
  const target = operation.attributes.call_target_name;
  if (operation.name === "stablehlo.custom_call")
    return target?.kind === "string" && evaluatedCalls.has(target.value);
  let calls = false;
  walk(operation, ({ name }) => {
    calls ||= name === "func.call";
  });
  const isStatic = ({ type }: Value) => type.kind === "tensor" && type.shape.every((size) => size >= 0);
  return (
    !calls &&
    !hasEffects(operation) &&
    definitionOf(operation.name)?.evaluate !== undefined &&
    [...operation.operands, ...operation.results].every(isStatic)
  );
}

export function fallback(table: LoweringTable): Rule<string> {
  return {
    name: fallbackName,
    why: "MLX does not have it: slow, and right.",
    on: evaluated,
    match: (operation) => (canRunAlone(operation) ? lackOf(operation, table) : undefined),
    emit: (_, builder, operation) => {
      const captured = capturedValues(operation.regions);
      const inputs = [...operation.operands, ...captured];
      const results = operation.results.map(({ type }) => type);
      return builder.emit(mlx.evaluate, inputs, { module: moduleOf(operation, inputs) }, { results });
    },
  };
}

/** The operation alone, as a module whose entry takes `inputs`. The operation is the driver's copy, and used up. */
function moduleOf(operation: Operation, inputs: readonly Value[]): string {
  const types = inputs.map(({ type }) => type);
  const block = createBlock(types);
  substitute([operation], new Map(inputs.map((value, i) => [value, block.arguments[i]!])));
  append(block, operation);
  append(block, createOperation("func.return", { operands: operation.results }));
  const func = createOperation("func.func", {
    attributes: {
      sym_name: { kind: "string", value: "main" },
      function_type: {
        kind: "type",
        type: { kind: "function", inputs: types, results: operation.results.map(({ type }) => type) },
      },
    },
    regions: [createRegion(block)],
  });
  const body = createBlock();
  append(body, func);
  const module = createOperation("builtin.module", { regions: [createRegion(body)] });
  return writeText({ operation: module, resources: new Map() });
}
