/**
 * Other MLIR dialects that programs are mixed with in upstream's tests, read and printed but not run: arith, shape,
 * tensor, scf and indirect calls of func. Only what such programs use is here.
 */
import { anyValue, defineOp, type OpDefinition, region, variadic } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import type { Operation } from "../model/operation.ts";
import { scalar, type Type } from "../model/types.ts";

const index: Type = scalar({ kind: "foreign", text: "index" });
const two = { lhs: anyValue, rhs: anyValue };

/** `%0 = arith.addi %a, %b : i32` */
function arithmetic(mnemonic: string): OpDefinition {
  return defineOp(`arith.${mnemonic}`, {
    summary: `\`arith.${mnemonic}\`, which is not run here.`,
    operands: two,
    results: { result: anyValue },
    format:
      "$lhs `,` $rhs attr-dict `:` custom<SameOperandsAndResultType>(type($lhs), type($rhs), type($result))",
    infer: ({ lhs }) => [lhs],
  });
}

/** `%0 = arith.index_cast %a : i32 to index` */
function cast(name: `${string}.${string}`, named?: string): OpDefinition {
  return defineOp(name, {
    summary: `\`${name}\`, which is not run here.`,
    operands: { source: anyValue },
    results: { result: anyValue },
    format: "$source attr-dict `:` type($source) `to` type($result)",
    ...(named !== undefined && { names: { result: () => named } }),
  });
}

/** `%c0`, `%c1_i32`, `%true`, `%cst`, as MLIR calls constants. */
function constantName(type: Type, { attributes: { value } }: Operation): string {
  if (value?.kind !== "integer" || type.kind !== "scalar") return "cst";
  if (type.element === "i1") return value.value === 0n ? "false" : "true";
  const suffix =
    typeof type.element === "string"
      ? type.element
      : type.element.kind === "foreign"
        ? type.element.text
        : "";
  return `c${value.value}${suffix === "index" ? "" : `_${suffix}`}`;
}

const constant = defineOp("arith.constant", {
  summary: "A constant of any type.",
  attributes: { value: kinds.any },
  results: { result: anyValue },
  format: "attr-dict $value",
  names: { result: constantName },
  infer({ value }) {
    if ("type" in value && value.type) return [value.type];
    throw new Error("a constant has a type");
  },
});

const arith = [
  ..."addi subi muli divsi divui ceildivsi floordivsi remsi remui maxsi minsi maxui minui andi ori xori".split(
    " ",
  ),
  ..."shli shrsi shrui addf subf mulf divf remf maximumf minimumf maxnumf minnumf".split(" "),
].map(arithmetic);

const casts = [
  ..."index_cast index_castui extsi extui trunci extf truncf sitofp uitofp fptosi fptoui bitcast"
    .split(" ")
    .map((mnemonic) => cast(`arith.${mnemonic}`)),
  cast("tensor.cast", "cast"),
];

const select = defineOp("arith.select", {
  summary: "One of two values.",
  operands: { condition: anyValue, on_true: anyValue, on_false: anyValue },
  results: { result: anyValue },
  format: "$condition `,` $on_true `,` $on_false attr-dict `:` type($result)",
  infer: ({ on_true }) => [on_true],
});

// Shapes -------------------------------------------------------------------------------------------------------

const witness: Type = { kind: "foreign", text: "shape.witness" };

/** `%1 = shape.broadcast %a, %b : tensor<2xindex>, tensor<2xindex> -> tensor<2xindex>` */
function shapeFunction(mnemonic: string): OpDefinition {
  return defineOp(`shape.${mnemonic}`, {
    summary: `\`shape.${mnemonic}\`, which is not run here.`,
    operands: { operands: variadic(anyValue) },
    results: { result: anyValue },
    format: "$operands attr-dict `:` type($operands) `->` type($result)",
  });
}

