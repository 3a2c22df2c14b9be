/** Arithmetic on lanes of one type, so that formulas read like formulas. Numbers stand for constants. */
import type { Instruction } from "./instructions.ts";
import { type Float, type Graph, type Integer, maskOf, type Node, shapeOf } from "./vector.ts";

export type Operand = Node | number;

/** Of as many coefficients. */
const longestHorner = 8;

export class Floats {
  readonly graph: Graph;
  readonly lane: Float;
  /** Integers of the same width. */
  readonly integer: "i32" | "i64";

  constructor(graph: Graph, lane: Float) {
    this.graph = graph;
    this.lane = lane;
    this.integer = maskOf[lane];
  }

  /** A constant, or the node itself. */
  of(operand: Operand): Node {
    return typeof operand === "number" ? this.graph.constant(this.lane, operand) : operand;
  }

  /** An instruction of this lane type by its name behind the dot. */
  #apply(name: string, ...operands: readonly Operand[]): Node {
    const instruction = `${shapeOf[this.lane]}.${name}` as Instruction;
    return this.graph.apply(
      instruction,
      operands.map((operand) => this.of(operand)),
    );
  }

  add = (a: Operand, b: Operand): Node => this.#apply("add", a, b);
  subtract = (a: Operand, b: Operand): Node => this.#apply("sub", a, b);
  multiply = (a: Operand, b: Operand): Node => this.#apply("mul", a, b);
  divide = (a: Operand, b: Operand): Node => this.#apply("div", a, b);
  /** By its bit: V8 13.6 makes wrong code of two neighbouring `f64x2.neg` when it joins vectors. */
  negate = (a: Operand): Node => this.graph.apply("v128.xor", [this.of(a), this.signBit()]);
  abs = (a: Operand): Node => this.#apply("abs", a);
  squareRoot = (a: Operand): Node => this.#apply("sqrt", a);
  floor = (a: Operand): Node => this.#apply("floor", a);
  ceil = (a: Operand): Node => this.#apply("ceil", a);
  truncate = (a: Operand): Node => this.#apply("trunc", a);
  nearest = (a: Operand): Node => this.#apply("nearest", a);
  /** IEEE's minimum and maximum: NaN if either is, -0 below +0. */
  minimum = (a: Operand, b: Operand): Node => this.#extreme("min", a, b);
  maximum = (a: Operand, b: Operand): Node => this.#extreme("max", a, b);
  /** `b < a ? b : a`: a NaN in `a` stays. */
  atMost = (a: Operand, b: Operand): Node => this.#apply("pmin", a, b);
  /** `a < b ? b : a`: a NaN in `a` stays. */
  atLeast = (a: Operand, b: Operand): Node => this.#apply("pmax", a, b);
  equal = (a: Operand, b: Operand): Node => this.#apply("eq", a, b);
  notEqual = (a: Operand, b: Operand): Node => this.#apply("ne", a, b);
  less = (a: Operand, b: Operand): Node => this.#apply("lt", a, b);
  lessEqual = (a: Operand, b: Operand): Node => this.#apply("le", a, b);
  greater = (a: Operand, b: Operand): Node => this.#apply("gt", a, b);
  greaterEqual = (a: Operand, b: Operand): Node => this.#apply("ge", a, b);

  /** One or two instructions where one operand is a constant: x64 takes eight to look at NaNs and signs of zeros. */
  #extreme(kind: "min" | "max", a: Operand, b: Operand): Node {
    const [x, y] = [this.of(a), this.of(b)];
    const [other, limit] = x.operation.kind === "constant" ? [y, x] : [x, y];
    const value = limit.operation.kind === "constant" ? Number(limit.operation.value) : NaN;
    const chosen = kind === "min" ? this.atMost(other, limit) : this.atLeast(other, limit);
    if (Math.abs(value) > 0) return chosen;
    // The sum makes +0 of -0.
    return kind === "max" && Object.is(value, 0) ? this.add(chosen, 0) : this.#apply(kind, x, y);
  }

  /** `a * b + c`, rounded once or twice: for approximations only. */
  multiplyAdd(a: Operand, b: Operand, c: Operand): Node {
    return this.graph.multiplyAdd(this.of(a), this.of(b), this.of(c));
  }

  /** `a` where the mask is set, else `b`. */
  select(mask: Node, a: Operand, b: Operand): Node {
    return this.graph.select(mask, this.of(a), this.of(b));
  }

  /** The sum of `coefficients[i] * x^i`; long ones in two halves, because each step waits for the last. */
  polynomial(x: Node, coefficients: readonly number[]): Node {
    if (coefficients.length > longestHorner) {
      const square = this.multiply(x, x);
      const [even, odd] = [0, 1].map((rest) => coefficients.filter((_, i) => i % 2 === rest));
      return this.multiplyAdd(this.polynomial(square, odd!), x, this.polynomial(square, even!));
    }
    return coefficients
      .slice(0, -1)
      .reduceRight<Node>((sum, one) => this.multiplyAdd(sum, x, one), this.of(coefficients.at(-1)!));
  }

  /** The bits as an integer, and back. */
  bits = (a: Operand): Node => this.graph.as(this.of(a), this.integer);
  fromBits = (a: Node): Node => this.graph.as(a, this.lane);

  signBit(): Node {
    return this.of(-0);
  }

  /** The size of the first with the sign of the second. */
  copySign(size: Operand, sign: Operand): Node {
    return this.graph.apply("v128.bitselect", [this.of(sign), this.of(size), this.signBit()]);
  }
}

export class Integers {
  readonly graph: Graph;
  readonly lane: Integer;

  constructor(graph: Graph, lane: Integer) {
    this.graph = graph;
    this.lane = lane;
  }

  of(operand: Node | number | bigint): Node {
    return typeof operand === "object" ? operand : this.graph.constant(this.lane, operand);
  }

  /** An instruction of this lane type by its name behind the dot. */
  apply(name: string, ...operands: readonly (Node | number | bigint)[]): Node {
    const instruction = `${shapeOf[this.lane]}.${name}` as Instruction;
    return this.graph.apply(
      instruction,
      operands.map((operand) => this.of(operand)),
    );
  }

  add = (a: Node, b: Node | number | bigint): Node => this.apply("add", a, b);
  subtract = (a: Node | number | bigint, b: Node | number | bigint): Node => this.apply("sub", a, b);
  and = (a: Node, b: Node | number | bigint): Node => this.graph.apply("v128.and", [a, this.of(b)]);
  or = (a: Node, b: Node | number | bigint): Node => this.graph.apply("v128.or", [a, this.of(b)]);
  xor = (a: Node, b: Node | number | bigint): Node => this.graph.apply("v128.xor", [a, this.of(b)]);
  not = (a: Node): Node => this.graph.apply("v128.not", [a]);

  /** Shifts by a constant below the width. */
  left = (a: Node, amount: number): Node => this.#shift("shl", a, amount);
  right = (a: Node, amount: number): Node => this.#shift("shr_s", a, amount);
  rightUnsigned = (a: Node, amount: number): Node => this.#shift("shr_u", a, amount);

  #shift(name: string, a: Node, amount: number): Node {
    return amount === 0 ? a : this.graph.shift(`${shapeOf[this.lane]}.${name}` as Instruction, a, amount);
  }
}
