/** Modules from TypeScript: functions whose bodies are callbacks. */
import type { Attributes } from "../model/attributes.ts";
import { stringAttribute } from "../model/attributes.ts";
import { type Location, unknownLocation } from "../model/location.ts";
import {
  append,
  bodyOf,
  createBlock,
  createOperation,
  createRegion,
  type Module,
  type Value,
} from "../model/operation.ts";
import type { Type } from "../model/types.ts";
import { builtin, func } from "../ops/index.ts";
import { encodeAttributes } from "../rewrite/builder.ts";
import { type VerifiedModule, verify } from "../verify/verify.ts";
import { type BlockBuilder, type FunctionHandle, filledRegion } from "./block.ts";
import { BuildError } from "./operation.ts";
import type { ValueOfType } from "./types.ts";

type Arguments<Inputs extends readonly Type[]> = {
  [I in keyof Inputs]: ValueOfType<Inputs[I]>;
};

export interface FunctionOptions {
  /** Only functions of the module may call it. */
  readonly private?: boolean;
  /** Attributes of each argument, such as `jax.buffer_donor`. */
  readonly argumentAttributes?: readonly Attributes[];
  readonly resultAttributes?: readonly Attributes[];
}

export interface ModuleBuilder {
  /** Adds a function; its result types are those of the values that the body returns. */
  func<const Inputs extends readonly Type[]>(
    name: string,
    inputs: Inputs,
    body: (b: BlockBuilder, ...args: Arguments<Inputs>) => readonly Value[],
    options?: FunctionOptions,
  ): FunctionHandle;
}

export interface BuildOptions {
  /** The module's name. */
  readonly name?: string;
  /** Attributes of the module, such as `mhlo.num_partitions`. */
  readonly attributes?: Attributes;
  /** Where operations come from, unless `b.at` says it. */
  readonly location?: Location;
}

/** Builds a module and verifies it. Throws a {@link BuildError} where something is wrong. */
export function buildModule(
  build: (module: ModuleBuilder) => void,
  options: BuildOptions = {},
): VerifiedModule {
  const { name, attributes = {}, location = unknownLocation } = options;
  const block = createBlock();
  build({
    func(functionName, inputs, body, functionOptions = {}) {
      const region = filledRegion(
        body as (b: BlockBuilder, ...args: never[]) => readonly Value[],
        inputs,
        func.returnOp,
        location,
      );
      const results = bodyOf(region)
        .operations.at(-1)!
        .operands.map(({ type }) => type);
      const encoded = encodeAttributes(func.func, {
        ...(functionOptions.private && { sym_visibility: "private" }),
        sym_name: functionName,
        function_type: { kind: "function", inputs, results },
        arg_attrs: dictionaries(functionOptions.argumentAttributes),
        res_attrs: dictionaries(functionOptions.resultAttributes),
      });
      append(block, createOperation(func.func.name, { attributes: encoded, regions: [region], location }));
      return { name: functionName, inputs, results };
    },
  });
  const operation = createOperation(builtin.module.name, {
    attributes: { ...(name !== undefined && { sym_name: stringAttribute(name) }), ...attributes },
    regions: [createRegion(block)],
    location,
  });
  return verified({ operation, resources: new Map() });
}

const dictionaries = (lists: readonly Attributes[] | undefined) =>
  lists?.map((entries) => ({ kind: "dictionary", entries }) as const);

function verified(module: Module): VerifiedModule {
  const result = verify(module);
  if (!result.module) throw new BuildError(result.diagnostics);
  return result.module;
}
