/** Emits a program of many processes as one: each operation once for all processes whose operands are the same values. */
import type { ProcessGrid, ProcessId } from "../../declare/define.ts";
import type { RecordAttribute } from "../../model/attributes.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import {
  append,
  type Block,
  bodyOf,
  definingOperation,
  type Operation,
  type Value,
  walk,
} from "../../model/operation.ts";
import { hasEffects, referencedSymbols } from "../../ops/effects.ts";
import { meshOf, shardingsOf } from "../../ops/mesh.ts";
import { Builder } from "../builder.ts";
import { capturedValues, cloneOperation } from "../inline.ts";
import { spreadings } from "../passes/single_device.ts";
import { emitBranches, emitWhile, type Site } from "./control.ts";
import { exchanges } from "./exchange.ts";
import { classesOf, type Lanes, perClass, Scope } from "./lanes.ts";
import { join, split } from "./parts.ts";
import { shardyTiling, type Tiling } from "./tiling.ts";
import { shardingIn } from "./xla.ts";

const aliases: ReadonlySet<string> = new Set(spreadings);

type Handler = (operation: Operation, operands: readonly Lanes[], scope: Scope, target: Block) => Lanes[];

export class Emitter {
  readonly grid: ProcessGrid;
  readonly processes: readonly ProcessId[];
  readonly #functions: ReadonlyMap<string, Operation>;
  readonly #known = { special: new Map<string, boolean>(), effects: new Map<string, boolean>() };
  /** Inside a computation that each process runs for itself: effects happen once for each. */
  #manual: boolean;

  constructor(functions: ReadonlyMap<string, Operation>, grid: ProcessGrid) {
    this.#functions = functions;
    this.grid = grid;
    this.#manual = grid.replicas > 1;
    this.processes = Array.from({ length: grid.replicas * grid.partitions }, (_, i) => ({
      replica: Math.floor(i / grid.partitions),
      partition: i % grid.partitions,
    }));
  }

  /** Emits the operations of `source` at the end of `target`; gives what its terminator returns. */
  readonly block = (
    source: Block,
    args: readonly Lanes[],
    outer: Scope | undefined,
    target: Block,
  ): Lanes[] => {
    const scope = new Scope(outer);
    scope.set(source.arguments, args);
    for (const operation of source.operations.slice(0, -1)) {
      scope.set(operation.results, this.#operation(operation, scope, target));
    }
    return source.operations.at(-1)!.operands.map((value) => scope.get(value));
  };

  #operation(operation: Operation, scope: Scope, target: Block): Lanes[] {
    const operands = operation.operands.map((value) => scope.get(value));
    try {
      const handler = this.#handlerOf(operation);
      return handler
        ? handler(operation, operands, scope, target)
        : this.#each(operation, operands, scope, target);
    } catch (error) {
      if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
      const { name: op, location } = operation;
      const message = `cannot run on several devices: ${error.message}`;
      throw new DiagnosticError({ severity: "error", code: "spmd/unsupported", message, op, location });
    }
  }

