/**
 * Given what the arguments are, what is everything else? A program with dynamic dimensions is rebuilt in one walk, in
 * program order: result types are inferred anew from refined operands, integer computations on known values (those of
 * sizes) are carried out, and each function is refined for each set of arguments that it is called with.
 */
import { type Diagnostic, DiagnosticError, error } from "../../model/diagnostic.ts";
import {
  append,
  type Block,
  bodyOf,
  createBlock,
  createOperation,
  createRegion,
  entryFunction,
  type Module,
  type Operation,
  type Region,
  structuredBlocks,
  symbolName,
  topLevel,
  type Value,
} from "../../model/operation.ts";
import { isInteger, sameType, type Type } from "../../model/types.ts";
import { func, stablehlo } from "../../ops/index.ts";
import { regionOutputs } from "../../ops/regions.ts";
import type { Tensor } from "../../reference/tensor.ts";
import { typeText } from "../../write/index.ts";
import { Builder } from "../builder.ts";
import { constantOf, emitConstant } from "../constants.ts";
import { removeUnused } from "../driver.ts";
import { dynamicCallTypes } from "./dynamic_calls.ts";
import { knownResults } from "./fold.ts";
import { mergeTypes } from "./merge_types.ts";
import { assertionHolds, callTarget, customCallTypes, operandWrapper, reject } from "./shape_calls.ts";
import { inferredTypes } from "./shape_rules.ts";
import { type Argument, type Callee, checkArguments, Specialisations } from "./specialisations.ts";

/** What is known of an argument: its type, or its value, which the refined program then no longer takes. */
export type RefinedInput = Type | Tensor;

export interface RefineResult {
  /** Absent when there are errors. Not verified yet. */
  readonly module?: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Refines the entry function for arguments of the given types, or as declared. Arguments given by value disappear from
 * its signature. Errors: arguments that do not fit, shape assertions that do not hold, contradictory types.
 */
export function refineShapes(module: Module, inputs?: readonly RefinedInput[]): RefineResult {
  try {
    const entry = entryFunction(module);
    if (!entry) throw new DiagnosticError(error("refine/no-entry", "there is no function `main` to refine"));
    return { module: new Refiner(module, entry).refine(inputs), diagnostics: [] };
  } catch (problem) {
    if (problem instanceof DiagnosticError) return { diagnostics: [problem.diagnostic] };
    throw problem;
  }
}

class Refiner {
  private readonly module: Module;
  private readonly entry: Operation;
  private readonly functions: Specialisations;
  private readonly values = new Map<Value, Value>();

  constructor(module: Module, entry: Operation) {
    this.module = module;
    this.entry = entry;
    this.functions = new Specialisations(module, entry, (operation, args, name) =>
      this.refineFunction(operation, args, name),
    );
  }

  refine(inputs: readonly RefinedInput[] | undefined): Module {
    const { entry } = this;
    const callee = this.functions.of(entry, checkArguments(entry, inputs), symbolName(entry)!);
    const { kept, made } = this.functions;
    const body = createBlock();
    for (const operation of topLevel(this.module)) {
      if (operation === entry) append(body, callee.operation);
      else if (kept.has(operation)) append(body, this.copyUnrefined(operation));
    }
    for (const { operation } of made) if (operation !== callee.operation) append(body, operation);
    const { name, attributes, location } = this.module.operation;
    const operation = createOperation(name, { attributes, location, regions: [createRegion(body)] });
    return removeUnused({ ...this.module, operation });
  }

  private copyUnrefined(operation: Operation): Operation {
    const copy = createOperation(operation.name, {
      operands: this.mapped(operation),
      results: operation.results.map(({ type }) => type),
      attributes: operation.attributes,
      location: operation.location,
      regions: operation.regions.map((region) => {
        const blocks = structuredBlocks(region).map((block) => {
          const target = this.startBlock(block, block.arguments);
          for (const inner of block.operations) append(target, this.copyUnrefined(inner));
          return target;
        });
        return createRegion(...blocks);
      }),
    });
    this.replace(operation, copy.results);
    return copy;
  }

  // Functions and regions --------------------------------------------------------------------------------------------

  private refineFunction(source: Operation, args: readonly Argument[], name: string): Callee {
    const [region] = source.regions;
    if (region?.blocks.length !== 1)
      return reject(source, "refine/blocks", "only functions of one block can be refined");
    const block = bodyOf(region);
    const free = args.map(({ constant }) => constant === undefined);
    const target = createBlock(
      args.filter((_, i) => free[i]).map(({ type }) => type),
      block.arguments.filter((_, i) => free[i]).map(({ location }) => location),
    );
    const builder = new Builder(target, source.location);
    const taken = target.arguments.values();
    block.arguments.forEach((argument, i) => {
      const { constant, type } = args[i]!;
      this.values.set(argument, constant ? emitConstant(builder, constant, type) : taken.next().value!);
    });
    this.refineBlock(block, target);
    return this.functions.define(source, name, target, free);
  }

  private startBlock(source: Block, args: readonly { readonly type: Type }[]): Block {
    const block = createBlock(
      args.map(({ type }) => type),
      source.arguments.map(({ location }) => location),
    );
    source.arguments.forEach((argument, i) => this.values.set(argument, block.arguments[i]!));
    return block;
  }

