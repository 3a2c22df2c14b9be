/**
 * Self-checking programs (`check.expect_eq` and its kin) on any backend: the checks are taken out of the entry function
 * and what they look at becomes further results, so that a backend need not know them and they cannot be skipped.
 */
import { entryOf } from "@hloom/backend";
import {
  bodyOf,
  createOperation,
  evaluateOp,
  functionType,
  type HostTensor,
  locationText,
  type Module,
  type Operation,
  substitute,
  type TensorType,
  type Value,
  type VerifiedModule,
  verify,
} from "@hloom/ir";

export interface Check {
  readonly operation: Operation;
  /** `check.expect_close at model.mlir:12:3` */
  readonly name: string;
  /** Which results of the program it compares. */
  readonly results: readonly number[];
}

export interface CheckedProgram {
  readonly module: VerifiedModule;
  /** How many results belong to the program itself; those of the checks follow. */
  readonly outputs: number;
  readonly checks: readonly Check[];
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly message?: string;
}

/** Takes the checks out of `module`, which it changes; a module without checks comes back as it is. */
export function separateChecks(module: VerifiedModule): CheckedProgram {
  const entry = entryOf(module);
  const block = bodyOf(entry.regions[0]!);
  const found = block.operations.filter(isCheck);
  const outputs = functionType(entry).results.length;
  if (found.length === 0) return { module, outputs, checks: [] };

  const terminator = block.operations.at(-1)!;
  const checks = found.map((operation): Check => {
    const results = operation.operands.map((value) => resultOf(terminator, value));
    return { operation, name: nameOf(operation), results };
  });
  const outcomes = new Map<Value, Value>();
  block.operations = block.operations.flatMap((operation) => {
    if (!isCheck(operation)) return operation;
    const [result] = operation.results;
    if (!result) return [];
    // Whether it holds is for the report to say; the program goes on as if it did.
    const holds = createOperation("stablehlo.constant", {
      results: [result.type],
      attributes: {
        value: { kind: "dense", type: result.type as TensorType, data: Uint8Array.of(1), splat: true },
      },
      location: operation.location,
    });
    holds.parent = block;
    outcomes.set(result, holds.results[0]!);
    return holds;
  });
  substitute(block.operations, outcomes);
  declareResults(entry, terminator.operands);
  return { module: verified(module), outputs, checks };
}

function isCheck(operation: Operation): boolean {
  return kindOf(operation).startsWith("check.") && operation.results.every(isPredicate);
}

function isPredicate({ type }: Value): boolean {
  return type.kind === "tensor" && type.element === "i1" && type.shape.length === 0;
}

function kindOf(operation: Operation): string {
  const target = operation.attributes.call_target_name;
  return operation.name === "stablehlo.custom_call" && target?.kind === "string"
    ? target.value
    : operation.name;
}

function nameOf(operation: Operation): string {
  const place = operation.location.kind === "unknown" ? "" : ` at ${locationText(operation.location)}`;
  return kindOf(operation) + place;
}

/** The index of `value` among what the function returns, adding it at the end. */
function resultOf(terminator: Operation, value: Value): number {
  terminator.operands.push(value);
  return terminator.operands.length - 1;
}

function declareResults(entry: Operation, values: readonly Value[]): void {
  const { inputs } = functionType(entry);
  const type = { kind: "function", inputs, results: values.map((value) => value.type) } as const;
  const { res_attrs: _dropped, ...attributes } = entry.attributes;
  entry.attributes = { ...attributes, function_type: { kind: "type", type } };
}

function verified(module: Module): VerifiedModule {
  const result = verify(module);
  if (!result.module)
    throw new Error(`taking out the checks broke the module: ${result.diagnostics[0]?.message}`);
  return result.module;
}

/** Compares what the program gave, as each check asks. */
export function runChecks(program: CheckedProgram, results: readonly HostTensor[]): CheckResult[] {
  return program.checks.map(({ operation, name, results: indices }) => {
    try {
      evaluateOp(
        operation,
        indices.map((index) => results[index]!),
      );
      return { name, passed: true };
    } catch (error) {
      return { name, passed: false, message: error instanceof Error ? error.message : String(error) };
    }
  });
}