/** `%1 = shape.cstr_broadcastable %a, %b : tensor<2xindex>, tensor<2xindex>` */
function shapeConstraint(mnemonic: string): OpDefinition {
  return defineOp(`shape.${mnemonic}`, {
    summary: `\`shape.${mnemonic}\`, which is not run here.`,
    operands: { shapes: variadic(anyValue) },
    results: { result: anyValue },
    format: "$shapes attr-dict `:` type($shapes)",
    infer: () => [witness],
  });
}

const constShape = defineOp("shape.const_shape", {
  summary: "A constant shape.",
  attributes: { shape: kinds.elements },
  results: { result: anyValue },
  format: "custom<ConstantShape>($shape, type($result))",
});

const shape = [
  ..."shape_of num_elements broadcast get_extent concat add mul div max min any rank"
    .split(" ")
    .map(shapeFunction),
  ...["cstr_broadcastable", "cstr_eq"].map(shapeConstraint),
  constShape,
];

// Tensors ------------------------------------------------------------------------------------------------------

const elementOf = (type: Type): Type => ("element" in type ? scalar(type.element) : type);

const tensors = [
  defineOp("tensor.dim", {
    summary: "The size of a dimension.",
    operands: { source: anyValue, index: anyValue },
    results: { result: anyValue },
    format: "$source `,` $index attr-dict `:` type($source)",
    names: { result: () => "dim" },
    infer: () => [index],
  }),
  defineOp("tensor.from_elements", {
    summary: "A tensor of scalars.",
    operands: { elements: variadic(anyValue) },
    results: { result: anyValue },
    format: "$elements attr-dict `:` type($result)",
    names: { result: () => "from_elements" },
  }),
  defineOp("tensor.extract", {
    summary: "A scalar of a tensor.",
    operands: { tensor: anyValue, indices: variadic(anyValue) },
    results: { result: anyValue },
    format: "$tensor `[` $indices `]` attr-dict `:` type($tensor)",
    names: { result: () => "extracted" },
    infer: ({ tensor }) => [elementOf(tensor)],
  }),
  defineOp("tensor.insert", {
    summary: "A tensor with a scalar replaced.",
    operands: { scalar: anyValue, dest: anyValue, indices: variadic(anyValue) },
    results: { result: anyValue },
    format: "$scalar `into` $dest `[` $indices `]` attr-dict `:` type($dest)",
    names: { result: () => "inserted" },
    infer: ({ dest }) => [dest],
  }),
];

// Functions and loops ------------------------------------------------------------------------------------------

const functions = [
  defineOp("func.constant", {
    summary: "A function as a value.",
    attributes: { value: kinds.symbol },
    results: { result: anyValue },
    format: "attr-dict $value `:` type($result)",
    names: { result: () => "f" },
  }),
  defineOp("func.call_indirect", {
    summary: "The results of a function that is a value.",
    operands: { callee: anyValue, operands: variadic(anyValue) },
    results: { results: variadic(anyValue) },
    format: "$callee `(` $operands `)` attr-dict `:` type($callee)",
    infer: ({ callee }) => (callee.kind === "function" ? callee.results : []),
  }),
];

const loops = [
  defineOp("scf.for", {
    summary: "A counted loop.",
    operands: { lower: anyValue, upper: anyValue, step: anyValue, initial: variadic(anyValue) },
    results: { results: variadic(anyValue) },
    regions: { body: region },
    format: "custom<ForLoop>($lower, $upper, $step, $initial, $body)",
  }),
  defineOp("scf.yield", {
    summary: "Ends a region with its results.",
    operands: { results: variadic(anyValue) },
    format: "attr-dict ($results^ `:` type($results))?",
    terminator: true,
  }),
];

const all = [constant, ...arith, ...casts, select, ...shape, ...tensors, ...functions, ...loops];

/** By name. */
export const neighbours: Readonly<Record<string, OpDefinition>> = Object.fromEntries(
  all.map((definition) => [definition.name, definition]),
);
