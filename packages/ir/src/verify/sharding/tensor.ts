/** Shardings of single tensors, and where the sharding of a value is written. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";
import type { Operation, Value } from "../../model/operation.ts";
import { DYNAMIC, type Type } from "../../model/types.ts";
import { typeText } from "../../write/text.ts";
import { type Axis, AxisUses, axesOf, isMaximal, type Mesh, meshOf, recordsOf } from "./axes.ts";

export interface Sharding {
  readonly mesh: Attribute;
  readonly dimensions: readonly DimensionSharding[];
  readonly replicated: readonly Axis[];
  readonly unreduced: readonly Axis[];
  readonly reduction: string;
}

interface DimensionSharding {
  readonly axes: readonly Axis[];
  readonly closed: boolean;
  readonly priority: number | undefined;
}

export function shardingOf(attribute: Attribute | undefined): Sharding | undefined {
  if (attribute?.kind !== "record" || attribute.name !== "sdy.sharding") return undefined;
  const { fields } = attribute;
  return {
    mesh: fields.mesh_or_ref as Attribute,
    dimensions: recordsOf(fields.dim_shardings).map((dimension) => ({
      axes: axesOf(dimension.fields.axes),
      closed: dimension.fields.is_closed as boolean,
      priority: dimension.fields.priority as number | undefined,
    })),
    replicated: axesOf(fields.replicated_axes),
    unreduced: axesOf(fields.unreduced_axes ?? []),
    reduction: (fields.reduction_op as string | undefined) ?? "sum",
  };
}

export function shardingsOf(attribute: Attribute | undefined): readonly Sharding[] | undefined {
  if (attribute?.kind !== "record" || attribute.name !== "sdy.sharding_per_value") return undefined;
  return recordsOf(attribute.fields.shardings).map((each: RecordAttribute) => shardingOf(each)!);
}

const isReplicated = ({ dimensions, unreduced }: Sharding) =>
  unreduced.length === 0 && dimensions.every(({ axes }) => axes.length === 0);

/** Looks up meshes, and what encloses an operation. */
export class Surroundings {
  readonly #symbol: (name: string) => Operation | undefined;

  constructor(symbol: (name: string) => Operation | undefined) {
    this.#symbol = symbol;
  }

  meshOf({ mesh }: Sharding): Mesh | undefined {
    if (mesh.kind !== "symbol") return meshOf(mesh);
    const operation = this.#symbol(mesh.path.join("::"));
    return operation?.name === "sdy.mesh" ? meshOf(operation.attributes.mesh) : undefined;
  }

  /** Axes that computations around the operation have taken for themselves. */
  manualAxes(operation: Operation): ReadonlySet<string> {
    const axes = new Set<string>();
    for (let outer = operation.parent?.parent?.parent; outer; outer = outer.parent?.parent?.parent)
      if (outer.name === "sdy.manual_computation") for (const axis of manualAxesOf(outer)) axes.add(axis);
    return axes;
  }

  /** What is wrong with a sharding for a value of a type, in an operation. */
  problemOf(sharding: Sharding, type: Type | undefined, operation: Operation): string | undefined {
    const mesh = this.meshOf(sharding);
    if (!mesh) return "the mesh of the sharding is not known";
    const plain = sharding.dimensions.length + sharding.replicated.length + sharding.unreduced.length === 0;
    if (isMaximal(mesh) || (!type && isReplicated(sharding)))
      return plain ? undefined : "a sharding to one device has no dimensions and no axes";
    const part = type?.kind === "tuple" && type.types.length === 1 ? type.types[0] : type;
    if (part?.kind === "tuple") return `a sharding is for a tuple of one tensor, not ${typeText(part)}`;
    if (part?.kind === "unranked") return "only tensors with a rank have shardings";
    if (!part || !("shape" in part))
      return plain
        ? undefined
        : `a value of type ${part ? typeText(part) : "none"} has no dimensions to shard`;
    if (sharding.dimensions.length !== part.shape.length)
      return `the sharding has ${sharding.dimensions.length} dimensions for a tensor of rank ${part.shape.length}`;
    return this.#axesProblem(sharding, mesh) ?? this.#manualProblem(sharding, operation);
  }

