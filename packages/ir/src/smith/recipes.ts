/** Ops whose fields depend on each other so much that guesses would hardly ever meet: fields that fit, for operands that fit. */
import { dense, type Literal } from "../construct/literal.ts";
import { allocate, type HostTensor, type Storage } from "../model/storage.ts";
import { type Element, isComplex, scalar, sizeOf, type TensorType, tensor } from "../model/types.ts";
import { kindOf, writer } from "../reference/element/work.ts";
import type { Random } from "./random.ts";

/** An operand that must have certain values. */
export interface Fixed {
  readonly type: TensorType;
  readonly value: Literal | Storage;
}

/** What a recipe wants: operands of these types, in the op's order, and these fields. */
export interface Recipe {
  /** A list where the op takes a list. */
  readonly operands: readonly (TensorType | readonly TensorType[] | Fixed)[];
  readonly fields: Readonly<Record<string, unknown>>;
}

const literal = (type: TensorType, value: Literal): Fixed => ({ type, value });

type Maker = (random: Random, like: TensorType) => Recipe;

const size = (random: Random) => random.pick([0, 1, 2, 2, 3]);
const sizes = (random: Random, most: number) => random.times(random.below(most + 1), () => size(random));
const counting = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** Batching dimensions first, then free and contracting ones, shuffled on each side. */
const dotGeneral: Maker = (random, { element }) => {
  const [batch, contract] = [sizes(random, 1), sizes(random, 1)];
  const [left, right] = [sizes(random, 1), sizes(random, 1)];
  const order = (free: readonly number[]) =>
    random.shuffled(counting(0, batch.length + contract.length + free.length));
  const [l, r] = [order(left), order(right)];
  /** `order[i]` is the place of the i-th of batching, contracting and free dimensions. */
  const shape = (places: readonly number[], free: readonly number[]) => {
    const all = [...batch, ...contract, ...free];
    return counting(0, all.length).map((d) => all[places.indexOf(d)]!);
  };
  const freeSizes = (places: readonly number[], free: readonly number[]) => {
    const from = batch.length + contract.length;
    return places
      .slice(from)
      .map((place, i) => [place, free[i]!] as const)
      .sort(([a], [b]) => a - b)
      .map(([, s]) => s);
  };
  const [b, c] = [batch.length, contract.length];
  return {
    operands: [tensor(shape(l, left), element), tensor(shape(r, right), element)],
    fields: {
      dot_dimension_numbers: {
        lhs_batching_dimensions: l.slice(0, b),
        rhs_batching_dimensions: r.slice(0, b),
        lhs_contracting_dimensions: l.slice(b, b + c),
        rhs_contracting_dimensions: r.slice(b, b + c),
      },
      result: tensor([...batch, ...freeSizes(l, left), ...freeSizes(r, right)], element),
    },
  };
};

/** Rows of a table by their numbers: the gather that indexing is. */
const gather: Maker = (random, { element }) => {
  const [rows, width] = [random.between(1, 4), random.between(1, 3)];
  const batch = sizes(random, 2);
  const index = random.pick<Element>(["i32", "i64", "ui32"]);
  return {
    operands: [tensor([rows, width], element), tensor([...batch, 1], index)],
    fields: {
      dimension_numbers: {
        offset_dims: [batch.length],
        collapsed_slice_dims: [0],
        operand_batching_dims: [],
        start_indices_batching_dims: [],
        start_index_map: [0],
        index_vector_dim: batch.length,
      },
      slice_sizes: [1, width],
    },
  };
};

const scatter: Maker = (random, { element }) => {
  const [rows, width] = [random.between(1, 4), random.between(1, 3)];
  const batch = sizes(random, 2);
  return {
    operands: [
      [tensor([rows, width], element)],
      tensor([...batch, 1], "i32"),
      [tensor([...batch, width], element)],
    ],
    fields: {
      scatter_dimension_numbers: {
        update_window_dims: [batch.length],
        inserted_window_dims: [0],
        input_batching_dims: [],
        scatter_indices_batching_dims: [],
        scatter_dims_to_operand_dims: [0],
        index_vector_dim: batch.length,
      },
    },
  };
};

