/**
 * JAX's random bits: outside of a CPU, Threefry-2x32 arrives as a function of some hundred operations on ui32. Which function
 * it is, its results tell: a function of four words that gives Threefry's on several inputs is Threefry.
 */
import {
  append,
  type Block,
  bodyOf,
  copyModule,
  createOperation,
  type Module,
  type Operation,
  type TensorType,
  topLevel,
  type Value,
} from "@hloom/ir";
import { mlx } from "../../dialect.ts";

export const threefryName = "threefry";

/** The functions of the module that are Threefry become the operation. */
export function withThreefry(module: Module): Module {
  if (!topLevel(module).some(isThreefry)) return module;
  const copy = copyModule(module);
  for (const func of topLevel(copy)) if (isThreefry(func)) replaceBody(bodyOf(func.regions[0]!));
  return copy;
}

function replaceBody(block: Block): void {
  const end = block.operations.at(-1)!;
  block.operations = [];
  const results = end.operands.map(({ type }) => type);
  const init = { operands: block.arguments, results, location: end.location };
  const threefry = append(block, createOperation(mlx.threefry2x32.name, init));
  append(block, createOperation(end.name, { operands: threefry.results, location: end.location }));
}

function isThreefry(func: Operation): boolean {
  const block = func.name === "func.func" ? func.regions[0]?.blocks[0] : undefined;
  const end = block?.operations.at(-1);
  if (block?.arguments.length !== 4 || end?.operands.length !== 2 || !hasShapes(block, end)) return false;
  return samples.every((words) => {
    const got = wordsOf(block, words);
    const want = threefry2x32(words);
    return got?.[0] === want[0] && got?.[1] === want[1];
  });
}

type Words = readonly [number, number, number, number];

const samples: readonly Words[] = [
  [0, 0, 0, 0],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3],
  [0xffffffff, 0x80000000, 1, 0x7fffffff],
  [42, 0xdeadbeef, 0x9e3779b9, 7],
];

/** Words or arrays of them; what the operation broadcasts has rank 0, and the results are as large as the counters. */
function hasShapes(block: Block, end: Operation): boolean {
  const types = [...block.arguments, ...end.operands].map(({ type }) => type as TensorType);
  const shape = types[4]!.shape.join();
  return (
    types.every(({ element }) => element === "ui32") &&
    types.slice(0, 4).every((type) => type.shape.length === 0 || type.shape.join() === shape) &&
    types[5]!.shape.join() === shape
  );
}

type Step = (x: number, y: number) => number;
const steps: Readonly<Record<string, Step>> = {
  "stablehlo.add": (x, y) => (x + y) >>> 0,
  "stablehlo.xor": (x, y) => (x ^ y) >>> 0,
  "stablehlo.or": (x, y) => (x | y) >>> 0,
  "stablehlo.and": (x, y) => (x & y) >>> 0,
  "stablehlo.subtract": (x, y) => (x - y) >>> 0,
  "stablehlo.shift_left": (x, y) => (y > 31 ? 0 : (x << y) >>> 0),
  "stablehlo.shift_right_logical": (x, y) => (y > 31 ? 0 : x >>> y),
};
const same: ReadonlySet<string> = new Set(["stablehlo.broadcast_in_dim", "stablehlo.reshape"]);

/** What the function computes of one element of each argument; undefined when it is not made of words alone. */
function wordsOf(block: Block, words: Words): readonly number[] | undefined {
  const values = new Map<Value, number>(block.arguments.map((argument, i) => [argument, words[i]!]));
  for (const operation of block.operations.slice(0, -1)) {
    const [x, y] = operation.operands.map((value) => values.get(value));
    const constant = operation.attributes.value;
    const step = steps[operation.name];
    const isSplat = constant?.kind === "dense" && constant.data.byteLength === 4;
    const value =
      step && x !== undefined && y !== undefined
        ? step(x, y)
        : same.has(operation.name)
          ? x
          : isSplat
            ? new DataView(constant.data.buffer, constant.data.byteOffset).getUint32(0, true)
            : undefined;
    if (value === undefined) return undefined;
    values.set(operation.results[0]!, value);
  }
  const results = block.operations.at(-1)!.operands.map((value) => values.get(value));
  return results.every((value) => value !== undefined) ? (results as number[]) : undefined;
}

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Twenty rounds, the key being added after each four (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"). */
function threefry2x32([key0, key1, count0, count1]: Words): readonly [number, number] {
  const keys = [key0, key1, key0 ^ key1 ^ 0x1bd11bda];
  let x = (count0 + key0) >>> 0;
  let y = (count1 + key1) >>> 0;
  for (let group = 0; group < 5; group++) {
    for (const by of rotations[group % 2]!) {
      x = (x + y) >>> 0;
      y = ((y << by) | (y >>> (32 - by))) >>> 0;
      y = (y ^ x) >>> 0;
    }
    x = (x + keys[(group + 1) % 3]!) >>> 0;
    y = (y + keys[(group + 2) % 3]! + group + 1) >>> 0;
  }
  return [x, y];
}
