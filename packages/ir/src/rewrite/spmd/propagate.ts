/**
 * How results are split whose sharding the program leaves open: as their operands are, followed forward through the
 * program. It decides where JAX finds the parts of a result, never what they hold.
 */

import { attributeValues } from "../../declare/view.ts";
import type { RecordAttribute } from "../../model/attributes.ts";
import { type Block, bodyOf, type Operation, type Value } from "../../model/operation.ts";
import type { TensorType, Type } from "../../model/types.ts";
import { referencedSymbols } from "../../ops/effects.ts";
import { definitionOf } from "../../ops/index.ts";
import { type AxisRef, type Sharding, shardingsOf } from "../../ops/mesh.ts";
import { shardingIn } from "./xla.ts";

/** The axes that split each dimension, from major to minor. */
type Dimensions = readonly (readonly AxisRef[])[];

/** A sharding as far as it is known. */
export interface Known {
  readonly mesh: Sharding["mesh_or_ref"];
  readonly dimensions: Dimensions;
}

/** For each dimension of the result the dimension of an operand that it is, if any. */
type Origin = readonly (number | undefined)[];

type Rule = (operation: Operation, operand: number) => Origin | undefined;

const shapeOf = (type: Type): readonly number[] => (type.kind === "tensor" ? type.shape : []);
const operandShape = (operation: Operation, i: number) => shapeOf(operation.operands[i]!.type);
const resultShape = (operation: Operation) => shapeOf(operation.results[0]!.type);
const attributesOf = <T>(operation: Operation): T =>
  attributeValues(definitionOf(operation.name)!, operation) as T;

/** Dimensions that keep their place and size. */
const unchanged: Rule = (operation, i) => {
  const from = operandShape(operation, i);
  const to = resultShape(operation);
  return from.length === to.length ? to.map((size, d) => (size === from[d] ? d : undefined)) : undefined;
};

/** What remains of the operand's dimensions without some. */
const without = (operation: Operation, i: number, dropped: readonly number[]): Origin =>
  operandShape(operation, i)
    .map((_, d) => d)
    .filter((d) => !dropped.includes(d));

interface DotDimensions {
  readonly lhs_batching_dimensions: readonly number[];
  readonly rhs_batching_dimensions: readonly number[];
  readonly lhs_contracting_dimensions: readonly number[];
  readonly rhs_contracting_dimensions: readonly number[];
}

const dotGeneral: Rule = (operation, i) => {
  const { dot_dimension_numbers: d } = attributesOf<{ dot_dimension_numbers: DotDimensions }>(operation);
  const lhs = without(operation, 0, [...d.lhs_batching_dimensions, ...d.lhs_contracting_dimensions]);
  const rhs = without(operation, 1, [...d.rhs_batching_dimensions, ...d.rhs_contracting_dimensions]);
  const nothing = (list: Origin): Origin => list.map(() => undefined);
  return i === 0
    ? [...d.lhs_batching_dimensions, ...lhs, ...nothing(rhs)]
    : [...d.rhs_batching_dimensions, ...nothing(lhs), ...rhs];
};

/** In groups of dimensions of equal size, the first of one is the first of the other. */
const reshape: Rule = (operation) => {
  const from = operandShape(operation, 0);
  const to = resultShape(operation);
  const origin: (number | undefined)[] = to.map(() => undefined);
  if (from.includes(0)) return origin;
  for (let [i, o] = [0, 0]; i < from.length && o < to.length; ) {
    const [first, target] = [i, o];
    let [left, right] = [from[i++]!, to[o++]!];
    while (left !== right) {
      if (left < right) left *= from[i++]!;
      else right *= to[o++]!;
    }
    const large = (sizes: readonly number[], start: number, end: number) => {
      const at = sizes.slice(start, end).findIndex((size) => size > 1);
      return at < 0 ? start : start + at;
    };
    origin[large(to, target, o)] = large(from, first, i);
  }
  return origin;
};

const reduced: Rule = (operation, i) => {
  if (i >= operation.operands.length / 2) return undefined; // initial values
  return without(operation, i, attributesOf<{ dimensions: readonly number[] }>(operation).dimensions);
};

/** Of operations that move dimensions; what keeps the shape of an operand keeps its sharding. */
const rules: Readonly<Record<string, Rule>> = {
  "stablehlo.broadcast_in_dim": (operation, i) => {
    const { broadcast_dimensions } = attributesOf<{ broadcast_dimensions: readonly number[] }>(operation);
    const to = resultShape(operation);
    const from = operandShape(operation, i);
    return to.map((size, d) => {
      const at = broadcast_dimensions.indexOf(d);
      return at >= 0 && from[at] === size ? at : undefined;
    });
  },
  "stablehlo.transpose": (operation) =>
    attributesOf<{ permutation: readonly number[] }>(operation).permutation,
  "stablehlo.dot_general": dotGeneral,
  "stablehlo.reshape": reshape,
  "stablehlo.reduce": reduced,
};

/** Axes of both where they agree; what the first says comes first. No axis splits two dimensions. */
function merged(first: Dimensions, second: Dimensions): Dimensions {
  const used = new Set<string>();
  const free = (axes: readonly AxisRef[]) => axes.every(({ name }) => !used.has(name));
  const taken = first.map((axes) => {
    if (!free(axes)) return [];
    for (const { name } of axes) used.add(name);
    return axes;
  });
  return taken.map((axes, d) => {
    const other = second[d]!;
    const extends_ = axes.length < other.length && axes.every(({ name }, i) => other[i]!.name === name);
    if (!extends_ || !free(other.slice(axes.length))) return axes;
    for (const { name } of other) used.add(name);
    return other;
  });
}

