/** Builds operations at one place in a block, with attribute values instead of attributes and inferred result types. */
import type { OpDefinition } from "../declare/define.ts";
import { knownOf, typeArguments } from "../declare/view.ts";
import type { Attribute } from "../model/attributes.ts";
import type { Location } from "../model/location.ts";
import {
  append,
  type Block,
  createBlock,
  createOperation,
  createRegion,
  type Operation,
  type Region,
  type Value,
} from "../model/operation.ts";
import type { Type } from "../model/types.ts";

export interface EmitOptions {
  /** Result types; absent: the declaration infers them. */
  readonly results?: readonly Type[];
  readonly regions?: readonly Region[];
}

export class Builder {
  readonly block: Block;
  readonly location: Location;

  constructor(block: Block, location: Location) {
    this.block = block;
    this.location = location;
  }

  /** Appends an operation and returns its results. */
  emit(
    definition: OpDefinition,
    operands: readonly Value[],
    attributes: Readonly<Record<string, unknown>> = {},
    options: EmitOptions = {},
  ): readonly Value[] {
    return this.append(definition, operands, attributes, options).results;
  }

  /** {@link emit} for operations with exactly one result. */
  value(
    definition: OpDefinition,
    operands: readonly Value[],
    attributes: Readonly<Record<string, unknown>> = {},
    options: EmitOptions = {},
  ): Value {
    const [result, ...more] = this.emit(definition, operands, attributes, options);
    if (!result || more.length > 0) throw new Error(`${definition.name} does not have one result`);
    return result;
  }

  /** A region of one block, filled by `fill`, which receives the block's arguments. */
  region(argumentTypes: readonly Type[], fill: (inner: Builder, args: readonly Value[]) => void): Region {
    const block = createBlock(argumentTypes);
    fill(new Builder(block, this.location), block.arguments);
    return createRegion(block);
  }

  private append(
    definition: OpDefinition,
    operands: readonly Value[],
    attributes: Readonly<Record<string, unknown>>,
    options: EmitOptions,
  ): Operation {
    const shared = {
      operands,
      attributes: encodeAttributes(definition, attributes),
      regions: options.regions ?? [],
      location: this.location,
    };
    if (options.results)
      return append(this.block, createOperation(definition.name, { ...shared, results: options.results }));
    if (definition.results.length === 0) return append(this.block, createOperation(definition.name, shared));
    return append(
      this.block,
      createOperation(definition.name, {
        ...shared,
        results: inferTypes(definition, createOperation(definition.name, shared)),
      }),
    );
  }
}

function inferTypes(definition: OpDefinition, bare: Operation): readonly Type[] {
  const args = typeArguments(definition, bare, false);
  if (!definition.infer || !args) {
    throw new Error(`${definition.name}: result types cannot be inferred from these operands; pass them`);
  }
  return definition.infer(args as never, knownOf(definition, bare));
}

export function encodeAttributes(
  definition: OpDefinition,
  values: Readonly<Record<string, unknown>>,
): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const field = definition.attributes.find((candidate) => candidate.name === name);
    if (!field) throw new Error(`${definition.name} has no attribute "${name}"`);
    attributes[name] = field.kind.encode(value);
  }
  return attributes;
}
