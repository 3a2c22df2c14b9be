/** Shardy's collectives: the sharding of the result must be what the operation makes of its operand's. */
import type { RecordAttribute } from "../../model/attributes.ts";
import type { Operation } from "../../model/operation.ts";
import {
  type Axis,
  AxisUses,
  axesOf,
  axesText,
  axisText,
  gathered,
  joinedAll,
  type Mesh,
  overlap,
  recordsOf,
  sameAxes,
  sameAxisLists,
  sameMesh,
  sizeOfAxes,
  sortedAndJoined,
} from "./axes.ts";
import { type Sharding, type Surroundings, shardingOf, shardingOfValue } from "./tensor.ts";
import { introducedAxes, problemOfTransition } from "./unreduced.ts";

interface Collective {
  readonly operation: Operation;
  /** Of the operand; without axes where the program gives none. */
  readonly from: Sharding;
  readonly to: Sharding;
  readonly mesh: Mesh;
  readonly fromMesh: Mesh;
}
type Rule = (collective: Collective) => string | undefined;

const fieldOf = (operation: Operation, name: string) =>
  (operation.attributes[name] as RecordAttribute).fields.value;
const listsOf = (operation: Operation, name: string) =>
  recordsOf(fieldOf(operation, name)).map(({ fields }) => axesOf(fields.value));
const reductionOf = ({ attributes: { reduction_op } }: Operation) =>
  reduction_op?.kind === "enum" ? reduction_op.value : "sum";

/** Result dimensions from operand dimensions and a list of axes for each. */
function eachDimension(
  { from, to, mesh }: Collective,
  lists: readonly (readonly Axis[])[],
  expected: (axes: readonly Axis[], list: readonly Axis[]) => readonly Axis[] | undefined,
): string | undefined {
  const uses = new AxisUses(mesh);
  for (const list of lists) {
    const problem = uses.add(list);
    if (problem) return problem;
  }
  if (to.dimensions.length !== lists.length)
    return `there are axes for ${lists.length} dimensions of a result with ${to.dimensions.length}`;
  for (const [i, list] of lists.entries()) {
    const problem = matches(to, i, expected(from.dimensions[i]?.axes ?? [], list), list);
    if (problem) return problem;
  }
  return undefined;
}

function matches(
  to: Sharding,
  dimension: number,
  expected: readonly Axis[] | undefined,
  axes: readonly Axis[],
): string | undefined {
  if (!expected)
    return `dimension ${dimension} of the operand is not sharded along ${axesText(axes)} at its end`;
  if (sameAxisLists(expected, to.dimensions[dimension]!.axes)) return undefined;
  return `dimension ${dimension} of the result is not sharded along ${axesText(expected)}, which follows`;
}

const unreducedSum: Rule = ({ to }) =>
  to.reduction === "sum" ? undefined : "unreduced axes are to be summed";

function unreducedPlus({ from, to, mesh }: Collective, more: readonly Axis[]): string | undefined {
  const expected = sortedAndJoined([...from.unreduced, ...more], mesh);
  return sameAxisLists(expected, to.unreduced)
    ? undefined
    : `the unreduced axes of the result are not ${axesText(expected)}, which follows`;
}

const allToAll: Rule = (collective) => {
  const { operation, from, to, mesh } = collective;
  const params = recordsOf(fieldOf(operation, "params")).map(({ fields }) => ({
    axes: axesOf(fields.axes),
    source: fields.src_dim as number,
    target: fields.tgt_dim as number,
  }));
  if (params.length === 0) return "there are no parameters";
  const rank = to.dimensions.length;
  const uses = new AxisUses(mesh);
  const seen = new Set<number>();
  let last = -1;
  for (const { axes, source, target } of params) {
    const problem = uses.add(axes);
    if (problem) return problem;
    for (const dimension of [source, target]) {
      if (dimension < 0 || dimension >= rank) return `there is no dimension ${dimension}`;
      if (seen.has(dimension)) return `the dimension ${dimension} is used twice`;
      seen.add(dimension);
    }
    if (source <= last) return "source dimensions are not sorted";
    last = source;
  }
  for (const { axes, source, target } of params) {
    const problem =
      matches(to, source, gathered(from.dimensions[source]?.axes ?? [], axes, mesh), axes) ??
      matches(to, target, joinedAll(from.dimensions[target]?.axes ?? [], axes, mesh), axes);
    if (problem) return problem;
  }
  for (let dimension = 0; dimension < rank; dimension++) {
    if (seen.has(dimension)) continue;
    const problem = matches(to, dimension, from.dimensions[dimension]?.axes ?? [], []);
    if (problem) return problem;
  }
  return undefined;
};

const permute: Rule = ({ from, to, mesh, fromMesh }) => {
  if (!sameAxes(mesh, fromMesh)) return "the meshes of operand and result have different axes";
  const sameName = JSON.stringify(from.mesh) === JSON.stringify(to.mesh);
  if (!sameName && sameMesh(mesh, fromMesh)) return "the meshes differ in name only";
  const wrong = to.dimensions.findIndex(
    ({ axes }, i) => sizeOfAxes(axes, mesh) !== sizeOfAxes(from.dimensions[i]?.axes ?? [], mesh),
  );
  return wrong < 0
    ? undefined
    : `dimension ${wrong} is cut into other numbers of parts than that of the operand`;
};

/** Equal but for axes that are still to be reduced. */
function areEquivalent(a: Sharding, b: Sharding): boolean {
  const plain = (sharding: Sharding) => sharding.dimensions.every(({ axes }) => axes.length === 0);
  if (plain(a) || plain(b)) return plain(a) && plain(b);
  return (
    JSON.stringify(a.mesh) === JSON.stringify(b.mesh) &&
    a.dimensions.length === b.dimensions.length &&
    a.dimensions.every(({ axes }, i) => sameAxisLists(axes, b.dimensions[i]!.axes))
  );
}

