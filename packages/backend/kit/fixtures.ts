/** One small program per operation that has attributes or regions, for each element type that is worth trying. */
import type { Element } from "@hloom/ir";

export interface Fixture {
  readonly name: string;
  readonly elements: readonly Element[];
  readonly text: (element: Element) => string;
  /** Moves elements without changing them. */
  readonly exact?: boolean;
}

const moved: readonly Element[] = [
  "i1",
  "i8",
  "i32",
  "i64",
  "ui32",
  "bf16",
  "f16",
  "f32",
  "f64",
  "complex<f32>",
];
const added: readonly Element[] = [
  "i8",
  "i32",
  "i64",
  "ui8",
  "ui32",
  "bf16",
  "f16",
  "f32",
  "f64",
  "complex<f32>",
];
const real: readonly Element[] = ["i32", "i64", "ui32", "bf16", "f16", "f32", "f64"];
const float: readonly Element[] = ["bf16", "f16", "f32", "f64"];

/** `T[2, 3]` in a program stands for `tensor<2x3xELEMENT>`. */
function typed(source: string, element: Element): string {
  return source.replace(/\bT\[([\d, ]*)\]/g, (_, shape: string) => {
    const sizes = shape.split(",").filter((size) => size.trim() !== "");
    return `tensor<${[...sizes.map((size) => size.trim()), element].join("x")}>`;
  });
}

function fixture(name: string, elements: readonly Element[], source: string, exact = false): Fixture {
  return { name, elements, exact, text: (element) => typed(source, element) };
}

/** `func.func @main(parameters) -> result { body }` */
function main(parameters: string, result: string, body: string): string {
  return `func.func @main(${parameters}) -> ${result} {\n${body}\n  return %r : ${result}\n}`;
}

const reducer = (op: string): string => `({
    ^bb0(%p: T[], %q: T[]):
      %s = stablehlo.${op} %p, %q : T[]
      stablehlo.return %s : T[]
    })`;