  #handlerOf(operation: Operation): Handler | undefined {
    const { name } = operation;
    const exchange = exchanges[name];
    if (exchange) {
      const { processes, grid } = this;
      return (_, operands, __, target) =>
        exchange({ builder: new Builder(target, operation.location), operation, operands, processes, grid });
    }
    if (aliases.has(name)) return (_, operands) => operands.slice(0, 1);
    const handler =
      this.#handlers[name === "stablehlo.custom_call" ? `${name} @${targetOf(operation)}` : name];
    return handler && this.#isSpecial(operation) ? handler : undefined;
  }

  /** What is not the same operation in each process. */
  readonly #handlers: Readonly<Record<string, Handler>> = {
    "sdy.manual_computation": (operation, operands, _, target) => this.#manually(operation, operands, target),
    "sdy.sharding_group": () => [],
    "sdy.named_computation": (operation, operands, _, target) =>
      this.block(bodyOf(operation.regions[0]!), operands, undefined, target),
    "func.call": (operation, operands, _, target) => this.#call(operation, operands, target),
    "stablehlo.composite": (operation, operands, _, target) => this.#call(operation, operands, target),
    "stablehlo.while": (operation, operands, scope, target) =>
      emitWhile(operation, operands, this.#site(scope, target)),
    "stablehlo.if": (operation, [selector], scope, target) =>
      emitBranches(operation, selector!, this.#site(scope, target)),
    "stablehlo.case": (operation, [selector], scope, target) =>
      emitBranches(operation, selector!, this.#site(scope, target)),
    "stablehlo.custom_call @Sharding": (_, operands) => operands.slice(0, 1),
    "stablehlo.custom_call @SPMDFullToShardShape": (operation, [whole], _, target) => {
      // The sharding is that of the annotation in front.
      const annotation = definingOperation(operation.operands[0]!);
      const tiling = annotation && this.#tilingOf(annotation);
      this.#manual = true;
      return [tiling ? split(new Builder(target, operation.location), whole!, tiling) : whole!];
    },
    "stablehlo.custom_call @SPMDShardToFullShape": (operation, [parts], _, target) => {
      const tiling = this.#tilingOf(operation);
      this.#manual = this.grid.replicas > 1;
      return [tiling ? join(new Builder(target, operation.location), parts!, tiling) : parts!];
    },
  };

  #site(scope: Scope, target: Block): Site {
    return { emit: this.block, scope, target, processes: this.processes.length };
  }

  #tilingOf(operation: Operation): Tiling | undefined {
    const sharding = shardingIn(operation.attributes, operation.results[0]!.type);
    return sharding && shardyTiling(sharding, meshOf(sharding, operation), this.grid);
  }

  /** In each process the same operation, on its own operands. */
  #each(operation: Operation, operands: readonly Lanes[], scope: Scope, target: Block): Lanes[] {
    const captured = operation.regions.length > 0 ? capturedValues(operation.regions) : [];
    const inputs = [...operands, ...captured.map((value) => scope.get(value))];
    const apart = this.#manual && this.#hasEffects(operation);
    const classes = apart ? this.processes.map((_, lane) => lane) : classesOf(inputs, this.processes.length);
    const sources: readonly Value[] = [...operation.operands, ...captured];
    return perClass(classes, (lane) => {
      const values = new Map(sources.map((source, i) => [source, inputs[i]![lane]!]));
      return append(target, cloneOperation(operation, values)).results;
    });
  }

  #call(operation: Operation, operands: readonly Lanes[], target: Block): Lanes[] {
    const [callee] = this.#callees(operation);
    return this.block(bodyOf(callee!.regions[0]!), operands, undefined, target);
  }

  #manually(operation: Operation, operands: readonly Lanes[], target: Block): Lanes[] {
    const builder = new Builder(target, operation.location);
    const axes = operation.attributes.manual_axes as RecordAttribute;
    const manual = axes.fields.value as readonly string[];
    const tilings = (name: string) =>
      shardingsOf(operation.attributes[name] as RecordAttribute).map((sharding) =>
        shardyTiling(sharding, meshOf(sharding, operation), this.grid, manual),
      );
    const inputs = tilings("in_shardings");
    const outputs = tilings("out_shardings");
    const parts = operands.map((whole, i) => split(builder, whole, inputs[i]!));
    const outer = this.#manual;
    this.#manual = true;
    const results = this.block(bodyOf(operation.regions[0]!), parts, undefined, target);
    this.#manual = outer;
    return results.map((part, i) => join(builder, part, outputs[i]!));
  }

  #callees(operation: Operation): Operation[] {
    return referencedSymbols(operation).flatMap((symbol) => this.#functions.get(symbol) ?? []);
  }

  /** Whether processes meet in the operation, or it depends on which process runs it. */
  #isSpecial(operation: Operation): boolean {
    const { name } = operation;
    const itself =
      name in exchanges ||
      aliases.has(name) ||
      name.startsWith("sdy.") ||
      (name === "stablehlo.custom_call" && `${name} @${targetOf(operation)}` in this.#handlers);
    return itself || this.#inside(operation, this.#known.special, (inner) => this.#isSpecial(inner));
  }

  #hasEffects(operation: Operation): boolean {
    const { effects } = this.#known;
    return hasEffects(operation) || this.#inside(operation, effects, (inner) => this.#hasEffects(inner));
  }

  /** Whether `holds` for an operation in the regions or callees; of functions it is remembered. */
  #inside(operation: Operation, known: Map<string, boolean>, holds: (inner: Operation) => boolean): boolean {
    const within = (outer: Operation): boolean => {
      let found = false;
      walk(outer, (inner) => {
        found ||= inner !== outer && holds(inner);
      });
      return found;
    };
    if (operation.regions.length > 0 && within(operation)) return true;
    return referencedSymbols(operation).some((symbol) => {
      const callee = this.#functions.get(symbol);
      if (!callee) return false;
      const remembered = known.get(symbol);
      if (remembered !== undefined) return remembered;
      known.set(symbol, false); // a function that calls itself adds nothing
      const result = within(callee);
      known.set(symbol, result);
      return result;
    });
  }
}

function targetOf({ attributes }: Operation): string {
  const target = attributes.call_target_name;
  return target?.kind === "string" ? target.value : "";
}
