/** One operation made ready to run: its declaration found, its attributes decoded, its operands named. */
import type { EvaluateContext, OpDefinition, RegionFunction } from "../declare/define.ts";
import { attributeValues, byArity, knownOf, splitByFields, typeArguments } from "../declare/view.ts";
import type { Operation, Region, Value } from "../model/operation.ts";
import { DYNAMIC, type Type } from "../model/types.ts";
import { definitionOf } from "../ops/index.ts";
import { EvaluateError } from "./error.ts";
import type { Processes } from "./processes.ts";
import { quantizationOf } from "./quantized.ts";
import { type Datum, isTensor } from "./tensor.ts";

/** What the surroundings of an operation provide. */
export interface Host extends Pick<EvaluateContext, "call" | "resources"> {
  check(operation: Operation, failure: string | undefined): void;
  readonly processes: Processes;
  readonly around?: Around | undefined;
}

/**
 * Stands around each operation that is executed, those of regions too: to watch, or to change what it sees or gives.
 * `apply` is what would have happened.
 */
export type Around = (
  operation: Operation,
  data: readonly Datum[],
  apply: (data: readonly Datum[]) => readonly Datum[],
) => readonly Datum[];

/** Applies the operation to its operands' values; `bind` makes its regions callable. */
export type Application = (
  data: readonly Datum[],
  bind: (region: Region) => RegionFunction,
) => readonly Datum[];

type Evaluate = (args: Record<string, unknown>, context: EvaluateContext) => Datum | readonly Datum[];

/** Prepares an operation. What it lacks for running, an evaluation rule or operands, is an error when it is applied. */
export function prepareOperation(operation: Operation, host: Host): Application {
  const definition = definitionOf(operation.name);
  const positions = operation.operands.map((_, i) => i);
  const operands = definition && splitByFields(definition.operands, positions);
  const regions = definition && splitByFields(definition.regions, operation.regions);
  if (!definition?.evaluate || !operands || !regions) return () => refuse(operation, definition);
  const evaluate = definition.evaluate as unknown as Evaluate;
  const quantization = quantizationOf(definition, operation);
  const context = contextOf(operation, host, quantization?.results);
  const isOpen = context.results.some((type) => type.kind === "tensor" && type.shape.includes(DYNAMIC));
  const fields = definition.operands.map(({ name, arity }, i) => {
    const part = operands[i]!;
    return { name, list: arity === "variadic" ? part : undefined, position: part[0] };
  });
  // Copying an object that has every key already is much faster than growing one for each run.
  const template: Record<string, unknown> = { ...attributeValues(definition, operation) };
  for (const { name } of [...definition.operands, ...definition.regions]) template[name] = undefined;
  return (operandData, bind) => {
    const data = quantization ? quantization.before(operandData) : operandData;
    const args = { ...template };
    for (const { name, list, position } of fields) {
      if (list) args[name] = list.map((each) => data[each]!);
      else if (position !== undefined) args[name] = data[position];
    }
    for (const [i, { name, arity }] of definition.regions.entries()) {
      args[name] = byArity(arity, regions[i]!.map(bind));
    }
    const result = evaluate(
      args,
      isOpen ? { ...context, results: sizedResults(operation, definition, data) } : context,
    );
    const outputs = isList(result) ? result : [result];
    return quantization ? quantization.after(outputs) : outputs;
  };
}

/** Result types with the sizes that follow from the operands that are there: what the declared ones leave open. */
function sizedResults(
  operation: Operation,
  definition: OpDefinition,
  data: readonly Datum[],
): readonly Type[] {
  const operands = operation.operands.map((operand, i): Value => {
    const datum = data[i]!;
    return isTensor(datum) ? { ...operand, type: sized(operand.type, datum.type.shape) } : operand;
  });
  const bare: Operation = { ...operation, operands };
  const args = typeArguments(definition, bare, false);
  const infer = definition.infer ?? definition.inferShapes;
  const inferred = (args && infer?.(args as never, knownOf(definition, bare))) ?? [];
  return operation.results.map(({ type }, i) => {
    const known = inferred[i];
    return known?.kind === "tensor" ? sized(type, known.shape) : type;
  });
}

const sized = (type: Type, shape: readonly number[]): Type =>
  type.kind === "tensor" ? { ...type, shape } : type;

function isList(result: Datum | readonly Datum[]): result is readonly Datum[] {
  return Array.isArray(result);
}

function contextOf(
  operation: Operation,
  host: Host,
  results: readonly Type[] = operation.results.map(({ type }) => type),
): EvaluateContext {
  const { processes } = host;
  return {
    operation,
    results,
    resources: host.resources,
    call: host.call,
    check: (failure) => host.check(operation, failure),
    get process() {
      return processes.process;
    },
    get grid() {
      return processes.grid;
    },
    give: processes.give,
    take: (channel, from) => processes.take(channel, from, operation),
    parallel: processes.parallel,
  };
}

function refuse(operation: Operation, definition: OpDefinition | undefined): never {
  if (!definition) throw new EvaluateError(operation, `${operation.name} is not a known operation`);
  if (!definition.evaluate)
    throw new EvaluateError(operation, `${operation.name} has no reference evaluation`);
  throw new EvaluateError(
    operation,
    "operands or regions do not fit the declaration; was the module verified?",
  );
}
