/** What `chlo.ragged_dot` asks of its operands: a `dot_general` whose left side is cut into groups. */
import type { Verdict } from "../declare/define.ts";
import type { ValueOf } from "../declare/kinds.ts";
import type { TensorType } from "../model/types.ts";
import { otherDimensions, sameDimensions } from "./dot.ts";
import { compatibleDimension, compatibleShape, inRange, isUnique, withShape } from "./inference.ts";
import type { raggedDotDimensionNumbers } from "./records.ts";

type Numbers = ValueOf<typeof raggedDotDimensionNumbers>;

interface RaggedDot {
  readonly lhs: TensorType;
  readonly rhs: TensorType;
  readonly group_sizes: TensorType;
  readonly ragged_dot_dimension_numbers: Numbers;
  readonly precision_config: readonly string[] | undefined;
  readonly result: TensorType;
}

/** What the ragged dimension is to the product. */
function modeOf(d: Numbers): "batch" | "contracting" | "free" {
  const ragged = d.lhs_ragged_dimensions[0]!;
  if (d.lhs_batching_dimensions.includes(ragged)) return "batch";
  return d.lhs_contracting_dimensions.includes(ragged) ? "contracting" : "free";
}

/** Dimensions of `lhs` for each of whose indices the groups have sizes of their own. */
function prefixOf(d: Numbers): readonly number[] {
  const ragged = d.lhs_ragged_dimensions[0]!;
  const { lhs_batching_dimensions: batch, lhs_contracting_dimensions: contracting } = d;
  switch (modeOf(d)) {
    case "batch":
      return batch.slice(0, batch.indexOf(ragged));
    case "contracting":
      return [...batch, ...contracting.slice(0, contracting.indexOf(ragged))];
    case "free":
      return [...batch, ...otherDimensions(ragged, batch, contracting)];
  }
}

function groupSizesFit({ lhs, group_sizes, ragged_dot_dimension_numbers: d }: RaggedDot): Verdict {
  const { shape } = group_sizes;
  if (shape.length === 1) return true;
  const expected = prefixOf(d).map((dimension) => lhs.shape[dimension]!);
  if (shape.length !== expected.length + 1)
    return `\`group_sizes\` has rank ${shape.length} instead of ${expected.length + 1}`;
  return (
    expected.every((size, i) => size === shape[i]) ||
    `the shape of \`group_sizes\` starts with [${shape.slice(0, -1).join(", ")}] instead of [${expected.join(", ")}]`
  );
}

function groupsFit({ rhs, group_sizes, ragged_dot_dimension_numbers: d }: RaggedDot): Verdict {
  const groups = d.rhs_group_dimensions;
  if (modeOf(d) !== "free")
    return groups.length === 0 || "only a free ragged dimension goes with a group dimension of `rhs`";
  if (groups.length !== 1) return "a free ragged dimension needs one group dimension of `rhs`";
  return (
    compatibleDimension(group_sizes.shape.at(-1)!, rhs.shape[groups[0]!]!) ||
    "the group dimension of `rhs` has not the size of `group_sizes`"
  );
}

export function raggedDotShape({
  lhs,
  rhs,
  group_sizes,
  ragged_dot_dimension_numbers: d,
}: Pick<RaggedDot, "lhs" | "rhs" | "group_sizes" | "ragged_dot_dimension_numbers">): number[] {
  const { lhs_batching_dimensions: batch, lhs_contracting_dimensions: contracting } = d;
  const free = otherDimensions(lhs.shape.length, batch, contracting);
  const others = otherDimensions(
    rhs.shape.length,
    d.rhs_batching_dimensions,
    d.rhs_contracting_dimensions,
    d.rhs_group_dimensions,
  );
  return [
    ...(modeOf(d) === "contracting" ? [group_sizes.shape.at(-1)!] : []),
    ...[...batch, ...free].map((dimension) => lhs.shape[dimension]!),
    ...others.map((dimension) => rhs.shape[dimension]!),
  ];
}

/** CHLO has no spec: the labels D are those of a dot product, R of the ragged one. */
export const raggedDotConstraints = {
  D1: [
    "`precision_config` has at most one entry for each operand",
    ({ precision_config }) => (precision_config?.length ?? 0) <= 2,
  ],
  D2: [
    "`lhs` and `rhs` have as many batching and contracting dimensions, in range and unique",
    ({ lhs, rhs, ragged_dot_dimension_numbers: d }) => {
      const left = [...d.lhs_batching_dimensions, ...d.lhs_contracting_dimensions];
      const right = [...d.rhs_batching_dimensions, ...d.rhs_contracting_dimensions];
      return (
        d.lhs_batching_dimensions.length === d.rhs_batching_dimensions.length &&
        left.length === right.length &&
        isUnique(left) &&
        isUnique(right) &&
        inRange(left, lhs.shape.length) &&
        inRange(right, rhs.shape.length)
      );
    },
  ],
  D3: [
    "batching and contracting dimensions of `lhs` and `rhs` have the same sizes",
    ({ lhs, rhs, ragged_dot_dimension_numbers: d }) =>
      sameDimensions(lhs, d.lhs_batching_dimensions, rhs, d.rhs_batching_dimensions) &&
      sameDimensions(lhs, d.lhs_contracting_dimensions, rhs, d.rhs_contracting_dimensions),
  ],
  R1: [
    "`lhs` has one ragged dimension, in range",
    ({ lhs, ragged_dot_dimension_numbers: d }) =>
      d.lhs_ragged_dimensions.length === 1 && inRange(d.lhs_ragged_dimensions, lhs.shape.length),
  ],
  R2: ["`group_sizes` is a vector, or has the dimensions of `lhs` before the ragged one", groupSizesFit],
  R3: [
    "group dimensions of `rhs` are in range, and neither batching nor contracting ones",
    ({ rhs, ragged_dot_dimension_numbers: d }) =>
      inRange(d.rhs_group_dimensions, rhs.shape.length) &&
      isUnique([...d.rhs_group_dimensions, ...d.rhs_batching_dimensions]) &&
      isUnique([...d.rhs_group_dimensions, ...d.rhs_contracting_dimensions]),
  ],
  R4: ["`rhs` has one group dimension if the ragged dimension is free, else none", groupsFit],
  R5: [
    "`result` has the shape that follows",
    (args) => compatibleShape(args.result, withShape(args.result, raggedDotShape(args))),
  ],
} satisfies Readonly<Record<string, readonly [string, (args: RaggedDot) => Verdict]>>;