  #axesProblem({ dimensions, replicated, unreduced }: Sharding, mesh: Mesh): string | undefined {
    const uses = new AxisUses(mesh);
    for (const [i, { axes, closed, priority }] of dimensions.entries()) {
      if (priority !== undefined && priority < 0) return `dimension ${i} has a negative priority`;
      if (priority !== undefined && closed && axes.length === 0)
        return `dimension ${i} is empty and closed, but has a priority`;
      const problem = uses.add(axes);
      if (problem) return problem;
    }
    return uses.add(replicated, "replicated") ?? uses.add(unreduced, "unreduced") ?? uses.parts();
  }

  #manualProblem(sharding: Sharding, operation: Operation): string | undefined {
    const manual = this.manualAxes(operation);
    if (manual.size === 0) return undefined;
    const all = [
      ...sharding.dimensions.flatMap(({ axes }) => axes),
      ...sharding.replicated,
      ...sharding.unreduced,
    ];
    const bound = all.find(({ name }) => manual.has(name));
    return bound && `the axis "${bound.name}" belongs to a manual computation around the operation`;
  }

  /** What is wrong with shardings, one for each value. */
  problemOfAll(
    shardings: readonly Sharding[],
    types: readonly Type[],
    operation: Operation,
  ): string | undefined {
    const [first] = shardings;
    if (types.length === 0 && shardings.length === 1) {
      const mesh = this.meshOf(first!);
      if ((mesh && isMaximal(mesh)) || isReplicated(first!))
        return this.problemOf(first!, undefined, operation);
    }
    if (shardings.length !== types.length)
      return `there are ${shardings.length} shardings for ${types.length} values`;
    for (const [i, sharding] of shardings.entries()) {
      const problem = this.problemOf(sharding, types[i], operation);
      if (problem) return types.length === 1 ? problem : `value #${i}: ${problem}`;
    }
    return undefined;
  }
}

export function manualAxesOf({ attributes: { manual_axes } }: Operation): readonly string[] {
  return manual_axes?.kind === "record" ? (manual_axes.fields.value as readonly string[]) : [];
}

/** The sharding that the program gives to a value. */
export function shardingOfValue({ owner, index }: Value): Sharding | undefined {
  if (owner.kind === "block") return argumentSharding(owner.parent?.parent, index);
  const { attributes } = owner;
  const own = shardingOf(attributes.sharding) ?? shardingOf(attributes.out_sharding);
  if (owner.name.startsWith("sdy.") && own) return own;
  return (shardingsOf(attributes.out_shardings) ?? shardingsOf(attributes["sdy.sharding"]))?.[index];
}

function argumentSharding(operation: Operation | undefined, index: number): Sharding | undefined {
  if (operation?.name === "func.func") {
    const { arg_attrs } = operation.attributes;
    const entry = arg_attrs?.kind === "array" ? arg_attrs.elements[index] : undefined;
    return entry?.kind === "dictionary" ? shardingOf(entry.entries["sdy.sharding"]) : undefined;
  }
  const sharding = shardingsOf(operation?.attributes.in_shardings)?.[index];
  if (!sharding || operation?.name !== "sdy.manual_computation") return sharding;
  const manual = new Set(manualAxesOf(operation));
  const free = (axes: readonly Axis[]) => axes.filter(({ name }) => !manual.has(name));
  return {
    ...sharding,
    dimensions: sharding.dimensions.map((dimension) => ({ ...dimension, axes: free(dimension.axes) })),
    replicated: free(sharding.replicated),
    unreduced: free(sharding.unreduced),
  };
}

/** Sizes that each device holds along the manual axes; undefined where they do not divide a dimension. */
export function localShape(
  shape: readonly number[],
  sharding: Sharding,
  mesh: Mesh,
  manual: ReadonlySet<string>,
  sizeOf: (axis: Axis, mesh: Mesh) => number,
): readonly number[] | undefined {
  const sizes = shape.map((size, d) => {
    if (size === DYNAMIC) return DYNAMIC;
    const axes = sharding.dimensions[d]?.axes.filter(({ name }) => manual.has(name)) ?? [];
    return size / axes.reduce((product, axis) => product * sizeOf(axis, mesh), 1);
  });
  return sizes.every(Number.isInteger) ? sizes : undefined;
}