const allReduce: Rule = ({ operation, from, to, mesh }) => {
  if (!areEquivalent(from, to)) return "operand and result are sharded in different ways";
  const axes = axesOf(fieldOf(operation, "reduction_axes"));
  const problem = new AxisUses(mesh).add(axes, "reduction");
  if (problem) return problem;
  const used = [
    ...from.dimensions.flatMap((dimension) => dimension.axes),
    ...from.replicated,
    ...to.unreduced,
  ];
  const clash = axes.find((axis) => used.some((other) => overlap(axis, other)));
  if (clash) return `the reduced axis ${axisText(clash)} is in the sharding of the operand or result`;
  return reduced(operation, from, to, mesh);
};

/** Axes that become unreduced here are {@link cautionOfCollective}'s. */
function reduced(operation: Operation, from: Sharding, to: Sharding, mesh: Mesh): string | undefined {
  return problemOfTransition(from, to, mesh, { introduced: to.reduction, removed: reductionOf(operation) });
}

const replicatedToUnreduced: Rule = (collective) => {
  const { operation, from, to, mesh } = collective;
  const same =
    from.dimensions.length === to.dimensions.length &&
    from.dimensions.every(({ axes }, i) => sameAxisLists(axes, to.dimensions[i]!.axes));
  if (!same) return "operand and result are sharded in different ways";
  const axes = axesOf(fieldOf(operation, "axes"));
  if (axes.length === 0) return "there are no axes";
  const problem = unreducedSum(collective) ?? new AxisUses(mesh).add(axes, "unreduced");
  if (problem) return problem;
  const used = [...from.dimensions.flatMap((dimension) => dimension.axes), ...from.unreduced];
  const clash = axes.find((axis) => used.some((other) => overlap(axis, other)));
  if (clash) return `the axis ${axisText(clash)} is in the sharding of the operand`;
  return unreducedPlus(collective, axes);
};

const rules: Readonly<Record<string, Rule>> = {
  "sdy.all_gather": (collective) =>
    eachDimension(collective, listsOf(collective.operation, "gathering_axes"), (axes, list) =>
      gathered(axes, list, collective.mesh),
    ),
  "sdy.all_slice": (collective) =>
    eachDimension(collective, listsOf(collective.operation, "slicing_axes"), (axes, list) =>
      joinedAll(axes, list, collective.mesh),
    ),
  "sdy.reduce_scatter": (collective) => {
    const { operation, from, to, mesh } = collective;
    return (
      reduced(operation, from, to, mesh) ??
      eachDimension(collective, listsOf(operation, "reduce_scatter_axes"), (axes, list) =>
        joinedAll(axes, list, mesh),
      )
    );
  },
  "sdy.sharded_to_unreduced": (collective) => {
    const lists = listsOf(collective.operation, "axes");
    return (
      unreducedSum(collective) ??
      eachDimension(collective, lists, (axes, list) => gathered(axes, list, collective.mesh)) ??
      unreducedPlus(collective, lists.flat())
    );
  },
  "sdy.replicated_to_unreduced": replicatedToUnreduced,
  "sdy.all_to_all": allToAll,
  "sdy.collective_permute": permute,
  "sdy.all_reduce": allReduce,
};

/** These make something of a value that is whole on each device. */
const needNoSharding = ["sdy.all_slice", "sdy.all_reduce", "sdy.reduce_scatter"];

const reducing = ["sdy.all_reduce", "sdy.reduce_scatter"];

export const isCollective = (operation: Operation) => rules[operation.name] !== undefined;

export function problemOfCollective(operation: Operation, surroundings: Surroundings): string | undefined {
  const collective = collectiveOf(operation, surroundings);
  return typeof collective === "object" ? rules[operation.name]!(collective) : collective;
}

/** What Shardy refuses since July 2026 and what JAX's releases before that accept, so that both are served. */
export function cautionOfCollective(operation: Operation, surroundings: Surroundings): string | undefined {
  if (!reducing.includes(operation.name)) return undefined;
  const collective = collectiveOf(operation, surroundings);
  if (typeof collective !== "object") return undefined;
  const [axis] = introducedAxes(collective.from, collective.to, collective.mesh);
  return axis && `the axis ${axisText(axis)} becomes unreduced here, which newer versions of Shardy refuse`;
}

/** What the rules look at, or what is wrong already. */
function collectiveOf(operation: Operation, surroundings: Surroundings): Collective | string | undefined {
  const to = shardingOf(operation.attributes.out_sharding)!;
  const [operand] = operation.operands;
  const given = shardingOfValue(operand!);
  if (!given && !needNoSharding.includes(operation.name)) return "the operand has no sharding";
  const problem = surroundings.problemOf(to, operation.results[0]!.type, operation);
  if (problem) return problem;
  const mesh = surroundings.meshOf(to)!;
  const fromMesh = given ? surroundings.meshOf(given) : mesh;
  if (!fromMesh) return undefined;
  if (operation.name !== "sdy.collective_permute" && !sameMesh(mesh, fromMesh))
    return "operand and result have different meshes";
  if (given && given.dimensions.length !== to.dimensions.length)
    return `operand and result are sharded in ${given.dimensions.length} and ${to.dimensions.length} dimensions`;
  const none = to.dimensions.map(() => ({ axes: [], closed: true, priority: undefined }));
  const from = given ?? { mesh: to.mesh, dimensions: none, replicated: [], unreduced: [], reduction: "sum" };
  return { operation, from, to, mesh, fromMesh };
}
