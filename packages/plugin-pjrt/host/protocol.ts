/**
 * What the PJRT plugin (C++) and the compile host say to each other; `src/protocol.h` is the other half.
 *
 * A frame is: u32 length of the header, u32 length of the payload (little endian), the header (JSON, UTF-8), the
 * payload (bytes). The plugin asks; the host answers each request with one frame, in order. Arrays do not travel in
 * frames: they live in a file that both processes have open, at byte offsets that the plugin chooses, in the host
 * layout of `@hloom/ir` (storage.ts).
 */
import { readSync, writeSync } from "node:fs";

export const protocolVersion = 4;

/** Descriptors that the plugin leaves open for the host. */
export const descriptors = { socket: 3, memory: 4 } as const;

export type Request =
  /** First on every connection: opens the backend, so that a wrong name fails early and by name. */
  | { readonly request: "hello"; readonly protocol: number; readonly backend: string }
  /**
   * Payload: the module's bytes. `native`: answer with a Program, else with a handle. A program of several processes is
   * made one; the signature then says which parts of JAX's arrays it takes and gives.
   */
  | {
      readonly request: "compile";
      readonly native: boolean;
      readonly replicas: number;
      readonly partitions: number;
    }
  /**
   * Runs a compiled module on arrays in shared memory, in the order of the signature. An input that the program consumes
   * has the number 0 when the plugin keeps it. `dropped`: arrays that are no more.
   */
  | {
      readonly request: "execute";
      readonly handle: number;
      readonly inputs: readonly ArrayReference[];
      readonly outputs: readonly ArrayReference[];
      readonly dropped: readonly number[];
    }
  | { readonly request: "free"; readonly handle: number };

/** The number of an array, never used twice in a JAX process, and its byte offset in shared memory. */
export type ArrayReference = readonly [id: number, offset: number];

export type Answer =
  | { readonly backend: string }
  /**
   * `signature` is a {@link WireSignature} as a string of JSON: the plugin stores it verbatim. Payload: the Program, and
   * at its end `hloSize` bytes for jaxlib (hlo.ts).
   */
  | {
      readonly signature: string;
      readonly handle?: number;
      readonly hloSize: number;
      /** What the compilation did when: for profilers. */
      readonly stages: readonly StageTime[];
    }
  | { readonly done: true }
  | { readonly error: Failure };

/**
 * What the host asks in the middle of an execution: to call a function of Python. Payload: the inputs, one after the
 * other. The plugin's answer is `{}` with the outputs as payload, or an error; then the execution goes on.
 */
export interface CallbackRequest {
  readonly callback: {
    readonly id: number;
    readonly inputs: readonly WireType[];
    readonly outputs: readonly WireType[];
  };
}

/** Microseconds since 1970, and how many it took. */
export type StageTime = readonly [name: string, start: number, microseconds: number];

/** `code` is one of absl's status codes, which JAX shows by name. */
export interface Failure {
  readonly code: number;
  readonly message: string;
}

/** Status codes that the host answers with. */
export const codes = {
  invalidArgument: 3,
  notFound: 5,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
} as const;

export interface WireSignature {
  readonly name: string;
  readonly inputs: readonly WireType[];
  readonly outputs: readonly WireType[];
  readonly donated: readonly number[];
  readonly cost: WireCost;
  readonly spread?: WireSpread;
}

/** Whole numbers. */
export interface WireCost {
  readonly flops: number;
  readonly transcendentals: number;
  readonly bytesAccessed: number;
}

/** How the arrays of several processes become the inputs of the program, and its outputs theirs. */
export interface WireSpread {
  readonly arguments: number;
  /** Argument and process of each input. */
  readonly inputs: readonly (readonly [argument: number, process: number])[];
  /** For each result and process: which output it is. */
  readonly outputs: readonly (readonly number[])[];
  /** Arguments that an execution takes from JAX. */
  readonly donated: readonly number[];
}

export interface WireType {
  readonly element: string;
  readonly shape: readonly number[];
}

export interface Frame<Header> {
  readonly header: Header;
  readonly payload: Uint8Array;
}

const nothing = new Uint8Array(0);

/**
 * Waits for the next frame; undefined when the other side has gone. Blocking reads: they are as fast as C here, and
 * an event-driven socket costs 7 µs and a long tail more.
 */
export function receive<Header>(descriptor: number): Frame<Header> | undefined {
  const sizes = readExactly(descriptor, 8);
  if (!sizes) return undefined;
  const view = new DataView(sizes.buffer, sizes.byteOffset, 8);
  const header = readExactly(descriptor, view.getUint32(0, true));
  const payload = readExactly(descriptor, view.getUint32(4, true));
  if (!header || !payload) return undefined;
  return { header: JSON.parse(new TextDecoder().decode(header)) as Header, payload };
}

export function send(
  descriptor: number,
  header: Request | Answer | CallbackRequest,
  payload: Uint8Array = nothing,
): void {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(8 + text.length + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, payload.length, true);
  frame.set(text, 8);
  frame.set(payload, 8 + text.length);
  for (let sent = 0; sent < frame.length; ) sent += writeSync(descriptor, frame, sent);
}

function readExactly(descriptor: number, size: number): Uint8Array | undefined {
  if (size === 0) return nothing;
  const bytes = new Uint8Array(size);
  for (let got = 0; got < size; ) {
    const count = readSync(descriptor, bytes, got, size - got, null);
    if (count === 0) return undefined;
    got += count;
  }
  return bytes;
}
