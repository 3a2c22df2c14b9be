/** Graphs of lanes run on arrays, each as a loop of its own: for tests, benchmarks and the test of wide vectors. */
import { assemble, type WasmFunction } from "./assembler.ts";
import { access, code, constant, control, type Instruction, local } from "./instructions.ts";
import { type Features, Graph, type Lane, laneBytes, type Node } from "./vector.ts";
import { Helpers, vectorCode, vectorsOf } from "./vector_code.ts";

/** The part of the standard interface that is used; its types come with browsers only. */
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

export interface Probe {
  /** What elements of the inputs are in memory. */
  readonly inputs: readonly { readonly lane: Lane; readonly scale: number }[];
  /** The node that is stored, of the leaves for the inputs. */
  readonly build: (graph: Graph, inputs: readonly Node[]) => Node;
  /** Elements at a time. */
  readonly batch: number;
}

export interface Runner {
  /** The result's bytes of the inputs', for a number of elements that is a multiple of the batch. */
  readonly run: (inputs: readonly Uint8Array[], elements: number) => Uint8Array<ArrayBuffer>;
  /** Runs again on what is in memory. */
  readonly again: () => void;
}

const sizeOf = ({ lane, scale }: Pick<Node, "lane" | "scale">): number => laneBytes[lane] * scale;

/** Most bytes of one array. */
const room = 1 << 22;

/** All probes in one module; `tag` makes its bytes, which the platform knows modules by, different from others'. */
export function compileProbes(probes: readonly Probe[], features: Features, tag = ""): Runner[] {
  const functions: WasmFunction[] = [];
  const helpers = new Helpers((one) => functions.push(one) - 1, features);
  const nodes = probes.map((probe, i) => {
    const { loop, result } = probeLoop(probe, features, helpers, `probe ${i}${tag}`);
    functions.push(loop);
    return result;
  });
  const arrays = 1 + Math.max(0, ...probes.map(({ inputs }) => inputs.length));
  const pages = (arrays * room) / 65536 + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(assemble(functions, { shared: false, maximumPages: pages }));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return probes.map(({ inputs }, i) => {
    const main = (exports as Record<string, (elements: number) => void>)[`probe ${i}${tag}`]!;
    let count = 0;
    return {
      run(data, elements) {
        count = elements;
        data.forEach((bytes, at) => new Uint8Array(memory.buffer).set(bytes, room * at));
        main(elements);
        return new Uint8Array(memory.buffer, room * inputs.length, elements * sizeOf(nodes[i]!)).slice();
      },
      again: () => main(count),
    };
  });
}

function probeLoop({ inputs, build, batch }: Probe, features: Features, helpers: Helpers, name: string) {
  const graph = new Graph(features);
  const leaves = inputs.map(({ lane, scale }, i) => graph.leaf(String(i), lane, { scale }));
  const result = build(graph, leaves);
  // The number of elements is the parameter; then come the counter and pointers.
  const [elements, counter] = [0, 1];
  const pointer = (i: number) => 2 + i;
  const out = pointer(inputs.length);
  let vectors = 0;
  const parts = vectorCode({
    batch,
    roots: [{ node: result, store: (part, value) => store(out, result, batch, part, value) }],
    leaf: (leaf, part) => load(pointer(Number(leaf)), leaves[Number(leaf)]!, batch, part),
    local: () => out + 1 + vectors++,
    callee: helpers.callee,
  });
  const all = [...leaves, result];
  const start = all.flatMap((_, i) => [...constant.i32(room * i), ...local.set(pointer(i))]);
  const step = all.flatMap((node, i) => increase(pointer(i), batch * sizeOf(node)));
  const more = [
    ...increase(counter, batch),
    ...local.get(counter),
    ...local.get(elements),
    ...code("i32.lt_u"),
  ];
  const round = [...parts.body, ...parts.after, ...step, ...more, ...control.brIf(0)];
  const loop: WasmFunction = {
    name,
    parameters: 1,
    locals: [
      [inputs.length + 2, "i32"],
      [vectors, "v128"],
    ],
    body: [...start, ...parts.constants, ...parts.before, ...control.loop, ...round, ...control.end],
  };
  return { loop, result };
}

const increase = (index: number, by: number): number[] => [
  ...local.get(index),
  ...constant.i32(by),
  ...code("i32.add"),
  ...local.set(index),
];

/** How many bytes of each vector are a batch's. */
const bytesUsed = (node: Node, batch: number): number => (batch * sizeOf(node)) / vectorsOf(node, batch);

function load(at: number, node: Node, batch: number, part: number): number[] {
  const bytes = bytesUsed(node, batch);
  if (bytes === 16) return [...local.get(at), ...access("v128.load", 16 * part)];
  return [...local.get(at), ...access(`v128.load${8 * bytes}_splat` as Instruction)];
}

function store(at: number, node: Node, batch: number, part: number, value: readonly number[]): number[] {
  const bytes = bytesUsed(node, batch);
  if (bytes === 16) return [...local.get(at), ...value, ...access("v128.store", 16 * part)];
  return [...local.get(at), ...value, ...access(`v128.store${8 * bytes}_lane` as Instruction, 0, 0)];
}
