/** Programs that call Python: the question goes over the socket in the middle of an execution. */
import { byteLength, bytesOf, type HostCallback, type HostTensor, viewOf } from "@hloom/ir";
import { HostError } from "./failure.ts";
import { codes, type Failure, receive, send, type WireType } from "./protocol.ts";

type Type = HostTensor["type"];

export function callbackOver(socket: number): HostCallback {
  return (id, inputs, results) => {
    const types = results.map((type) => type as Type);
    const question = {
      callback: { id, inputs: inputs.map(({ type }) => wire(type)), outputs: types.map(wire) },
    };
    send(socket, question, joined(inputs.map(({ data }) => bytesOf(data))));
    const answer = receive<{ readonly error?: Failure }>(socket);
    if (!answer) throw new HostError(codes.internal, "hloom: the process that should be called has gone");
    const { error } = answer.header;
    if (error) throw new HostError(error.code, error.message);
    let offset = 0;
    return types.map((type) => {
      const bytes = answer.payload.slice(offset, offset + byteLength(type));
      offset += bytes.length;
      return { type, data: viewOf(type.element, bytes) };
    });
  };
}

function wire({ element, shape }: Type): WireType {
  return { element, shape };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
