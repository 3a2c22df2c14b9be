/**
 * Programs of several processes as one program: what each process does becomes part of it, and what processes exchange
 * becomes its data flow. So anything that runs programs can stand for several devices.
 */
import type { ProcessGrid } from "../../declare/define.ts";
import type { Attribute, Attributes } from "../../model/attributes.ts";
import {
  append,
  type Block,
  bodyOf,
  createBlock,
  createOperation,
  createRegion,
  entryFunction,
  functionsOf,
  functionType,
  type Module,
  type Operation,
  topLevel,
  type Value,
  walk,
} from "../../model/operation.ts";
import type { Type } from "../../model/types.ts";
import { func } from "../../ops/index.ts";
import { Builder } from "../builder.ts";
import { copyModule, rewriteModule } from "../driver.ts";
import { singleDevice } from "../passes/single_device.ts";
import { Emitter } from "./emitter.ts";
import type { Lanes } from "./lanes.ts";
import { join, partType, split } from "./parts.ts";
import { Propagation } from "./propagate.ts";
import { Signature } from "./signature.ts";
import { replicated, type Tiling } from "./tiling.ts";

export interface Spread {
  /** Of one process. Its parameters and results are parts of those of the original. */
  readonly module: Module;
  /** For each parameter of `module`: which argument of the original, and the part of which process. */
  readonly inputs: readonly { readonly argument: number; readonly process: number }[];
  /** For each result of the original and each process: which result of `module` is its part. */
  readonly outputs: readonly (readonly number[])[];
  /** How arguments and results of the original are split over the partitions. */
  readonly arguments: readonly Tiling[];
  readonly results: readonly Tiling[];
}

/**
 * Makes one program of a program for `grid`. With several partitions the program is about whole arrays, annotated with
 * shardings; with several replicas each runs it on its own arrays. Arguments without a sharding are whole everywhere, results
 * are split as their operands are; with `io` "whole" the one program takes and gives whole arrays. Throws
 * `DiagnosticError` where an operation cannot be taken apart.
 */
export function spread(module: Module, grid: ProcessGrid, io: "parts" | "whole" = "parts"): Spread {
  const entry = entryFunction(module);
  if (!entry) throw new Error("the module has no entry");
  const { inputs: inputTypes, results: resultTypes } = functionType(entry);
  const functions = functionsOf(module);
  const signature = new Signature(entry, grid);
  const known = inputTypes.map((_, i) => signature.known("arg_attrs", i, undefined));
  const followed = new Propagation(functions).block(bodyOf(entry.regions[0]!), known);
  const whole = (types: readonly Type[]) => types.map((type) => replicated(rankOf(type), grid));
  const argumentTilings =
    io === "whole"
      ? whole(inputTypes)
      : inputTypes.map((type, i) => signature.tiling("arg_attrs", i, type, known[i]));
  const resultTilings =
    io === "whole"
      ? whole(resultTypes)
      : resultTypes.map((type, i) =>
          signature.tiling("res_attrs", i, type, signature.known("res_attrs", i, followed[i])),
        );

  const emitter = new Emitter(functions, grid);
  const block = createBlock();
  const builder = new Builder(block, entry.location);
  const inputs: { argument: number; process: number }[] = [];
  const args = inputTypes.map((type, argument) => {
    const tiling = argumentTilings[argument]!;
    const parts = parameters(block, type, tiling, emitter.processes.length, (process) =>
      inputs.push({ argument, process }),
    );
    return join(builder, parts, tiling);
  });
  const results = emitter.block(bodyOf(entry.regions[0]!), args, undefined, block);
  const parts = results.map((lanes, i) => split(builder, lanes, resultTilings[i]!));
  const values = [...new Set(parts.flat())];
  builder.emit(func.returnOp, values);
  return {
    module: withEntry(module, entry, block, values),
    inputs,
    outputs: parts.map((lanes) => lanes.map((value) => values.indexOf(value))),
    arguments: argumentTilings,
    results: resultTilings,
  };
}

const rankOf = (type: Type): number => (type.kind === "tensor" ? type.shape.length : 0);

/** A parameter for each distinct part of each replica; processes that have the same part share it. */
function parameters(
  block: Block,
  type: Type,
  tiling: Tiling,
  processes: number,
  onParameter: (process: number) => void,
): Lanes {
  const partitions = tiling.parts.length;
  const partial = type.kind === "tensor" ? partType(type, tiling) : type;
  const made = new Map<string, Value>();
  return Array.from({ length: processes }, (_, process) => {
    const partition = process % partitions;
    const part = `${tiling.parts[partition]!.join()} addend ${tiling.addend[partition]}`;
    const key = `${Math.floor(process / partitions)}: ${part}`;
    const known = made.get(key);
    if (known) return known;
    const value: Value = { type: partial, owner: block, index: block.arguments.length };
    block.arguments.push(value);
    made.set(key, value);
    onParameter(process);
    return value;
  });
}

/** The module with another entry; what only the old one used is gone. */
function withEntry(module: Module, entry: Operation, block: Block, values: readonly Value[]): Module {
  const body = createBlock();
  const inputs = block.arguments.map(({ type }) => type);
  const type = { kind: "function", inputs, results: values.map((value) => value.type) } as const;
  const attributes = without(entry.attributes, ["arg_attrs", "res_attrs"]);
  const made = createOperation(entry.name, {
    attributes: { ...attributes, function_type: { kind: "type", type } },
    regions: [createRegion(block)],
    location: entry.location,
  });
  const others = topLevel(copyModule(module)).filter((operation) => operation.name === "func.func");
  const rest = without(module.operation.attributes, ["mhlo.num_partitions", "mhlo.num_replicas"]);
  for (const operation of others) {
    const name = operation.attributes.sym_name;
    append(body, name && sameName(name, entry.attributes.sym_name) ? made : operation);
  }
  const operation = createOperation(module.operation.name, {
    attributes: rest,
    regions: [createRegion(body)],
    location: module.operation.location,
  });
  // What was copied as it is, bodies of reducers and the like, has annotations that mean nothing any more.
  walk(operation, (inner) => {
    inner.attributes = without(inner.attributes, ["sdy.sharding", "mhlo.sharding"]);
  });
  return rewriteModule({ ...module, operation }, singleDevice).module;
}

function without(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

const sameName = (a: Attribute, b: Attribute | undefined): boolean =>
  a.kind === "string" && b?.kind === "string" && a.value === b.value;
