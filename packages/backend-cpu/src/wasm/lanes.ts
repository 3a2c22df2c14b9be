/** The arithmetic of matrix products by element: instructions on single elements and on vectors of them. */
import { apply, type Code, load, type Operand } from "./code.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import type { Instruction } from "./instructions.ts";

/** The types that products are computed in; integers wrap around. */
export type Work = "f32" | "f64" | "i32" | "i64";

export const bytesOf = { f32: 4, f64: 8, i32: 4, i64: 8 } as const satisfies Record<Work, number>;

export interface Lanes {
  readonly scalar: Work;
  readonly bytes: 4 | 8;
  /** How many elements a vector has. */
  readonly count: 2 | 4;
  readonly load: Instruction;
  readonly store: Instruction;
  readonly splatLoad: Instruction;
  readonly extract: Instruction;
  readonly addOne: (a: Operand, b: Operand) => Code;
  readonly multiplyOne: (a: Operand, b: Operand) => Code;
  readonly add: (a: Operand, b: Operand) => Code;
  readonly multiply: (a: Operand, b: Operand) => Code;
  /** `sum + x * y`. */
  readonly multiplyAdd: (sum: Operand, x: Operand, y: Operand) => Code;
}

/** With `fused`, products of floats and their sums are rounded once where the platform can. */
export function lanesOf(work: Work, fused: boolean): Lanes {
  const bytes = bytesOf[work];
  const vector = `${work}x${16 / bytes}` as "f32x4" | "f64x2" | "i32x4" | "i64x2";
  const add = (a: Operand, b: Operand) => apply(`${vector}.add`, a, b);
  const multiply = (a: Operand, b: Operand) => apply(`${vector}.mul`, a, b);
  const isFused = fused && (vector === "f32x4" || vector === "f64x2") && hasFusedMultiplyAdd();
  return {
    scalar: work,
    bytes,
    count: bytes === 4 ? 4 : 2,
    load: `${work}.load`,
    store: `${work}.store`,
    splatLoad: bytes === 4 ? "v128.load32_splat" : "v128.load64_splat",
    extract: `${vector}.extract_lane`,
    addOne: (a, b) => apply(`${work}.add`, a, b),
    multiplyOne: (a, b) => apply(`${work}.mul`, a, b),
    add,
    multiply,
    multiplyAdd: isFused
      ? (sum, x, y) => apply(`${vector}.relaxed_madd`, x, y, sum)
      : (sum, x, y) => add(sum, multiply(x, y)),
  };
}

export const loadVector = (address: Operand, offset = 0): Code => load("v128.load", address, offset);