  private refineRegion(region: Region, args?: readonly Value[]): Region {
    return createRegion(
      ...structuredBlocks(region).map((source) => {
        const types = source.arguments.map((argument, i) => {
          const type = args?.[i] && mergeTypes(argument.type, args[i].type);
          return { type: type ?? argument.type };
        });
        const block = this.startBlock(source, types);
        this.refineBlock(source, block);
        return block;
      }),
    );
  }

  private refineBlock(source: Block, target: Block): void {
    for (const operation of source.operations)
      this.replace(operation, this.refineOperation(operation, target));
  }

  // Operations -------------------------------------------------------------------------------------------------------

  private mapped({ operands }: Operation): Value[] {
    return operands.map((value) => this.values.get(value) ?? value);
  }

  private replace({ results }: Operation, values: readonly Value[]): void {
    results.forEach((result, i) => this.values.set(result, values[i]!));
  }

  /** Appends what `operation` becomes, if anything; the values of its results. */
  private refineOperation(operation: Operation, target: Block): readonly Value[] {
    if (operation.name === func.call.name || operation.name === stablehlo.composite.name)
      return this.refineCall(operation, target);
    const operands = this.mapped(operation);
    const copy = createOperation(operation.name, {
      operands,
      results: operation.results.map(({ type }) => type),
      attributes: operation.attributes,
      regions: operation.regions.map((region) =>
        this.refineRegion(region, operation.name === stablehlo.whileOp.name ? operands : undefined),
      ),
      location: operation.location,
    });
    if (assertionHolds(copy)) return [];
    refineResults(copy, typesFromOperands(copy));
    if (isCast(copy)) return [copy.operands[0]!];
    return this.known(copy, target) ?? append(target, copy).results;
  }

  /** Sizes are computed here and now. Floats are left alone: they are no sizes, and their last bits are the device's. */
  private known(operation: Operation, target: Block): readonly Value[] | undefined {
    const integers = [...operation.operands, ...operation.results].every(
      ({ type }) =>
        operation.name === stablehlo.getDimensionSize.name ||
        (type.kind === "tensor" && isInteger(type.element)),
    );
    const results = integers ? knownResults(operation) : undefined;
    const builder = new Builder(target, operation.location);
    return results?.map((tensor, i) => emitConstant(builder, tensor, operation.results[i]!.type));
  }

  private refineCall(operation: Operation, target: Block): readonly Value[] {
    const operands = this.mapped(operation);
    const callee = this.functions.called(
      operation,
      operands.map((value) => ({ type: value.type, ...constantArgument(value) })),
    );
    const builder = new Builder(target, operation.location);
    const { results, constants, taken, isPure, rename } = callee;
    const known = constants.map((tensor, i) => tensor && emitConstant(builder, tensor, results[i]!));
    if (isPure && known.every((value) => value !== undefined)) return known;
    const call = createOperation(operation.name, {
      operands: operands.filter((_, i) => taken[i]),
      results: operation.results.map(({ type }) => type),
      attributes: rename(operation.attributes),
      location: operation.location,
    });
    refineResults(call, results);
    return append(target, call).results.map((result, i) => known[i] ?? result);
  }
}

function constantArgument(value: Value): { readonly constant?: Tensor } {
  const { type } = value;
  if (type.kind !== "tensor" || type.shape.length > 0 || !isInteger(type.element)) return {};
  const constant = constantOf(value);
  return constant ? { constant } : {};
}

function typesFromOperands(operation: Operation): readonly Type[] | undefined {
  if (operation.name === stablehlo.customCall.name)
    return dynamicCallTypes(operation) ?? customCallTypes(operation);
  if (operation.name === "builtin.unrealized_conversion_cast")
    return operation.operands.map(({ type }) => type);
  if (operation.name === stablehlo.whileOp.name) return operation.operands.map(({ type }) => type);
  if (operation.name === stablehlo.caseOp.name || operation.name === stablehlo.ifOp.name) {
    return operation.results.map(({ type }, i) => branchType(operation, type, i));
  }
  try {
    return inferredTypes(operation);
  } catch {
    // Types from which nothing follows are for the verifier to explain.
    return undefined;
  }
}

/** All branches return the same type, so that what one knows holds of all. */
function branchType(operation: Operation, declared: Type, index: number): Type {
  let type = declared;
  for (const region of operation.regions) {
    const output = regionOutputs(region)[index];
    const merged = output && mergeTypes(type, output);
    if (!merged)
      return reject(operation, "refine/branches", `branches return different types as result ${index}`);
    type = merged;
  }
  return type;
}

function refineResults(operation: Operation, types: readonly Type[] | undefined): void {
  if (types?.length !== operation.results.length) return;
  operation.results.forEach((result, i) => {
    const merged = mergeTypes(result.type, types[i]!);
    if (!merged) {
      const [declared, found] = [typeText(result.type), typeText(types[i]!)];
      reject(
        operation,
        "refine/conflict",
        `result ${i} is declared as ${declared} and turns out to be ${found}`,
      );
    }
    result.type = merged;
  });
}

/** Whether the operation only forgot about its operand's shape, which is known now. */
function isCast(operation: Operation): boolean {
  const casts =
    callTarget(operation) === operandWrapper || operation.name === "builtin.unrealized_conversion_cast";
  const [operand] = operation.operands;
  return casts && operation.results.length === 1 && sameType(operand!.type, operation.results[0]!.type);
}
