/** MLIR's branches between the blocks of a function: read, verified and printed, but neither rewritten nor run. */
import { anyValue, defineOp, optional, scalarOf, variadic } from "../declare/define.ts";
import { i32Array, string } from "../declare/kinds.ts";

const condition = scalarOf("i1");

export const br = defineOp("cf.br", {
  summary: "Goes on to another block.",
  operands: { destOperands: variadic(anyValue) },
  successors: { dest: "destOperands" },
  format: "$dest (`(` $destOperands^ `:` type($destOperands) `)`)? attr-dict",
  terminator: true,
});

export const condBr = defineOp("cf.cond_br", {
  summary: "Goes on to one of two blocks.",
  operands: { condition, trueDestOperands: variadic(anyValue), falseDestOperands: variadic(anyValue) },
  attributes: { branch_weights: optional(i32Array), operandSegmentSizes: i32Array },
  successors: { trueDest: "trueDestOperands", falseDest: "falseDestOperands" },
  format: `$condition (\`weights\` \`(\` $branch_weights^ \`)\`)? \`,\`
    $trueDest (\`(\` $trueDestOperands^ \`:\` type($trueDestOperands) \`)\`)? \`,\`
    $falseDest (\`(\` $falseDestOperands^ \`:\` type($falseDestOperands) \`)\`)? attr-dict`,
  terminator: true,
});

export const assertOp = defineOp("cf.assert", {
  summary: "Ends the program with a message if a condition does not hold.",
  operands: { arg: condition },
  attributes: { msg: string },
  format: "$arg `,` $msg attr-dict",
});
