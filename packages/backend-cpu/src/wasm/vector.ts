/**
 * Graphs of operations on lanes: what a loop computes for each element, without saying how many at a time.
 *
 * A {@link Graph} makes nodes; equal nodes are one. Each has a lane type and stands for one value per element of the
 * loop (two where `scale` is 2: the parts of complex numbers as memory holds them). Leaves are named by the loop:
 * `graph.leaf("x", "f32")` changes from element to element, `graph.leaf("y", "f32", { uniform: true })` does not.
 *
 * `vector_code.ts` writes a graph as WebAssembly for batches of some elements: a node of a batch of 8 is two vectors of
 * f32, four of f64, half a vector of bytes. The results of each element are the same, bit for bit, for any batch.
 *
 * Masks are integer lanes of all ones or all zeros, as wide as what was compared; `maskAs` changes the width.
 */

import { code, constant, type Instruction } from "./instructions.ts";

export type Integer = "i8" | "i16" | "i32" | "i64";
export type Float = "f32" | "f64";
export type Lane = Integer | Float;

export const laneBytes: Readonly<Record<Lane, number>> = { i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8 };
/** What the specification calls a whole vector of them. */
export const shapeOf = {
  i8: "i8x16",
  i16: "i16x8",
  i32: "i32x4",
  i64: "i64x2",
  f32: "f32x4",
  f64: "f64x2",
} as const satisfies Readonly<Record<Lane, string>>;
/** The integer as wide as a lane: the type of its masks. */
export const maskOf = {
  i8: "i8",
  i16: "i16",
  i32: "i32",
  i64: "i64",
  f32: "i32",
  f64: "i64",
} as const satisfies Readonly<Record<Lane, Integer>>;

/** Code behind operands: of vectors of the same place in a batch, unless told. */
export interface Step {
  readonly inputs: readonly Node[];
  readonly code: readonly number[];
}

export type Operation =
  | { readonly kind: "leaf"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number | bigint }
  /** 0, 1, 2, … within a batch. */
  | { readonly kind: "index" }
  | { readonly kind: "straight"; readonly code: readonly number[] }
  /** Vectors 2p and 2p + 1 of the input make vector p. */
  | { readonly kind: "join"; readonly code: readonly number[] }
  /** Vectors p of the inputs make vectors 2p and 2p + 1; the steps choose among the inputs. */
  | { readonly kind: "split"; readonly steps: readonly [Step, Step] }
  | { readonly kind: "scalar"; readonly signed: boolean; readonly code: readonly number[] }
  /** A function of the module on whole vectors. */
  | { readonly kind: "call"; readonly helper: Helper }
  /** The first input, but where the mask (the second) is set, what the function makes of the others: rarely needed. */
  | { readonly kind: "escape"; readonly helper: Helper };

/** A function of vectors that loops share: seldom needed, or so long that a copy per use is too much. */
export interface Helper {
  readonly name: string;
  readonly inputs: readonly Lane[];
  /** Builds the result from the parameters. */
  readonly build: (graph: Graph, inputs: readonly Node[]) => Node;
  /** Builds a mask: where any lane has it, `build` runs again with its result as the first parameter. */
  readonly again?: (graph: Graph, inputs: readonly Node[]) => Node;
}

export interface Node {
  readonly id: number;
  readonly lane: Lane;
  /** Lanes per element. */
  readonly scale: number;
  readonly operation: Operation;
  readonly inputs: readonly Node[];
  /** What it depends on at most: constants (0), what is the same for all elements (1), each element (2). */
  readonly level: 0 | 1 | 2;
}

const comparison = /\.(eq|ne|lt|gt|le|ge)(_[su])?$/;

/** A vector's lanes, by the name of the instruction that makes it; the first input's where that does not say. */
function laneMade(instruction: Instruction): Lane | undefined {
  if (instruction === "i8x16.shuffle") return undefined;
  const prefix = instruction.slice(0, instruction.indexOf("."));
  const lane = (Object.keys(shapeOf) as Lane[]).find((one) => shapeOf[one] === prefix);
  return lane && comparison.test(instruction) ? maskOf[lane] : lane;
}

const bytes = new DataView(new ArrayBuffer(16));
const setLane: Readonly<Record<Lane, (at: number, value: number | bigint) => void>> = {
  i8: (at, value) => bytes.setInt8(at, Number(value)),
  i16: (at, value) => bytes.setInt16(at, Number(value), true),
  i32: (at, value) => bytes.setInt32(at, Number(value), true),
  i64: (at, value) => bytes.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true),
  f32: (at, value) => bytes.setFloat32(at, Number(value), true),
  f64: (at, value) => bytes.setFloat64(at, Number(value), true),
};

/** The 16 bytes of a vector with these lanes. */
export function vectorOf(lane: Lane, values: readonly (number | bigint)[]): number[] {
  values.forEach((value, i) => setLane[lane](i * laneBytes[lane], value));
  return Array.from(new Uint8Array(bytes.buffer));
}

