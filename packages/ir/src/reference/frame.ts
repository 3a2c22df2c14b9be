/** Functions as straight lists of steps over numbered slots, so that loops do not look anything up by name. */
import type { RegionFunction } from "../declare/define.ts";
import { type Block, bodyOf, type Operation, type Region, type Value, walk } from "../model/operation.ts";
import { definitionOf } from "../ops/index.ts";
import { type Host, prepareOperation } from "./apply.ts";
import { inOperation } from "./error.ts";
import type { Datum } from "./tensor.ts";

/** Values of one activation of a function, regions included: each value of the function has a slot. */
type Frame = (Datum | undefined)[];

interface Step {
  readonly operation: Operation;
  run(frame: Frame): void;
  /** Slots that nothing reads after this step: cleared, so that memory is free as soon as it can be. */
  readonly last: readonly number[];
}

interface Code {
  readonly parameters: readonly number[];
  readonly steps: readonly Step[];
  readonly returns: readonly number[];
}

/** Counts steps; throws when there have been too many. */
export type Meter = (operation: Operation) => void;

/** Prepares a function, or a region that captures nothing. */
export function prepareRegion(region: Region, host: Host, meter: Meter): RegionFunction {
  const slots = new Map<Value, number>();
  const code = prepareBlock(bodyOf(region), slots, host, meter);
  return (...args) => run(code, new Array<Datum | undefined>(slots.size), args, meter);
}

function run(code: Code, frame: Frame, args: readonly Datum[], meter: Meter): readonly Datum[] {
  const { parameters, steps, returns } = code;
  for (let i = 0; i < parameters.length; i++) frame[parameters[i]!] = args[i];
  for (const step of steps) {
    meter(step.operation);
    try {
      step.run(frame);
    } catch (error) {
      throw inOperation(step.operation, error);
    }
    for (const slot of step.last) frame[slot] = undefined;
  }
  return returns.map((slot) => frame[slot]!);
}

function prepareBlock(block: Block, slots: Map<Value, number>, host: Host, meter: Meter): Code {
  const slotOf = (value: Value): number => {
    let slot = slots.get(value);
    if (slot === undefined) slots.set(value, (slot = slots.size));
    return slot;
  };
  const parameters = block.arguments.map(slotOf);
  const terminator = block.operations.at(-1);
  const hasTerminator = terminator !== undefined && (definitionOf(terminator.name)?.terminator ?? false);
  const operations = hasTerminator ? block.operations.slice(0, -1) : block.operations;
  const last = lastUses(block, operations);
  const steps = operations.map((operation): Step => {
    const run = prepareStep(operation, slotOf, slots, host, meter);
    return { operation, run, last: (last.get(operation) ?? []).map(slotOf) };
  });
  return { parameters, steps, returns: hasTerminator ? terminator.operands.map(slotOf) : [] };
}

/** For each operation the values of this block that it, or a region inside it, is the last to read. */
function lastUses(block: Block, operations: readonly Operation[]): Map<Operation, Value[]> {
  const returned = new Set(block.operations.at(-1)?.operands);
  const lastReader = new Map<Value, Operation>();
  for (const operation of operations) {
    for (const result of operation.results) lastReader.set(result, operation);
    walk(operation, (inner) => {
      for (const value of inner.operands) {
        if (definedIn(block, value)) lastReader.set(value, operation);
      }
    });
  }
  const last = new Map<Operation, Value[]>();
  for (const [value, operation] of lastReader) {
    if (returned.has(value)) continue;
    const values = last.get(operation);
    if (values) values.push(value);
    else last.set(operation, [value]);
  }
  return last;
}

function definedIn(block: Block, value: Value): boolean {
  return value.owner.kind === "block" ? value.owner === block : value.owner.parent === block;
}

function prepareStep(
  operation: Operation,
  slotOf: (value: Value) => number,
  slots: Map<Value, number>,
  host: Host,
  meter: Meter,
): (frame: Frame) => void {
  const operands = operation.operands.map(slotOf);
  const results = operation.results.map(slotOf);
  const apply = prepareOperation(operation, host);
  const { around } = host;
  const codes = new Map(
    operation.regions
      .filter((region) => region.blocks.length > 0)
      .map((region) => [region, prepareBlock(bodyOf(region), slots, host, meter)]),
  );
  const regionIn =
    (frame: Frame) =>
    (region: Region): RegionFunction => {
      const code = codes.get(region);
      if (!code) throw new Error("a region without a block cannot be called");
      return (...args) => run(code, frame, args, meter);
    };
  return (frame) => {
    const data = new Array<Datum>(operands.length);
    for (let i = 0; i < data.length; i++) data[i] = frame[operands[i]!]!;
    const outputs = around
      ? around(operation, data, (changed) => apply(changed, regionIn(frame)))
      : apply(data, regionIn(frame));
    for (let i = 0; i < results.length; i++) frame[results[i]!] = outputs[i];
  };
}
