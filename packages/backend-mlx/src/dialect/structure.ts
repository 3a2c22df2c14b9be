/** `mlx.*` operations on shapes, contractions, reductions, windows, indices, order, linear algebra and random bits. */
import { defineOp, fields, kinds, type TensorType } from "@hloom/ir";

const { region, tensor, variadic } = fields;
const { i64, i64Array, string } = kinds;

export const reshape = defineOp("mlx.reshape", {
  summary: "The same elements in another shape.",
  operands: { operand: tensor },
  results: { result: tensor },
});

export const transpose = defineOp("mlx.transpose", {
  summary: "Permutes dimensions.",
  operands: { operand: tensor },
  attributes: { permutation: i64Array },
  results: { result: tensor },
  infer: ({ operand, permutation }) => [{ ...operand, shape: permutation.map((d) => operand.shape[d]!) }],
});

export const broadcastInDim = defineOp("mlx.broadcast_in_dim", {
  summary: "Repeats along new or unit dimensions.",
  operands: { operand: tensor },
  attributes: { dimensions: i64Array },
  results: { result: tensor },
});

export const concatenate = defineOp("mlx.concatenate", {
  summary: "Joins along an axis.",
  operands: { inputs: variadic(tensor) },
  attributes: { axis: i64 },
  results: { result: tensor },
  infer: ({ inputs, axis }) => {
    const first = inputs[0]!;
    const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    return [{ ...first, shape: first.shape.with(axis, total) }];
  },
});

export const slice = defineOp("mlx.slice", {
  summary: "A strided part.",
  operands: { operand: tensor },
  attributes: { start: i64Array, limit: i64Array, strides: i64Array },
  results: { result: tensor },
  infer: ({ operand, start, limit, strides }) => [
    { ...operand, shape: start.map((from, d) => Math.ceil((limit[d]! - from) / strides[d]!)) },
  ],
});

export const flip = defineOp("mlx.flip", {
  summary: "Reverses axes.",
  operands: { operand: tensor },
  attributes: { axes: i64Array },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
});

export const pad = defineOp("mlx.pad", {
  summary: "Pads, or trims where negative.",
  operands: { operand: tensor, value: tensor },
  attributes: { low: i64Array, high: i64Array, interior: i64Array },
  results: { result: tensor },
  infer: ({ operand, low, high, interior }) => [
    {
      ...operand,
      shape: operand.shape.map((n, d) => low[d]! + n + Math.max(n - 1, 0) * interior[d]! + high[d]!),
    },
  ],
});

export const iota = defineOp("mlx.iota", {
  summary: "Counts along an axis.",
  attributes: { axis: i64 },
  results: { result: tensor },
});

export const dynamicSlice = defineOp("mlx.dynamic_slice", {
  summary: "A part whose start is computed; starts are clamped.",
  operands: { operand: tensor, starts: variadic(tensor) },
  results: { result: tensor },
});

export const dynamicUpdateSlice = defineOp("mlx.dynamic_update_slice", {
  summary: "The operand with a part replaced; starts are clamped.",
  operands: { operand: tensor, update: tensor, starts: variadic(tensor) },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
});

export const matmul = defineOp("mlx.matmul", {
  summary: "Batched matrix product.",
  operands: { lhs: tensor, rhs: tensor },
  results: { result: tensor },
  infer: ({ lhs, rhs }) => [{ ...lhs, shape: [...lhs.shape.slice(0, -1), rhs.shape.at(-1)!] }],
});

export const convGeneral = defineOp("mlx.conv_general", {
  summary: "Convolution, channels last.",
  operands: { input: tensor, weight: tensor },
  attributes: {
    strides: i64Array,
    low: i64Array,
    high: i64Array,
    kernel_dilation: i64Array,
    input_dilation: i64Array,
    groups: i64,
  },
  results: { result: tensor },
});

function reduction(mnemonic: string, summary: string) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { operand: tensor },
    attributes: { axes: i64Array },
    results: { result: tensor },
    infer: ({ operand, axes }) => [{ ...operand, shape: operand.shape.filter((_, d) => !axes.includes(d)) }],
  });
}
export const sum = reduction("sum", "Sum over axes.");
export const prod = reduction("prod", "Product over axes.");
export const max = reduction("max", "Maximum over axes; NaN wins.");
export const min = reduction("min", "Minimum over axes; NaN wins.");
export const all = reduction("all", "And over axes.");
export const anyOf = reduction("any", "Or over axes.");

