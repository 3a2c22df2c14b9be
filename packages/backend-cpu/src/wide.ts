/**
 * Vectors of 256 bits: V8 can join pairs of vector instructions, on x64 and when a flag says so that is not on by default.
 * Programs are the same with and without. The flag stays on only if sample loops, compiled with it, give bit for bit what
 * they gave before.
 */
import { arena, type Block } from "./arena.ts";
import { setEngineFlags, wantsWideVectors } from "./node.ts";
import { Slot } from "./slot.ts";
import { type Code, FunctionCode, value } from "./wasm/code.ts";
import { hasFusedMultiplyAdd } from "./wasm/features.ts";
import { code } from "./wasm/instructions.ts";
import { openCursor } from "./wasm/nest.ts";
import { Program } from "./wasm/program.ts";
import { sweepCode } from "./wasm/sweep.ts";
import { Graph } from "./wasm/vector.ts";
import { vectorOps } from "./wasm/vector_ops.ts";
import { encode, type Value } from "./wasm/vector_values.ts";

let answer: { readonly problem: string | undefined } | undefined;

/** Switches wide vectors on if the user asks for them. Returns why they stay off though asked for. */
export function useWideVectors(): string | undefined {
  answer ??= { problem: wantsWideVectors() ? switchOn() : undefined };
  return answer.problem;
}

const flag = "--experimental-wasm-revectorize";

function switchOn(): string | undefined {
  // Without the quick compiler, samples are optimised before they run.
  if (!setEngineFlags("--no-liftoff")) return "HLOOM_CPU_WIDE=1 has no effect: it needs Node on x64";
  const narrow = sample(0);
  setEngineFlags(flag);
  const wide = sample(1);
  const same = narrow.every((word, i) => word === wide[i]);
  setEngineFlags("--liftoff", ...(same ? [] : [flag.replace("--", "--no-")]));
  return same
    ? undefined
    : "HLOOM_CPU_WIDE=1 has no effect: this V8 computes other results with vectors of 256 bits";
}

const length = 4096;
const bytes = 4 * length;
/** Each is a loop of its own over random bits x and y. */
const ops = [
  ...["add", "subtract", "multiply", "divide", "maximum", "minimum", "power"],
  ...["exponential", "log", "tanh", "logistic", "sqrt", "rsqrt", "floor", "abs", "negate", "sine"],
];

/** The results of all sample loops. `variant` makes other code of the same meaning, which V8 then compiles anew. */
function sample(variant: number): Uint32Array {
  const block = arena.allocate((2 + ops.length) * bytes);
  const inputs = new Uint32Array(arena.buffer, block.address, 2 * length);
  let random = 1;
  for (let i = 0; i < inputs.length; i++)
    inputs[i] = random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
  const program = new Program();
  const loops = ops.flatMap((name, i) =>
    loopOf(program, name, block, block.address + (2 + i) * bytes, variant),
  );
  program.link(loops)();
  const results = new Float32Array(arena.buffer, block.address + 2 * bytes, ops.length * length);
  // The bits of a NaN may be any.
  const words = new Uint32Array(Float32Array.from(results, (x) => (Number.isNaN(x) ? Number.NaN : x)).buffer);
  block.free();
  return words;
}

function loopOf(program: Program, name: string, inputs: Block, result: number, variant: number): Code {
  const own = new FunctionCode();
  const graph = new Graph({ fma: hasFusedMultiplyAdd() });
  const cursors = [inputs.address, inputs.address + bytes, result].map((address) => {
    const slot = new Slot(0, { kind: "tensor", shape: [length], element: "f32" }, "own");
    slot.address = address;
    return openCursor(own, { slot, element: "f32", offset: 0, strides: [1] });
  });
  const leaves = ["x", "y"].map((one) => graph.leaf(one, "f32"));
  const node = vectorOps[`stablehlo.${name}`]!({
    graph,
    args: leaves,
    operands: ["f32", "f32"],
    result: "f32",
    attributes: {},
  }) as Value;
  const head: number[] = [...value(variant), ...code("drop"), ...cursors.flatMap(({ begin }) => begin)];
  const [x, y, to] = cursors.map(({ cursor }) => cursor);
  const loop = sweepCode({
    function: own,
    head,
    callee: program.callee,
    dimension: 0,
    count: length,
    batch: 8,
    reads: [
      { leaf: leaves[0]!, cursor: x! },
      { leaf: leaves[1]!, cursor: y! },
    ],
    writes: () => [{ node: encode(graph, "f32", node), cursor: to! }],
  });
  return program.add(own, [...head, ...loop]);
}
