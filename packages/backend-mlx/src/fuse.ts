/**
 * Chains of element-wise operations become one `mlx.map`: on a CPU one pass over memory instead of one for each
 * operation. A group is a tree with one result: an operation joins the group of its consumers when all of them are in it.
 */
import {
  append,
  type Block,
  bodyOf,
  copyModule,
  createBlock,
  createOperation,
  createRegion,
  definingOperation,
  type Module,
  type Operation,
  sameShape,
  substitute,
  type TensorType,
  type Type,
  topLevel,
  type Value,
} from "@hloom/ir";
import * as elementwise from "./dialect/elementwise.ts";
import { mlx } from "./dialect.ts";
import { isWide } from "./rules/complex.ts";

/** Operations that a map's body may hold: one result, of which each element depends on the same element of the operands. */
const fusible: ReadonlySet<string> = new Set(
  Object.values(elementwise)
    .filter(
      (definition) =>
        definition.results.length === 1 && definition !== elementwise.map && definition !== elementwise.copy,
    )
    .map((definition) => definition.name),
);

/** Regions that run once over whole tensors; the bodies of reductions and the like are scalar and stay as they are. */
const containers: ReadonlySet<string> = new Set(["mlx.while", "mlx.case"]);

/** Above this a body keeps too many values alive at once to profit. */
const maximumOperations = 48;
const maximumInputs = 24;

export function fuse(module: Module): Module {
  const copy = copyModule(module);
  for (const func of topLevel(copy)) {
    if (func.name === "func.func")
      for (const region of func.regions) if (region.blocks.length > 0) fuseBlock(bodyOf(region));
  }
  return copy;
}

function fuseBlock(block: Block): void {
  for (const operation of block.operations) {
    if (containers.has(operation.name)) for (const region of operation.regions) fuseBlock(bodyOf(region));
  }
  const groups = groupsOf(block);
  const roots = new Map(
    [...groups].filter((group) => group.members.length > 1).map((group) => [group.root, group]),
  );
  const absorbed = new Set([...roots.values()].flatMap((group) => group.members));
  const replaced = new Map<Value, Value>();
  const operations: Operation[] = [];
  for (const operation of block.operations) {
    const group = roots.get(operation);
    if (group) {
      const map = mapOf(group, replaced);
      map.parent = block;
      operations.push(map);
      replaced.set(operation.results[0]!, map.results[0]!);
    } else if (!absorbed.has(operation)) operations.push(operation);
  }
  block.operations = operations;
  substitute(operations, replaced);
}

interface Group {
  /** The operation whose result leaves the group: its last one. */
  readonly root: Operation;
  readonly shape: readonly number[];
  readonly members: Operation[];
  readonly inputs: Set<Value>;
}

/** Backwards, so that an operation's consumers have their groups before it looks for one. */
function groupsOf(block: Block): Set<Group> {
  const users = usersIn(block);
  const groupOf = new Map<Operation, Group>();
  const groups = new Set<Group>();
  for (const operation of [...block.operations].reverse()) {
    if (!isFusible(operation)) continue;
    const shape = (operation.results[0]!.type as TensorType).shape;
    const consumers = users.get(operation.results[0]!) ?? [];
    const group = groupOf.get(consumers[0]!);
    const joins =
      group !== undefined &&
      consumers.every((consumer) => groupOf.get(consumer) === group) &&
      sameShape(group.shape, shape) &&
      group.members.length < maximumOperations &&
      group.inputs.size + operation.operands.length <= maximumInputs;
    const home = joins ? group : { root: operation, shape, members: [], inputs: new Set<Value>() };
    home.members.unshift(operation);
    home.inputs.delete(operation.results[0]!);
    for (const operand of operation.operands) home.inputs.add(operand);
    groups.add(home);
    groupOf.set(operation, home);
  }
  return groups;
}

/** Direct users of each value; a use inside a region counts as a use by something that is never fused. */
function usersIn(block: Block): Map<Value, Operation[]> {
  const users = new Map<Value, Operation[]>();
  const visit = (operations: readonly Operation[]): void => {
    for (const operation of operations) {
      for (const operand of operation.operands)
        users.set(operand, [...(users.get(operand) ?? []), operation]);
      for (const region of operation.regions) for (const inner of region.blocks) visit(inner.operations);
    }
  };
  visit(block.operations);
  return users;
}