/** What a sharding says; open dimensions take what `known` has. */
export function completed(sharding: Sharding, known: Known | undefined): Known {
  const given = sharding.dim_shardings.map(({ fields }) => fields.axes.map((axis) => axis.fields));
  const open = given.map((axes, d) => {
    const isOpen = !sharding.dim_shardings[d]!.fields.is_closed;
    return isOpen ? (known?.dimensions[d] ?? axes) : axes;
  });
  return joined({ mesh: sharding.mesh_or_ref, dimensions: given }, known && { ...known, dimensions: open });
}

const meshKey = ({ mesh }: Known): string =>
  mesh.kind === "symbol" ? mesh.path.join() : JSON.stringify(mesh);
const splits = ({ dimensions }: Known): boolean => dimensions.some((axes) => axes.length > 0);

/** Both, where they are about one mesh; else the first that splits anything. */
function joined(first: Known, second: Known | undefined): Known {
  if (!second || !splits(second)) return first;
  if (!splits(first)) return second;
  if (meshKey(first) !== meshKey(second)) return first;
  return { mesh: first.mesh, dimensions: merged(first.dimensions, second.dimensions) };
}

export class Propagation {
  readonly #functions: ReadonlyMap<string, Operation>;
  readonly #known = new Map<Value, Known | undefined>();

  constructor(functions: ReadonlyMap<string, Operation>) {
    this.#functions = functions;
  }

  /** What is known of the values that the block returns, from what is known of its arguments. */
  block(block: Block, args: readonly (Known | undefined)[]): (Known | undefined)[] {
    block.arguments.forEach((argument, i) => {
      this.#known.set(argument, args[i]);
    });
    for (const operation of block.operations) {
      const results = this.#results(operation);
      operation.results.forEach((result, i) => {
        this.#known.set(result, results[i]);
      });
    }
    return block.operations.at(-1)?.operands.map((value) => this.#known.get(value)) ?? [];
  }

  #results(operation: Operation): readonly (Known | undefined)[] {
    const operands = operation.operands.map((value) => this.#known.get(value));
    const handler = this.#handlers[operation.name];
    return handler
      ? handler(operation, operands)
      : operation.results.map((result) => this.#mapped(operation, result));
  }

  readonly #handlers: Readonly<
    Record<string, (operation: Operation, operands: readonly (Known | undefined)[]) => (Known | undefined)[]>
  > = {
    "func.call": (operation, operands) => this.#call(operation, operands),
    "stablehlo.composite": (operation, operands) => this.#call(operation, operands),
    "stablehlo.while": (operation, operands) => {
      const after = this.block(bodyOf(operation.regions[1]!), operands);
      return operands.map((known, i) => known ?? after[i]);
    },
    "stablehlo.case": (operation) => this.#branches(operation),
    "stablehlo.if": (operation) => this.#branches(operation),
    "sdy.sharding_constraint": (operation, [known]) => [completed(shardingAt(operation), known)],
    "sdy.reshard": (operation, [known]) => [completed(shardingAt(operation), known)],
    "stablehlo.custom_call": (operation, operands) =>
      operation.results.map((result) => this.#annotated(operation, operands, result)),
    "sdy.manual_computation": (operation) =>
      shardingsOf(operation.attributes.out_shardings as RecordAttribute).map((sharding) =>
        completed(sharding, undefined),
      ),
  };

  #call(operation: Operation, operands: readonly (Known | undefined)[]): (Known | undefined)[] {
    const [callee] = referencedSymbols(operation).flatMap((symbol) => this.#functions.get(symbol) ?? []);
    return callee ? this.block(bodyOf(callee.regions[0]!), operands) : [];
  }

  /** Annotations of calls, and the call that is nothing but one. */
  #annotated(
    operation: Operation,
    [known]: readonly (Known | undefined)[],
    result: Value,
  ): Known | undefined {
    const sharding = shardingIn(operation.attributes, result.type, result.index);
    return sharding ? completed(sharding, known) : this.#mapped(operation, result);
  }

  #branches(operation: Operation): (Known | undefined)[] {
    const branches = operation.regions.map((region) => this.block(bodyOf(region), []));
    return operation.results.map((_, i) => branches.map((results) => results[i]).find((known) => known));
  }

  /** Dimension by dimension from all operands. */
  #mapped(operation: Operation, result: Value): Known | undefined {
    const rule = rules[operation.name] ?? unchanged;
    const rank = shapeOf(result.type).length;
    let found: Known | undefined;
    operation.operands.forEach((operand, i) => {
      const known = this.#known.get(operand);
      const origin = known && rule(operation, i);
      if (!known || origin?.length !== rank) return;
      const dimensions = origin.map((d) => (d === undefined ? [] : known.dimensions[d]!));
      const mapped = { mesh: known.mesh, dimensions };
      found = found ? joined(found, mapped) : mapped;
    });
    return found;
  }
}

const shardingAt = (operation: Operation): Sharding =>
  (operation.attributes.sharding as RecordAttribute).fields as unknown as Sharding;

/** As a sharding for a tensor of this type; a dimension that it would not divide evenly stays whole. */
export function shardingOf(
  { mesh, dimensions }: Known,
  type: TensorType,
  sizeOf: (axis: AxisRef) => number,
): Sharding {
  const split = dimensions.map((axes, d) => {
    const count = axes.reduce((product, axis) => product * sizeOf(axis), 1);
    return type.shape[d]! % count === 0 ? axes : [];
  });
  return {
    mesh_or_ref: mesh,
    dim_shardings: split.map((axes) => ({
      fields: { axes: axes.map((fields) => ({ fields })), is_closed: true },
    })),
    unreduced_axes: [],
  };
}
