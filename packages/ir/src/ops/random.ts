/** Random numbers (spec: rng, rng_bit_generator). */
import { defineOp, dimensions, tensor } from "../declare/define.ts";
import { rngAlgorithm, rngDistribution } from "./enums.ts";

export const rng = defineOp("stablehlo.rng", {
  since: "0.9.0",
  summary: "Random numbers of a distribution with parameters `a` and `b`.",
  operands: { a: tensor, b: tensor, shape: dimensions },
  attributes: { rng_distribution: rngDistribution },
  results: { result: tensor },
  format: `$a \`,\` $b \`,\` $shape \`,\` \`distribution\` \`=\` $rng_distribution
    attr-dict \`:\` functional-type(operands, results)`,
  effects: true,
});

export const rngBitGenerator = defineOp("stablehlo.rng_bit_generator", {
  since: "0.9.0",
  summary: "Random bits from `initial_state`, and the state to go on from.",
  operands: { initial_state: tensor },
  attributes: { rng_algorithm: rngAlgorithm },
  results: { output_state: tensor, output: tensor },
  format: `$initial_state \`,\` \`algorithm\` \`=\` $rng_algorithm attr-dict
    \`:\` functional-type(operands, results)`,
});
