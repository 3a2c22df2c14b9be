/** Graphs as WebAssembly. */
import type { WasmFunction } from "./assembler.ts";
import { code, constant, control, type Instruction, local } from "./instructions.ts";
import { type Features, Graph, type Helper, laneBytes, type Node, shapeOf, vectorOf } from "./vector.ts";

type Code = readonly number[];

/** What becomes of a value. */
export interface Root {
  readonly node: Node;
  /** Code that takes vector `part` of the batch from `value` and stores it. */
  readonly store: (part: number, value: Code) => Code;
}

export interface VectorRequest {
  /** How many elements at a time: a power of two, 1 to 64. */
  readonly batch: number;
  readonly roots: readonly Root[];
  /** Code that puts vector `part` of a leaf on the stack; lanes beyond the batch may hold anything. */
  readonly leaf: (name: string, part: number) => Code;
  /** Declares a local of type v128. */
  readonly local: () => number;
  /** The place of a function in the module. */
  readonly callee: (helper: Helper) => number;
}

export interface VectorCode {
  /** To be run once per function, before all else. */
  readonly constants: Code;
  /** To be run whenever uniform leaves have changed, before the loop. */
  readonly before: Code;
  /** One batch. */
  readonly body: Code;
  /**
   * For the end of the loop's body: forgets what the locals held. V8 would take them for values that later rounds need,
   * and then does not join pairs of vectors to wider ones.
   */
  readonly after: Code;
}

/** How many vectors a node is, of which the last may be used in part. */
export function vectorsOf({ lane, scale }: Pick<Node, "lane" | "scale">, batch: number): number {
  return Math.max(1, (batch * scale * laneBytes[lane]) / 16);
}

/** Writes the code of one batch. Locals hold what is used twice; the rest stays on the stack. */
export function vectorCode(request: VectorRequest): VectorCode {
  return new Writer(request).write();
}

const mostVectors = 1024;
const keyOf = (node: Node, part: number): number => node.id * mostVectors + part;

class Writer {
  readonly #request: VectorRequest;
  /** Values in locals that stay: computed before the loop. */
  readonly #held = new Map<number, number>();
  /** Values in locals for as long as uses remain. */
  readonly #kept = new Map<number, number>();
  readonly #uses = new Map<number, number>();
  readonly #free: number[] = [];
  readonly #temporaries = new Set<number>();
  readonly #numbered = new Map<Node, boolean>();
  #code: number[] = [];

  constructor(request: VectorRequest) {
    this.#request = request;
  }

  write(): VectorCode {
    const { roots } = this.#request;
    const needed = this.#neededBefore(roots.map(({ node }) => node));
    const constants = this.#hold(needed.filter(([{ level }]) => level === 0));
    const before = this.#hold(needed.filter(([{ level }]) => level === 1));
    const wanted = roots.flatMap((root) =>
      Array.from({ length: vectorsOf(root.node, this.#request.batch) }, (_, part) => ({ ...root, part })),
    );
    for (const { node, part } of wanted) this.#demand(node, part);
    // Nothing is stored before all is read: results may lie where arguments do, and V8 makes one store of 256 bits of
    // two only when they stand together.
    if (wanted.length > 1) for (const { node, part } of wanted) this.#keep(node, part);
    for (const { node, part, store } of wanted) {
      const value = this.#section(() => this.#value(node, part));
      this.#code.push(...store(part, value));
    }
    const after = [...this.#temporaries].flatMap((one) => [...constant.v128(zero), ...local.set(one)]);
    return { constants, before, body: this.#code, after };
  }

  /** What elements need of what does not depend on them, deepest first. */
  #neededBefore(roots: readonly Node[]): [Node, number][] {
    const needed = new Map<number, [Node, number]>();
    const seen = new Set<Node>();
    const need = (node: Node) => {
      for (let part = 0; part < this.#different(node); part++) needed.set(keyOf(node, part), [node, part]);
    };
    const visit = (node: Node, user: number) => {
      if (node.level < user) {
        visit(node, node.level);
        need(node);
        return;
      }
      if (seen.has(node)) return;
      seen.add(node);
      for (const input of node.inputs) visit(input, node.level);
    };
    for (const root of roots) visit(root, 3);
    return [...needed.values()].filter(([{ level }]) => level < 2);
  }

  /** How many of a node's vectors differ. */
  #different(node: Node): number {
    return this.#isNumbered(node) ? vectorsOf(node, this.#request.batch) : 1;
  }

  /** Whether a node depends on the numbers of elements in their batch. */
  #isNumbered(node: Node): boolean {
    let known = this.#numbered.get(node);
    if (known === undefined) {
      known = node.operation.kind === "index" || node.inputs.some((input) => this.#isNumbered(input));
      this.#numbered.set(node, known);
    }
    return known;
  }

  #place(node: Node, part: number): number {
    return node.level < 2 && this.#different(node) === 1 ? 0 : part;
  }

  #hold(values: readonly [Node, number][]): Code {
    for (const [node, part] of values) this.#demand(node, part);
    return this.#section(() => {
      for (const [node, part] of values) {
        this.#value(node, part);
        const index = this.#request.local();
        this.#code.push(...local.set(index));
        this.#held.set(keyOf(node, part), index);
      }
    });
  }

