/** Assertions of upstream's test programs. */
import { defaulted, defineOp, type EvaluateContext, tensor } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import {
  expectAlmostEqual,
  expectEqual,
  expectClose as expectWithinUlps,
  type Verdict,
} from "../reference/kernel/check.ts";
import { constantTensor } from "../reference/kernel/create.ts";

/** A check has no results; what it found goes to whoever runs the program. */
function report(context: EvaluateContext, verdict: Verdict): readonly [] {
  context.check(verdict);
  return [];
}

const tolerance = defaulted(kinds.f64, 1e-4);

export const expectEq = defineOp("check.expect_eq", {
  summary: "Fails unless both tensors are equal, element by element.",
  operands: { lhs: tensor, rhs: tensor },
  format: "$lhs `,` $rhs attr-dict `:` type($lhs)",
  evaluate: ({ lhs, rhs }, context) => report(context, expectEqual(lhs, rhs)),
  effects: true,
});

export const expectEqConst = defineOp("check.expect_eq_const", {
  summary: "Fails unless the tensor equals the constant.",
  operands: { lhs: tensor },
  attributes: { value: kinds.elements },
  format: "$lhs `,` $value attr-dict",
  evaluate: ({ lhs, value }, context) => report(context, expectEqual(lhs, constantTensor(value))),
  effects: true,
});

export const expectAlmostEq = defineOp("check.expect_almost_eq", {
  summary: "Fails unless both tensors agree within `tolerance`.",
  operands: { lhs: tensor, rhs: tensor },
  attributes: { tolerance },
  format: "$lhs `,` $rhs (`,` `tolerance` `=` $tolerance^)? attr-dict `:` type($lhs)",
  evaluate: ({ lhs, rhs, tolerance }, context) => report(context, expectAlmostEqual(lhs, rhs, tolerance)),
  effects: true,
});

export const expectAlmostEqConst = defineOp("check.expect_almost_eq_const", {
  summary: "Fails unless the tensor agrees with the constant within `tolerance`.",
  operands: { lhs: tensor },
  attributes: { value: kinds.elements, tolerance },
  format: "$lhs `,` $value (`,` `tolerance` `=` $tolerance^)? attr-dict",
  evaluate: ({ lhs, value, tolerance }, context) =>
    report(context, expectAlmostEqual(lhs, constantTensor(value), tolerance)),
  effects: true,
});

export const expectClose = defineOp("check.expect_close", {
  summary: "Fails unless both tensors are within `max_ulp_difference` units in the last place.",
  operands: { actual: tensor, expected: tensor },
  attributes: { max_ulp_difference: kinds.ui64, min_ulp_difference: defaulted(kinds.ui64, 0) },
  format: `$actual \`,\` $expected \`,\` \`max_ulp_difference\` \`=\` $max_ulp_difference
    (\`,\` \`min_ulp_difference\` \`=\` $min_ulp_difference^)?
    \`:\` attr-dict type($actual) \`,\` type($expected)`,
  evaluate: ({ actual, expected, ...limits }, context) => {
    const { min_ulp_difference, max_ulp_difference } = limits;
    return report(
      context,
      expectWithinUlps(actual, expected, BigInt(min_ulp_difference), BigInt(max_ulp_difference)),
    );
  },
  effects: true,
});

export const expectSerializedEq = defineOp("check.expect_serialized_eq", {
  summary: "Fails unless the tensor equals the one that `interpreter.probe` wrote.",
  operands: { expected: tensor },
  attributes: { probe_id: kinds.string, iteration: defaulted(kinds.ui32, 0) },
  format:
    "$expected `,` `probe_id` `=` $probe_id (`,` `iter` `=` $iteration^)? attr-dict `:` type($expected)",
  effects: true,
});
