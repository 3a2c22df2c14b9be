/** `rng_bit_generator`: the same bits as the evaluator's, which are XLA's. */
import { bitWidth, type Element, isComplex, sizeOf, stridesOf } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { KernelMaker } from "../build.ts";
import { tensorType } from "../flatten.ts";
import { type Slot, scratch } from "../slot.ts";
import { randomFunctions } from "../wasm/random.ts";
import { elementOf } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import type { Kernel } from "./loop.ts";

/** Words of a state: key and counter, 64 bits each. */
type Generate = (state: number, to: number) => bigint;

export const rngBitGenerator: KernelMaker = ({ instruction, inputs }, context) => {
  const [next, output] = instruction.outputs;
  const element = elementOf(output!);
  const width = element && bitWidth(element);
  if (!element || isComplex(element) || width === undefined || width < 8) return undefined;
  const { shape } = tensorType(output!);
  const [from, to, result] = [wholeSlot(inputs[0]!, context), context.slotOf(next!), context.slotOf(output!)];
  const words = from.bytes / 8;
  if (sizeOf(shape) === 0 || (words !== 2 && words !== 3)) return undefined;
  const threefry = instruction.attributes.rng_algorithm === "THREE_FRY";
  const generate = threefry ? threefryOf(shape, width) : philoxOf(sizeOf(shape), width);
  // Elements of fewer than 32 bits take the low bits of a word of 32.
  const target = width < 32 ? scratch("i32", sizeOf(shape)) : result;
  const narrow = width < 32 ? narrowed(target, result, element) : undefined;
  const state = scratch("i64", 3);
  return () => {
    const given = new BigUint64Array(arena.buffer, from.address, words);
    const held = state.data as BigInt64Array;
    // A state of two words has no room for the upper half of Philox's counter, for which XLA takes the key.
    held.set([given[0]!, given[1]!, given[2] ?? given[0]!].map((word) => BigInt.asIntN(64, word)));
    const blocks = generate(state.address, target.address);
    const low = BigInt.asUintN(64, given[1]!) + blocks;
    const after = [given[0]!, low, threefry ? given[2]! : (given[2] ?? 0n) + (low >> 64n)];
    const updated = new BigUint64Array(arena.buffer, to.address, words);
    for (let i = 0; i < words; i++) updated[i] = BigInt.asUintN(64, after[i]!);
    narrow?.();
  };
};

function philoxOf(size: number, width: number): Generate {
  const blocks = Math.ceil((size * Math.max(32, width)) / 128);
  const { philox } = randomFunctions();
  return (state, to) => {
    // Blocks of memory end at multiples of 64 bytes: there is room for the whole of the last four words.
    philox(state, to, blocks);
    return BigInt(blocks);
  };
}

/** One block of two words makes two elements: neighbours along the first even dimension, or else the largest. */
function threefryOf(shape: readonly number[], width: number): Generate {
  const { threefry } = randomFunctions();
  const even = shape.findIndex((size) => size % 2 === 0);
  const dimension = even >= 0 ? even : shape.indexOf(Math.max(...shape));
  // An element of 64 bits has both words.
  const [size, inner] =
    width === 64 ? [2 * sizeOf(shape), 1] : [shape[dimension] ?? 1, stridesOf(shape)[dimension] ?? 1];
  const outer = width === 64 ? 1 : sizeOf(shape.slice(0, dimension));
  const along = Math.ceil(size / 2);
  return (state, to) => {
    threefry(state, to, outer, along, inner, size % 2);
    return BigInt(outer * along * inner);
  };
}

function narrowed(words: Slot, result: Slot, element: Element): Kernel {
  const bits = () =>
    bitWidth(element) === 16
      ? new Uint16Array(arena.buffer, result.address, result.size)
      : new Uint8Array(arena.buffer, result.address, result.size);
  return () => bits().set(words.data as Int32Array);
}