/** Of small whole numbers: padding and other groups may be multiplied as zeros, or not at all, which an infinity would show. */
function finite(random: Random, shape: readonly number[], given: TensorType["element"]): Fixed {
  const element = given as Element;
  const made: HostTensor = {
    type: { kind: "tensor", shape, element },
    data: allocate(element, sizeOf(shape)),
  };
  const write = writer(made);
  const [isPair, isWide] = [isComplex(element), kindOf(element) === "bigint"];
  for (let i = 0; i < sizeOf(shape); i++) {
    const number = random.between(0, 4);
    write(i, isPair ? { re: number, im: -number } : isWide ? BigInt(number) : number);
  }
  return { type: made.type, value: made.data };
}

const convolution: Maker = (random, { element }) => {
  const rank = random.between(1, 2);
  const groups = random.between(1, 2);
  const [batch, depth, features] = [random.between(0, 2), random.between(1, 2), random.between(1, 2)];
  const image = random.times(rank, () => random.between(2, 4));
  const window = random.times(rank, () => random.between(1, 2));
  const strides = random.times(rank, () => random.between(1, 2));
  const padding = random.times(rank, () => [random.below(2), random.below(2)] as const);
  const output = image.map((length, d) => {
    const whole = length + padding[d]![0] + padding[d]![1] - window[d]!;
    return Math.floor(whole / strides[d]!) + 1;
  });
  const spatial = counting(1, rank);
  return {
    operands: [
      finite(random, [batch, ...image, depth * groups], element),
      finite(random, [depth, ...window, features * groups], element),
    ],
    fields: {
      window_strides: strides,
      padding,
      dimension_numbers: {
        input_batch_dimension: 0,
        input_feature_dimension: rank + 1,
        input_spatial_dimensions: spatial,
        kernel_input_feature_dimension: 0,
        kernel_output_feature_dimension: rank + 1,
        kernel_spatial_dimensions: spatial,
        output_batch_dimension: 0,
        output_feature_dimension: rank + 1,
        output_spatial_dimensions: spatial,
      },
      feature_group_count: groups,
      batch_group_count: 1,
      result: tensor([batch, ...output, features * groups], element),
    },
  };
};

/** Windows of an image, one source element for each. */
const selectAndScatter: Maker = (random, { element }) => {
  const sides = random.times(random.between(1, 2), () => random.between(2, 4));
  const window = sides.map((side) => random.between(1, side));
  const strides = sides.map(() => random.between(1, 2));
  const source = sides.map((side, d) => Math.floor((side - window[d]!) / strides[d]!) + 1);
  return {
    operands: [tensor(sides, element), tensor(source, element), tensor([], element)],
    fields: { window_dimensions: window, window_strides: strides },
  };
};

const statistics: Maker = (random) => {
  const shape = random.times(random.between(1, 3), () => size(random));
  const feature_index = random.below(shape.length);
  const line = tensor([shape[feature_index]!], "f32");
  // Variances of large numbers overflow in one way of computing them and not in another.
  return {
    operands: [finite(random, shape, "f32"), line, line],
    fields: { epsilon: 0.001, feature_index },
  };
};

/** The padding comes as an operand: what it is does not follow, so that the result has the size that it should. */
const dynamicConv: Maker = (random, like) => {
  const { operands, fields } = convolution(random, like);
  const { padding, result, ...others } = fields as {
    padding: readonly (readonly number[])[];
    result: TensorType;
  };
  const amounts = literal(tensor([padding.length, 2], "i64"), padding);
  return { operands: [...operands, amounts], fields: { ...others, result } };
};

const dynamicGather: Maker = (random, like) => {
  const { operands, fields } = gather(random, like);
  const { slice_sizes, ...others } = fields as { slice_sizes: readonly number[] };
  const [, indices] = operands as readonly TensorType[];
  const result = tensor([...indices!.shape.slice(0, -1), slice_sizes[1]!], like.element);
  return { operands: [...operands, literal(tensor([2], "i64"), slice_sizes)], fields: { ...others, result } };
};

