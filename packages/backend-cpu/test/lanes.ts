/** Runs graphs on arrays in the tests: one loop over memory of its own. */
import { assemble, type WasmFunction } from "../src/wasm/assembler.ts";
import { access, code, constant, control, local } from "../src/wasm/instructions.ts";
import { type Features, Graph, type Lane, laneBytes, type Node } from "../src/wasm/vector.ts";
import { Helpers, vectorCode, vectorsOf } from "../src/wasm/vector_code.ts";

declare const WebAssembly: {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** A leaf in memory: lanes, and how many of them an element has. */
export interface Column {
  readonly lane: Lane;
  readonly scale: number;
}

export interface Loop {
  /** Graph leaves in order; the node that is stored. */
  readonly inputs: readonly Column[];
  readonly build: (graph: Graph, inputs: readonly Node[]) => Node;
  readonly batch: number;
  readonly features?: Features;
}

export interface Runner {
  /** Bytes of the inputs (a multiple of the batch of elements each) to bytes of the result. */
  readonly run: (inputs: readonly Uint8Array[], elements: number) => Uint8Array;
  /** Runs again on what is in memory. */
  readonly again: () => void;
}

const sizeOf = ({ lane, scale }: Pick<Node, "lane" | "scale">): number => laneBytes[lane] * scale;

/** Most bytes of one array. */
const room = 1 << 22;

export function compile({ inputs, build, batch, features = { fma: true } }: Loop): Runner {
  const graph = new Graph(features);
  const leaves = inputs.map(({ lane, scale }, i) => graph.leaf(String(i), lane, { scale }));
  const result = build(graph, leaves);
  // The loop itself stands first.
  const functions: WasmFunction[] = [];
  const helpers = new Helpers((one) => functions.push(one), features);
  // Parameters: the number of elements; then locals: counter, pointers.
  const pointer = (i: number) => 2 + i;
  const out = pointer(inputs.length);
  let vectors = 0;
  const parts = vectorCode({
    batch,
    roots: [{ node: result, store: (part, value) => store(out, result, batch, part, value) }],
    leaf: (name, part) => load(pointer(Number(name)), leaves[Number(name)]!, batch, part),
    local: () => out + 1 + vectors++,
    callee: helpers.callee,
  });
  const start = [...inputs, {}].flatMap((_, i) => [...constant.i32(room * i), ...local.set(pointer(i))]);
  const step = [...leaves, result].flatMap((node, i) => increase(pointer(i), batch * sizeOf(node)));
  const body = [
    ...[
      ...start,
      ...parts.constants,
      ...parts.before,
      ...control.loop,
      ...parts.body,
      ...parts.after,
      ...step,
    ],
    ...[...increase(1, batch), ...local.get(1), ...local.get(0), ...code("i32.lt_u"), ...control.brIf(0)],
    ...control.end,
  ];
  const main: WasmFunction = {
    name: "main",
    parameters: 1,
    locals: [
      [inputs.length + 2, "i32"],
      [vectors, "v128"],
    ],
    body,
  };
  return link([main, ...functions], inputs, result);
}

function link(functions: readonly WasmFunction[], inputs: readonly Column[], result: Node): Runner {
  const pages = ((inputs.length + 1) * room) / 65536 + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(assemble(functions, { shared: false, maximumPages: pages }));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { main } = exports as { main: (elements: number) => void };
  let count = 0;
  return {
    run(data, elements) {
      count = elements;
      data.forEach((bytes, i) => new Uint8Array(memory.buffer).set(bytes, room * i));
      main(elements);
      return new Uint8Array(memory.buffer, room * inputs.length, elements * sizeOf(result)).slice();
    },
    again: () => main(count),
  };
}

const increase = (index: number, by: number): number[] => [
  ...local.get(index),
  ...constant.i32(by),
  ...code("i32.add"),
  ...local.set(index),
];

const load = (at: number, node: Node, batch: number, part: number): number[] => {
  const bytes = (batch * sizeOf(node)) / vectorsOf(node, batch);
  if (bytes === 16) return [...local.get(at), ...access("v128.load", 16 * part)];
  const splat = `v128.load${8 * bytes}_splat` as "v128.load32_splat";
  return [...local.get(at), ...access(splat, 0)];
};

const store = (at: number, node: Node, batch: number, part: number, value: readonly number[]): number[] => {
  const bytes = (batch * sizeOf(node)) / vectorsOf(node, batch);
  if (bytes === 16) return [...local.get(at), ...value, ...access("v128.store", 16 * part)];
  const lane = `v128.store${8 * bytes}_lane` as "v128.store32_lane";
  return [...local.get(at), ...value, ...access(lane, 0, 0)];
};
