/**
 * How far right implementations may be from each other in one operation, in units in the last place of its result
 * (of its magnitude, for complex numbers). What is not in the table is exact: integers, comparisons, whatever moves
 * elements, and the operations of IEEE 754 that everybody rounds alike.
 */
interface Rounding {
  /** What the result may be off. */
  readonly result: number;
  /** What the operands may be taken to be off: sums in another order are exact sums of slightly other numbers. */
  readonly operands: number;
}

const row = (result: number, operands = 0): Rounding => ({ result, operands });

/** Products may be fused with the sums that take them: then they are not rounded at all. */
const arithmetic = row(1);
/** Sums of many elements, in any order and grouping. */
const sums = row(4, 4);
/** Approximated by polynomials, each implementation by its own. */
const elementary = row(4);
/** Compositions of several of them. */
const composed = row(16, 1);
/** Series and continued fractions. */
const special = row(64, 16);

const rows: readonly (readonly [names: string, Rounding])[] = [
  ["add subtract multiply divide sqrt", arithmetic],
  ["dot dot_general convolution dynamic_conv einsum unary_einsum fft reduce_window reduce scatter", sums],
  ["select_and_scatter batch_norm_training batch_norm_inference batch_norm_grad", sums],
  ["cholesky triangular_solve scan ragged_dot", sums],
  ["exponential exponential_minus_one log log_plus_one logistic tanh", elementary],
  ["sine cosine tan cbrt rsqrt atan2", elementary],
  ["acos acosh asin asinh atan atanh cosh sinh erf erfc square power", composed],
  ["bessel_i1e digamma erf_inv lgamma polygamma zeta", special],
];

const table: ReadonlyMap<string, Rounding> = new Map(
  rows.flatMap(([names, rounding]) => names.split(" ").map((name) => [name, rounding] as const)),
);

/** Exact for real numbers, while complex ones are divided by their magnitude. */
const magnitudes: ReadonlySet<string> = new Set(["abs", "sign"]);

/** By the name of the operation, with or without its dialect; undefined when it is exact. */
export function roundingOf(operation: string, onComplex: boolean): Rounding | undefined {
  const name = operation.slice(operation.indexOf(".") + 1).replace(/^broadcast_/, "");
  return table.get(name) ?? (onComplex && magnitudes.has(name) ? elementary : undefined);
}