  /** The code that `write` writes, apart. */
  #section(write: () => void): number[] {
    const outer = this.#code;
    this.#code = [];
    write();
    const inner = this.#code;
    this.#code = outer;
    return inner;
  }

  /** Counts a use, and those of what it is computed from. */
  #demand(node: Node, at: number): void {
    const part = this.#place(node, at);
    const key = keyOf(node, part);
    if (this.#held.has(key)) return;
    const uses = this.#uses.get(key) ?? 0;
    this.#uses.set(key, uses + 1);
    if (uses > 0) return;
    for (const [input, from] of this.#inputs(node, part)) this.#demand(input, from);
  }

  /** The vectors that one is computed from, in the order in which its code wants them. */
  #inputs(node: Node, part: number): readonly (readonly [Node, number])[] {
    const { operation, inputs } = node;
    switch (operation.kind) {
      case "join": {
        const input = inputs[0]!;
        const last = vectorsOf(input, this.#request.batch) - 1;
        return [0, 1].map((half) => [input, Math.min(2 * part + half, last)] as const);
      }
      case "split":
        return operation.steps[part & 1]!.inputs.map((input) => [input, part >> 1] as const);
      default:
        return inputs.map((input) => [input, part] as const);
    }
  }

  /** Computes a value into a local, unless one has it. */
  #keep(node: Node, at: number): number {
    const part = this.#place(node, at);
    const key = keyOf(node, part);
    const known = this.#held.get(key) ?? this.#kept.get(key);
    if (known !== undefined) return known;
    // One more use keeps the local until the user takes it.
    this.#uses.set(key, this.#uses.get(key)! + 1);
    this.#value(node, part);
    this.#code.push(...code("drop"));
    return this.#kept.get(key)!;
  }

  /** Puts a value on the stack. */
  #value(node: Node, at: number): void {
    const part = this.#place(node, at);
    const key = keyOf(node, part);
    const held = this.#held.get(key);
    if (held !== undefined) {
      this.#code.push(...local.get(held));
      return;
    }
    const uses = this.#uses.get(key)! - 1;
    this.#uses.set(key, uses);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#code.push(...local.get(kept));
      if (uses === 0) this.#release(key, kept);
      return;
    }
    this.#compute(node, part);
    if (uses === 0) return;
    const index = this.#temporary();
    this.#code.push(...local.tee(index));
    this.#kept.set(key, index);
  }

  #temporary(): number {
    const index = this.#free.pop() ?? this.#request.local();
    this.#temporaries.add(index);
    return index;
  }

  #release(key: number, index: number): void {
    this.#kept.delete(key);
    this.#free.push(index);
  }

  #compute(node: Node, part: number): void {
    const { operation } = node;
    const inputs = this.#inputs(node, part);
    const operands = () => {
      for (const [input, from] of inputs) this.#value(input, from);
    };
    switch (operation.kind) {
      case "leaf":
        this.#code.push(...this.#request.leaf(operation.name, part));
        return;
      case "constant": {
        const values = Array<number | bigint>(16 / laneBytes[node.lane]).fill(operation.value);
        this.#code.push(...constant.v128(vectorOf(node.lane, values)));
        return;
      }
      case "index": {
        const count = 16 / laneBytes[node.lane];
        const indices = Array.from({ length: count }, (_, lane) => part * count + lane);
        this.#code.push(...constant.v128(vectorOf(node.lane, indices)));
        return;
      }
      case "straight":
      case "join":
        operands();
        this.#code.push(...operation.code);
        return;
      case "split":
        operands();
        this.#code.push(...operation.steps[part & 1]!.code);
        return;
      case "call":
        operands();
        this.#code.push(...control.call(this.#request.callee(operation.helper)));
        return;
      case "scalar":
        this.#scalars(node, inputs);
        return;
      case "escape":
        this.#escape(operation.helper, inputs);
    }
  }

  /** Locals of values, and what gives them back. */
  #locals(inputs: readonly (readonly [Node, number])[]): { locals: number[]; release: () => void } {
    const locals = inputs.map(([input, part]) => this.#keep(input, part));
    const release = () => {
      for (const [input, part] of inputs) this.#section(() => this.#value(input, part));
    };
    return { locals, release };
  }

  #scalars({ lane, scale, operation }: Node, inputs: readonly (readonly [Node, number])[]): void {
    if (operation.kind !== "scalar") return;
    const { locals, release } = this.#locals(inputs);
    const extracts = inputs.map(([input]) => {
      const sign = input.lane === "i8" || input.lane === "i16" ? (operation.signed ? "_s" : "_u") : "";
      return code(`${shapeOf[input.lane]}.extract_lane${sign}` as Instruction);
    });
    const replace = code(`${shapeOf[lane]}.replace_lane` as Instruction);
    this.#code.push(...local.get(locals[0]!));
    const count = Math.min(16 / laneBytes[lane], this.#request.batch * scale);
    for (let i = 0; i < count; i++) {
      locals.forEach((index, at) => this.#code.push(...local.get(index), ...extracts[at]!, i));
      this.#code.push(...operation.code, ...replace, i);
    }
    release();
  }

  #escape(helper: Helper, inputs: readonly (readonly [Node, number])[]): void {
    const { locals, release } = this.#locals(inputs);
    const [fast, mask, ...others] = locals as [number, number, ...number[]];
    const result = this.#temporary();
    const slow = [...others.flatMap(local.get), ...control.call(this.#request.callee(helper))];
    this.#code.push(...local.get(fast), ...local.set(result));
    this.#code.push(...local.get(mask), ...code("v128.any_true"), ...control.if);
    this.#code.push(...slow, ...local.get(fast), ...local.get(mask), ...code("v128.bitselect"));
    this.#code.push(...local.set(result), ...control.end, ...local.get(result));
    this.#free.push(result);
    release();
  }
}

const zero = new Array<number>(16).fill(0);

/** Helpers of one module, each put there when first asked for. */
export class Helpers {
  readonly #add: (one: WasmFunction) => number;
  readonly #features: Features;
  readonly #places = new Map<string, number>();

  /** `add` puts a function into the module and says where. */
  constructor(add: (one: WasmFunction) => number, features: Features) {
    this.#add = add;
    this.#features = features;
  }

  readonly callee = (helper: Helper): number => {
    const known = this.#places.get(helper.name);
    if (known !== undefined) return known;
    const place = this.#add(helperFunction(helper, this.#features));
    this.#places.set(helper.name, place);
    return place;
  };
}

const written = new Map<string, WasmFunction>();

/** Written once: helpers call no others, so that they are the same in all modules. */
function helperFunction(helper: Helper, features: Features): WasmFunction {
  const key = `${helper.name} ${features.fma}`;
  const made = written.get(key) ?? writeHelper(helper, features);
  written.set(key, made);
  return made;
}

function writeHelper({ name, inputs, build, again }: Helper, features: Features): WasmFunction {
  let locals = 0;
  const write = (make: Helper["build"]) => {
    const graph = new Graph(features);
    const parameters = inputs.map((lane, i) => graph.leaf(String(i), lane));
    return vectorCode({
      batch: 16 / laneBytes[inputs[0]!],
      roots: [{ node: make(graph, parameters), store: (_part, value) => value }],
      leaf: (leaf) => local.get(Number(leaf)),
      local: () => inputs.length + locals++,
      callee: (other) => {
        throw new Error(`the helper ${name} calls ${other.name}`);
      },
    });
  };
  const once = write(build);
  const more = again && write(again);
  const repeated = more && [
    ...[...more.constants, ...control.loop, ...once.before, ...once.body, ...local.set(0)],
    ...[...more.before, ...more.body, ...code("v128.any_true"), ...control.brIf(0), ...control.end],
    ...local.get(0),
  ];
  return {
    parameters: inputs.map(() => "v128"),
    results: ["v128"],
    locals: [[locals, "v128"]],
    body: [...once.constants, ...(repeated ?? [...once.before, ...once.body])],
  };
}