/** Options of a module: the same for all its graphs. */
export interface Features {
  /** Whether `relaxed_madd` is there; the approximations keep their bounds without it. */
  readonly fma: boolean;
}

export class Graph {
  readonly features: Features;
  readonly #nodes = new Map<string, Node>();

  constructor(features: Features) {
    this.features = features;
  }

  #node(key: string, lane: Lane, operation: Operation, inputs: readonly Node[], scale = 1): Node {
    const name = `${key} ${lane}${scale} ${inputs.map(({ id }) => id).join()}`;
    const known = this.#nodes.get(name);
    if (known) return known;
    const level = Math.max(0, ...inputs.map((input) => input.level)) as Node["level"];
    return this.#add(name, { lane, scale, operation, inputs, level });
  }

  #add(name: string, parts: Omit<Node, "id">): Node {
    const node = { id: this.#nodes.size, ...parts };
    this.#nodes.set(name, node);
    return node;
  }

  /** A value that the loop provides. */
  leaf(name: string, lane: Lane, { uniform = false, scale = 1 } = {}): Node {
    const key = `leaf ${name}`;
    const operation = { kind: "leaf", name } as const;
    return (
      this.#nodes.get(key) ?? this.#add(key, { lane, scale, operation, inputs: [], level: uniform ? 1 : 2 })
    );
  }

  constant(lane: Lane, value: number | bigint): Node {
    const exact = lane === "i64" ? BigInt.asIntN(64, BigInt(value)) : Number(value);
    const name = Object.is(exact, -0) ? "-0" : exact;
    return this.#node(`constant ${name}`, lane, { kind: "constant", value: exact }, []);
  }

  /** The number of the element in its batch. */
  index(lane: Integer): Node {
    return this.#node("index", lane, { kind: "index" }, []);
  }

  /** An instruction on vectors of the same place; `immediates` follow its bytes. */
  apply(instruction: Instruction, inputs: readonly Node[], immediates: readonly number[] = []): Node {
    const [first] = inputs as readonly [Node];
    const lane = laneMade(instruction) ?? first.lane;
    const operation = { kind: "straight", code: [...code(instruction), ...immediates] } as const;
    const scale = (first.scale * laneBytes[first.lane]) / laneBytes[lane];
    return this.#node(`${instruction} ${immediates}`, lane, operation, inputs, scale);
  }

  /** The same bits as other lanes. */
  as(node: Node, lane: Lane): Node {
    if (node.lane === lane) return node;
    const scale = (node.scale * laneBytes[node.lane]) / laneBytes[lane];
    return this.#node("as", lane, { kind: "straight", code: [] }, [node], scale);
  }

  /** An instruction with a constant amount. */
  shift(instruction: Instruction, node: Node, amount: number): Node {
    const operation = {
      kind: "straight",
      code: [...constant.i32(amount), ...code(instruction)],
    } as const;
    return this.#node(`${instruction} ${amount}`, node.lane, operation, [node], node.scale);
  }

  /** `a` where the mask is set, else `b`. */
  select(mask: Node, a: Node, b: Node): Node {
    if (a === b) return a;
    const wide = this.maskAs(mask, a.lane);
    if (!this.features.fma) return this.apply("v128.bitselect", [a, b, wide]);
    // The same for masks, and one instruction less or two where bits are not selected one by one.
    const selected = this.apply(`${shapeOf[wide.lane]}.relaxed_laneselect` as Instruction, [a, b, wide]);
    return this.as(selected, a.lane);
  }

  /** `a * b + c`, rounded once or twice: for approximations whose bound allows both. */
  multiplyAdd(a: Node, b: Node, c: Node): Node {
    const shape = shapeOf[a.lane] as "f32x4" | "f64x2";
    if (this.features.fma) return this.apply(`${shape}.relaxed_madd`, [a, b, c]);
    return this.apply(`${shape}.add`, [this.apply(`${shape}.mul`, [a, b]), c]);
  }

  /** Bytes of two vectors by their positions, 0 to 31. */
  shuffle(a: Node, b: Node, positions: readonly number[]): Node {
    return this.apply("i8x16.shuffle", [a, b], positions);
  }

  /** Pairs of vectors become one, half as many bits per element. */
  join(instruction: Instruction, input: Node, lane: Lane, immediates: readonly number[] = []): Node {
    const scale = (input.scale * laneBytes[input.lane]) / 2 / laneBytes[lane];
    const operation = { kind: "join", code: [...code(instruction), ...immediates] } as const;
    return this.#node(`join ${instruction} ${immediates}`, lane, operation, [input], scale);
  }

  /** Each vector becomes two, twice as many bits per element. */
  split(lane: Lane, low: Step, high: Step): Node {
    const inputs = [...new Set([...low.inputs, ...high.inputs])];
    const scale = (inputs[0]!.scale * laneBytes[inputs[0]!.lane] * 2) / laneBytes[lane];
    const key = [low, high].map((step) => `${step.code} of ${step.inputs.map(({ id }) => id)}`).join("; ");
    return this.#node(`split ${key}`, lane, { kind: "split", steps: [low, high] }, inputs, scale);
  }

  /** Scalar code on each lane: i32 for narrow ones, extended as `signed` says. `lane`, as wide, is the result's. */
  scalar(instructions: readonly number[], inputs: readonly Node[], lane: Lane, signed = true): Node {
    const operation = { kind: "scalar", signed, code: instructions } as const;
    return this.#node(`scalar ${instructions} ${signed}`, lane, operation, inputs, inputs[0]!.scale);
  }

  /** A function on whole vectors; its result has the lanes of its first parameter. */
  call(helper: Helper, ...inputs: readonly Node[]): Node {
    return this.#node(`call ${helper.name}`, inputs[0]!.lane, { kind: "call", helper }, inputs);
  }

  /** `fast`, but where the mask is set, `helper` of the inputs. */
  escape(fast: Node, mask: Node, helper: Helper, ...inputs: readonly Node[]): Node {
    const all = [fast, this.maskAs(mask, fast.lane), ...inputs];
    return this.#node(`escape ${helper.name}`, fast.lane, { kind: "escape", helper }, all);
  }

  /** A mask as wide as the lanes of `lane`. */
  maskAs(mask: Node, lane: Lane): Node {
    const from = mask.lane;
    const to = maskOf[lane];
    if (laneBytes[from] === laneBytes[to]) return this.as(mask, to);
    return laneBytes[from] < laneBytes[to]
      ? this.maskAs(extend(this, mask, true), lane)
      : this.maskAs(narrowMask(this, mask), lane);
  }
}