function position(mnemonic: string, summary: string) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { operand: tensor },
    attributes: { axis: i64 },
    results: { result: tensor },
  });
}
export const argmax = position("argmax", "Index of the first maximum.");
export const argmin = position("argmin", "Index of the first minimum.");

export const reduce = defineOp("mlx.reduce", {
  summary: "Reduction by any body.",
  operands: { inputs: variadic(tensor), init_values: variadic(tensor) },
  attributes: { axes: i64Array },
  results: { results: variadic(tensor) },
  regions: { body: region },
});

function cumulative(mnemonic: string, summary: string) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { operand: tensor },
    attributes: { axis: i64, reverse: i64 },
    results: { result: tensor },
    infer: ({ operand }) => [operand],
  });
}
export const cumsum = cumulative("cumsum", "Running sum.");
export const cumprod = cumulative("cumprod", "Running product.");
export const cummax = cumulative("cummax", "Running maximum.");
export const cummin = cumulative("cummin", "Running minimum.");

const windowAttributes = {
  window: i64Array,
  strides: i64Array,
  base_dilation: i64Array,
  window_dilation: i64Array,
  low: i64Array,
  high: i64Array,
} as const;

function windowed(mnemonic: string, summary: string) {
  return defineOp(`mlx.${mnemonic}`, {
    summary,
    operands: { operand: tensor },
    attributes: windowAttributes,
    results: { result: tensor },
  });
}
export const windowSum = windowed("window_sum", "Sum of each window.");
export const windowProd = windowed("window_prod", "Product of each window.");
export const windowMax = windowed("window_max", "Maximum of each window.");
export const windowMin = windowed("window_min", "Minimum of each window.");

export const reduceWindow = defineOp("mlx.reduce_window", {
  summary: "Reduction of each window by any body.",
  operands: { inputs: variadic(tensor), init_values: variadic(tensor) },
  attributes: windowAttributes,
  results: { results: variadic(tensor) },
  regions: { body: region },
});

export const selectAndScatter = defineOp("mlx.select_and_scatter", {
  summary: "Scatters each source element to the selected place of its window.",
  operands: { operand: tensor, source: tensor, init_value: tensor },
  attributes: { window: i64Array, strides: i64Array, low: i64Array, high: i64Array },
  results: { result: tensor },
  regions: { select: region, scatter: region },
  infer: ({ operand }) => [operand],
});

export const gather = defineOp("mlx.gather", {
  summary: "Takes slices at computed places; starts are clamped.",
  operands: { operand: tensor, start_indices: tensor },
  attributes: {
    offset_dims: i64Array,
    collapsed_slice_dims: i64Array,
    operand_batching_dims: i64Array,
    start_indices_batching_dims: i64Array,
    start_index_map: i64Array,
    index_vector_dim: i64,
    slice_sizes: i64Array,
  },
  results: { result: tensor },
});

const scatterAttributes = {
  update_window_dims: i64Array,
  inserted_window_dims: i64Array,
  input_batching_dims: i64Array,
  scatter_indices_batching_dims: i64Array,
  scatter_dims_to_operand_dims: i64Array,
  index_vector_dim: i64,
} as const;

export const scatter = defineOp("mlx.scatter", {
  summary: "Combines updates into places by a known function; what lies outside is dropped.",
  operands: { operand: tensor, indices: tensor, updates: tensor },
  attributes: { ...scatterAttributes, mode: string },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
});

export const scatterGeneral = defineOp("mlx.scatter_general", {
  summary: "Combines updates into places by any body.",
  operands: { inputs: variadic(tensor), indices: tensor, updates: variadic(tensor) },
  attributes: scatterAttributes,
  results: { results: variadic(tensor) },
  regions: { body: region },
});

export const sort = defineOp("mlx.sort", {
  summary: "Stable lexicographic sort by the first operands.",
  operands: { inputs: variadic(tensor) },
  attributes: { axis: i64, keys: i64, descending: i64, order: string },
  results: { results: variadic(tensor) },
  infer: ({ inputs }) => inputs,
});

