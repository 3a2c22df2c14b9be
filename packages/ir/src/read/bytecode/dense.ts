/** Constant tensors from their raw bytes, in our host layout (`model/storage.ts`). */
import type { DenseAttribute } from "../../model/attributes.ts";
import { bytesPerElement } from "../../model/storage.ts";
import { DYNAMIC, isElement, sizeOf, type TensorType, type Type } from "../../model/types.ts";
import type { EntryReader } from "./entry_reader.ts";

export function denseAttribute(reader: EntryReader, type: Type, blob: Uint8Array): DenseAttribute {
  if (type.kind !== "tensor" || type.shape.includes(DYNAMIC)) {
    return reader.fail("dense elements need a ranked tensor type with static dimensions");
  }
  const width = elementBytes(reader, type);
  const size = sizeOf(type.shape);
  const data = hostLayout(type, blob, size);
  // A splat keeps its element even where the tensor has none.
  if (data.length === width) return { kind: "dense", type, data: data.slice(), splat: true };
  if (data.length !== size * width) {
    return reader.fail(
      `${blob.length} bytes cannot be the elements of a tensor of ${size} times ${width} bytes`,
    );
  }
  // MLIR makes a splat of equal elements wherever they come from; the printer relies on it.
  if (size > 1 && allEqual(data, width))
    return { kind: "dense", type, data: data.slice(0, width), splat: true };
  return { kind: "dense", type, data: data === blob ? blob.slice() : data, splat: false };
}

/** MLIR clears the unused high bits of narrow integers; the host layout extends their sign. */
function hostLayout({ element }: TensorType, blob: Uint8Array, size: number): Uint8Array {
  if (element === "i1") return booleans(blob, size);
  if (element === "i2") return blob.map((byte) => (byte << 30) >> 30);
  if (element === "i4") return blob.map((byte) => (byte << 28) >> 28);
  return blob;
}

function elementBytes(reader: EntryReader, { element }: TensorType): number {
  if (isElement(element)) return bytesPerElement(element);
  if (element.kind === "foreign" && element.text === "index") return 8;
  return reader.fail("dense elements of this type have no binary form");
}

/**
 * Booleans come eight to a byte, a splat as 0x00 or 0xff, and from some older writers one to a byte. A single byte
 * of 0xff is a splat whatever the size; other single bytes mean the same either way.
 */
function booleans(blob: Uint8Array, size: number): Uint8Array {
  if (blob.length === 1 && blob[0] === 0xff) return Uint8Array.of(1);
  const packed = blob.length === Math.ceil(size / 8) && blob.length !== size;
  if (!packed)
    return blob.every((byte) => byte <= 1) ? blob : Uint8Array.from(blob, (byte) => (byte ? 1 : 0));
  const unpacked = new Uint8Array(size);
  for (let i = 0; i < size; i++) unpacked[i] = (blob[i >> 3]! >> (i & 7)) & 1;
  return unpacked;
}

function allEqual(data: Uint8Array, width: number): boolean {
  for (let i = width; i < data.length; i++) if (data[i] !== data[i - width]) return false;
  return true;
}