const wider = { i8: "i16", i16: "i32", i32: "i64" } as const;
const narrower = { i64: "i32", i32: "i16", i16: "i8" } as const;

/** Integers of twice the width. */
export function extend(graph: Graph, node: Node, signed: boolean): Node {
  const from = node.lane as keyof typeof wider;
  const to = wider[from];
  const name = (half: "low" | "high") =>
    code(`${shapeOf[to]}.extend_${half}_${shapeOf[from]}_${signed ? "s" : "u"}` as Instruction);
  return graph.split(to, { inputs: [node], code: name("low") }, { inputs: [node], code: name("high") });
}

/** The low halves of integers. */
export function narrow(graph: Graph, node: Node): Node {
  const from = node.lane as keyof typeof narrower;
  const to = narrower[from];
  const size = laneBytes[to];
  const positions = Array.from({ length: 16 }, (_, i) => 2 * size * Math.floor(i / size) + (i % size));
  return graph.join("i8x16.shuffle", node, to, positions);
}

function narrowMask(graph: Graph, mask: Node): Node {
  if (mask.lane === "i32") return graph.join("i16x8.narrow_i32x4_s", mask, "i16");
  return mask.lane === "i16" ? graph.join("i8x16.narrow_i16x8_s", mask, "i8") : narrow(graph, mask);
}

const lowBytes = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const highBytes = lowBytes.map((at) => at + 8);

/** Single precision in double. */
export function promote(graph: Graph, node: Node): Node {
  return graph.split("f64", ...halves(graph, node, "f64x2.promote_low_f32x4"));
}

/** An instruction that works on the low half of a vector, on both halves. */
export function halves(graph: Graph, node: Node, instruction: Instruction): [Step, Step] {
  const high = graph.shuffle(node, node, highBytes);
  return [
    { inputs: [node], code: code(instruction) },
    { inputs: [high], code: code(instruction) },
  ];
}

/** An instruction that leaves its results in the low half of a vector, on pairs of vectors. */
export function joinHalves(graph: Graph, node: Node, lane: Lane, instruction: Instruction): Node {
  return graph.join("i8x16.shuffle", graph.apply(instruction, [node]), lane, lowBytes);
}

/** Double precision rounded to single. */
export const demote = (graph: Graph, node: Node): Node =>
  joinHalves(graph, node, "f32", "f32x4.demote_f64x2_zero");

/** One part of complex numbers, of 0 (real) and 1 (imaginary). */
export function part(graph: Graph, pairs: Node, which: 0 | 1): Node {
  const size = laneBytes[pairs.lane];
  const positions = Array.from({ length: 16 }, (_, i) => {
    return size * (2 * Math.floor(i / size) + which) + (i % size);
  });
  return graph.join("i8x16.shuffle", pairs, pairs.lane, positions);
}

/** Complex numbers of their parts, as memory holds them. */
export function pairs(graph: Graph, real: Node, imaginary: Node): Node {
  const size = laneBytes[real.lane];
  const low = Array.from({ length: 16 }, (_, i) => {
    const lane = Math.floor(i / size);
    return size * (lane >> 1) + (i % size) + (lane & 1) * 16;
  });
  const step = (positions: readonly number[]): Step => ({
    inputs: [real, imaginary],
    code: [...code("i8x16.shuffle"), ...positions],
  });
  return graph.split(real.lane, step(low), step(low.map((at) => at + 8)));
}
