/** Shardy: how tensors are spread over devices. JAX emits `mesh` and `sharding_constraint` even on one device. */
import { anyValue, defineOp, optional, region, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { sameType, type Type } from "../model/types.ts";
import { runManually } from "../reference/kernel/sharding.ts";
import {
  allToAllParamList,
  axisRefList,
  listOfAxisRefLists,
  manualAxes,
  mesh as meshKind,
  propagationDirection,
  reductionOp,
  sharding,
  shardingPerValue,
} from "./sdy_kinds.ts";

/** Shardy tells a dynamic dimension from any other. */
const sameTypes = (inferred: readonly Type[], declared: readonly Type[]): boolean =>
  inferred.every((type, i) => sameType(type, declared[i]!));

export const mesh = defineOp("sdy.mesh", {
  summary: "Names a grid of devices by its axes.",
  attributes: { sym_name: kinds.symbolName, mesh: meshKind },
  format: "$sym_name `=` $mesh attr-dict",
  effects: true,
});

export const shardingConstraint = defineOp("sdy.sharding_constraint", {
  infer: ({ input }) => [input],
  fits: sameTypes,
  summary: "Its operand, which shall be spread as `sharding` says.",
  operands: { input: anyValue },
  attributes: { sharding },
  results: { result: anyValue },
  format: "$input $sharding attr-dict `:` type($result)",
  evaluate: ({ input }) => input,
});

export const reshard = defineOp("sdy.reshard", {
  infer: ({ input }) => [input],
  fits: sameTypes,
  summary: "Its operand, spread anew as `sharding` says.",
  operands: { input: anyValue },
  attributes: { sharding },
  results: { result: anyValue },
  format: "$input $sharding attr-dict `:` type($result)",
  evaluate: ({ input }) => input,
});

export const manualComputation = defineOp("sdy.manual_computation", {
  summary: "A region that computes on each device's part of the operands.",
  operands: { tensors: variadic(anyValue) },
  attributes: { in_shardings: shardingPerValue, out_shardings: shardingPerValue, manual_axes: manualAxes },
  results: { results: variadic(anyValue) },
  regions: { body: region },
  format: `\`(\` operands \`)\`
    \`in_shardings\` \`\` \`=\` \`\` custom<StrippedTensorShardingPerValueAttr>($in_shardings)
    \`out_shardings\` \`\` \`=\` \`\` custom<StrippedTensorShardingPerValueAttr>($out_shardings)
    \`manual_axes\` \`\` \`=\` \`\` $manual_axes
    custom<SingleBlockRegionNoBlockId>($body) attr-dict \`:\` functional-type(operands, results)`,
  isolated: true,
  evaluate: ({ tensors, body, ...attributes }, context) => runManually(tensors, body, attributes, context),
});

export const namedComputation = defineOp("sdy.named_computation", {
  summary: "A region with a name, so that shardings can be given for it as a whole.",
  operands: { operands: variadic(anyValue) },
  attributes: {
    name: kinds.string,
    in_shardings: optional(shardingPerValue),
    out_shardings: optional(shardingPerValue),
  },
  results: { results: variadic(anyValue) },
  regions: { body: region },
  regionArguments: ({ operands }) => ({ body: operands }),
  format: `\`<\` $name \`>\` \`\` \`(\` $operands \`)\`
    (\`in_shardings\` \`\` \`=\` \`\` custom<StrippedTensorShardingPerValueAttr>($in_shardings)^)?
    (\`out_shardings\` \`\` \`=\` \`\` custom<StrippedTensorShardingPerValueAttr>($out_shardings)^)?
    custom<SingleBlockRegionNoBlockId>($body) attr-dict \`:\` functional-type($operands, results)`,
});

export const returnOp = defineOp("sdy.return", {
  summary: "Ends a region with its results.",
  operands: { results: variadic(anyValue) },
  format: "attr-dict ($results^ `:` type($results))?",
  terminator: true,
});

export const constant = defineOp("sdy.constant", {
  summary: "A tensor known at compile time, kept apart so that each use can be spread its own way.",
  attributes: { value: kinds.elements },
  results: { output: anyValue },
  format: "custom<Constant>(attr-dict, $value, type($output))",
  infer: ({ value }) => ("type" in value && value.type ? [value.type] : []),
  fits: sameTypes,
});

export const shardingGroup = defineOp("sdy.sharding_group", {
  summary: "All values of one group are spread alike.",
  operands: { input: anyValue },
  attributes: { group_id: kinds.i64 },
  format: "$input `group_id` `` `=` `` $group_id attr-dict `:` type($input)",
  effects: true,
});

export const dataFlowEdge = defineOp("sdy.data_flow_edge", {
  summary: "Its operand: where shardings flow between a region and what surrounds it.",
  operands: { input: anyValue },
  attributes: { sharding: optional(sharding) },
  results: { result: anyValue },
  infer: ({ input }) => [input],
  fits: sameTypes,
  format: "$input (`sharding` `` `=` `` $sharding^)? attr-dict `:` type($result)",
  evaluate: ({ input }) => input,
});

export const funcDataFlowEdge = defineOp("sdy.func_data_flow_edge", {
  summary: "Its operand: where shardings flow between functions.",
  operands: { operand: anyValue },
  results: { result: anyValue },
  infer: ({ operand }) => [operand],
  fits: sameTypes,
  format: "$operand attr-dict `:` type($result)",
  evaluate: ({ operand }) => operand,
});

export const propagationBarrier = defineOp("sdy.propagation_barrier", {
  summary: "Its operand; shardings pass only in `allowed_direction`.",
  operands: { input: anyValue },
  attributes: { allowed_direction: propagationDirection },
  results: { result: anyValue },
  format: "$input `allowed_direction` `` `=` `` $allowed_direction attr-dict `:` type($input)",
  infer: ({ input }) => [input],
  fits: sameTypes,
  evaluate: ({ input }) => input,
});

// Collectives that change how a value is spread, not the value as a whole ------------------------------------------

const outSharding = "`out_sharding` `` `=` `` $out_sharding attr-dict `:` type($result)";

export const allGather = defineOp("sdy.all_gather", {
  summary: "Gathers the parts along `gathering_axes`.",
  operands: { tensor: anyValue },
  attributes: { gathering_axes: listOfAxisRefLists, out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `$gathering_axes $tensor ${outSharding}`,
  evaluate: ({ tensor }) => tensor,
});

export const allSlice = defineOp("sdy.all_slice", {
  summary: "Keeps each device's part along `slicing_axes`.",
  operands: { tensor: anyValue },
  attributes: { slicing_axes: listOfAxisRefLists, out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `$slicing_axes $tensor ${outSharding}`,
  evaluate: ({ tensor }) => tensor,
});

export const allToAll = defineOp("sdy.all_to_all", {
  summary: "Moves axes from one dimension to another.",
  operands: { tensor: anyValue },
  attributes: { params: allToAllParamList, out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `$params $tensor ${outSharding}`,
  evaluate: ({ tensor }) => tensor,
});

export const collectivePermute = defineOp("sdy.collective_permute", {
  summary: "Reorders the parts over the devices.",
  operands: { tensor: anyValue },
  attributes: { out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `$tensor ${outSharding}`,
  evaluate: ({ tensor }) => tensor,
});

export const allReduce = defineOp("sdy.all_reduce", {
  summary: "Reduces over `reduction_axes`.",
  operands: { tensor: anyValue },
  attributes: { reduction_op: optional(reductionOp), reduction_axes: axisRefList, out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `($reduction_op^)? $reduction_axes $tensor ${outSharding}`,
});

export const reduceScatter = defineOp("sdy.reduce_scatter", {
  summary: "Reduces over the axes and keeps each device's part.",
  operands: { tensor: anyValue },
  attributes: {
    reduction_op: optional(reductionOp),
    reduce_scatter_axes: listOfAxisRefLists,
    out_sharding: sharding,
  },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `($reduction_op^)? $reduce_scatter_axes $tensor ${outSharding}`,
});

export const shardedToUnreduced = defineOp("sdy.sharded_to_unreduced", {
  summary: "Turns axes of dimensions into axes that still have to be reduced over.",
  operands: { tensor: anyValue },
  attributes: { axes: listOfAxisRefLists, out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `$axes $tensor ${outSharding}`,
});

export const replicatedToUnreduced = defineOp("sdy.replicated_to_unreduced", {
  summary: "Turns replicated axes into axes that still have to be reduced over.",
  operands: { tensor: anyValue },
  attributes: { axes: axisRefList, out_sharding: sharding },
  results: { result: anyValue },
  infer: ({ tensor }) => [tensor],
  fits: sameTypes,
  format: `$axes $tensor ${outSharding}`,
});