export const sortGeneral = defineOp("mlx.sort_general", {
  summary: "Stable sort by any comparator.",
  operands: { inputs: variadic(tensor) },
  attributes: { axis: i64 },
  results: { results: variadic(tensor) },
  regions: { comparator: region },
  infer: ({ inputs }) => inputs,
});

export const topK = defineOp("mlx.top_k", {
  summary: "The largest elements of the last axis and their places.",
  operands: { operand: tensor },
  attributes: { k: i64 },
  results: { values: tensor, indices: tensor },
  infer: ({ operand, k }) => {
    const values: TensorType = { ...operand, shape: operand.shape.with(-1, k) };
    return [values, { ...values, element: "i32" }];
  },
});

export const cholesky = defineOp("mlx.cholesky", {
  summary: "Cholesky factor.",
  operands: { operand: tensor },
  attributes: { lower: i64 },
  results: { result: tensor },
  infer: ({ operand }) => [operand],
});

export const triangularSolve = defineOp("mlx.triangular_solve", {
  summary: "Solves a triangular system.",
  operands: { a: tensor, b: tensor },
  attributes: { left_side: i64, lower: i64, unit_diagonal: i64, transpose: string },
  results: { result: tensor },
  infer: ({ b }) => [b],
});

export const qr = defineOp("mlx.qr", {
  summary: "QR decomposition.",
  operands: { operand: tensor },
  attributes: { full: i64 },
  results: { q: tensor, r: tensor },
});

const square = { operands: { operand: tensor }, results: { results: variadic(tensor) } } as const;

export const lu = defineOp("mlx.lu", {
  ...square,
  summary: "LU decomposition with partial pivoting: factors, pivots, permutation.",
});

export const eigh = defineOp("mlx.eigh", {
  ...square,
  summary: "Eigenvectors and eigenvalues of a Hermitian matrix.",
  attributes: { lower: i64 },
});

export const svd = defineOp("mlx.svd", {
  ...square,
  summary: "Singular values, and vectors.",
  attributes: { full: i64, vectors: i64 },
});

export const householderQr = defineOp("mlx.householder_qr", {
  ...square,
  summary: "QR decomposition with Q as reflectors.",
});

export const householderProduct = defineOp("mlx.householder_product", {
  summary: "The product of reflectors.",
  operands: { packed: tensor, scales: tensor },
  results: { result: tensor },
  infer: ({ packed }) => [packed],
});

export const pivotedQr = defineOp("mlx.pivoted_qr", {
  summary: "QR decomposition with pivoting of columns, Q as reflectors.",
  operands: { operand: tensor, pivots: tensor },
  results: { packed: tensor, permutation: tensor, scales: tensor },
});

export const eig = defineOp("mlx.eig", {
  ...square,
  summary: "Eigenvalues, and left and right eigenvectors.",
  attributes: { left: i64, right: i64 },
});

export const schur = defineOp("mlx.schur", {
  ...square,
  summary: "Schur form, and vectors.",
  attributes: { vectors: i64 },
});

export const hessenberg = defineOp("mlx.hessenberg", {
  ...square,
  summary: "Hessenberg form, with the transformation as reflectors.",
});

export const tridiagonal = defineOp("mlx.tridiagonal", {
  ...square,
  summary: "Tridiagonal form of a Hermitian matrix, with the transformation as reflectors.",
  attributes: { lower: i64 },
});

export const callback = defineOp("mlx.callback", {
  summary: "Calls a function of the host.",
  operands: { inputs: variadic(tensor) },
  attributes: { id: i64 },
  results: { results: variadic(tensor) },
  effects: true,
});

export const evaluate = defineOp("mlx.evaluate", {
  summary: "The function of a StableHLO module, given as text, by the reference evaluator.",
  operands: { inputs: variadic(tensor) },
  attributes: { module: string },
  results: { results: variadic(tensor) },
});

export const fft = defineOp("mlx.fft", {
  summary: "Discrete Fourier transform of the last dimensions.",
  operands: { operand: tensor },
  attributes: { kind: string, lengths: i64Array },
  results: { result: tensor },
});

export const rngBitGenerator = defineOp("mlx.rng_bit_generator", {
  summary: "Random bits and the next state.",
  operands: { state: tensor },
  attributes: { algorithm: string },
  results: { next: tensor, bits: tensor },
});
