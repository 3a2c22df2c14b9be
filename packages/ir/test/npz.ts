/** Just enough of numpy's `.npz` to read test data: a zip of `.npy` files, little endian and row-major. */
import { inflateRawSync } from "node:zlib";
import { type HostTensor, viewOf } from "../src/model/index.ts";

/** The bytes of every array by its name, without the header. */
export function readNpz(file: Uint8Array): Map<string, Uint8Array> {
  return new Map([...filesIn(file)].map(([name, npy]) => [name, npy.slice(headerEnd(npy))]));
}

/** The shape of every array by its name. */
export function readNpzShapes(file: Uint8Array): Map<string, number[]> {
  const shapeIn = (npy: Uint8Array) => {
    const header = new TextDecoder().decode(npy.subarray(0, headerEnd(npy)));
    return (/'shape': \(([^)]*)\)/.exec(header)![1]!.match(/\d+/g) ?? []).map(Number);
  };
  return new Map([...filesIn(file)].map(([name, npy]) => [name, shapeIn(npy)]));
}

function filesIn(file: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const arrays = new Map<string, Uint8Array>();
  let end = file.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end--;
  let at = view.getUint32(end + 16, true);
  for (let entry = view.getUint16(end + 10, true); entry > 0; entry--) {
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 20, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    );
    const name = new TextDecoder().decode(file.subarray(at + 46, at + 46 + nameLength!));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const packed = file.subarray(start, start + size);
    // Names say what the bytes are where numpy cannot: `in0_bf16`.
    arrays.set(name.replace(/(_\w+)?\.npy$/, ""), method === 0 ? packed : inflateRawSync(packed));
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  return arrays;
}

function headerEnd(npy: Uint8Array): number {
  const view = new DataView(npy.buffer, npy.byteOffset, npy.byteLength);
  return npy[6]! >= 2 ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
}

/** The array as a tensor of a type that the caller knows: the file cannot name bf16 and its like. */
export function tensorOfBytes(bytes: Uint8Array, type: HostTensor["type"]): HostTensor {
  return { type, data: viewOf(type.element, bytes) };
}
