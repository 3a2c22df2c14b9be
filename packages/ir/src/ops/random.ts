/** Random numbers (spec: rng, rng_bit_generator). */
import { defineOp, dimensions, realNumbers, realOrPredicate, sized } from "../declare/define.ts";
import { DYNAMIC, isFloat, isUnsigned, sameElement, sizeOf, tensor as tensorType } from "../model/types.ts";
import { kindOf, writer } from "../reference/element/work.ts";
import { normal, randomBits, uniform } from "../reference/kernel/random.ts";
import { valueType, zeros } from "../reference/tensor.ts";
import { rngAlgorithm, rngDistribution } from "./enums.ts";
import { compatibleShape } from "./inference.ts";

export const rng = defineOp("stablehlo.rng", {
  since: "0.9.0",
  summary: "Random numbers of a distribution with parameters `a` and `b`.",
  operands: { a: realOrPredicate, b: realOrPredicate, shape: dimensions },
  attributes: { rng_distribution: rngDistribution },
  results: { result: realOrPredicate },
  format: `$a \`,\` $b \`,\` $shape \`,\` \`distribution\` \`=\` $rng_distribution
    attr-dict \`:\` functional-type(operands, results)`,
  constraints: {
    I1: ["`a` and `b` are scalars", ({ a, b }) => a.shape.length + b.shape.length === 0],
    C1: [
      "`a`, `b` and `result` have the same element type",
      ({ a, b, result }) => sameElement(a.element, b.element) && sameElement(a.element, result.element),
    ],
    C2: [
      "`a` is a float when `rng_distribution` is NORMAL",
      ({ a, rng_distribution }) => rng_distribution !== "NORMAL" || isFloat(a.element),
    ],
    C3: [
      "`result` has the shape `shape`",
      ({ shape, result }, known) =>
        shape.shape[0] === result.shape.length &&
        (known.integers("shape") ?? []).every((size, d) => size >= 0 || result.shape[d] === DYNAMIC),
    ],
  },
  infer: ({ b, shape }, known) => [
    tensorType(known.integers("shape") ?? new Array<number>(shape.shape[0]!).fill(DYNAMIC), b.element),
  ],
  effects: true,
  evaluate: ({ a, b, shape, rng_distribution }, { results }) => {
    const result = zeros(Array.from(shape.data, Number), valueType(results[0]).element);
    const [from, to] = [Number(a.data[0]), Number(b.data[0])];
    const draw = rng_distribution === "UNIFORM" ? uniform : normal;
    const write = writer(result);
    const kind = kindOf(result.type.element);
    for (let i = 0; i < result.data.length; i++) {
      const value = draw(from, to);
      write(
        i,
        kind === "bigint" ? BigInt(Math.floor(value)) : kind === "integer" ? Math.floor(value) : value,
      );
    }
    return result;
  },
});

export const rngBitGenerator = defineOp("stablehlo.rng_bit_generator", {
  since: "0.9.0",
  summary: "Random bits from `initial_state`, and the state to go on from.",
  operands: { initial_state: realNumbers },
  attributes: { rng_algorithm: rngAlgorithm },
  results: { output_state: realNumbers, output: sized(realNumbers) },
  format: `$initial_state \`,\` \`algorithm\` \`=\` $rng_algorithm attr-dict
    \`:\` functional-type(operands, results)`,
  constraints: {
    C1: [
      "`initial_state` and `output_state` have the same shape",
      // StableHLO does not compare the elements.
      ({ initial_state, output_state }) => compatibleShape(initial_state, output_state),
    ],
    C2: [
      "`initial_state` holds 2 (THREE_FRY) or 2 to 3 (PHILOX) numbers of 64 bits",
      ({ initial_state: { element, shape }, rng_algorithm }) => {
        // StableHLO checks nothing of this; states that are no bits at all are left to whoever runs them.
        if (rng_algorithm === "DEFAULT" || !isUnsigned(element)) return true;
        // XLA also takes the same bits as twice as many 32-bit numbers.
        if (shape.includes(DYNAMIC)) return true;
        const words = element === "ui32" ? sizeOf(shape) / 2 : sizeOf(shape);
        return words === 2 || (rng_algorithm === "PHILOX" && words === 3);
      },
    ],
  },
  evaluate: ({ initial_state, rng_algorithm }, { results }) =>
    randomBits(initial_state, rng_algorithm, valueType(results[1])),
});
