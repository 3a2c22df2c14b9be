/** Constant tensors as raw bytes, from our host layout (`model/storage.ts`). */
import type { DenseAttribute } from "../../model/attributes.ts";
import { sizeOf } from "../../model/types.ts";

/** MLIR clears the unused high bits of narrow integers, and packs booleans eight to a byte. */
export function denseBytes(attribute: DenseAttribute): Uint8Array {
  const { data, type } = attribute;
  switch (type.element) {
    case "i1":
      return booleans(attribute);
    case "i2":
      return data.map((byte) => byte & 0x03);
    case "i4":
      return data.map((byte) => byte & 0x0f);
    default:
      return data;
  }
}

/** A splat of several is 0x00 or 0xff, so that it cannot be mistaken for eight packed elements. */
function booleans({ data, type, splat }: DenseAttribute): Uint8Array {
  const size = sizeOf(type.shape);
  if (splat && size > 1) return Uint8Array.of(data[0] ? 0xff : 0);
  const packed = new Uint8Array(Math.ceil(size / 8));
  for (let i = 0; i < size; i++) if (data[i]) packed[i >> 3]! |= 1 << (i & 7);
  return packed;
}