const einsum: Maker = (random, { element }) => {
  const [m, k, n] = [size(random), size(random), size(random)];
  const [einsum_config, shape] = random.pick([
    ["mk,kn->mn", [m, n]],
    ["mk,kn->nm", [n, m]],
    ["mk,kn->m", [m]],
  ] as const);
  return {
    operands: [tensor([m, k], element), tensor([k, n], element)],
    fields: { einsum_config, result: tensor(shape, element) },
  };
};

const unaryEinsum: Maker = (random, { element }) => {
  const [m, n] = [size(random), size(random)];
  const [einsum_config, shape] = random.pick([
    ["mn->nm", [n, m]],
    ["mn->n", [n]],
    ["mn->", []],
  ] as const);
  return { operands: [tensor([m, n], element)], fields: { einsum_config, result: tensor(shape, element) } };
};

const raggedDot: Maker = (random, { element }) => {
  const [rows, inner, columns, groups] = random.times(4, () => random.between(1, 3)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    operands: [
      tensor([rows, inner], element),
      tensor([groups, inner, columns], element),
      literal(tensor([groups], "i64"), [rows, ...new Array<number>(groups - 1).fill(0)]),
    ],
    fields: {
      ragged_dot_dimension_numbers: {
        lhs_batching_dimensions: [],
        rhs_batching_dimensions: [],
        lhs_contracting_dimensions: [1],
        rhs_contracting_dimensions: [1],
        lhs_ragged_dimensions: [0],
        rhs_group_dimensions: [0],
      },
      result: tensor([rows, columns], element),
    },
  };
};

const chloConstant: Maker = (random) => ({
  operands: [],
  fields: {
    value: dense(
      random.times(2, () => random.between(-3, 3)),
      tensor([2], "f32") as never,
    ),
  },
});

const constantLike: Maker = (random, like) => {
  const value = { kind: "integer", value: BigInt(random.below(5)), type: scalar("i32") };
  return { operands: [tensor([size(random)], like.element)], fields: { value } };
};

/** Factors that exist: the matrix is symmetric, and its diagonal outweighs the rest. */
function positiveDefinite(random: Random): Fixed {
  const n = random.between(1, 4);
  const values = counting(0, n).map((i) => counting(0, n).map((j) => (i === j ? n + 1 : 1 / (1 + i + j))));
  return literal(tensor([n, n], random.pick<Element>(["f32", "f64"])), values);
}

const cholesky: Maker = (random) => ({
  operands: [positiveDefinite(random)],
  fields: { lower: random.chance(0.5) },
});

const triangularSolve: Maker = (random) => {
  const a = positiveDefinite(random);
  const left_side = random.chance(0.5);
  const [n, m] = [a.type.shape[0]!, random.between(1, 3)];
  const [rows, columns] = left_side ? [n, m] : [m, n];
  // Finite, because solvers differ in what they multiply by zero.
  const values = random.times(rows, () => random.times(columns, () => random.between(-8, 8)));
  return {
    operands: [a, literal(tensor([rows, columns], a.type.element), values)],
    fields: {
      left_side,
      lower: random.chance(0.5),
      unit_diagonal: random.chance(0.3),
      transpose_a: random.pick(["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"]),
    },
  };
};

export const recipes: Readonly<Record<string, Maker>> = {
  "stablehlo.dot_general": dotGeneral,
  "stablehlo.gather": gather,
  "stablehlo.scatter": scatter,
  "stablehlo.convolution": convolution,
  "stablehlo.batch_norm_training": statistics,
  "stablehlo.select_and_scatter": selectAndScatter,
  "stablehlo.dynamic_conv": dynamicConv,
  "stablehlo.dynamic_gather": dynamicGather,
  "stablehlo.einsum": einsum,
  "stablehlo.unary_einsum": unaryEinsum,
  "stablehlo.cholesky": cholesky,
  "stablehlo.triangular_solve": triangularSolve,
  "chlo.ragged_dot": raggedDot,
  "chlo.constant": chloConstant,
  "chlo.constant_like": constantLike,
};
