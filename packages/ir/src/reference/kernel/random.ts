/**
 * Random bits, the same as XLA's for the same state: counters run in row-major order over the output and are enciphered
 * by Threefry-2x32 or Philox-4x32 (Salmon et al., SC 2011); how words are combined into elements follows XLA.
 */
import { allocate, bytesOf, viewOf } from "../../model/storage.ts";
import { bitWidth, type Element, sizeOf, stridesOf, type TensorType } from "../../model/types.ts";
import { type Tensor, tensorOf, valueType } from "../tensor.ts";

const low = (x: bigint): number => Number(x & 0xffffffffn);
const high = (x: bigint): number => Number((x >> 32n) & 0xffffffffn);
const wide = (lowWord: number, highWord: number): bigint =>
  (BigInt(highWord >>> 0) << 32n) | BigInt(lowWord >>> 0);
const mask64 = (1n << 64n) - 1n;

export type Algorithm = "DEFAULT" | "THREE_FRY" | "PHILOX";

/** The state after, and the bits. `DEFAULT` is Philox, as in XLA for CPUs and GPUs. */
export function randomBits(
  state: Tensor,
  algorithm: Algorithm,
  outputType: TensorType,
): readonly [Tensor, Tensor] {
  const { shape, element } = valueType(outputType);
  // The same 64-bit words whatever the element of the state.
  const words = [...(viewOf("ui64", bytesOf(state.data)) as BigUint64Array)];
  const run = algorithm === "THREE_FRY" ? threefryBits : philoxBits;
  const { next, bits } = run(words, shape, Math.max(32, bitWidth(element)));
  const data = allocate(state.type.element, sizeOf(state.type.shape));
  bytesOf(data).set(new Uint8Array(BigUint64Array.from(next).buffer));
  return [
    tensorOf(state.type.shape, state.type.element, data),
    tensorOf(shape, element, narrowed(element, bits)),
  ];
}

interface Generated {
  readonly next: readonly bigint[];
  readonly bits: Uint32Array | BigUint64Array;
}

/** Elements of fewer than 32 bits take the low bits of a word of 32. */
function narrowed(element: Element, bits: Uint32Array | BigUint64Array) {
  const width = bitWidth(element);
  if (width >= 32) return viewOf(element, bytesOf(bits));
  const words = bits as Uint32Array;
  const unsigned =
    width === 16 ? Uint16Array.from(words) : Uint8Array.from(words, (word) => word & (2 ** width - 1));
  const data = viewOf(element, bytesOf(unsigned));
  if (width < 8 && element[0] === "i")
    for (let i = 0; i < data.length; i++) data[i] = (Number(data[i]) << (32 - width)) >> (32 - width);
  return data;
}

// Threefry ---------------------------------------------------------------------------------------------------------

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

export function threefry2x32(
  key: readonly [number, number],
  counter: readonly [number, number],
): [number, number] {
  const schedule = [key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bda];
  let x = (counter[0] + schedule[0]!) | 0;
  let y = (counter[1] + schedule[1]!) | 0;
  for (let round = 0; round < 20; round++) {
    const rotation = rotations[round % 8]!;
    x = (x + y) | 0;
    y = ((y << rotation) | (y >>> (32 - rotation))) ^ x;
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      x = (x + schedule[group % 3]!) | 0;
      y = (y + schedule[(group + 1) % 3]! + group) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

function threefryBits(state: readonly bigint[], shape: readonly number[], width: number): Generated {
  const [keyWord = 0n, start = 0n] = state;
  const key: [number, number] = [low(keyWord), high(keyWord)];
  const block = (i: number) => {
    const counter = (start + BigInt(i)) & mask64;
    return threefry2x32(key, [low(counter), high(counter)]);
  };
  const halves = width === 64 ? shape : halved(shape).half;
  const count = sizeOf(halves);
  const next = [keyWord, (start + BigInt(count)) & mask64];
  if (width === 64) {
    return { next, bits: BigUint64Array.from({ length: count }, (_, i) => wide(...block(i))) };
  }
  return { next, bits: interleaved(shape, block) };
}

/** One block of two words makes two elements: neighbours along the first even dimension, or else the largest. */
function halved(shape: readonly number[]) {
  const even = shape.findIndex((size) => size % 2 === 0);
  const dimension = even >= 0 ? even : shape.indexOf(Math.max(...shape));
  const half = shape.map((size, d) => (d === dimension ? Math.ceil(size / 2) : size));
  return { half, dimension };
}

function interleaved(shape: readonly number[], block: (i: number) => readonly [number, number]): Uint32Array {
  const bits = new Uint32Array(sizeOf(shape));
  if (shape.length === 0) {
    bits[0] = block(0)[0];
    return bits;
  }
  const { half, dimension } = halved(shape);
  const inner = stridesOf(shape)[dimension]!;
  for (let i = 0; i < sizeOf(half); i++) {
    const words = block(i);
    const outer = Math.floor(i / (half[dimension]! * inner));
    const along = Math.floor(i / inner) % half[dimension]!;
    const at = (outer * shape[dimension]! + 2 * along) * inner + (i % inner);
    bits[at] = words[0];
    // An odd dimension drops the last second word.
    if (2 * along + 1 < shape[dimension]!) bits[at + inner] = words[1];
  }
  return bits;
}

// Philox -----------------------------------------------------------------------------------------------------------

type Four = [number, number, number, number];

export function philox4x32(key: readonly [number, number], counter: Readonly<Four>): Four {
  let [k0, k1] = key;
  let [a, b, c, d] = counter;
  for (let round = 0; round < 10; round++) {
    const first = BigInt(a >>> 0) * 0xd2511f53n;
    const second = BigInt(c >>> 0) * 0xcd9e8d57n;
    [a, b, c, d] = [high(second) ^ b ^ k0, low(second), high(first) ^ d ^ k1, low(first)];
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/**
 * A block of four words is four elements of 32 bits or two of 64, in order. The counter has 128 bits; a state of two
 * words has no room for its upper half, for which XLA takes the key.
 */
function philoxBits(state: readonly bigint[], shape: readonly number[], width: number): Generated {
  const [keyWord = 0n, ...counterWords] = state;
  const start = (counterWords[0] ?? 0n) | ((counterWords[1] ?? keyWord) << 64n);
  const key: [number, number] = [low(keyWord), high(keyWord)];
  const size = sizeOf(shape);
  const blocks = Math.ceil((size * width) / 128);
  const words = new Uint32Array(blocks * 4);
  for (let i = 0; i < blocks; i++) {
    const counter = start + BigInt(i);
    words.set(
      philox4x32(key, [low(counter), high(counter), low(counter >> 64n), high(counter >> 64n)]),
      4 * i,
    );
  }
  const end = start + BigInt(blocks);
  const next = [keyWord, end & mask64, (end >> 64n) & mask64].slice(0, state.length);
  return { next, bits: width === 64 ? new BigUint64Array(words.buffer, 0, size) : words.subarray(0, size) };
}

// rng ----------------------------------------------------------------------------------------------------------------

/** Doubles in [0, 1): Threefry of a counter that runs for as long as the program does. The spec asks for no more. */
let drawn = 0;
function draw(): number {
  const [x, y] = threefry2x32([0x68_6c_6f_6f, 0x6d], [drawn++ | 0, 0]);
  return ((x >>> 5) * 67108864 + (y >>> 6)) / 9007199254740992;
}

export function uniform(from: number, to: number): number {
  return from + draw() * (to - from);
}

/** By Box and Muller's transform. */
export function normal(mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * draw());
}
