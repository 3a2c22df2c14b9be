/** Sums of products, the inner loop of dot_general and convolution, for every element type. */
import { bigintsOf, booleansOf, floatsOf, integersOf, kindOf, writer } from "../element/work.ts";
import type { Tensor } from "../tensor.ts";

/** Elements of an operand, copied into the order that the inner loop walks. */
export type Packed = Float64Array | BigInt64Array;

/** One sum at a time: `add` runs of products to it, then `store` it, which starts the next. */
export interface Sums {
  add(lhsAt: number, rhsAt: number, count: number): void;
  store(position: number): void;
}

/** Copies the elements at `positions`, complex ones as pairs; 64-bit integers as such when the result has them. */
export function pack(tensor: Tensor, positions: Int32Array, result: Tensor): Packed {
  if (kindOf(result.type.element) === "bigint") return packBigints(tensor, positions);
  switch (kindOf(tensor.type.element)) {
    case "boolean":
      return packNumbers(booleansOf(tensor), positions);
    case "integer":
      return packNumbers(integersOf(tensor), positions);
    case "bigint":
      return packNumbers(Float64Array.from(bigintsOf(tensor), Number), positions);
    case "float":
      return packNumbers(floatsOf(tensor), positions);
    case "complex":
      return packPairs(floatsOf(tensor), positions);
  }
}

function packNumbers(numbers: ArrayLike<number>, positions: Int32Array): Float64Array {
  const packed = new Float64Array(positions.length);
  for (let i = 0; i < packed.length; i++) packed[i] = numbers[positions[i]!]!;
  return packed;
}

function packPairs(numbers: ArrayLike<number>, positions: Int32Array): Float64Array {
  const packed = new Float64Array(2 * positions.length);
  for (let i = 0; i < positions.length; i++) {
    packed[2 * i] = numbers[2 * positions[i]!]!;
    packed[2 * i + 1] = numbers[2 * positions[i]! + 1]!;
  }
  return packed;
}

function packBigints(tensor: Tensor, positions: Int32Array): BigInt64Array {
  const wide = kindOf(tensor.type.element) === "bigint";
  const bigints = wide ? bigintsOf(tensor) : BigInt64Array.from(integersOf(tensor), BigInt);
  const packed = new BigInt64Array(positions.length);
  for (let i = 0; i < packed.length; i++) packed[i] = bigints[positions[i]!]!;
  return packed;
}

/**
 * Sums for the elements of `result`, in the order of the contracted indices. Each step is rounded to f32, also for
 * narrower floats, whose sums are rounded to their type at the end, as XLA has it; f64 sums in f64. Integers wrap.
 */
export function sumsOfProducts(lhs: Packed, rhs: Packed, result: Tensor): Sums {
  if (lhs instanceof BigInt64Array || rhs instanceof BigInt64Array) {
    return bigintSums(lhs as BigInt64Array, rhs as BigInt64Array, result);
  }
  switch (kindOf(result.type.element)) {
    case "complex":
      return complexSums(lhs, rhs, result);
    case "float":
      return result.type.element === "f64" ? doubleSums(lhs, rhs, result) : singleSums(lhs, rhs, result);
    case "integer":
    case "bigint":
    case "boolean":
      return integerSums(lhs, rhs, result);
  }
}

function doubleSums(lhs: Float64Array, rhs: Float64Array, result: Tensor): Sums {
  const write = writer(result);
  let sum = 0;
  return {
    add(lhsAt, rhsAt, count) {
      for (let i = 0; i < count; i++) sum += lhs[lhsAt + i]! * rhs[rhsAt + i]!;
    },
    store(position) {
      write(position, sum);
      sum = 0;
    },
  };
}

function singleSums(lhs: Float64Array, rhs: Float64Array, result: Tensor): Sums {
  const write = writer(result);
  const { fround } = Math;
  let sum = 0;
  return {
    add(lhsAt, rhsAt, count) {
      let partial = sum;
      for (let i = 0; i < count; i++) partial = fround(partial + fround(lhs[lhsAt + i]! * rhs[rhsAt + i]!));
      sum = partial;
    },
    store(position) {
      write(position, sum);
      sum = 0;
    },
  };
}

/** Truth values multiply by "and" and add by "or". */
function integerSums(lhs: Float64Array, rhs: Float64Array, result: Tensor): Sums {
  const write = writer(result);
  const truth = result.type.element === "i1";
  let sum = 0;
  return {
    add(lhsAt, rhsAt, count) {
      for (let i = 0; i < count; i++) sum = (sum + Math.imul(lhs[lhsAt + i]!, rhs[rhsAt + i]!)) | 0;
    },
    store(position) {
      write(position, truth ? Number(sum !== 0) : sum);
      sum = 0;
    },
  };
}

function bigintSums(lhs: BigInt64Array, rhs: BigInt64Array, result: Tensor): Sums {
  const data = bigintsOf(result);
  let sum = 0n;
  return {
    add(lhsAt, rhsAt, count) {
      for (let i = 0; i < count; i++) sum += lhs[lhsAt + i]! * rhs[rhsAt + i]!;
    },
    store(position) {
      data[position] = sum;
      sum = 0n;
    },
  };
}

function complexSums(lhs: Float64Array, rhs: Float64Array, result: Tensor): Sums {
  const data = floatsOf(result);
  const round = result.type.element === "complex<f64>" ? (x: number) => x : Math.fround;
  let re = 0;
  let im = 0;
  return {
    add(lhsAt, rhsAt, count) {
      for (let i = 0; i < count; i++) {
        const a = 2 * (lhsAt + i);
        const b = 2 * (rhsAt + i);
        re = round(re + round(round(lhs[a]! * rhs[b]!) - round(lhs[a + 1]! * rhs[b + 1]!)));
        im = round(im + round(round(lhs[a]! * rhs[b + 1]!) + round(lhs[a + 1]! * rhs[b]!)));
      }
    },
    store(position) {
      data[2 * position] = re;
      data[2 * position + 1] = im;
      re = 0;
      im = 0;
    },
  };
}
