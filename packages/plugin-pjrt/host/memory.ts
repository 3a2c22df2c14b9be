/** Arrays in the file that the plugin and the host share. Reading and writing it costs what a copy costs. */
import { readSync, writeSync } from "node:fs";
import { byteLength, bytesOf, type HostTensor, viewOf } from "@hloom/ir";
import { descriptors } from "./protocol.ts";

// The kernel takes less than 2 GiB at once.
const largest = 1 << 30;

export function readArray(type: HostTensor["type"], offset: number): HostTensor {
  const bytes = new Uint8Array(byteLength(type));
  for (let got = 0; got < bytes.length; ) {
    const count = readSync(
      descriptors.memory,
      bytes,
      got,
      Math.min(largest, bytes.length - got),
      offset + got,
    );
    if (count === 0) throw new Error(`shared memory ends before offset ${offset + bytes.length}`);
    got += count;
  }
  return { type, data: viewOf(type.element, bytes) };
}

export function writeArray(tensor: HostTensor, offset: number): void {
  const bytes = bytesOf(tensor.data);
  for (let put = 0; put < bytes.length; ) {
    put += writeSync(descriptors.memory, bytes, put, Math.min(largest, bytes.length - put), offset + put);
  }
}
