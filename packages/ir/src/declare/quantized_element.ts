/** What makes a quantized element type valid, in MLIR's quant dialect (spec: "Quantized element types" C1 to C14). */
import { floatCodec } from "../model/floats.ts";
import type { FloatElement, QuantizedElement } from "../model/types.ts";

/** Widest storage. */
const maximumBits = 32n;

/** The smallest and the largest positive number of a float type: what a scale may be. */
function rangeOf(element: FloatElement): readonly [number, number] {
  if (element === "f64") return [Number.MIN_VALUE, Number.MAX_VALUE];
  if (element === "f32") return [2 ** -149, (2 - 2 ** -23) * 2 ** 127];
  const positive = floatCodec(element).values.filter((value) => value > 0 && value < Infinity);
  return [Math.min(...positive.slice(0, 1024)), positive.reduce((most, value) => Math.max(most, value), 0)];
}

/** Why there can be no such type; undefined when there can. */
export function problemOfQuantized(type: QuantizedElement): string | undefined {
  const { storage, storageMin, storageMax, expressed, axis, scales, zeroPoints } = type;
  const bits = BigInt(/\d+/.exec(storage)![0]);
  if (bits > maximumBits)
    return `storage of ${bits} bits is too wide: quantized elements have up to ${maximumBits}`;
  const signed = storage[0] === "i";
  const [least, most] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  if (storageMin >= storageMax || storageMin < least || storageMax > most)
    return `storage from ${storageMin} to ${storageMax} is not within ${storage}`;
  if (scales.length !== zeroPoints.length)
    return `${scales.length} scales go with ${zeroPoints.length} zero points`;
  if (axis !== undefined && axis < 0) return `the quantized dimension ${axis} is negative`;
  const [smallest, largest] = rangeOf(expressed);
  const wrong = scales.find((scale) => !(scale >= smallest && scale <= largest));
  return wrong === undefined
    ? undefined
    : `scale ${wrong} is out of the range of ${expressed}, ${smallest} to ${largest}`;
}
