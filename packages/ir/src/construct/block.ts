/** The builder of one block: a method for each op, from its declaration. */
import type { NamedField, OpDefinition, RegionField } from "../declare/define.ts";
import { type Location, unknownLocation } from "../model/location.ts";
import {
  append,
  type Block,
  createBlock,
  createRegion,
  type Region,
  type Value,
} from "../model/operation.ts";
import type { Storage } from "../model/storage.ts";
import type { Element, TensorType, Type } from "../model/types.ts";
import { check, chlo, func, sdy, stablehlo } from "../ops/index.ts";
import { dense, type Literal } from "./literal.ts";
import { buildOperation, type FieldBag, fail, resultsOf } from "./operation.ts";
import type { Method, Methods, RegionBody, TensorValue } from "./types.ts";

/** A function of the module that is being built. */
export interface FunctionHandle {
  readonly name: string;
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
}

/**
 * Appends operations to a block. Each op of StableHLO is a method; other dialects are members: `b.chlo.erf(x)`.
 * Operations are checked at once; what is wrong is thrown as a `BuildError` that names op and constraint.
 */
export interface BlockBuilder extends Omit<Methods<typeof stablehlo>, "constant"> {
  readonly chlo: Methods<typeof chlo>;
  readonly func: Methods<typeof func>;
  readonly sdy: Methods<typeof sdy>;
  readonly check: Methods<typeof check>;
  /** A constant of JavaScript numbers, `b.constant([[1, 2], [3, 4]], "f32")`, or of a typed array. */
  constant(value: Storage, type?: Element | TensorType): TensorValue;
  constant(value: Literal, type: Element | TensorType): TensorValue;
  /** Calls a function of the module. */
  call(callee: FunctionHandle, ...args: readonly Value[]): readonly TensorValue[];
  /** The method of an op of any dialect, `b.op(mlx.matmul)(x, y)`. */
  op<D extends OpDefinition>(definition: D): Method<D>;
  /** The same block with another location for what is appended. */
  at(location: Location): BlockBuilder;
  /** The block that is being filled, for what the methods do not do. */
  readonly block: Block;
}

type AnyMethod = (...args: readonly unknown[]) => unknown;

/** A builder that appends to `block`. */
export function blockBuilder(block: Block, location: Location = unknownLocation): BlockBuilder {
  const method =
    (definition: OpDefinition): AnyMethod =>
    (...given) => {
      const region = (body: unknown, field: NamedField<RegionField>, types: readonly Type[]) =>
        regionOf(definition, field, body, types, location);
      const operation = buildOperation(definition, given, { location, region });
      append(block, operation);
      return resultsOf(definition, operation);
    };
  const methods = (dialect: Readonly<Record<string, OpDefinition>>) =>
    Object.fromEntries(Object.entries(dialect).map(([name, definition]) => [name, method(definition)]));
  const derived = {
    ...methods(stablehlo),
    chlo: methods(chlo),
    func: methods(func),
    sdy: methods(sdy),
    check: methods(check),
  };
  const own = {
    block,
    op: method,
    at: (other: Location) => blockBuilder(block, other),
    constant: (value: Literal | Storage, type?: Element | TensorType) =>
      method(stablehlo.constant)({ value: literalOf(value, type) }),
    call: ({ name, results }: FunctionHandle, ...args: readonly Value[]) =>
      method(func.call)(args, { callee: name, results } satisfies FieldBag),
  };
  return { ...derived, ...own } as unknown as BlockBuilder;
}

function literalOf(value: Literal | Storage, type: Element | TensorType | undefined) {
  try {
    return dense(value, type);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    return fail(stablehlo.constant.name, "constant/value", problem.message);
  }
}

/** The terminators of regions, by the dialect of the op that has them. */
const terminatorOf = (definition: OpDefinition): OpDefinition =>
  definition.dialect === "sdy" ? sdy.returnOp : stablehlo.returnOp;

/** The body of a region that takes arguments of the given types. */
export function taking(types: readonly Type[], body: RegionBody): RegionBody {
  explicitTypes.set(body, types);
  return body;
}
const explicitTypes = new WeakMap<RegionBody, readonly Type[]>();

function regionOf(
  definition: OpDefinition,
  field: NamedField<RegionField>,
  body: unknown,
  types: readonly Type[],
  location: Location,
): Region {
  if (typeof body !== "function") {
    return fail(
      definition.name,
      `${definition.mnemonic}/regions`,
      `region '${field.name}' must be a function`,
    );
  }
  return filledRegion(
    body as RegionBody,
    explicitTypes.get(body as RegionBody) ?? types,
    terminatorOf(definition),
    location,
  );
}

/** A region of one block that `body` fills and `terminator` ends. */
export function filledRegion(
  body: (b: BlockBuilder, ...args: never[]) => readonly Value[],
  types: readonly Type[],
  terminator: OpDefinition,
  location: Location,
): Region {
  const block = createBlock(types);
  const results = body(blockBuilder(block, location), ...(block.arguments as never[]));
  if (!Array.isArray(results))
    fail(terminator.name, `${terminator.mnemonic}/operands`, "a body returns a list of values");
  const none = { location, region: () => createRegion() };
  append(block, buildOperation(terminator, [results], none));
  return createRegion(block);
}
