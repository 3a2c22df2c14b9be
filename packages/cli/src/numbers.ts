/** Tensors as plain numbers, for comparing and showing. */
import { floatCodec, type HostTensor, isSmallFloat } from "@hloom/ir";

/** One number per element, two per complex one; 64-bit integers beyond 2^53 lose their low bits. */
export function numbersOf({ type, data }: HostTensor): ArrayLike<number> & Iterable<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (!isSmallFloat(type.element)) return data;
  const { values } = floatCodec(type.element);
  return Float64Array.from(data, (bits) => values[bits]!);
}