export const fixtures: readonly Fixture[] = [
  fixture(
    "transpose",
    moved,
    main(
      "%x: T[2, 3, 4]",
      "T[4, 2, 3]",
      "%r = stablehlo.transpose %x, dims = [2, 0, 1] : (T[2, 3, 4]) -> T[4, 2, 3]",
    ),
    true,
  ),
  fixture(
    "reshape",
    moved,
    main("%x: T[2, 3, 4]", "T[6, 4]", "%r = stablehlo.reshape %x : (T[2, 3, 4]) -> T[6, 4]"),
    true,
  ),
  fixture(
    "broadcast_in_dim",
    moved,
    main(
      "%x: T[1, 3]",
      "T[2, 4, 3]",
      "%r = stablehlo.broadcast_in_dim %x, dims = [0, 2] : (T[1, 3]) -> T[2, 4, 3]",
    ),
    true,
  ),
  fixture(
    "slice",
    moved,
    main("%x: T[5, 6]", "T[2, 2]", "%r = stablehlo.slice %x [1:4:2, 2:6:3] : (T[5, 6]) -> T[2, 2]"),
    true,
  ),
  fixture(
    "reverse",
    moved,
    main("%x: T[3, 4]", "T[3, 4]", "%r = stablehlo.reverse %x, dims = [0, 1] : T[3, 4]"),
    true,
  ),
  fixture(
    "concatenate",
    moved,
    main(
      "%x: T[2, 3], %y: T[2, 1]",
      "T[2, 4]",
      "%r = stablehlo.concatenate %x, %y, dim = 1 : (T[2, 3], T[2, 1]) -> T[2, 4]",
    ),
    true,
  ),
  fixture(
    "pad",
    moved,
    main(
      "%x: T[2, 3], %v: T[]",
      "T[4, 6]",
      "%r = stablehlo.pad %x, %v, low = [1, -1], high = [1, 2], interior = [0, 1] : (T[2, 3], T[]) -> T[4, 6]",
    ),
    true,
  ),
  fixture(
    "iota alone",
    ["i8", "i32", "i64", "ui32", "bf16", "f16", "f32", "f64", "complex<f32>"],
    main("", "T[3, 4]", "%r = stablehlo.iota dim = 1 : T[3, 4]"),
    true,
  ),
  fixture(
    "iota",
    ["i8", "i32", "i64", "ui32", "f16", "f32", "f64"],
    main(
      "%x: T[3, 4]",
      "T[3, 4]",
      "%i = stablehlo.iota dim = 1 : T[3, 4]\n%r = stablehlo.add %i, %x : T[3, 4]",
    ),
  ),
  fixture(
    "dynamic_slice",
    moved,
    main(
      "%x: T[4, 5], %i: tensor<i32>, %j: tensor<i32>",
      "T[2, 3]",
      "%r = stablehlo.dynamic_slice %x, %i, %j, sizes = [2, 3] : (T[4, 5], tensor<i32>, tensor<i32>) -> T[2, 3]",
    ),
    true,
  ),
  fixture(
    "dynamic_update_slice",
    moved,
    main(
      "%x: T[4, 5], %u: T[2, 3], %i: tensor<i32>, %j: tensor<i32>",
      "T[4, 5]",
      "%r = stablehlo.dynamic_update_slice %x, %u, %i, %j : (T[4, 5], T[2, 3], tensor<i32>, tensor<i32>) -> T[4, 5]",
    ),
    true,
  ),
  ...["i8", "i32", "ui32", "i64", "f16", "bf16", "f32", "f64", "i1"].map((target) =>
    fixture(
      `convert to ${target}`,
      ["i1", "i8", "ui8", "i32", "ui32", "i64", "f16", "bf16", "f32", "f64"],
      main(
        "%x: T[12]",
        `tensor<12x${target}>`,
        `%r = stablehlo.convert %x : (T[12]) -> tensor<12x${target}>`,
      ),
    ),
  ),
  ...["EQ", "NE", "LT", "LE", "GT", "GE"].map((direction) =>
    fixture(
      `compare ${direction}`,
      ["i1", ...real],
      main(
        "%x: T[12], %y: T[12]",
        "tensor<12xi1>",
        `%r = stablehlo.compare ${direction}, %x, %y : (T[12], T[12]) -> tensor<12xi1>`,
      ),
      true,
    ),
  ),
  fixture(
    "dot_general",
    added,
    main(
      "%x: T[2, 3, 4], %y: T[2, 4, 5]",
      "T[2, 3, 5]",
      "%r = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (T[2, 3, 4], T[2, 4, 5]) -> T[2, 3, 5]",
    ),
  ),
  fixture(
    "dot_general transposed",
    float,
    main(
      "%x: T[4, 3], %y: T[5, 4]",
      "T[3, 5]",
      "%r = stablehlo.dot_general %x, %y, contracting_dims = [0] x [1] : (T[4, 3], T[5, 4]) -> T[3, 5]",
    ),
  ),
  fixture(
    "convolution",
    float,
    main(
      "%x: T[2, 6, 6, 3], %k: T[3, 3, 3, 4]",
      "T[2, 3, 3, 4]",
      `%r = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
      window = {stride = [2, 2], pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (T[2, 6, 6, 3], T[3, 3, 3, 4]) -> T[2, 3, 3, 4]`,
    ),
  ),
  fixture(
    "convolution grouped and dilated",
    float,
    main(
      "%x: T[1, 5, 4], %k: T[2, 2, 6]",
      "T[1, 7, 6]",
      `%r = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f],
      window = {pad = [[0, 0]], lhs_dilate = [2], rhs_dilate = [2], reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (T[1, 5, 4], T[2, 2, 6]) -> T[1, 7, 6]`,
    ),
  ),
  ...["add", "maximum", "minimum", "multiply"].map((op) =>
    fixture(
      `reduce ${op}`,
      real,
      main(
        "%x: T[3, 4], %i: T[]",
        "T[3]",
        `%r = stablehlo.reduce(%x init: %i) applies stablehlo.${op} across dimensions = [1] : (T[3, 4], T[]) -> T[3]`,
      ),
    ),
  ),
  fixture(
    "reduce of the first dimension",
    added,
    main(
      "%x: T[3, 8], %i: T[]",
      "T[8]",
      "%r = stablehlo.reduce(%x init: %i) applies stablehlo.add across dimensions = [0] : (T[3, 8], T[]) -> T[8]",
    ),
  ),
  fixture(
    "reduce i1",
    ["i1"],
    main(
      "%x: T[3, 4], %i: T[]",
      "T[]",
      "%r = stablehlo.reduce(%x init: %i) applies stablehlo.or across dimensions = [0, 1] : (T[3, 4], T[]) -> T[]",
    ),
  ),
  fixture(
    "reduce_window",
    real,
    main(
      "%x: T[4, 6], %i: T[]",
      "T[2, 3]",
      `%r = "stablehlo.reduce_window"(%x, %i) <{window_dimensions = array<i64: 2, 3>, window_strides = array<i64: 2, 2>, padding = dense<[[0, 0], [1, 0]]> : tensor<2x2xi64>}> ${reducer("maximum")} : (T[4, 6], T[]) -> T[2, 3]`,
    ),
  ),
  fixture(
    "cumulative sum",
    real,
    main(
      "%x: T[6], %i: T[]",
      "T[6]",
      `%r = "stablehlo.reduce_window"(%x, %i) <{window_dimensions = array<i64: 6>, padding = dense<[[5, 0]]> : tensor<1x2xi64>}> ${reducer("add")} : (T[6], T[]) -> T[6]`,
    ),
  ),
  fixture(
    "cumulative sum from zero, backwards",
    real,
    main(
      "%x: T[2, 6]",
      "T[2, 6]",
      `%zero = stablehlo.constant dense<0> : tensor<i8>
    %i = stablehlo.convert %zero : (tensor<i8>) -> T[]
    %r = "stablehlo.reduce_window"(%x, %i) <{window_dimensions = array<i64: 1, 6>, padding = dense<[[0, 0], [0, 5]]> : tensor<2x2xi64>}> ${reducer("add")} : (T[2, 6], T[]) -> T[2, 6]`,
    ),
  ),
  fixture(
    "gather",
    moved,
    main(
      "%x: T[5, 4], %i: tensor<3x1xi32>",
      "T[3, 4]",
      `%r = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> : (T[5, 4], tensor<3x1xi32>) -> T[3, 4]`,
    ),
    true,
  ),
  fixture(
    "scatter",
    added,
    main(
      "%x: T[5, 4], %i: tensor<3x1xi32>, %u: T[3, 4]",
      "T[5, 4]",
      `%r = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ${reducer("add")} : (T[5, 4], tensor<3x1xi32>, T[3, 4]) -> T[5, 4]`,
    ),
  ),
  fixture(
    "sort",
    real,
    main(
      "%x: T[3, 20]",
      "T[3, 20]",
      `%r = "stablehlo.sort"(%x) <{dimension = 1 : i64, is_stable = true}> ({
    ^bb0(%p: T[], %q: T[]):
      %s = stablehlo.compare LT, %p, %q : (T[], T[]) -> tensor<i1>
      stablehlo.return %s : tensor<i1>
    }) : (T[3, 20]) -> T[3, 20]`,
    ),
    true,
  ),
  fixture(
    "clamp",
    real,
    main(
      "%x: T[4], %a: T[], %b: T[]",
      "T[4]",
      "%h = stablehlo.maximum %a, %b : T[]\n%l = stablehlo.minimum %a, %b : T[]\n%r = stablehlo.clamp %l, %x, %h : (T[], T[4], T[]) -> T[4]",
    ),
  ),
  fixture(
    "while",
    ["i32", "f32", "f64"],
    main(
      "%x: T[3]",
      "T[3]",
      `%zero = stablehlo.constant dense<0> : tensor<i32>
    %n, %r = stablehlo.while(%i = %zero, %y = %x) : tensor<i32>, T[3]
    cond {
      %end = stablehlo.constant dense<5> : tensor<i32>
      %c = stablehlo.compare LT, %i, %end : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
    } do {
      %one = stablehlo.constant dense<1> : tensor<i32>
      %j = stablehlo.add %i, %one : tensor<i32>
      %z = stablehlo.add %y, %x : T[3]
      stablehlo.return %j, %z : tensor<i32>, T[3]
    }`,
    ),
  ),
  fixture(
    "case",
    ["i32", "f32"],
    main(
      "%x: T[3], %i: tensor<i32>",
      "T[3]",
      `%r = "stablehlo.case"(%i) ({
      %a = stablehlo.negate %x : T[3]
      stablehlo.return %a : T[3]
    }, {
      stablehlo.return %x : T[3]
    }) : (tensor<i32>) -> T[3]`,
    ),
  ),
];
