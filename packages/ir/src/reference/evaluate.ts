/** Runs programs from the declarations alone: the golden meaning that every backend is held to. */
import type { ProcessId, RegionFunction } from "../declare/define.ts";
import {
  entryFunction,
  functionsOf,
  functionType,
  type Module,
  type Operation,
  type Region,
  symbolName,
} from "../model/operation.ts";
import { slotsPerElement } from "../model/storage.ts";
import { DYNAMIC, isQuantized, sizeOf, type Type } from "../model/types.ts";
import type { VerifiedModule } from "../verify/index.ts";
import { type Around, type Host, prepareOperation } from "./apply.ts";
import { EvaluateError, inOperation } from "./error.ts";
import { type Meter, prepareRegion } from "./frame.ts";
import { createProcesses } from "./processes.ts";
import { type Datum, isTensor } from "./tensor.ts";

export interface CheckOutcome {
  /** The checking operation: one of the check dialect, or a custom call `check.…`. */
  readonly operation: Operation;
  /** What is wrong; absent when the check holds. */
  readonly failure?: string;
}

export interface EvaluateOptions {
  /** The function to run; the module's entry, `@main` or its only public function, unless told. */
  readonly entry?: string;
  /** Hears of every check. Without it a check that fails is an {@link EvaluateError}. */
  readonly onCheck?: (outcome: CheckOutcome) => void;
  /** The most operations that one call may execute, regions included; more is an {@link EvaluateError}. */
  readonly maxSteps?: number;
  /** Which process of a distributed program this is; the only one unless told. */
  readonly process?: ProcessId;
  /** Stands around each operation that is executed. */
  readonly around?: Around;
}

/** A module made ready to run any number of times. */
export interface PreparedModule {
  /** Runs the entry function. Arguments and results are tensors, tokens or tuples as the function's type says. */
  (...args: readonly Datum[]): readonly Datum[];
  /** Runs any function of the module. */
  call(symbol: string, args: readonly Datum[]): readonly Datum[];
}

/** Calls inside calls; the call stack is JavaScript's, and a program may call itself. */
const maximumCallDepth = 200;

/** Prepares a verified module: functions are made into steps when they are first called, and kept. */
export function prepare(module: VerifiedModule, options: EvaluateOptions = {}): PreparedModule {
  const { maxSteps = Infinity, process = { replica: 0, partition: 0 } } = options;
  const functions = functionsOf(module);
  const prepared = new Map<string, RegionFunction>();
  const host: Host = {
    resources: module.resources,
    call,
    check: (operation, failure) => report(options, operation, failure),
    processes: createProcesses(process),
    around: options.around,
  };
  let depth = 0;
  let steps = 0;

  const meter: Meter = (operation) => {
    if (++steps > maxSteps)
      throw new EvaluateError(operation, `more than ${maxSteps} operations were executed`);
  };

  function functionNamed(symbol: string): RegionFunction {
    const known = prepared.get(symbol);
    if (known) return known;
    const body = functions.get(symbol)?.regions[0];
    if (!body?.blocks.length) throw new Error(`there is no function @${symbol} with a body`);
    const made = prepareRegion(body, host, meter);
    prepared.set(symbol, made);
    return made;
  }

  function call(symbol: string, args: readonly Datum[]): readonly Datum[] {
    if (depth === 0) steps = 0;
    if (depth >= maximumCallDepth) throw new Error(`calls nest deeper than ${maximumCallDepth}`);
    depth++;
    try {
      return functionNamed(symbol)(...args);
    } finally {
      depth--;
    }
  }

  /** Calls from outside may be wrong; those from inside have been verified. */
  function callFromOutside(symbol: string, args: readonly Datum[]): readonly Datum[] {
    const func = functions.get(symbol);
    const inputs = func && functionType(func).inputs;
    if (inputs && inputs.length !== args.length) {
      throw new EvaluateError(func, `@${symbol} takes ${inputs.length} arguments, not ${args.length}`);
    }
    for (const [i, type] of (inputs ?? []).entries()) {
      const reason = mismatch(args[i]!, type);
      if (reason) throw new EvaluateError(func!, `argument ${i} of @${symbol} ${reason}`);
    }
    return call(symbol, args);
  }

  const entry = options.entry ?? nameOfEntry(module);
  return Object.assign((...args: readonly Datum[]) => callFromOutside(entry, args), {
    call: callFromOutside,
  });
}

/** What keeps a value from being of a type, or undefined; dynamic dimensions take any size. */
function mismatch(datum: Datum, type: Type): string | undefined {
  if (type.kind !== "tensor") return isTensor(datum) ? "is a tensor and should not be" : undefined;
  if (!isTensor(datum)) return "should be a tensor";
  const { shape, element } = datum.type;
  const expected = isQuantized(type.element) ? type.element.storage : type.element;
  const fits =
    shape.length === type.shape.length &&
    type.shape.every((size, d) => size === DYNAMIC || size === shape[d]) &&
    datum.data.length === sizeOf(shape) * slotsPerElement(element);
  if (fits && element === expected) return undefined;
  return `is a tensor of ${element} and shape [${shape}], which the function does not take`;
}

/** Runs the entry function of a verified module once. */
export function evaluate(
  module: VerifiedModule,
  args: readonly Datum[],
  options: EvaluateOptions = {},
): readonly Datum[] {
  return prepare(module, options)(...args);
}

/** What a single operation may ask for besides its operands. Absent parts are refused when they are asked for. */
export interface OperationHost {
  /** Makes a region of the operation callable; without it regions must not use values from outside. */
  readonly region?: (region: Region) => RegionFunction;
  readonly call?: Host["call"];
  readonly resources?: Host["resources"];
  readonly check?: Host["check"];
  readonly process?: ProcessId;
}

/** Applies one operation to the values of its operands, for backends that have no faster way. */
export function evaluateOp(
  operation: Operation,
  data: readonly Datum[],
  { region, call, check, resources, process = { replica: 0, partition: 0 } }: OperationHost = {},
): readonly Datum[] {
  const host: Host = {
    resources: resources ?? new Map(),
    processes: createProcesses(process),
    call:
      call ?? ((symbol) => refuse(operation, `it calls @${symbol}, and there is no module to find it in`)),
    check: check ?? ((checked, failure) => report({}, checked, failure)),
  };
  const bind = region ?? ((body: Region) => prepareRegion(body, host, () => undefined));
  try {
    return prepareOperation(operation, host)(data, bind);
  } catch (error) {
    throw inOperation(operation, error);
  }
}

function refuse(operation: Operation, reason: string): never {
  throw new EvaluateError(operation, reason);
}

function report({ onCheck }: EvaluateOptions, operation: Operation, failure: string | undefined): void {
  if (onCheck) onCheck(failure === undefined ? { operation } : { operation, failure });
  else if (failure !== undefined) throw new EvaluateError(operation, failure);
}

/** A module without an entry is still of use through `call`: asking for `@main` then says that there is none. */
function nameOfEntry(module: Module): string {
  const entry = entryFunction(module);
  return (entry && symbolName(entry)) ?? "main";
}