function isFusible(operation: Operation): boolean {
  if (!fusible.has(operation.name)) return false;
  // Two numbers to an element: no map has registers for those.
  if ([...operation.operands, ...operation.results].some(({ type }) => isWide(type))) return false;
  const { shape, element } = operation.results[0]!.type as TensorType;
  // Neighbours of 16-bit floats are found by their bits, not in the f32 of a map.
  if (operation.name === mlx.nextAfter.name && element !== "f32" && element !== "f64") return false;
  return operation.operands.every((operand) => {
    const inner = (operand.type as TensorType).shape;
    return inner.length === 0 || sameShape(inner, shape);
  });
}

function mapOf(group: Group, replaced: ReadonlyMap<Value, Value>): Operation {
  const constants = [...group.inputs].filter((value) => isScalarConstant(value));
  const inputs = [...group.inputs].filter((value) => !constants.includes(value));
  const block = createBlock(inputs.map((value) => scalarOf(value.type)));
  const inside = new Map<Value, Value>(inputs.map((value, i) => [value, block.arguments[i]!]));
  const products = contractible(group);
  for (const operation of [...constants.map((value) => definingOperation(value)!), ...group.members]) {
    if (products.has(operation)) continue;
    const product = operation.operands
      .map((operand) => definingOperation(operand))
      .find((o) => o && products.has(o));
    const copy = product ? contracted(block, operation, product, inside) : copied(operation, inside);
    append(block, copy);
    inside.set(operation.results[0]!, copy.results[0]!);
  }
  const result = group.root.results[0]!;
  append(block, createOperation(mlx.yieldOp.name, { operands: [inside.get(result)!] }));
  return createOperation(mlx.map.name, {
    operands: inputs.map((value) => replaced.get(value) ?? value),
    results: [result.type],
    regions: [createRegion(block)],
    location: group.root.location,
  });
}

function copied(operation: Operation, inside: ReadonlyMap<Value, Value>): Operation {
  return createOperation(operation.name, {
    operands: operation.operands.map((operand) => inside.get(operand)!),
    results: operation.results.map((result) => scalarOf(result.type)),
    attributes: operation.attributes,
    location: operation.location,
  });
}

/**
 * Products whose only use is one sum or difference of the group: x·y ± z is then rounded once, as XLA's code generators
 * do inside their fusions. It is what makes results equal to JAX's where a rounding decides.
 */
function contractible(group: Group): ReadonlySet<Operation> {
  const users = new Map<Operation, Operation[]>();
  for (const operation of group.members) {
    for (const operand of operation.operands) {
      const source = definingOperation(operand);
      if (source) users.set(source, [...(users.get(source) ?? []), operation]);
    }
  }
  const products = new Set<Operation>();
  for (const sum of group.members) {
    if (sum.name !== mlx.add.name && sum.name !== mlx.subtract.name) continue;
    const { element } = sum.results[0]!.type as TensorType;
    if (element !== "f32" && element !== "f64") continue;
    const candidates = sum.operands.map((operand) => definingOperation(operand));
    const product = candidates.find(
      (source) =>
        source?.name === mlx.multiply.name &&
        group.members.includes(source) &&
        users.get(source)?.length === 1,
    );
    if (product) products.add(product);
  }
  return products;
}

/** The sum or difference with its product taken in: x·y + z, x·y - z = x·y + (-z), z - x·y = (-x)·y + z. */
function contracted(
  block: Block,
  sum: Operation,
  product: Operation,
  inside: ReadonlyMap<Value, Value>,
): Operation {
  const type = scalarOf(sum.results[0]!.type);
  const negated = (value: Value): Value => {
    const negate = createOperation(mlx.negate.name, {
      operands: [value],
      results: [type],
      location: sum.location,
    });
    return append(block, negate).results[0]!;
  };
  const [x, y] = product.operands.map((operand) => inside.get(operand)!) as [Value, Value];
  const first = definingOperation(sum.operands[0]!) === product;
  const z = inside.get(sum.operands[first ? 1 : 0]!)!;
  const difference = sum.name === mlx.subtract.name;
  const operands = [difference && !first ? negated(x) : x, y, difference && first ? negated(z) : z];
  return createOperation(mlx.multiplyAdd.name, { operands, results: [type], location: sum.location });
}

function isScalarConstant(value: Value): boolean {
  return definingOperation(value)?.name === "mlx.constant" && (value.type as TensorType).shape.length === 0;
}

function scalarOf(type: Type): TensorType {
  return { ...(type as TensorType), shape: [] };
}
