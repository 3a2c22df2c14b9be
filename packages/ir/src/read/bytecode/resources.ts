/** Blobs that live outside of the attributes: `dense_resource<…>` constants. */
import { bytesOfText } from "../../model/byte_string.ts";
import { type Container, forEachOfDialect } from "./container.ts";
import type { Cursor } from "./cursor.ts";

export interface Resources {
  /** Keys in the order in which attributes number them. */
  readonly keys: readonly string[];
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export function readResources(container: Container): Resources {
  const offsets = container.sections.get("resourceOffsets");
  const data = container.sections.get("resources");
  const keys: string[] = [];
  const blobs = new Map<string, Uint8Array>();
  if (!offsets || !data) return { keys, blobs };
  // Groups of other tools (a debugger's, a serializer's) come first; they mean nothing to the program.
  for (let left = offsets.count(); left > 0; left--) {
    container.strings.at(offsets.varint(), offsets);
    for (let item = offsets.count(); item > 0; item--) readItem(container, offsets, data);
  }
  forEachOfDialect(offsets, container.dialects, () => {
    const { key, blob } = readItem(container, offsets, data);
    keys.push(key);
    if (blob) blobs.set(key, blob);
  });
  return { keys, blobs };
}

function readItem(
  container: Container,
  offsets: Cursor,
  data: Cursor,
): { key: string; blob: Uint8Array | undefined } {
  const key = container.strings.at(offsets.varint(), offsets);
  const size = offsets.varint();
  const kind = offsets.byte();
  const cursor = data.slice(size);
  if (size === 0) return { key, blob: undefined };
  switch (kind) {
    case 0: {
      const alignment = cursor.varint();
      const length = cursor.varint();
      cursor.align(alignment);
      return { key, blob: cursor.take(length).slice() };
    }
    case 1:
      return { key, blob: Uint8Array.of(cursor.byte()) };
    case 2:
      return { key, blob: bytesOfText(container.strings.at(cursor.varint(), cursor)) };
    default:
      return offsets.fail("resource", `${kind} is not a kind of resource`);
  }
}
