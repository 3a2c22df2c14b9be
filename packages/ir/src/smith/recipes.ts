/** Ops whose fields depend on each other so much that guesses would hardly ever meet: fields that fit, for operands that fit. */
import { type Element, type TensorType, tensor } from "../model/types.ts";
import type { Random } from "./random.ts";

/** What a recipe wants: operands of these types, in the op's order, and these fields. */
export interface Recipe {
  /** A list where the op takes a list. */
  readonly operands: readonly (TensorType | readonly TensorType[])[];
  readonly fields: Readonly<Record<string, unknown>>;
}

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
      tensor([batch, ...image, depth * groups], element),
      tensor([depth, ...window, features * groups], element),
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

const statistics: Maker = (random) => {
  const shape = random.times(random.between(1, 3), () => size(random));
  const feature_index = random.below(shape.length);
  const line = tensor([shape[feature_index]!], "f32");
  return { operands: [tensor(shape, "f32"), line, line], fields: { epsilon: 0.001, feature_index } };
};

export const recipes: Readonly<Record<string, Maker>> = {
  "stablehlo.dot_general": dotGeneral,
  "stablehlo.gather": gather,
  "stablehlo.scatter": scatter,
  "stablehlo.convolution": convolution,
  "stablehlo.batch_norm_training": statistics,
};
